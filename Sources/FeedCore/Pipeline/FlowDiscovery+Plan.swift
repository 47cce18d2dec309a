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
          isNumbered: true, lines: feed.lines.map(\.name), stream: feed.stream, feed: position))
    }
    var discovered = Discovered(configuredVenues: plan.venues.count)
    for position in flowsInCommandLineOrder() {
      let flow = flows[position]
      guard flow.protocol != nil, !flow.strands.isEmpty else {
        plan.ignored.append((flow.key, flow.packets))
        continue
      }
      for (stream, strand) in flow.strands.sorted(by: { $0.key < $1.key }) {
        let route: FeedPlan.Route
        if let (feed, line) = configured(flow.key, stream: stream) {
          route = try configuredRoute(feed: feed, line: line, flow: flow, stream: stream, &plan, &discovered)
        } else if configured(flow.key) != nil {
          // The configuration names other streams of this flow.
          continue
        } else {
          route = try discoveredRoute(leader[strand], position, &plan, &discovered)
        }
        if plan.routes[flow.key] == nil { plan.routes[flow.key] = route }
        if flow.protocol?.transport.hasStreams == true {
          plan.streamRoutes[FeedPlan.StreamKey(flow: flow.key, stream: stream)] = route
        }
      }
    }
    discovered.name(&plan)
    addAnswerLines(&plan)
    try checkRecovery(plan)
    return plan
  }

  /// What was found beside the configured feeds.
  private struct Discovered {
    let configuredVenues: Int
    var channelOfLeader: [Int: Int] = [:]
    /// By venue of the plan: the protocol, and the flows that carry its streams.
    var venues: [Int: (protocol: FeedProtocol, flows: Set<Int>)] = [:]
    /// Channels beyond a configured feed's first, which takes its name.
    var channelsOfFeed: [Int: [UInt32: Int]] = [:]

    init(configuredVenues: Int) { self.configuredVenues = configuredVenues }

    private func text(of channel: FeedPlan.Channel) -> String {
      channel.transport.text(ofStream: channel.stream ?? 0)
    }

    /// Channels are named after their venue, with the stream where it has several.
    func name(_ plan: inout FeedPlan) {
      for venue in venues.keys {
        let channels = plan.channels.indices.filter { Int(plan.channels[$0].venue) == venue }
        guard channels.count > 1 else { continue }
        for channel in channels {
          plan.channels[channel].name += "/\(text(of: plan.channels[channel]))"
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
    let name = "feed\(plan.venues.count - discovered.configuredVenues + 1)"
    guard plan.venues.count < FeedPlan.venuesMaximum else {
      throw FeedPlanError(
        description: "the capture holds more than \(FeedPlan.venuesMaximum) venues (\(name) at \(describe(flow))); "
          + "join lines under feeds: in a configuration, or leave flows out with --filter")
    }
    plan.venues.append(VenueSettings(name: name))
    discovered.venues[plan.venues.count - 1] = (flow.protocol ?? .itch50, [])
    return plan.venues.count - 1
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
