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
package enum DeribitPacket {
  static let headerLength = 8
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 8, added: 8, bodyOffset: 8, littleMask: 0xFFFF) }
  static var numbering: Numbering {
    Numbering(
      period: 1 << 32, restart: .afterSilence, instrumentsRecover: true, silenceNanosecondsMinimum: .max)
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

  static let messageHeaderLength = 12

  /// Bytes of the SBE message at the start of `message`, which carries no length of its own: its head, root block,
  /// groups and strings. Nil where they do not end within `length`.
  ///
  /// Deribit multicast, "SBE message": blockLength (2), templateId, schemaId, version, numGroups, numVarDataFields; a
  /// group has blockLength, numInGroup and 4 bytes more before its entries; a string its length in one byte.
  package static func messageLength(_ message: UnsafeRawPointer, length: Int) -> Int? {
    guard length >= messageHeaderLength else { return nil }
    // SAFETY: each read is behind a check of what is left.
    let groups = message.littleEndian(UInt16.self, at: 8)
    let strings = message.littleEndian(UInt16.self, at: 10)
    var offset = messageHeaderLength + Int(message.littleEndian(UInt16.self, at: 0))
    for _ in 0..<groups {
      guard offset + 8 <= length else { return nil }
      let block = Int(message.littleEndian(UInt16.self, at: offset))
      offset += 8 + block * Int(message.littleEndian(UInt16.self, at: offset + 2))
    }
    for _ in 0..<strings {
      guard offset < length else { return nil }
      offset += 1 + Int(message.byte(at: offset))
    }
    return offset <= length ? offset : nil
  }
}
