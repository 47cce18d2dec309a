/// Numbers `first ..< end` of one channel. Empty where `end <= first`.
public struct SequenceRange: Sendable, BitwiseCopyable, Equatable, CustomStringConvertible {
  public var first: UInt64
  /// One past the last.
  public var end: UInt64

  public init(_ first: UInt64, _ end: UInt64) {
    self.first = first
    self.end = end
  }

  public var count: UInt64 { end > first ? end &- first : 0 }
  public var isEmpty: Bool { end <= first }
  public var description: String { "[\(first), \(end))" }

  func overlaps(_ other: SequenceRange) -> Bool { first < other.end && other.first < end }
  func contains(_ number: UInt64) -> Bool { number >= first && number < end }
}
