/// Finds the flows of a capture, their protocols, and which of them are lines of one feed, before the run.
///
/// A flow belongs to a feed when the configuration says so. Otherwise two flows are lines of one feed when their
/// session, numbers and the bytes of the first overlapping messages agree; flows of the same group and port in
/// several files that never overlap are one line, continued. Feeds that are not configured are named `feed1`,
/// `feed2`, … in order of the command line.
public struct FlowDiscovery {
  /// Packets looked at; a flow that begins later is counted as unrecognised.
  public static let packetsMaximum: UInt64 = 4_000_000
  private static let probePackets = 16
  private static let laterSessionsMaximum = 64

  struct Flow {
    var key: FlowKey
    var packets: UInt64 = 0
    var protocolName: String?
    var isNumbered = true
    var session = SessionName()
    /// Sessions seen later as well: another line may begin in one of those.
    var laterSessions: Set<SessionName> = []
    /// The first packets with messages, to compare with other flows.
    var probe: [SequencedPacket] = []
  }

  private let settings: Settings
  private let forcedProtocol: String?
  private let fileNames: [String]
  private var flows: [Flow] = []
  private var index: [FlowKey: Int] = [:]

  private init(settings: Settings, fileNames: [String], forcedProtocol: String?) {
    self.settings = settings
    self.fileNames = fileNames
    self.forcedProtocol = forcedProtocol
  }

  /// - Parameters:
  ///   - fileNames: base names of the capture files, in order of the command line.
  ///   - protocol: "auto", or the protocol of every flow that the configuration does not name.
  ///   - makeSource: a fresh source over the same capture; called once or twice.
  /// - Throws: `FeedPlanError` for more than 8 venues or 64 feeds, or a protocol feedh does not have.
  public static func plan(
    settings: Settings, fileNames: [String], protocol protocolName: String = "auto",
    makeSource: () -> some PacketSource
  ) throws(FeedPlanError) -> FeedPlan {
    guard ["auto", "itch50"].contains(protocolName) else {
      throw FeedPlanError(description: "protocol \(protocolName) is not known; allowed: auto, itch50")
    }
    var discovery = FlowDiscovery(
      settings: settings, fileNames: fileNames, forcedProtocol: protocolName == "auto" ? nil : protocolName)
    discovery.survey(makeSource())
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
      if !flows[position].probe.isEmpty { noteSession(view, of: position) }
      guard flows[position].probe.count < Self.probePackets else { return }
      guard let sequenced = Self.sequenced(packet, view) else { return }
      if flows[position].protocolName == nil {
        guard forcedProtocol != nil || isConfigured(flows[position].key) || Self.looksLikeITCH50(sequenced) else {
          return
        }
        flows[position].protocolName = "itch50"
      }
      if flows[position].probe.isEmpty { flows[position].session = sequenced.session }
      if sequenced.kind == .data, sequenced.wholeCount > 0, sequenced.session == flows[position].session {
        flows[position].probe.append(sequenced)
      }
    }
  }

  private mutating func noteSession(_ view: TransportView, of position: Int) {
    guard let packet = MoldUDP64.parse(view.payload, length: view.payloadLength),
      packet.session != flows[position].session, flows[position].laterSessions.count < Self.laterSessionsMaximum
    else { return }
    flows[position].laterSessions.insert(packet.session)
  }

  /// A record of a length-prefixed file: the file is the flow.
  private mutating func surveyMessage(_ packet: Packet) {
    let key = FlowKey(
      destination: IPAddress(high: 0, low: 0), destinationPort: 0, fileIndex: packet.fileIndex)
    let position = flow(key)
    flows[position].packets += 1
    flows[position].protocolName = "itch50"
    flows[position].isNumbered = false
  }

  private mutating func flow(_ key: FlowKey) -> Int {
    if let position = index[key] { return position }
    index[key] = flows.count
    flows.append(Flow(key: key))
    return flows.count - 1
  }

  /// Visits the first packets of a source: those with a payload, and with nil those of length-prefixed files.
  private static func walk(
    _ source: some PacketSource, verifyChecksums: Bool, _ visit: (Packet, TransportView?) -> Void
  ) {
    walk(source, verifyChecksums: verifyChecksums) { packet, view in
      visit(packet, view)
      return true
    }
  }

  private static func walk(
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

  /// The packet's MoldUDP64 header with blocks that were walked, or nil.
  private static func sequenced(_ packet: Packet, _ view: TransportView) -> SequencedPacket? {
    guard var sequenced = MoldUDP64.parse(view.payload, length: view.payloadLength) else { return nil }
    sequenced.captureNanoseconds = packet.captureNanoseconds
    sequenced.wholeCount = MoldUDP64.wholeMessages(in: sequenced)
    let end = MoldUDP64.blocksEnd(of: sequenced, count: sequenced.wholeCount)
    if view.isCut {
      sequenced.blocksLength = UInt32(end)
    } else if sequenced.wholeCount != sequenced.messageCount || end != Int(sequenced.blocksLength) {
      return nil
    }
    return sequenced
  }

  /// Known message types of the right lengths, or a heartbeat of a printable session name.
  static func looksLikeITCH50(_ packet: SequencedPacket) -> Bool {
    if packet.kind != .data { return !packet.session.description.contains("?") }
    if packet.wholeCount == 0 { return false }
    var offset = 0
    for _ in 0..<packet.wholeCount {
      let length = MoldUDP64.messageLength(at: packet.blocks + offset)
      offset += MoldUDP64.prefixLength
      if length == 0 { continue }
      let needed = ITCH50Decoder.length(ofType: packet.blocks.byte(at: offset))
      if needed == 0 || length < needed { return false }
      offset += length
    }
    return true
  }

  // MARK: - Second walk: which flows are lines of one feed

  /// For each flow the flow it joins (itself when none).
  private func joinLines(_ makeSource: () -> some PacketSource) -> [Int] {
    var leader = Array(flows.indices)
    func root(_ flow: Int) -> Int { leader[flow] == flow ? flow : root(leader[flow]) }
    let candidates = flows.indices.filter { flows[$0].isNumbered && configured(flows[$0].key) == nil }
    // Pairs with a session in common whose first messages are still to be compared.
    var open: Set<[Int]> = []
    for (position, a) in candidates.enumerated() {
      for b in candidates[(position + 1)...]
      where !flows[a].probe.isEmpty && !flows[b].probe.isEmpty && sharesSession(flows[a], flows[b]) {
        open.insert([a, b])
      }
    }
    if open.isEmpty { return leader }
    let mayContinue = open.filter {
      flows[$0[0]].key.destination == flows[$0[1]].key.destination
        && flows[$0[0]].key.destinationPort == flows[$0[1]].key.destinationPort
    }
    Self.walk(makeSource(), verifyChecksums: settings.verifyChecksums) { packet, view in
      guard let view, let flow = index[FlowKey(view, fileIndex: packet.fileIndex)],
        let sequenced = Self.sequenced(packet, view)
      else { return true }
      for pair in open where pair.contains(flow) {
        let other = pair[0] == flow ? pair[1] : pair[0]
        guard sequenced.session == flows[other].session else { continue }
        for probe in flows[other].probe {
          guard let agree = Self.agree(sequenced, probe) else { continue }
          open.remove(pair)
          if agree { leader[root(max(pair[0], pair[1]))] = root(min(pair[0], pair[1])) }
          break
        }
      }
      return !open.isEmpty
    }
    for pair in mayContinue.sorted(by: { $0.lexicographicallyPrecedes($1) }) where open.contains(pair) {
      leader[root(max(pair[0], pair[1]))] = root(min(pair[0], pair[1]))
    }
    return flows.indices.map(root)
  }

  private func sharesSession(_ a: Flow, _ b: Flow) -> Bool {
    a.session == b.session || a.laterSessions.contains(b.session) || b.laterSessions.contains(a.session)
  }

  /// Whether the messages that both packets hold are equal; nil when they hold none in common.
  private static func agree(_ a: SequencedPacket, _ b: SequencedPacket) -> Bool? {
    let from = max(a.sequenceNumber, b.sequenceNumber)
    let to = min(a.sequenceNumber + UInt64(a.wholeCount), b.sequenceNumber + UInt64(b.wholeCount))
    guard from < to else { return nil }
    return (from..<to).allSatisfy { message($0, of: a).elementsEqual(message($0, of: b)) }
  }

  private static func message(_ number: UInt64, of packet: SequencedPacket) -> UnsafeRawBufferPointer {
    var offset = 0
    for _ in packet.sequenceNumber..<number {
      offset += MoldUDP64.prefixLength + MoldUDP64.messageLength(at: packet.blocks + offset)
    }
    let length = MoldUDP64.messageLength(at: packet.blocks + offset)
    return UnsafeRawBufferPointer(start: packet.blocks + offset + MoldUDP64.prefixLength, count: length)
  }

  // MARK: - The plan

  private func configured(_ key: FlowKey) -> (feed: Int, line: Int)? {
    for (feed, settings) in settings.feeds.enumerated() {
      for (line, selector) in settings.lines.enumerated() where matches(selector, key) { return (feed, line) }
    }
    return nil
  }

  private func isConfigured(_ key: FlowKey) -> Bool { configured(key) != nil }

  private func matches(_ line: LineSettings, _ key: FlowKey) -> Bool {
    if let file = line.file, file != fileNames[Int(key.fileIndex)] { return false }
    if let group = line.group, IPAddress(group) != key.destination { return false }
    if let port = line.port, port != key.destinationPort { return false }
    return line.file != nil || line.group != nil || line.port != nil
  }

  private func makePlan(_ leader: [Int]) throws(FeedPlanError) -> FeedPlan {
    var plan = FeedPlan()
    plan.venues = settings.venues
    // Configured feeds come first, in their order, whether this capture holds them or not.
    for feed in settings.feeds {
      guard let venue = plan.venues.firstIndex(where: { $0.name == feed.venue }) else {
        throw FeedPlanError(
          description: "feed \(feed.name): venue \(feed.venue) is not configured; add it under venues")
      }
      guard ["auto", "itch50"].contains(feed.protocol) else {
        throw FeedPlanError(
          description: "feed \(feed.name): protocol \(feed.protocol) is not known; allowed: auto, itch50")
      }
      plan.channels.append(
        FeedPlan.Channel(
          name: feed.name, venue: VenueIndex(venue), protocol: "itch50", isNumbered: true,
          lines: feed.lines.map(\.name)))
    }
    var channelOfLeader: [Int: Int] = [:]
    var unnamed = 0
    for position in flowsInCommandLineOrder() {
      let flow = flows[position]
      guard flow.protocolName != nil else {
        plan.ignored.append((flow.key, flow.packets))
        continue
      }
      if let (feed, line) = configured(flow.key) {
        plan.channels[feed].isNumbered = flow.isNumbered
        plan.routes[flow.key] = FeedPlan.Route(channel: UInt8(feed), line: UInt8(line))
        continue
      }
      if channelOfLeader[leader[position]] == nil {
        unnamed += 1
        let name = "feed\(unnamed)"
        channelOfLeader[leader[position]] = plan.channels.count
        plan.venues.append(VenueSettings(name: name))
        guard plan.venues.count <= 8, plan.channels.count < FeedPlan.channelsMaximum else {
          throw FeedPlanError(
            description: "the capture holds more than 8 venues (\(name) at \(describe(flow))); "
              + "join lines under feeds: in a configuration, or leave flows out with --filter")
        }
        plan.channels.append(
          FeedPlan.Channel(
            name: name, venue: VenueIndex(plan.venues.count - 1), protocol: "itch50", isNumbered: flow.isNumbered,
            lines: []))
      }
      let channel = channelOfLeader[leader[position]]!
      plan.routes[flow.key] = FeedPlan.Route(
        channel: UInt8(channel), line: UInt8(clamping: plan.channels[channel].lines.count))
      plan.channels[channel].lines.append(describe(flow))
    }
    return plan
  }

  /// By file, then by first appearance.
  private func flowsInCommandLineOrder() -> [Int] {
    flows.indices.sorted { (flows[$0].key.fileIndex, $0) < (flows[$1].key.fileIndex, $1) }
  }

  private func describe(_ flow: Flow) -> String {
    flow.isNumbered ? flow.key.description : fileNames[Int(flow.key.fileIndex)]
  }
}
