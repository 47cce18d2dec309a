import FeedCore

/// What a flow of packets showed by itself, whatever other lines there are.
public struct FlowStatistics: Sendable {
  /// One session on the flow: MoldUDP64's, SoupBinTCP's, or a unit of BOE.
  public struct Session: Sendable {
    /// Ten characters; "?" for those that are not printable.
    public var name: String
    public var packets: UInt64 = 0
    public var messages: UInt64 = 0
    public var heartbeats: UInt64 = 0
    public var endsOfSession: UInt64 = 0
    var numbers = NumberRanges()
    fileprivate var high: UInt64 = 0
    fileprivate var low: UInt16 = 0

    init(name: String) { self.name = name }

    /// Number of the first and of the last message, nil where there was none.
    public var firstSequence: UInt64? { numbers.firstMessage }
    public var lastSequence: UInt64? { numbers.lastMessage }
    /// Numbers between them, or announced by a heartbeat, that this flow did not show.
    public var missing: UInt64 { numbers.missing }
    /// Messages whose number this flow had shown before.
    public var duplicates: UInt64 { numbers.duplicates }
  }

  /// Sessions told apart on one flow.
  private static let sessionsMaximum = 256

  public var key: FlowKey
  public var transport: TransportView.Transport
  /// One direction of a TCP connection: who sends on it, which end that is, and what its segments did.
  public var stream: StreamStatistics?
  /// "itch50", "ouch50", …, or nil: none that feedh reads.
  public var protocolName: String?
  /// Name of the feed it is a line of.
  public var feed: String?
  public var packets: UInt64 = 0
  public var payloadBytes: UInt64 = 0
  public var firstCaptureNanoseconds: UInt64 = 0
  public var lastCaptureNanoseconds: UInt64 = 0
  /// Packets whose blocks contradict their length, and those too short for a header.
  public var malformed: UInt64 = 0
  /// In order of appearance.
  public var sessions: [Session] = []

  init(key: FlowKey, transport: TransportView.Transport) {
    self.key = key
    self.transport = transport
  }

  public var messages: UInt64 { sessions.reduce(0) { $0 + $1.messages } }

  mutating func take(_ view: TransportView, at captureNanoseconds: UInt64) {
    if packets == 0 { firstCaptureNanoseconds = captureNanoseconds }
    lastCaptureNanoseconds = captureNanoseconds
    packets += 1
    payloadBytes += UInt64(view.payloadLength)
    switch view.transport {
    case .udp: if protocolName != nil { takeMold(view) }
    // Streams are put together before they are looked at (`CaptureInfo+Streams`).
    case .tcp: break
    }
  }

  /// MoldUDP64 1.00, "Downstream Packet".
  private mutating func takeMold(_ view: TransportView) {
    guard view.payloadLength >= CaptureDecoder.moldHeaderLength else {
      malformed += 1
      return
    }
    // SAFETY: the header is there.
    let session = position(
      high: view.payload.bigEndian(UInt64.self, at: 0), low: view.payload.bigEndian(UInt16.self, at: 8))
    let number = view.payload.bigEndian(UInt64.self, at: 10)
    let announced = view.payload.bigEndian(UInt16.self, at: 18)
    sessions[session].packets += 1
    switch announced {
    case 0, .max:
      if announced == 0 { sessions[session].heartbeats += 1 } else { sessions[session].endsOfSession += 1 }
      sessions[session].numbers.take(number, count: 0)
    default:
      guard let whole = wholeMessages(view, announced: Int(announced)) else {
        malformed += 1
        return
      }
      sessions[session].messages += UInt64(whole)
      sessions[session].numbers.take(number, count: UInt64(whole))
    }
  }

  /// Whole blocks of the packet; nil where the blocks contradict the length of a packet that was not cut.
  private func wholeMessages(_ view: TransportView, announced: Int) -> Int? {
    var offset = CaptureDecoder.moldHeaderLength
    for index in 0..<announced {
      guard offset + 2 <= view.payloadLength else { return view.isCut ? index : nil }
      // SAFETY: two bytes are here.
      offset += 2 + Int(view.payload.bigEndian(UInt16.self, at: offset))
      guard offset <= view.payloadLength else { return view.isCut ? index : nil }
    }
    return offset == view.payloadLength || view.isCut ? announced : nil
  }

  private mutating func position(high: UInt64, low: UInt16) -> Int {
    // Sessions follow one another: the last one is nearly always the one.
    if let position = sessions.lastIndex(where: { $0.high == high && $0.low == low }) { return position }
    // Damaged packets may name any number of sessions: the last place stands for all that find no other.
    if sessions.count == Self.sessionsMaximum { return sessions.count - 1 }
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) }
    bytes += [UInt8(low >> 8), UInt8(low & 0xFF)]
    let name = String(decoding: bytes.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    var session = Session(name: name)
    (session.high, session.low) = (high, low)
    sessions.append(session)
    return sessions.count - 1
  }
}
