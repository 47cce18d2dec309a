/// Coinbase Derivatives (FairX) Market Data API 1.7: packet header. Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 8 | sendingTime, nanoseconds since 1970 |
/// | 8 | 8 | seqNum: of the first message, per channel |
/// | 16 | 2 | channelId |
/// | 18 | 1 | flags: 0x01 incremental, 0x02 snapshot, 0x04 retransmit |
/// | 19 | 1 | messageCount |
/// | 20 | 4 | snapshotInstrumentId, snapshot packets only |
/// | 24 | | messages: frameLength (2, itself and padding included), blockLength, templateId, schemaId, version (2 each), … |
///
/// Snapshot packets carry the channelId of the incremental channel and numbers near its own, not numbers of a stream
/// (seen): they are out of band. The sheet has no heartbeat, and no rule to tell a restart from a late copy.
enum CoinbaseDerivativesPacket {
  static let headerLength = 24
  static let schemaID: UInt16 = 1201
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 10, littleMask: 0xFFFF) }
  static var numbering: Numbering { Numbering(silenceNanosecondsMinimum: .max) }

  static func parse(_ payload: UnsafeRawPointer, length: Int) -> SequencedPacket? {
    guard length >= headerLength else { return nil }
    // SAFETY: at least `headerLength` bytes are here.
    let number = payload.littleEndian(UInt64.self, at: 8)
    let flags = payload.byte(at: 18)
    let count = UInt32(payload.byte(at: 19))
    // A signed number on the wire.
    guard number <= UInt64(Int64.max) - UInt64(count), flags & 0x03 == 1 || flags & 0x03 == 2 else { return nil }
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.stream = UInt32(payload.littleEndian(UInt16.self, at: 16))
    packet.sendNanoseconds = payload.littleEndian(UInt64.self, at: 0)
    packet.number(number, count: count)
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    packet.kind = flags & 0x02 != 0 ? .outOfBand : count == 0 ? .keepAlive : .data
    return packet
  }
}
