/// Cboe Sequenced Unit Header (Multicast PITCH 2.x). Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | Hdr Length: the whole datagram, this header included |
/// | 2 | 1 | Hdr Count: messages; 0 heartbeat |
/// | 3 | 1 | Hdr Unit: 1 …; 0 un-sequenced |
/// | 4 | 4 | Hdr Sequence: of the first message, of a heartbeat the next; 0 un-sequenced |
/// | 8 | | messages: length (1, itself included), type (1), … |
///
/// Numbers are of a unit and after 4,294,967,295 comes 1. They begin at 1 each day, but nothing in a packet says which
/// day it is: within one capture a number already passed is taken for a late copy.
enum SequencedUnitHeader {
  static let headerLength = 8
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 2, littleMask: 0x00FF) }
  static var numbering: Numbering { Numbering(period: 0xFFFF_FFFF) }

  static func parse(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    let count = UInt32(payload.byte(at: 2))
    guard Int(payload.littleEndian(UInt16.self, at: 0)) == declared, (count == 0) == (declared == headerLength) else {
      return nil
    }
    let number = payload.littleEndian(UInt32.self, at: 4)
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.stream = UInt32(payload.byte(at: 3))
    packet.number(UInt64(number), count: count)
    if number == 0 || packet.stream == 0 {
      packet.kind = count == 0 ? .keepAlive : .outOfBand
    } else {
      packet.kind = count == 0 ? .heartbeat : .data
    }
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    return packet
  }
}
