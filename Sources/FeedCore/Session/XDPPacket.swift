/// NYSE XDP packets (XDP/Pillar Common Client Specification 2.4p). Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | PktSize, header included |
/// | 2 | 1 | DeliveryFlag: 1 heartbeat, 10 failover, 11 original, 12 sequence reset, 13 and 15 retransmission, 17 to 20 refresh, 21 message unavailable |
/// | 3 | 1 | NumberMsgs: 0 in heartbeats |
/// | 4 | 4 | SeqNum: of the first message; in heartbeats the next |
/// | 8 | 4 | SendTime, seconds since 1970 |
/// | 12 | 4 | SendTimeNS |
/// | 16 | | messages: MsgSize (2, itself included), MsgType (2), … |
///
/// Message type 1, Sequence Number Reset, stands alone in its packet, is itself number 1, and its SourceTime is the
/// same on both lines: a later one begins a session, an equal one is the other line's copy.
enum XDPPacket {
  static let headerLength = 16
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 4, littleMask: 0xFFFF) }
  static var numbering: Numbering { Numbering(reset: .begins, tellsStaleBySendTime: true) }

  static func parse(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    let count = UInt32(payload.byte(at: 3))
    let flag = payload.byte(at: 2)
    guard Int(payload.littleEndian(UInt16.self, at: 0)) == declared, (count == 0) == (declared == headerLength) else {
      return nil
    }
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.number(UInt64(payload.littleEndian(UInt32.self, at: 4)), count: count)
    packet.sendNanoseconds = nanoseconds(payload, at: 8)
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    switch flag {
    case 1: packet.kind = .heartbeat
    case 10, 11, 13, 15: packet.kind = .data
    case 12: packet.kind = .reset
    case 17...21: packet.kind = .outOfBand
    default: return nil
    }
    if packet.kind != .outOfBand, (packet.kind == .heartbeat) != (count == 0) { return nil }
    let isReset = length == declared && count == 1 && isReset(payload, length)
    if packet.kind == .reset, !isReset { return nil }
    if isReset, packet.kind != .outOfBand {
      packet.kind = .reset
      packet.sequenceNumber = 1
      packet.sendNanoseconds = nanoseconds(payload, at: headerLength + 4)
    }
    return packet
  }

  /// The packet holds one Sequence Number Reset message (type 1, 14 bytes) and nothing else.
  private static func isReset(_ payload: UnsafeRawPointer, _ length: Int) -> Bool {
    // SAFETY: read only where 30 bytes are here.
    length == headerLength + 14 && payload.littleEndian(UInt16.self, at: headerLength) == 14
      && payload.littleEndian(UInt16.self, at: headerLength + 2) == 1
  }

  private static func nanoseconds(_ payload: UnsafeRawPointer, at offset: Int) -> UInt64 {
    UInt64(payload.littleEndian(UInt32.self, at: offset)) &* 1_000_000_000
      &+ UInt64(payload.littleEndian(UInt32.self, at: offset + 4))
  }
}
