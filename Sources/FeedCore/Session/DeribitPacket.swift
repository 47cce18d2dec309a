/// Deribit multicast: framing header. Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | packetLength: bytes after this header |
/// | 2 | 2 | channelId |
/// | 4 | 4 | channelSequence: of this channel's packets, +1 each; the first is 0, after 2^32 - 1 comes 0 |
/// | 8 | | SBE messages back to back, without a length of their own |
///
/// The body is delivered as one message, which the decoder walks by block, group and string lengths; the framing
/// header is its prefix. Numbers are one more than on the wire. There is no session, send time or heartbeat: silence
/// means nothing, and a first or far-back number after a silence is a publisher that started again.
enum DeribitPacket {
  static let headerLength = 8
  static var layout: BlockLayout { BlockLayout(minimum: 8, added: 8, bodyOffset: 8, littleMask: 0xFFFF) }
  static var numbering: Numbering {
    Numbering(period: 1 << 32, restart: .afterSilence, silenceNanosecondsMinimum: .max)
  }

  static func parse(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    guard headerLength + Int(payload.littleEndian(UInt16.self, at: 0)) == declared, declared > headerLength else {
      return nil
    }
    var packet = SequencedPacket(blocks: payload)
    packet.stream = UInt32(payload.littleEndian(UInt16.self, at: 2))
    packet.number(UInt64(payload.littleEndian(UInt32.self, at: 4)) + 1, count: 1)
    packet.blocksLength = UInt32(truncatingIfNeeded: length)
    return packet
  }
}
