/// Finds the flows of a capture, their protocols, and which of them are lines of one feed, before the run.
///
/// What is grouped is a *strand*: one numbered stream of one flow (a flow of a transport without streams is one
/// strand). A strand belongs to a feed when the configuration says so. Otherwise two strands are lines of one feed
/// when their protocol, stream id, session, numbers and the bytes of the first overlapping messages agree; strands of
/// the same group and port in several files that never overlap are one line, continued. Feeds of one protocol whose
/// stream ids differ are channels of one venue; the same id with other bytes is another venue. What is not configured
/// is named `feed1`, `feed2`, … in order of the command line.
public struct FlowDiscovery {
  /// Packets looked at; a flow that begins later is counted as unrecognised.
  public static let packetsMaximum: UInt64 = 4_000_000
  static let probePackets = 16
  static let laterSessionsMaximum = 64
  /// Streams of one flow told apart; Deribit's sample has 21 on one port.
  static let strandsMaximum = 1_024

  struct Flow {
    var key: FlowKey
    var packets: UInt64 = 0
    var recognition: FlowRecognition
    /// What the recognition says; of a length-prefixed file ITCH 5.0.
    var `protocol`: FeedProtocol?
    var isNumbered = true
    /// Streams of the flow, by id.
    var strands: [UInt32: Int] = [:]
  }

  struct Strand {
    var flow: Int
    var stream: UInt32
    var session = SessionName()
    /// Sessions seen later as well: another line may begin in one of those.
    var laterSessions: Set<SessionName> = []
    /// The first packets with messages, to compare with other strands.
    var probe: [SequencedPacket] = []
    var contents = StrandContents()
  }

  let settings: Settings
  let forcedProtocol: FeedProtocol?
  let fileNames: [String]
  var flows: [Flow] = []
  var strands: [Strand] = []
  var index: [FlowKey: Int] = [:]

  init(settings: Settings, fileNames: [String], forcedProtocol: FeedProtocol?) {
    self.settings = settings
    self.fileNames = fileNames
    self.forcedProtocol = forcedProtocol
  }

  /// - Parameters:
  ///   - fileNames: base names of the capture files, in order of the command line.
  ///   - protocol: "auto", or the protocol of every flow that the configuration does not name.
  ///   - makeSource: a fresh source over the same capture; called once or twice.
  /// - Throws: `FeedPlanError` for more than 8 venues or 64 streams, a protocol feedh does not have, or a snapshot feed
  ///   whose instruments are nobody's.
  public static func plan(
    settings: Settings, fileNames: [String], protocol protocolName: String = "auto",
    makeSource: () -> some PacketSource
  ) throws(FeedPlanError) -> FeedPlan {
    let forced = FeedProtocol(name: protocolName)
    guard forced != nil || protocolName == "auto" else {
      throw FeedPlanError(
        description: "protocol \(protocolName) is not known; allowed: auto, \(FeedProtocol.names)")
    }
    for feed in settings.feeds where feed.protocol != "auto" && FeedProtocol(name: feed.protocol) == nil {
      throw FeedPlanError(
        description: "feed \(feed.name): protocol \(feed.protocol) is not known; allowed: auto, \(FeedProtocol.names)")
    }
    var discovery = FlowDiscovery(settings: settings, fileNames: fileNames, forcedProtocol: forced)
    discovery.survey(makeSource())
    discovery.dropContradicted()
    let joined = discovery.joinLines(makeSource)
    return try discovery.makePlan(joined)
  }

  // MARK: - First walk: flows and protocols

  private mutating func survey(_ source: some PacketSource) {
    Self.walk(source, verifyChecksums: settings.verifyChecksums) { packet, view in
      guard let view else { return surveyMessage(packet) }
      let position = flow(FlowKey(view, fileIndex: packet.fileIndex))
      flows[position].packets += 1
      guard view.transport == .udp else { return }
      judge(position, view)
      guard let transport = flows[position].protocol?.transport,
        let sequenced = Self.sequenced(packet, view, transport)
      else { return }
      note(sequenced, of: position)
    }
  }

  /// What a datagram says about the protocol of its flow.
  private mutating func judge(_ position: Int, _ view: TransportView) {
    let wasWrong = flows[position].recognition
      .take(view.payload, length: view.payloadLength, declared: view.declaredPayloadLength)
    if wasWrong { forget(strandsOf: position) }
    flows[position].protocol = flows[position].recognition.protocol
  }

  /// The protocol that the configuration or the command line gives a flow.
  private func namedProtocol(_ key: FlowKey) -> FeedProtocol? {
    if let (feed, _) = configured(key) { return FeedProtocol(name: settings.feeds[feed].protocol) }
    return forcedProtocol
  }

  /// A heartbeat guessed wrong: what it began is nothing.
  private mutating func forget(strandsOf position: Int) {
    for strand in flows[position].strands.values { strands[strand].flow = -1 }
    flows[position].strands = [:]
  }

  private mutating func note(_ packet: SequencedPacket, of position: Int) {
    guard let strand = strand(packet.stream, of: position, session: packet.session),
      let feedProtocol = flows[position].protocol
    else { return }
    strands[strand].contents.take(packet, feedProtocol)
    if packet.session != strands[strand].session {
      if strands[strand].laterSessions.count < Self.laterSessionsMaximum {
        strands[strand].laterSessions.insert(packet.session)
      }
      return
    }
    guard strands[strand].probe.count < Self.probePackets, packet.kind == .data || packet.kind == .reset,
      packet.wholeCount > 0
    else { return }
    strands[strand].probe.append(packet)
  }

  private mutating func strand(_ id: UInt32, of position: Int, session: SessionName) -> Int? {
    let id = flows[position].protocol?.transport.hasStreams == true ? id : 0
    if let known = flows[position].strands[id] { return known }
    guard flows[position].strands.count < Self.strandsMaximum else { return nil }
    strands.append(Strand(flow: position, stream: id, session: session))
    flows[position].strands[id] = strands.count - 1
    return strands.count - 1
  }

  /// A protocol that most packets of its flow contradict, by their lengths or their numbers, is none; what the
  /// configuration or the command line says stays.
  private mutating func dropContradicted() {
    for position in flows.indices where flows[position].isNumbered && namedProtocol(flows[position].key) == nil {
      var following = 0
      var breaking = 0
      for strand in flows[position].strands.values {
        for (a, b) in zip(strands[strand].probe, strands[strand].probe.dropFirst()) {
          let distance = Int64(truncatingIfNeeded: b.sequenceNumber &- a.endSequence)
          if distance.magnitude <= settings.session.sequenceJumpMaximum { following += 1 } else { breaking += 1 }
        }
      }
      if flows[position].recognition.isContradicted || breaking > following {
        forget(strandsOf: position)
        flows[position].protocol = nil
      }
    }
  }

  /// A record of a length-prefixed file: the file is the flow.
  private mutating func surveyMessage(_ packet: Packet) {
    let key = FlowKey(
      destination: IPAddress(high: 0, low: 0), destinationPort: 0, fileIndex: packet.fileIndex)
    let position = flow(key)
    flows[position].packets += 1
    flows[position].protocol = .itch50
    flows[position].isNumbered = false
    if flows[position].strands.isEmpty { _ = strand(0, of: position, session: SessionName()) }
  }

  private mutating func flow(_ key: FlowKey) -> Int {
    if let position = index[key] { return position }
    index[key] = flows.count
    flows.append(
      Flow(key: key, recognition: FlowRecognition(named: namedProtocol(key), isExpected: isConfigured(key))))
    return flows.count - 1
  }

  /// Visits the first packets of a source: those with a payload, and with nil those of length-prefixed files.
  static func walk(
    _ source: some PacketSource, verifyChecksums: Bool, _ visit: (Packet, TransportView?) -> Void
  ) {
    walk(source, verifyChecksums: verifyChecksums) { packet, view in
      visit(packet, view)
      return true
    }
  }

  static func walk(
    _ source: some PacketSource, verifyChecksums: Bool, whileTrue visit: (Packet, TransportView?) -> Bool
  ) {
    var source = source
    let parser = FrameParser(verifyChecksums: verifyChecksums)
    var seen: UInt64 = 0
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 256) { burst in
      while !source.isExhausted, seen < packetsMaximum {
        let count = source.receive(into: burst)
        for position in 0..<count {
          seen += 1
          if burst[position].linkType == .message {
            if !visit(burst[position], nil) { return }
          } else if case .payload(let view) = parser.parse(burst[position]) {
            if !visit(burst[position], view) { return }
          }
        }
      }
    }
  }

  /// The packet's header with blocks that were walked, or nil.
  static func sequenced(_ packet: Packet, _ view: TransportView, _ transport: Transport) -> SequencedPacket? {
    guard
      var sequenced = Recognition.sequenced(
        transport, view.payload, length: view.payloadLength, declared: view.declaredPayloadLength)
    else { return nil }
    sequenced.captureNanoseconds = packet.captureNanoseconds
    return sequenced
  }

  // MARK: - Configuration

  func configured(_ key: FlowKey) -> (feed: Int, line: Int)? {
    for (feed, settings) in settings.feeds.enumerated() {
      for (line, selector) in settings.lines.enumerated() where matches(selector, key) { return (feed, line) }
    }
    return nil
  }

  /// The feed of a stream of a flow: one that names the stream before one that takes all of the flow's.
  func configured(_ flow: Flow, stream: UInt32) -> (feed: Int, line: Int)? {
    var whole: (feed: Int, line: Int)?
    for (feed, settings) in settings.feeds.enumerated() {
      for (line, selector) in settings.lines.enumerated() where matches(selector, flow.key) {
        if packetStream(of: settings, flow.protocol) == stream { return (feed, line) }
        if settings.stream == nil, whole == nil { whole = (feed, line) }
      }
    }
    return whole
  }

  private func isConfigured(_ key: FlowKey) -> Bool { configured(key) != nil }

  private func matches(_ line: LineSettings, _ key: FlowKey) -> Bool {
    if let file = line.file, file != fileNames[Int(key.fileIndex)] { return false }
    if let group = line.group, IPAddress(group) != key.destination { return false }
    if let port = line.port, port != key.destinationPort { return false }
    return line.file != nil || line.group != nil || line.port != nil
  }
}
