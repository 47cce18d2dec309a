/// Tells the message format of a datagram by its structure: lengths that add up to the last byte, and message types
/// the format knows. Never by port or group.
enum Recognition {
  struct Verdict: Equatable {
    var `protocol`: FeedProtocol
    /// False for a heartbeat that could be chance: it counts only where nothing says otherwise.
    var isFirm: Bool
  }

  /// The message format of a UDP payload, nil when it is none feedh reads, or cannot be told from this packet.
  static func examine(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> Verdict? {
    for `protocol` in FeedProtocol.allCases {
      if let isFirm = matches(`protocol`, payload, length: length, declared: declared) {
        return Verdict(protocol: `protocol`, isFirm: isFirm)
      }
    }
    return hasKnownITCH(payload, length: length, declared: declared) ? Verdict(protocol: .itch50, isFirm: true) : nil
  }

  /// Whether the blocks of a MoldUDP64 packet add up, its session can be printed, and it holds a message that ITCH 5.0
  /// knows beside others: a revision with new types.
  private static func hasKnownITCH(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> Bool {
    guard let packet = sequenced(.moldUDP64, payload, length: length, declared: declared),
      !packet.session.description.contains("?")
    else { return false }
    let layout = Transport.moldUDP64.layout
    var offset = 0
    while let message = layout.message(in: packet.blocks, at: offset, end: Int(packet.blocksLength)) {
      if !message.isEmpty, knows(.itch50, message) { return true }
      offset += Int(layout.bodyOffset) + message.count
    }
    return false
  }

  /// Nil when the payload is not of this format, else whether that is firm.
  static func matches(
    _ protocol: FeedProtocol, _ payload: UnsafeRawPointer, length: Int, declared: Int
  ) -> Bool? {
    guard let packet = sequenced(`protocol`.transport, payload, length: length, declared: declared) else { return nil }
    if `protocol`.transport == .iexTP {
      // 42 bytes that fit, and an id of its own for each format.
      return IEXTP.messageProtocol(payload) == `protocol` ? true : nil
    }
    let isWithoutMessages = packet.messageCount == 0
    switch `protocol` {
    case .itch50 where isWithoutMessages: return packet.session.description.contains("?") ? nil : true
    case .memxDepth where isWithoutMessages: return declared == MEMXUDP.commonHeaderLength ? false : nil
    case .eobi where isWithoutMessages: return true
    case .pitch, .nyseIntegrated, .miaxPearlDepth:
      if isWithoutMessages { return false }
    default:
      if isWithoutMessages { return nil }
    }
    let layout = `protocol`.transport.layout
    var offset = 0
    let end = Int(packet.blocksLength)
    while offset < end {
      // SAFETY: `sequenced` walked the blocks.
      guard let message = layout.message(in: packet.blocks, at: offset, end: end) else { return nil }
      guard knows(`protocol`, message) else { return nil }
      offset += Int(layout.bodyOffset) + message.count
    }
    return offset > 0 ? true : nil
  }

  /// The packet with its blocks walked, or nil: they contradict its length.
  static func sequenced(
    _ transport: Transport, _ payload: UnsafeRawPointer, length: Int, declared: Int
  ) -> SequencedPacket? {
    guard var packet = transport.parse(payload, length: length, declared: declared) else { return nil }
    if packet.messageCount == 0 { return packet.blocksLength == 0 || packet.kind == .keepAlive ? packet : nil }
    if length < declared {
      let (count, end) = transport.layout.wholeMessages(in: packet)
      packet.wholeCount = transport.layout.numbersPackets ? 0 : count
      packet.blocksLength = UInt32(truncatingIfNeeded: end)
    } else if transport.layout.wholeNumbers(in: packet) == nil {
      return nil
    }
    return packet
  }

  // MARK: - Message types

  private static func knows(_ protocol: FeedProtocol, _ message: UnsafeRawBufferPointer) -> Bool {
    guard let bytes = message.baseAddress, message.count > 0 else { return `protocol` == .itch50 }
    let length = message.count
    switch `protocol` {
    case .itch50:
      let needed = ITCH50Decoder.length(ofType: bytes.byte(at: 0))
      return needed > 0 && length >= needed
    case .tops15, .tops16, .deep10, .deepPlus: return true
    case .pitch: return length >= 6 && isPITCH(bytes.byte(at: 1))
    case .nyseIntegrated: return isXDP(bytes.littleEndian(UInt16.self, at: 2))
    case .memxDepth:
      return length >= 6 && bytes.byte(at: 3) == 2 && Int(bytes.bigEndian(UInt16.self, at: 0)) + 6 <= length
    case .cmeMDP3:
      return bytes.littleEndian(UInt16.self, at: 6) == 1 && (1...100).contains(bytes.littleEndian(UInt16.self, at: 4))
        && Int(bytes.littleEndian(UInt16.self, at: 2)) + MDP3Packet.messageHeaderLength <= length
    case .miaxPearlDepth:
      let needed = pearlLength(bytes.byte(at: 0))
      return needed > 0 && length >= needed
    case .coinbaseDerivatives:
      return bytes.littleEndian(UInt16.self, at: 6) == CoinbaseDerivativesPacket.schemaID
        && Int(bytes.littleEndian(UInt16.self, at: 2)) + 10 <= length
    case .eobi: return (13_000...13_999).contains(bytes.littleEndian(UInt16.self, at: 2))
    case .deribit: return isDeribit(bytes, length)
    }
  }

  /// Multicast PITCH 2.x, equities and what options and futures add.
  private static func isPITCH(_ type: UInt8) -> Bool {
    switch type {
    case 0x20...0x31, 0x95...0x98, 0xB1, 0xB2, 0xBB...0xBE: true
    default: false
    }
  }

  /// XDP, "Messages".
  private static func isXDP(_ type: UInt16) -> Bool {
    switch type {
    case 1...3, 10...15, 31...35, 100...114, 140, 220...223: true
    default: false
    }
  }

  /// MIAX Pearl Depth of Market 1.3.d: least lengths.
  private static func pearlLength(_ type: UInt8) -> Int {
    switch type {
    case 49: 5
    case 1: 42
    case 83: 15
    case 4: 12
    case 5: 9
    case 20: 34
    case 21: 30
    case 23: 17
    case 24: 38
    case 10: 31
    case 11: 30
    default: 0
    }
  }

  /// SBE messages of schema 1 back to back, by block, group and string lengths, to the last byte.
  private static func isDeribit(_ bytes: UnsafeRawPointer, _ length: Int) -> Bool {
    var offset = 0
    while offset < length {
      guard offset + DeribitPacket.messageHeaderLength <= length else { return false }
      // SAFETY: the head of a message is here.
      let message = bytes + offset
      guard message.littleEndian(UInt16.self, at: 4) == 1,
        (1_000...1_099).contains(message.littleEndian(UInt16.self, at: 2)),
        let next = DeribitPacket.messageLength(message, length: length - offset)
      else { return false }
      offset += next
    }
    return offset == length
  }
}
