/// What the packets of a strand are: live messages, or snapshots and definitions of another strand's instruments. Found
/// by what they hold: CME's templates, XDP's delivery flags, Coinbase's packet flags, Eurex' snapshot streams.
struct StrandContents {
  enum Use { case live, snapshots }
  private static let identifiersMaximum = 4_096

  private(set) var live: UInt64 = 0
  private(set) var snapshots: UInt64 = 0
  private var definitions: UInt64 = 0
  /// Instruments that its packets name, as many as are needed to tell channels apart.
  private(set) var identifiers: Set<UInt64> = []
  /// NYSE: Market IDs of its mappings.
  private(set) var markets: Set<UInt16> = []

  /// A strand without live messages, and with others, goes with another one.
  var use: Use { live == 0 && snapshots + definitions > 0 ? .snapshots : .live }

  mutating func take(_ packet: SequencedPacket, _ feedProtocol: FeedProtocol) {
    switch feedProtocol {
    case .cmeMDP3, .nyseIntegrated, .miaxPearlDepth: break
    case .coinbaseDerivatives:
      if packet.kind == .outOfBand { snapshots += 1 } else { live += 1 }
      return
    case .eobi:
      if packet.stream & EOBIPacket.snapshotStream != 0 { snapshots += 1 } else { live += 1 }
      return
    default: return live += 1
    }
    let isOutOfBand = packet.kind == .outOfBand
    if isOutOfBand { snapshots += 1 } else if feedProtocol != .cmeMDP3, packet.wholeCount > 0 { live += 1 }
    let layout = feedProtocol.transport.layout
    var offset = 0
    while let message = layout.message(in: packet.blocks, at: offset, end: Int(packet.blocksLength)) {
      // SAFETY: `message` says how many bytes are there.
      if let bytes = message.baseAddress {
        switch feedProtocol {
        case .cmeMDP3: takeCME(bytes, message.count)
        case .nyseIntegrated: takeNYSE(bytes, message.count)
        default: takePearl(bytes, message.count)
        }
      }
      offset += Int(layout.bodyOffset) + message.count
    }
  }

  private mutating func note(_ identifier: UInt64) {
    if identifiers.count < Self.identifiersMaximum { identifiers.insert(identifier) }
  }

  private mutating func takeCME(_ bytes: UnsafeRawPointer, _ length: Int) {
    guard length >= MDP3Packet.messageHeaderLength, bytes.littleEndian(UInt16.self, at: 6) == 1 else { return }
    let root = MDP3Packet.messageHeaderLength + Int(bytes.littleEndian(UInt16.self, at: 2))
    switch bytes.littleEndian(UInt16.self, at: 4) {
    case 52, 53, 69:
      snapshots += 1
      if root >= 22, root <= length { note(UInt64(bytes.littleEndian(UInt32.self, at: 18))) }
    case 38, 44: snapshots += 1
    case 27, 29, 41, 54...58, 63: definitions += 1
    // Admin messages are on every channel.
    case 12, 15, 16: break
    case 46, 32, 64:
      live += 1
      takeEntries(bytes, length, root, entryAt: 12)
    case 47, 43:
      live += 1
      takeEntries(bytes, length, root, entryAt: 28)
    default: live += 1
    }
  }

  /// SecurityID of each entry of a group with the 3-byte header. In 64 and 47 sizes or orders stand before it.
  private mutating func takeEntries(_ bytes: UnsafeRawPointer, _ length: Int, _ root: Int, entryAt: Int) {
    let template = bytes.littleEndian(UInt16.self, at: 4)
    let at = template == 64 ? 16 : entryAt
    guard root + 3 <= length else { return }
    let stride = Int(bytes.littleEndian(UInt16.self, at: root))
    let count = Int(bytes.byte(at: root + 2))
    guard stride >= at + 4, root + 3 + stride * count <= length else { return }
    for entry in 0..<count { note(UInt64(bytes.littleEndian(UInt32.self, at: root + 3 + stride * entry + at))) }
  }

  private mutating func takeNYSE(_ bytes: UnsafeRawPointer, _ length: Int) {
    switch bytes.littleEndian(UInt16.self, at: 2) {
    case 3 where length >= 22:
      note(UInt64(bytes.littleEndian(UInt32.self, at: 4)))
      markets.insert(bytes.littleEndian(UInt16.self, at: 20))
    case 32, 34, 105, 106, 223:
      if length >= 16 { note(UInt64(bytes.littleEndian(UInt32.self, at: 12))) }
    case 100...104, 110...114:
      if length >= 12 { note(UInt64(bytes.littleEndian(UInt32.self, at: 8))) }
    default: break
    }
  }

  private mutating func takePearl(_ bytes: UnsafeRawPointer, _ length: Int) {
    switch bytes.byte(at: 0) {
    case 1, 4, 5, 10, 11, 20, 21, 23, 24: if length >= 9 { note(UInt64(bytes.littleEndian(UInt32.self, at: 5))) }
    default: break
    }
  }
}
