/// MEMX-UDP 1.1. Big-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | Message Type: 0 heartbeat, 1 session shutdown, 2 sequenced |
/// | 1 | 1 | Header Length: 18 |
/// | 2 | 8 | Session ID: numbers begin at 1 in each |
/// | 10 | 8 | Sequence Number: of the first message; in heartbeat and shutdown the highest published, 0 before the first |
/// | 18 | 2 | Message Count, sequenced only |
/// | 20 | | message blocks: length (2, without itself) and an SBE message |
enum MEMXUDP {
  static let commonHeaderLength = 18
  static let headerLength = 20
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 2, added: 2, bodyOffset: 2, bigMask: 0xFFFF) }

  static func parse(_ payload: UnsafeRawPointer, length: Int) -> SequencedPacket? {
    guard length >= commonHeaderLength else { return nil }
    // SAFETY: at least `commonHeaderLength` bytes are here.
    guard payload.byte(at: 1) == UInt8(commonHeaderLength) else { return nil }
    let number = payload.bigEndian(UInt64.self, at: 10)
    var packet = SequencedPacket(blocks: payload + min(length, headerLength))
    packet.session = SessionName(number: payload.bigEndian(UInt64.self, at: 2))
    switch payload.byte(at: 0) {
    case 0, 1:
      guard number < .max else { return nil }
      packet.kind = payload.byte(at: 0) == 0 ? .heartbeat : .endOfSession
      packet.headerLength = UInt16(commonHeaderLength)
      // The highest published, not the next.
      packet.sequenceNumber = number + 1
    case 2:
      guard length >= headerLength else { return nil }
      let count = UInt32(payload.bigEndian(UInt16.self, at: 18))
      guard count > 0, number <= .max - UInt64(count) else { return nil }
      packet.headerLength = UInt16(headerLength)
      packet.number(number, count: count)
      packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    default: return nil
    }
    return packet
  }
}
