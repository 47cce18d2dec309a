/// All messages of a simulated channel, numbered from 1, as its servers keep them.
public struct SimulatedHistory: Sendable {
  public private(set) var messages: [[UInt8]] = []
  /// Numbers below this are not served any more.
  public var oldest: UInt64 = 1

  public init() {}

  public mutating func append(_ message: [UInt8]) { messages.append(message) }

  /// One past the last number.
  public var next: UInt64 { UInt64(messages.count) + 1 }

  /// Messages from `first` on, at most `count`, as far as they exist.
  func messages(from first: UInt64, count: UInt64) -> ArraySlice<[UInt8]> {
    guard first >= 1, first < next else { return [] }
    let start = Int(first - 1)
    return messages[start..<Int(min(UInt64(messages.count), UInt64(start) + min(count, UInt64(messages.count))))]
  }
}
