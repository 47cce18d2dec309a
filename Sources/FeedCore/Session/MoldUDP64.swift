/// MoldUDP64 1.00: downstream packets.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 10 | Session |
/// | 10 | 8 | Sequence Number, big-endian |
/// | 18 | 2 | Message Count: 0 heartbeat, 0xFFFF end of session |
/// | 20 | | message blocks: length (2, big-endian, without itself, may be 0) and that many bytes |
enum MoldUDP64 {
  static let headerLength = 20
  static let prefixLength = 2

  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 2, added: 2, bodyOffset: 2, bigMask: 0xFFFF) }

  /// Reads the header. Nil when the payload is shorter than a header, or the last number would pass 2^64.
  ///
  /// Block lengths are not looked at here: the arbiter walks the blocks when it delivers them.
  @inline(__always)
  static func parse(_ payload: UnsafeRawPointer, length: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    let count = payload.bigEndian(UInt16.self, at: 18)
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.session.high = payload.bigEndian(UInt64.self, at: 0)
    packet.session.low = payload.bigEndian(UInt16.self, at: 8)
    packet.sequenceNumber = payload.bigEndian(UInt64.self, at: 10)
    switch count {
    case 0: packet.kind = .heartbeat
    case 0xFFFF: packet.kind = .endOfSession
    default:
      packet.messageCount = UInt32(count)
      packet.wholeCount = UInt32(count)
      if packet.sequenceNumber > UInt64.max - UInt64(count) { return nil }
    }
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    return packet
  }
}
