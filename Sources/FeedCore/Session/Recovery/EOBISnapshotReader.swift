/// Reads Eurex' snapshots of a market segment: ProductSummary (13600), then per instrument InstrumentSummary (13601)
/// and its orders (13602); little-endian.
///
/// Packet: `EOBIPacket`. Message: BodyLen 2, TemplateID 2, MsgSeqNum 4, +1 each within the segment's snapshots;
/// ProductSummary goes on with LastMsgSeqNumProcessed 4, through which all books behind it are current.
///
/// A number missing aborts what is under way, and how far later books reach is known again with the next
/// ProductSummary.
struct EOBISnapshotReader {
  private var nextNumber: UInt32?
  private var through: UInt64?
  // The packet under way.
  private var offset = 0
  private var pending: SnapshotReader.Step?

  mutating func begin(_ packet: UnsafeRawBufferPointer) {
    pending = nil
    offset = min(packet.count, EOBIPacket.headerLength)
  }

  mutating func next(in packet: UnsafeRawBufferPointer) -> SnapshotReader.Step? {
    if let step = pending {
      pending = nil
      return step
    }
    while offset < packet.count {
      guard let base = packet.baseAddress, offset + 8 <= packet.count else { return malformed(packet) }
      // SAFETY: a message's head is here.
      let message = base + offset
      let size = Int(message.littleEndian(UInt16.self, at: 0))
      guard size >= 8, offset + size <= packet.count else { return malformed(packet) }
      let template = message.littleEndian(UInt16.self, at: 2)
      let number = message.littleEndian(UInt32.self, at: 4)
      let isHole = nextNumber.map { $0 != number } ?? false
      nextNumber = number &+ 1
      if isHole { through = nil }
      if template == 13_600, size >= 12 { through = UInt64(message.littleEndian(UInt32.self, at: 8)) }
      let at = offset
      offset += size
      if let through {
        let step = SnapshotReader.Step(kind: .message, offset: at, length: size, through: through)
        if !isHole { return step }
        pending = step
      }
      if isHole { return SnapshotReader.Step(kind: .aborted) }
    }
    return nil
  }

  private mutating func malformed(_ packet: UnsafeRawBufferPointer) -> SnapshotReader.Step {
    offset = packet.count
    through = nil
    nextNumber = nil
    pending = SnapshotReader.Step(kind: .aborted)
    return SnapshotReader.Step(kind: .malformed)
  }
}
