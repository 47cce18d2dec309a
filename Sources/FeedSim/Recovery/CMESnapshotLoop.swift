/// One round of CME's snapshot loop: an SnapshotFullRefreshOrderBook53 per chunk, one to a packet.
public struct CMESnapshotLoop: Sendable {
  public var faults: RecoveryFaults

  public init(faults: RecoveryFaults) { self.faults = faults }

  public struct Book: Sendable {
    public var securityId: UInt32
    public var through: UInt64
    /// Entries of 29 bytes, by chunk; at least one chunk.
    public var chunks: [[[UInt8]]]
    public init(securityId: UInt32, through: UInt64, chunks: [[[UInt8]]]) {
      self.securityId = securityId
      self.through = through
      self.chunks = chunks
    }
  }

  /// Packets of one round, some lost.
  public mutating func round(_ books: [Book]) -> [[UInt8]] {
    var packets: [[UInt8]] = []
    var number: UInt64 = 1
    for book in books {
      for (index, entries) in book.chunks.enumerated() {
        var root: [UInt8] = []
        for value in [
          book.through, UInt64(books.count), UInt64(book.securityId), UInt64(book.chunks.count), UInt64(index + 1),
          0, 0,
        ] { root.appendLittle(value, 4) }
        var message: [UInt8] = []
        for value in [UInt64(10 + 28 + 3 + 29 * entries.count), 28, 53, 1, 9] { message.appendLittle(value, 2) }
        message += root
        message.appendLittle(29, 2)
        message += [UInt8(entries.count)] + entries.flatMap { $0 }
        var packet: [UInt8] = []
        packet.appendLittle(number, 4)
        packet.appendLittle(0, 8)
        number += 1
        if !faults.happens(faults.loss) { packets.append(packet + message) }
      }
    }
    return packets
  }
}
