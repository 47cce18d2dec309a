/// IEX-TP 1.26: outbound segments. Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | Version: 1 |
/// | 1 | 1 | reserved |
/// | 2 | 2 | Message Protocol ID: 0x8002 TOPS 1.5, 0x8003 TOPS 1.6, 0x8004 DEEP 1.0, 0x8005 DEEP+ |
/// | 4 | 4 | Channel ID |
/// | 8 | 4 | Session ID: new each day, numbers begin again |
/// | 12 | 2 | Payload Length: bytes after this header |
/// | 14 | 2 | Message Count; 0 with Payload Length 0: heartbeat, numbers are those of the next message |
/// | 16 | 8 | Stream Offset |
/// | 24 | 8 | First Message Sequence Number |
/// | 32 | 8 | Send Time, nanoseconds since 1970 |
/// | 40 | | message blocks: length (2, without itself) and that many bytes |
///
/// The publisher may start again at 1 within a Session ID (the exchange's own DEEP sample does so eleven times). The
/// Send Time tells a restart from a late copy: `Numbering.Restart.laterSendTime`.
package enum IEXTP {
  static let headerLength = 40
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 2, added: 2, bodyOffset: 2, littleMask: 0xFFFF) }
  static var numbering: Numbering { Numbering(restart: .laterSendTime, tellsStaleBySendTime: true) }

  static func parse(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    guard payload.byte(at: 0) == 1, headerLength + Int(payload.littleEndian(UInt16.self, at: 12)) == declared else {
      return nil
    }
    let number = payload.littleEndian(UInt64.self, at: 24)
    let count = UInt32(payload.littleEndian(UInt16.self, at: 14))
    // A signed number on the wire.
    guard number <= UInt64(Int64.max) - UInt64(count), (count == 0) == (declared == headerLength) else { return nil }
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.stream = payload.littleEndian(UInt32.self, at: 4)
    packet.session = SessionName(number: UInt64(payload.littleEndian(UInt32.self, at: 8)))
    packet.number(number, count: count)
    packet.kind = count == 0 ? .heartbeat : .data
    packet.sendNanoseconds = payload.littleEndian(UInt64.self, at: 32)
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    return packet
  }

  /// The message format that a Message Protocol ID names.
  package static func messageProtocol(_ payload: UnsafeRawPointer) -> FeedProtocol? {
    switch payload.littleEndian(UInt16.self, at: 2) {
    case 0x8002: .tops15
    case 0x8003: .tops16
    case 0x8004: .deep10
    case 0x8005: .deepPlus
    default: nil
    }
  }
}
