import FeedCore

/// What a flow of packets showed by itself, whatever other lines there are.
public struct FlowStatistics: Sendable {
  /// One numbering of one stream of the flow: a session, or what follows where numbers began anew within one. Over TCP
  /// a SoupBinTCP session, or a unit of BOE.
  public struct Session: Sendable {
    /// As the transport writes it: text ("?" for characters that are not printable), a number, or "-" where it has
    /// none.
    public var name: String
    /// PITCH unit, IEX, Deribit or Coinbase channel, market segment ("691-snapshot" for its snapshots); nil where a
    /// flow has one stream.
    public var stream: String?
    /// Name of the feed it is a line of.
    public var feed: String?
    public var packets: UInt64 = 0
    public var messages: UInt64 = 0
    public var heartbeats: UInt64 = 0
    public var endsOfSession: UInt64 = 0
    /// Packets outside of the numbers: snapshots, refreshes, unsequenced units. Their messages count.
    public var outOfBand: UInt64 = 0
    var numbers = NumberRanges()
    fileprivate var session = SessionName()
    fileprivate var streamID: UInt32 = 0
    /// Nil over TCP.
    fileprivate var transport: Transport?
    /// Of the last packet that began anew, and of the last with messages.
    fileprivate var resetMark: UInt64 = 0
    fileprivate var sendNanoseconds: UInt64 = 0

    /// A session over TCP.
    init(name: String) { self.name = name }

    fileprivate init(_ packet: SequencedPacket, transport: Transport, feed: String?) {
      name = packet.session.text(of: transport)
      stream = transport.hasStreams ? transport.text(ofStream: packet.stream) : nil
      self.feed = feed
      session = packet.session
      streamID = packet.stream
      self.transport = transport
      resetMark = packet.sendNanoseconds
    }

    /// Number of the first and of the last message (packet, where packets are numbered) as on the wire, nil where
    /// there was none.
    public var firstSequence: UInt64? { numbers.firstMessage.map(wireNumber) }
    public var lastSequence: UInt64? { numbers.lastMessage.map(wireNumber) }
    /// Numbers between them, or announced by a heartbeat, that this flow did not show.
    public var missing: UInt64 { numbers.missing }
    /// Ranges of numbers that are missing.
    public var gaps: Int { numbers.gapCount }
    /// Messages whose number this flow had shown before.
    public var duplicates: UInt64 { numbers.duplicates }

    private func wireNumber(_ number: UInt64) -> UInt64 { number &+ UInt64(bitPattern: transport?.wireNumberOffset ?? 0) }
  }

  /// Sessions and streams told apart on one flow.
  private static let sessionsMaximum = 1_024

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
  public var peaks = RatePeaks()
  /// What numbers its packets, nil for flows that carry no feed.
  var feedTransport: Transport?
  /// Names of the feeds of its streams.
  var feedsByStream: [UInt32: String] = [:]

  init(key: FlowKey, transport: TransportView.Transport) {
    self.key = key
    self.transport = transport
  }

  /// Destination; over TCP source and destination.
  var place: String { stream?.flow.description ?? key.description }

  public var messages: UInt64 { sessions.reduce(0) { $0 + $1.messages } }

  /// Takes a packet; calls `visit` for each run of numbered messages in it.
  mutating func take(
    _ view: TransportView, at captureNanoseconds: UInt64, _ visit: (SequencedPacket, UInt64) -> Void = { _, _ in }
  ) {
    if packets == 0 { firstCaptureNanoseconds = captureNanoseconds }
    lastCaptureNanoseconds = captureNanoseconds
    packets += 1
    payloadBytes += UInt64(view.payloadLength)
    var count: UInt64 = 0
    switch view.transport {
    case .udp: if let feedTransport { count = take(view, feedTransport, visit) }
    // Streams are put together before they are looked at (`CaptureInfo+Streams`).
    case .tcp: break
    }
    peaks.take(messages: count, at: captureNanoseconds)
  }

  /// Messages of a packet, 0 for one that is malformed.
  private mutating func take(
    _ view: TransportView, _ transport: Transport, _ visit: (SequencedPacket, UInt64) -> Void
  ) -> UInt64 {
    var offset = 0
    var sum: UInt64 = 0
    // Only datagrams of MACH hold more than one run.
    repeat {
      let length = view.payloadLength - offset
      guard
        let packet = transport.parse(
          view.payload + offset, length: length, declared: view.declaredPayloadLength - offset)
      else {
        malformed += 1
        return sum
      }
      guard let messages = wholeMessages(packet, transport, isCut: view.isCut) else {
        malformed += 1
        return sum
      }
      note(packet, transport, messages: messages.count, numbers: messages.numbers)
      if messages.numbers > 0, packet.kind == .data || packet.kind == .reset { visit(packet, messages.numbers) }
      sum += messages.count
      guard transport == .mach else { return sum }
      offset += max(12, Int(packet.blocksLength))
    } while offset < view.payloadLength
    return sum
  }

  private mutating func note(_ packet: SequencedPacket, _ transport: Transport, messages: UInt64, numbers: UInt64) {
    let position = position(packet, transport)
    sessions[position].packets += 1
    sessions[position].messages += messages
    switch packet.kind {
    case .outOfBand: sessions[position].outOfBand += 1
    case .keepAlive: sessions[position].heartbeats += 1
    case .heartbeat, .endOfSession:
      if packet.kind == .heartbeat {
        sessions[position].heartbeats += 1
      } else {
        sessions[position].endsOfSession += 1
      }
      sessions[position].numbers.take(packet.sequenceNumber, count: 0)
    case .data, .reset:
      if packet.messageCount == 0 { sessions[position].heartbeats += 1 }
      sessions[position].numbers.take(packet.sequenceNumber, count: numbers)
      sessions[position].sendNanoseconds = packet.sendNanoseconds
    }
  }

  /// Whole messages of the packet and how many numbers they take up; nil where the blocks contradict the length of a
  /// packet that was not cut.
  private func wholeMessages(
    _ packet: SequencedPacket, _ transport: Transport, isCut: Bool
  ) -> (count: UInt64, numbers: UInt64)? {
    if packet.messageCount == 0 { return (0, 0) }
    let layout = transport.layout
    let (count, end) = layout.wholeMessages(in: packet)
    if !isCut, layout.wholeNumbers(in: packet) == nil { return nil }
    let isWhole = end == Int(packet.blocksLength) && count > 0
    return (UInt64(count), layout.numbersPackets ? (isWhole && !isCut ? 1 : 0) : UInt64(count))
  }

  private mutating func position(_ packet: SequencedPacket, _ transport: Transport) -> Int {
    // Sessions follow one another: the last one is nearly always the one.
    let stream = transport.hasStreams ? packet.stream : 0
    let found = sessions.lastIndex { $0.session == packet.session && (!transport.hasStreams || $0.streamID == stream) }
    if let found, !beginsAnew(packet, after: sessions[found], transport) { return found }
    // Damaged packets may name any number of sessions: the last place stands for all that find no other.
    if sessions.count == Self.sessionsMaximum { return sessions.count - 1 }
    sessions.append(Session(packet, transport: transport, feed: feedsByStream[stream] ?? feed))
    return sessions.count - 1
  }

  /// Whether numbers begin anew within a session, by the rules of `LineArbiter` as far as one flow shows them.
  private func beginsAnew(_ packet: SequencedPacket, after session: Session, _ transport: Transport) -> Bool {
    guard packet.sequenceNumber > 0, packet.sequenceNumber < session.numbers.end else { return false }
    switch packet.kind {
    case .keepAlive, .outOfBand: return false
    case .reset: return transport == .mach || packet.sendNanoseconds > session.resetMark
    case .data, .heartbeat, .endOfSession:
      let isLater = packet.sendNanoseconds > session.sendNanoseconds
        && packet.sendNanoseconds - session.sendNanoseconds > Self.reorderWindowNanoseconds
      return transport == .iexTP && isLater || transport == .cmeMDP3 && isLater && packet.sequenceNumber == 1
    }
  }

  private static let reorderWindowNanoseconds = SessionSettings().reorderWindowNanoseconds
}
