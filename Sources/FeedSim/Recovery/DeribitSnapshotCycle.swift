/// Cycles of a Deribit snapshot channel: 1005, the books (1004, one part to a packet), 1006.
public struct DeribitSnapshotCycle: Sendable {
  public var faults: RecoveryFaults
  private var sequence: UInt64 = 0

  public init(faults: RecoveryFaults) { self.faults = faults }

  public struct Book: Sendable {
    public var instrumentId: UInt32
    public var changeId: UInt64
    /// Entries of 17 bytes, by part; at least one part.
    public var parts: [[[UInt8]]]
    public init(instrumentId: UInt32, changeId: UInt64, parts: [[[UInt8]]]) {
      self.instrumentId = instrumentId
      self.changeId = changeId
      self.parts = parts
    }
  }

  /// Packets of one cycle, some lost.
  public mutating func cycle(_ books: [Book]) -> [[UInt8]] {
    var start = Self.header(root: 4, template: 1005, groups: 0)
    start.appendLittle(200, 4)
    var packets = packet(start)
    for book in books {
      for (index, entries) in book.parts.enumerated() {
        var message = Self.header(root: 22, template: 1004, groups: 1)
        message.appendLittle(UInt64(book.instrumentId), 4)
        message.appendLittle(0, 8)
        message.appendLittle(book.changeId, 8)
        message += [1, index == book.parts.count - 1 ? 1 : 0]
        for value in [17, UInt64(entries.count), 0, 0] { message.appendLittle(value, 2) }
        packets += packet(message + entries.flatMap { $0 })
      }
    }
    return packets + packet(Self.header(root: 0, template: 1006, groups: 0))
  }

  private mutating func packet(_ body: [UInt8]) -> [[UInt8]] {
    var bytes: [UInt8] = []
    bytes.appendLittle(UInt64(body.count), 2)
    bytes.appendLittle(101, 2)
    bytes.appendLittle(sequence, 4)
    sequence += 1
    return faults.happens(faults.loss) ? [] : [bytes + body]
  }

  private static func header(root: UInt64, template: UInt64, groups: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in [root, template, 1, 2, groups, 0] { bytes.appendLittle(value, 2) }
    return bytes
  }
}
