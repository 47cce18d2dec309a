/// CME MDP 3.0 packets. Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 4 | MsgSeqNum: of the PACKET, +1 each |
/// | 4 | 8 | SendingTime, nanoseconds since 1970 |
/// | 12 | | messages: MsgSize (2, itself included), BlockLength (2), TemplateID (2), SchemaID (2), Version (2), … |
///
/// Numbers begin again at 1 with a Channel Reset (template 4), at the start of the week, and on a snapshot channel
/// with each turn of the loop: the number 1, sent later than what was delivered last.
enum MDP3Packet {
  static let headerLength = 12
  /// MsgSize and the SBE header.
  static let messageHeaderLength = 10
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 10, littleMask: 0xFFFF, numbersPackets: true) }
  static var numbering: Numbering {
    // A heartbeat comes after 30 s of silence.
    Numbering(
      restart: .laterSendTimeOfFirst, reset: .mayContinue, tellsStaleBySendTime: true,
      silenceNanosecondsMinimum: 61_000_000_000)
  }
  private static let channelReset: UInt16 = 4

  /// SendingTime of the packet a message stands in, Unix nanoseconds; 0 for a message without its packet.
  static func sendingTime(of message: UnsafeRawPointer, in payload: UnsafeRawPointer) -> UInt64 {
    // SAFETY: a message that far into its packet stands behind the packet's header.
    message - payload >= headerLength ? payload.littleEndian(UInt64.self, at: 4) : 0
  }

  static func parse(_ payload: UnsafeRawPointer, length: Int) -> SequencedPacket? {
    guard length >= headerLength + messageHeaderLength else { return nil }
    // SAFETY: a header and the head of a message are here.
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.number(UInt64(payload.littleEndian(UInt32.self, at: 0)), count: 1)
    packet.sendNanoseconds = payload.littleEndian(UInt64.self, at: 4)
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    if payload.littleEndian(UInt16.self, at: headerLength + 4) == channelReset { packet.kind = .reset }
    return packet
  }
}
