import FeedCore

/// The sessions of one direction of a connection, by its packets: SoupBinTCP's by their login, BOE's by unit.
struct StreamSessions {
  private static let countMaximum = 256

  private(set) var list: [FlowStatistics.Session] = []
  /// SoupBinTCP: number of the next sequenced message, nil where no login said it.
  private var nextSequence: UInt64?
  private var current: Int?

  /// The number of messages is not known any more.
  mutating func takeHole() { nextSequence = nil }

  /// - Returns: true where the packet carries a message, false for what only keeps the session.
  mutating func take(_ packet: StreamPacket) -> Bool {
    switch packet.protocol {
    case .soupBinTCP: takeSoup(packet.bytes)
    case .boe2: takeBOE(packet.bytes)
    }
  }

  /// SoupBinTCP 3.00, "Login Accepted Packet": session (10), number of the next sequenced message (20 digits).
  private mutating func takeSoup(_ packet: UnsafeRawBufferPointer) -> Bool {
    guard let type = SoupBinTCPPacketType(rawValue: packet[2]) else { return false }
    if type == .loginAccepted, packet.count >= 33 {
      current = position(named: Self.text(packet[3..<13]))
      nextSequence = UInt64(Self.text(packet[13..<33]))
    }
    let index = current ?? position(named: "-")
    current = index
    list[index].packets += 1
    switch type {
    case .serverHeartbeat, .clientHeartbeat: list[index].heartbeats += 1
    case .endOfSession: list[index].endsOfSession += 1
    case .unsequencedData: list[index].messages += 1
    case .sequencedData:
      list[index].messages += 1
      guard let number = nextSequence else { return true }
      list[index].numbers.take(number, count: 1)
      nextSequence = number &+ 1
    default: break
    }
    return type.isData
  }

  /// BOE 2, "Message Headers": each unit has numbers of its own; 0 is none.
  private mutating func takeBOE(_ message: UnsafeRawBufferPointer) -> Bool {
    guard message.count >= BOE2Stream.headerLength, let base = message.baseAddress else { return false }
    // SAFETY: the header is there.
    let index = position(named: "unit \(base.byte(at: 5))")
    list[index].packets += 1
    switch BOE2MessageType(rawValue: base.byte(at: 4)) {
    case .serverHeartbeat, .clientHeartbeat:
      list[index].heartbeats += 1
      return false
    default:
      list[index].messages += 1
      let number = base.littleEndian(UInt32.self, at: 6)
      if number > 0 { list[index].numbers.take(UInt64(number), count: 1) }
      return true
    }
  }

  private mutating func position(named name: String) -> Int {
    if let position = list.lastIndex(where: { $0.name == name }) { return position }
    if list.count == Self.countMaximum { return list.count - 1 }
    list.append(FlowStatistics.Session(name: name))
    return list.count - 1
  }

  /// Without the spaces on both sides; "?" for what is not printable.
  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let kept = bytes.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
    return String(decoding: kept.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}
