/// Reads Coinbase Derivatives' snapshot packets: per instrument 110 or 111, an order (120) each, 122; little-endian.
///
/// Packet: `CoinbaseDerivativesPacket`, the instrument at 20. Message: frameLength 2 (itself and padding included),
/// blockLength 2, templateId 2, schemaId 2, version 2, then snapshotSeqNum 2, which counts an instrument's messages
/// from 0; 110 and 111 go on with lastInstrSeqNum 4 and have orderCount 4 at 112.
///
/// A book is whole when 122 comes with the next snapshotSeqNum and as many orders came as were announced. The
/// templates have these fields in version 2; of later ones the sheet has no layouts, and the decoder takes none.
struct CoinbaseSnapshotReader {
  private var instrument: UInt32 = 0
  private var isOpen = false
  private var nextMessage: UInt16 = 0
  private var ordersLeft: UInt32 = 0
  private var through: UInt64 = 0
  // The packet under way.
  private var offset = 0
  private var pending: SnapshotReader.Step?

  mutating func begin(_ packet: UnsafeRawBufferPointer) {
    pending = nil
    offset = min(packet.count, CoinbaseDerivativesPacket.headerLength)
  }

  mutating func next(in packet: UnsafeRawBufferPointer) -> SnapshotReader.Step? {
    if let step = pending {
      pending = nil
      return step
    }
    while offset < packet.count {
      guard let base = packet.baseAddress, offset + 10 <= packet.count else { return malformed(packet) }
      // SAFETY: a message's head is here; the rest is read behind the check of its block's length.
      let message = base + offset
      let size = Int(message.littleEndian(UInt16.self, at: 0))
      let block = Int(message.littleEndian(UInt16.self, at: 2))
      guard size >= 10 + block, offset + size <= packet.count else { return malformed(packet) }
      let template = message.littleEndian(UInt16.self, at: 4)
      let at = offset
      offset += size
      let needed = template == 110 || template == 111 ? 106 : 2
      guard template >= 110, template < 124, block >= needed else { continue }
      let number = message.littleEndian(UInt16.self, at: 10)
      let instrument = base.littleEndian(UInt32.self, at: 20)
      if template == 110 || template == 111 {
        let wasOpen = isOpen
        self.instrument = instrument
        isOpen = number == 0
        nextMessage = 1
        through = UInt64(message.littleEndian(UInt32.self, at: 12))
        ordersLeft = message.littleEndian(UInt32.self, at: 112)
        let step = SnapshotReader.Step(kind: .message, offset: at, length: size, through: through)
        if wasOpen {
          if isOpen { pending = step }
          return SnapshotReader.Step(kind: .aborted)
        }
        if isOpen { return step }
        continue
      }
      guard isOpen else { continue }
      let isEnd = template == 122
      guard instrument == self.instrument, number == nextMessage, template == 120 ? ordersLeft > 0 : true,
        isEnd ? ordersLeft == 0 : true
      else {
        isOpen = false
        return SnapshotReader.Step(kind: .aborted)
      }
      nextMessage &+= 1
      if template == 120 { ordersLeft &-= 1 }
      if isEnd { isOpen = false }
      return SnapshotReader.Step(kind: .message, offset: at, length: size, through: through)
    }
    return nil
  }

  private mutating func malformed(_ packet: UnsafeRawBufferPointer) -> SnapshotReader.Step {
    offset = packet.count
    if isOpen { pending = SnapshotReader.Step(kind: .aborted) }
    isOpen = false
    return SnapshotReader.Step(kind: .malformed)
  }
}
