/// The plan: channels, venues and routes.
extension FlowDiscovery {
  func makePlan(_ leader: [Int]) throws(FeedPlanError) -> FeedPlan {
    var plan = FeedPlan()
    plan.venues = settings.venues
    // Configured feeds come first, in their order, whether this capture holds them or not.
    for (position, feed) in settings.feeds.enumerated() {
      guard let venue = plan.venues.firstIndex(where: { $0.name == feed.venue }) else {
        throw FeedPlanError(
          description: "feed \(feed.name): venue \(feed.venue) is not configured; add it under venues")
      }
      plan.channels.append(
        FeedPlan.Channel(
          name: feed.name, venue: VenueIndex(venue), protocol: FeedProtocol(name: feed.protocol) ?? .itch50,
          isNumbered: true, lines: feed.lines.map(\.name), stream: feed.stream, feed: position, role: feed.role))
      if feed.snapshotsInFlow, let known = FeedProtocol(name: feed.protocol) {
        try checkSnapshotsInFlow(feed, known)
        plan.channels[position].carriesSnapshots = true
      }
    }
    var discovered = Discovered(configuredVenues: plan.venues.count)
    // Snapshot flows come last: what they are about has its channel then.
    var waiting: [(position: Int, stream: UInt32, strand: Int)] = []
    for position in flowsInCommandLineOrder() {
      let flow = flows[position]
      guard flow.protocol != nil, !flow.strands.isEmpty else {
        plan.ignored.append((flow.key, flow.packets))
        continue
      }
      for (stream, strand) in flow.strands.sorted(by: { $0.key < $1.key }) {
        let route: FeedPlan.Route
        if let (feed, line) = configured(flow, stream: stream) {
          route = try configuredRoute(feed: feed, line: line, flow: flow, stream: stream, &plan, &discovered)
        } else if configured(flow.key) != nil {
          // The configuration names other streams of this flow.
          continue
        } else if strands[strand].contents.use == .snapshots {
          waiting.append((position, stream, strand))
          continue
        } else {
          route = try discoveredRoute(leader[strand], position, &plan, &discovered)
        }
        set(route, position, stream, &plan)
        note(strand, of: Int(route.channel), &plan, &discovered)
      }
    }
    for (position, stream, strand) in waiting {
      let route: FeedPlan.Route
      if let target = target(of: strand, &plan, discovered) {
        route = try snapshotRoute(
          of: target, position, carriesBooks: strands[strand].contents.snapshots > 0, &plan, &discovered)
      } else {
        route = try discoveredRoute(leader[strand], position, &plan, &discovered)
      }
      set(route, position, stream, &plan)
    }
    try resolveSnapshotFeeds(&plan)
    discovered.name(&plan)
    addAnswerLines(&plan)
    try checkRecovery(plan)
    return plan
  }

  private func set(_ route: FeedPlan.Route, _ position: Int, _ stream: UInt32, _ plan: inout FeedPlan) {
    let flow = flows[position]
    if plan.routes[flow.key] == nil { plan.routes[flow.key] = route }
    if flow.protocol?.transport.hasStreams == true {
      plan.streamRoutes[FeedPlan.StreamKey(flow: flow.key, stream: stream)] = route
    }
  }

  /// What a live strand shows of its channel's instruments.
  private func note(_ strand: Int, of channel: Int, _ plan: inout FeedPlan, _ discovered: inout Discovered) {
    let contents = strands[strand].contents
    discovered.identifiers[channel, default: []].formUnion(contents.identifiers)
    discovered.markets[channel, default: []].formUnion(contents.markets)
    guard contents.snapshots > 0, JoinedChannel.serves(plan.channels[channel].protocol) else { return }
    // CME's snapshots have packets and numbers of their own, wherever they come.
    if plan.channels[channel].role == .snapshot || contents.live > 0 && plan.channels[channel].protocol != .cmeMDP3 {
      plan.channels[channel].carriesSnapshots = true
    }
  }

  /// The channel whose instruments a snapshot flow is about: of its protocol and stream; of several, the one with most
  /// identifiers in common. Nil where none is, or none more than another.
  private func target(of strand: Int, _ plan: inout FeedPlan, _ discovered: Discovered) -> Int? {
    guard let feedProtocol = flows[strands[strand].flow].protocol, JoinedChannel.serves(feedProtocol) else {
      return nil
    }
    let stream = strands[strand].stream & ~EOBIPacket.snapshotStream
    let candidates = plan.channels.indices.filter {
      plan.channels[$0].role == .live && plan.channels[$0].protocol == feedProtocol
        && (!feedProtocol.transport.hasStreams || plan.channels[$0].stream == stream)
    }
    if candidates.count == 1 { return candidates[0] }
    let common = candidates.map {
      (channel: $0, count: strands[strand].contents.identifiers.intersection(discovered.identifiers[$0] ?? []).count)
    }
    guard let most = common.max(by: { $0.count < $1.count }), most.count > 0,
      common.filter({ $0.count == most.count }).count == 1
    else { return nil }
    return most.channel
  }

  /// One channel for all snapshot flows of a live one.
  private func snapshotRoute(
    of target: Int, _ position: Int, carriesBooks: Bool, _ plan: inout FeedPlan, _ discovered: inout Discovered
  ) throws(FeedPlanError) -> FeedPlan.Route {
    let flow = flows[position]
    var channel = discovered.snapshotChannels[target]
    if channel == nil {
      channel = plan.channels.count
      discovered.snapshotChannels[target] = plan.channels.count
      var described = plan.channels[target]
      described.name += "/snapshot"
      described.lines = []
      described.role = .snapshot
      described.snapshotsOf = UInt8(target)
      described.feed = nil
      described.carriesSnapshots = false
      try append(described, flow, &plan)
    }
    if carriesBooks { plan.channels[channel!].carriesSnapshots = true }
    let line = UInt8(clamping: plan.channels[channel!].lines.count)
    plan.channels[channel!].lines.append(describe(flow))
    return FeedPlan.Route(channel: UInt8(channel!), line: line)
  }

  /// Which channels the configured snapshot feeds are about.
  func resolveSnapshotFeeds(_ plan: inout FeedPlan) throws(FeedPlanError) {
    for channel in plan.channels.indices
    where plan.channels[channel].role == .snapshot && plan.channels[channel].snapshotsOf == nil {
      let described = plan.channels[channel]
      // Further streams of a feed stand behind all configured ones.
      let feed = settings.feeds.first { described.name == $0.name || described.name.hasPrefix($0.name + "/") }
      let isThere = (Array(plan.routes.values) + Array(plan.streamRoutes.values)).contains { $0.channel == channel }
      guard isThere else { continue }
      guard JoinedChannel.serves(described.protocol) else {
        throw FeedPlanError(
          description: "feed \(described.name): \(described.protocol.name) has no snapshot flows that are read; "
            + "allowed: cmeMDP3, nyseIntegrated, coinbaseDerivatives, eobi; remove role: snapshot")
      }
      let stream = described.stream.map { $0 & ~EOBIPacket.snapshotStream }
      let candidates = plan.channels.indices.filter {
        plan.channels[$0].role == .live && plan.channels[$0].protocol == described.protocol
          && plan.channels[$0].venue == described.venue
          && Self.isOf(feed?.of, plan.channels[$0].name)
          && (!described.transport.hasStreams || plan.channels[$0].stream == stream)
      }
      guard candidates.count == 1 else {
        throw FeedPlanError(
          description: "feed \(described.name): \(candidates.count) live feeds of its venue and protocol have its "
            + "instruments; allowed: one; name it with of: under feeds in the configuration")
      }
      plan.channels[channel].snapshotsOf = UInt8(candidates[0])
    }
  }

  /// - Throws: `FeedPlanError` for a feed whose snapshots never come among its own packets.
  func checkSnapshotsInFlow(_ feed: FeedSettings, _ feedProtocol: FeedProtocol) throws(FeedPlanError) {
    if feed.role == .live, feedProtocol == .nyseIntegrated || feedProtocol == .coinbaseDerivatives { return }
    throw FeedPlanError(
      description: "feed \(feed.name): snapshotsInFlow is for live feeds whose snapshots come among their packets; "
        + "allowed: nyseIntegrated, coinbaseDerivatives; remove it, or name the snapshots' own flow in a feed of role: "
        + "snapshot")
  }

  /// The stream of the feed's packets: Eurex' snapshots of a market segment have one of their own.
  func packetStream(of feed: FeedSettings, _ feedProtocol: FeedProtocol?) -> UInt32? {
    guard let stream = feed.stream else { return nil }
    return feedProtocol == .eobi && feed.role == .snapshot ? stream | EOBIPacket.snapshotStream : stream
  }

  /// What was found beside the configured feeds.
  private struct Discovered {
    let configuredVenues: Int
    var channelOfLeader: [Int: Int] = [:]
    /// By venue of the plan: the protocol, and the flows that carry its streams.
    var venues: [Int: (protocol: FeedProtocol, flows: Set<Int>)] = [:]
    /// By channel: instruments, and markets, that its packets name.
    var identifiers: [Int: Set<UInt64>] = [:]
    var markets: [Int: Set<UInt16>] = [:]
    /// By live channel: the channel of its snapshot flows.
    var snapshotChannels: [Int: Int] = [:]
    /// Channels beyond a configured feed's first, which takes its name.
    var channelsOfFeed: [Int: [UInt32: Int]] = [:]

    init(configuredVenues: Int) { self.configuredVenues = configuredVenues }

    private func text(of channel: FeedPlan.Channel) -> String {
      channel.transport.text(ofStream: channel.stream ?? 0)
    }

    /// Channels are named after their venue, with the stream where it has several.
    func name(_ plan: inout FeedPlan) {
      for venue in venues.keys {
        let channels = plan.channels.indices.filter {
          Int(plan.channels[$0].venue) == venue && plan.channels[$0].role == .live
        }
        guard channels.count > 1 else { continue }
        for (number, channel) in channels.enumerated() {
          // Channels without stream ids have their number at the venue.
          let text = plan.channels[channel].stream == nil ? "\(number + 1)" : text(of: plan.channels[channel])
          plan.channels[channel].name += "/\(text)"
          if let snapshot = snapshotChannels[channel] {
            plan.channels[snapshot].name = plan.channels[channel].name + "/snapshot"
          }
        }
      }
    }
  }

  private func configuredRoute(
    feed: Int, line: Int, flow: Flow, stream: UInt32, _ plan: inout FeedPlan, _ discovered: inout Discovered
  ) throws(FeedPlanError) -> FeedPlan.Route {
    var channel = feed
    if flow.protocol?.transport.hasStreams == true, settings.feeds[feed].stream == nil {
      if let known = discovered.channelsOfFeed[feed, default: [:]][stream] {
        channel = known
      } else if !discovered.channelsOfFeed[feed, default: [:]].isEmpty {
        // A feed that names no stream takes all of its flows': one channel each.
        channel = plan.channels.count
        var further = plan.channels[feed]
        further.protocol = flow.protocol ?? .itch50
        further.name = "\(settings.feeds[feed].name)/\(further.transport.text(ofStream: stream))"
        try append(further, flow, &plan)
      }
      discovered.channelsOfFeed[feed, default: [:]][stream] = channel
      plan.channels[channel].stream = stream
    }
    plan.channels[channel].isNumbered = flow.isNumbered
    plan.channels[channel].protocol = flow.protocol ?? .itch50
    return FeedPlan.Route(channel: UInt8(channel), line: UInt8(line))
  }

  private func discoveredRoute(
    _ leader: Int, _ position: Int, _ plan: inout FeedPlan, _ discovered: inout Discovered
  ) throws(FeedPlanError) -> FeedPlan.Route {
    let flow = flows[position]
    if discovered.channelOfLeader[leader] == nil {
      let venue = try venue(of: leader, position, &plan, &discovered)
      discovered.channelOfLeader[leader] = plan.channels.count
      let hasStreams = flow.protocol?.transport.hasStreams == true
      try append(
        FeedPlan.Channel(
          name: plan.venues[venue].name, venue: VenueIndex(venue), protocol: flow.protocol ?? .itch50,
          isNumbered: flow.isNumbered, lines: [], stream: hasStreams ? strands[leader].stream : nil), flow, &plan)
    }
    let channel = discovered.channelOfLeader[leader]!
    discovered.venues[Int(plan.channels[channel].venue)]?.flows.insert(position)
    let line = UInt8(clamping: plan.channels[channel].lines.count)
    plan.channels[channel].lines.append(describe(flow))
    return FeedPlan.Route(channel: UInt8(channel), line: line)
  }

  /// The venue of a stream: one of its protocol that has no stream of this id yet, best one that shares its flow;
  /// else a new one.
  private func venue(
    of leader: Int, _ position: Int, _ plan: inout FeedPlan, _ discovered: inout Discovered
  ) throws(FeedPlanError) -> Int {
    let flow = flows[position]
    if let `protocol` = flow.protocol, `protocol`.transport.hasStreams {
      let free = discovered.venues.keys.sorted().filter { venue in
        discovered.venues[venue]?.protocol == `protocol`
          && !plan.channels.contains { Int($0.venue) == venue && $0.stream == strands[leader].stream }
      }
      if let shared = free.first(where: { discovered.venues[$0]?.flows.contains(position) == true }) ?? free.first {
        return shared
      }
    }
    if let shared = sharedVenue(of: strands[leader].contents, flow.protocol, plan, discovered) { return shared }
    let name = "feed\(plan.venues.count - discovered.configuredVenues + 1)"
    guard plan.venues.count < FeedPlan.venuesMaximum else {
      throw FeedPlanError(
        description: "the capture holds more than \(FeedPlan.venuesMaximum) venues (\(name) at \(describe(flow))); "
          + "name the venue of each flow under feeds: in a configuration (feeds: [{name: \(name), venue: NAME, lines: "
          + "[{name: A, \(selector(of: flow))}]}]), or leave flows out with --filter")
    }
    plan.venues.append(VenueSettings(name: name))
    discovered.venues[plan.venues.count - 1] = (flow.protocol ?? .itch50, [])
    return plan.venues.count - 1
  }

  /// True for the feed of that name and its further streams; without a name for any.
  private static func isOf(_ name: String?, _ channel: String) -> Bool {
    guard let name else { return true }
    return channel == name || channel.hasPrefix(name + "/")
  }

  /// A discovered venue that a flow without stream ids is a further channel of: of the same protocol and, where
  /// messages name markets, the same market, with other instruments. Identifiers of these protocols are the venue's,
  /// not a channel's.
  private func sharedVenue(
    of contents: StrandContents, _ feedProtocol: FeedProtocol?, _ plan: FeedPlan, _ discovered: Discovered
  ) -> Int? {
    guard let feedProtocol, !contents.identifiers.isEmpty else { return nil }
    switch feedProtocol {
    case .cmeMDP3, .miaxPearlDepth: break
    case .nyseIntegrated where contents.markets.count == 1: break
    default: return nil
    }
    return discovered.venues.keys.sorted().first { venue in
      guard discovered.venues[venue]?.protocol == feedProtocol else { return false }
      let channels = plan.channels.indices.filter {
        Int(plan.channels[$0].venue) == venue && plan.channels[$0].role == .live
      }
      return !channels.isEmpty
        && channels.allSatisfy {
          let known = discovered.identifiers[$0] ?? []
          return !known.isEmpty && known.isDisjoint(with: contents.identifiers)
            && (feedProtocol != .nyseIntegrated || discovered.markets[$0] == contents.markets)
        }
    }
  }

  /// How a configuration names the flow.
  private func selector(of flow: Flow) -> String {
    if !flow.isNumbered { return "file: \(fileNames[Int(flow.key.fileIndex)])" }
    return "group: \"\(flow.key.destination)\", port: \(flow.key.destinationPort)"
  }

  private func append(
    _ channel: FeedPlan.Channel, _ flow: Flow, _ plan: inout FeedPlan
  ) throws(FeedPlanError) {
    guard plan.channels.count < FeedPlan.channelsMaximum else {
      throw FeedPlanError(
        description: "the capture holds more than \(FeedPlan.channelsMaximum) numbered streams (\(channel.name) at "
          + "\(describe(flow))); name those wanted under feeds: in a configuration, or leave flows out with --filter")
    }
    plan.channels.append(channel)
  }

  /// By file, then by first appearance.
  private func flowsInCommandLineOrder() -> [Int] {
    flows.indices.sorted { (flows[$0].key.fileIndex, $0) < (flows[$1].key.fileIndex, $1) }
  }

  private func describe(_ flow: Flow) -> String {
    flow.isNumbered ? flow.key.description : fileNames[Int(flow.key.fileIndex)]
  }
}
