/// Eurex T7 EOBI packets. Little-endian.
///
/// Every message begins with BodyLen (2, the whole message), TemplateID (2), MsgSeqNum (4). The first of a datagram is
/// the PacketHeader, without a number (all ones):
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | BodyLen: 32 |
/// | 2 | 2 | TemplateID: 13000, 13002 … 13005 by release |
/// | 8 | 4 | ApplSeqNum: of the partition's packets |
/// | 12 | 4 | MarketSegmentID |
/// | 16 | 1 | PartitionID |
/// | 17 | 1 | CompletionIndicator: 1 last packet of the event |
/// | 18 | 1 | ApplSeqResetIndicator: 1 numbers begin again |
/// | 24 | 8 | TransactTime, nanoseconds since 1970 |
/// | 32 | | messages |
///
/// What is arbitrated is MsgSeqNum, of a market segment; the number of messages is found by walking them. A Heartbeat
/// (13001) has no number of its own but the last one processed. Snapshots of a segment are numbered on their own:
/// a stream of their own, `snapshotStream`.
enum EOBIPacket {
  static let headerLength = 32
  /// Bit of `SequencedPacket.stream` that tells a segment's snapshots from its incremental messages.
  static let snapshotStream: UInt32 = 0x8000_0000
  @inline(__always)
  static var layout: BlockLayout { BlockLayout(minimum: 8, littleMask: 0xFFFF) }
  static var numbering: Numbering {
    // How often heartbeats come is not in the sheet.
    Numbering(reset: .mayContinue, silenceNanosecondsMinimum: .max)
  }
  private static let heartbeat: UInt16 = 13_001
  private static let snapshots: ClosedRange<UInt16> = 13_600...13_602

  static func parse(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> SequencedPacket? {
    guard length >= headerLength + 8 else { return nil }
    // SAFETY: a header and the head of a message are here.
    guard isHeader(payload) else { return nil }
    var packet = SequencedPacket(blocks: payload + headerLength)
    packet.headerLength = UInt16(headerLength)
    packet.stream = payload.littleEndian(UInt32.self, at: 12) & ~snapshotStream
    packet.sendNanoseconds = payload.littleEndian(UInt64.self, at: 24)
    packet.blocksLength = UInt32(truncatingIfNeeded: length - headerLength)
    let template = packet.blocks.littleEndian(UInt16.self, at: 2)
    if template == heartbeat {
      guard length >= headerLength + 12 else { return nil }
      packet.kind = .heartbeat
      packet.sequenceNumber = UInt64(packet.blocks.littleEndian(UInt32.self, at: 8)) + 1
      packet.blocksLength = 0
      return packet
    }
    if snapshots.contains(template) { packet.stream |= snapshotStream }
    guard let count = count(&packet, isCut: declared > length) else { return nil }
    packet.number(UInt64(packet.blocks.littleEndian(UInt32.self, at: 4)), count: count)
    if payload.byte(at: 18) == 1 { packet.kind = .reset }
    return packet
  }

  static func streamText(_ stream: UInt32) -> String {
    stream & snapshotStream == 0 ? "\(stream)" : "\(stream & ~snapshotStream)-snapshot"
  }

  /// True for the PacketHeader of any release. The template comes round; the length does not change.
  @inline(__always)
  static func isHeader(_ payload: UnsafeRawPointer) -> Bool {
    let template = payload.littleEndian(UInt16.self, at: 2)
    return payload.littleEndian(UInt16.self, at: 0) == UInt16(headerLength)
      && (13_000...13_005).contains(template) && template != heartbeat
  }

  /// Messages with numbers that follow one another; nil when they contradict that, or the length of a packet that
  /// was not cut.
  private static func count(_ packet: inout SequencedPacket, isCut: Bool) -> UInt32? {
    let first = packet.blocks.littleEndian(UInt32.self, at: 4)
    let end = Int(packet.blocksLength)
    var offset = 0
    var count: UInt32 = 0
    while let message = layout.message(in: packet.blocks, at: offset, end: end) {
      guard message.littleEndian(UInt32.self, at: 4) == first &+ count else { return nil }
      count += 1
      offset += message.count
    }
    guard count > 0, offset == end || isCut else { return nil }
    // Of a packet that was cut nothing says how many there were: the rest is a gap before the next packet.
    if isCut { packet.blocksLength = UInt32(truncatingIfNeeded: offset) }
    return count
  }
}

extension UnsafeRawBufferPointer {
  /// - Precondition: the bytes are here.
  fileprivate func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    // SAFETY: a message of a layout holds its `minimum` of bytes.
    baseAddress!.littleEndian(type, at: offset)
  }
}
