/// MIAX MACH 1.2e: several packets may follow each other in one datagram. Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 8 | Sequence Number: of this packet; start of session 0; heartbeat and end of session: the last data packet's |
/// | 8 | 2 | Packet Length, this header included |
/// | 10 | 1 | Packet Type: 0 heartbeat, 1 start of session, 2 end of session, 3 application data |
/// | 11 | 1 | Session Number: 1 …; packets with 0 are ignored |
/// | 12 | | one message, in application data |
///
/// A run of application data of one session with numbers that follow one another is one `SequencedPacket`, whose
/// blocks are the MACH packets; any other packet is one by itself.
enum MACH {
  static let headerLength = 12
  @inline(__always)
  static var layout: BlockLayout {
    BlockLayout(minimum: 12, lengthOffset: 8, bodyOffset: 12, littleMask: 0xFFFF)
  }
  static var numbering: Numbering { Numbering(reset: .names) }

  /// The first run of the datagram; its bytes are `blocksLength`, or a header where that is 0. Nil when they are no whole MACH packet.
  static func parse(_ payload: UnsafeRawPointer, length: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    let first = payload.littleEndian(UInt64.self, at: 0)
    let step = layout.step(at: payload)
    let type = payload.byte(at: 10)
    let session = payload.byte(at: 11)
    guard step >= headerLength, step <= length, type <= 3, first < .max - 65_536,
      type == 3 || step == headerLength
    else { return nil }
    var packet = SequencedPacket(blocks: payload)
    packet.session = SessionName(number: UInt64(session))
    if session == 0 {
      packet.kind = .keepAlive
      packet.blocksLength = UInt32(truncatingIfNeeded: step)
      return packet
    }
    switch type {
    case 0: packet.kind = .heartbeat
    case 1: packet.kind = .reset
    case 2: packet.kind = .endOfSession
    default:
      var end = step
      var count: UInt32 = 1
      while end + headerLength <= length {
        // SAFETY: a header is here.
        let next = payload + end
        let step = layout.step(at: next)
        guard next.byte(at: 10) == 3, next.byte(at: 11) == session, step >= headerLength, end + step <= length,
          next.littleEndian(UInt64.self, at: 0) == first + UInt64(count)
        else { break }
        end += step
        count += 1
      }
      packet.number(first, count: count)
      packet.blocksLength = UInt32(truncatingIfNeeded: end)
      return packet
    }
    // The last number, not the next: of a start of session, 0.
    packet.sequenceNumber = first + 1
    return packet
  }
}
