/// The plan of a live run: what the configuration says, for nothing has been seen yet.
extension FlowDiscovery {
  /// - Parameter portNames: the live ports, whose positions are the `Packet.fileIndex` of what they receive.
  /// - Throws: `FeedPlanError` for a feed that leaves open what a capture would show: its protocol, its stream, the
  ///   group and port of a line; or that names what is not there.
  public static func livePlan(settings: Settings, portNames: [String]) throws(FeedPlanError) -> FeedPlan {
    guard !settings.feeds.isEmpty else {
      throw FeedPlanError(
        description: "no feeds are configured, and a live run cannot look for them; name each with its protocol and "
          + "the group and port of its lines under feeds:")
    }
    let discovery = FlowDiscovery(settings: settings, fileNames: portNames, forcedProtocol: nil)
    var plan = FeedPlan()
    plan.venues = settings.venues
    guard settings.feeds.count <= FeedPlan.channelsMaximum else {
      throw FeedPlanError(
        description: "\(settings.feeds.count) feeds are configured; a run has at most \(FeedPlan.channelsMaximum) "
          + "numbered streams; leave some to another run")
    }
    for (position, feed) in settings.feeds.enumerated() {
      plan.channels.append(try discovery.liveChannel(feed, position, plan))
      for (line, selector) in feed.lines.enumerated() {
        try discovery.addLiveRoutes(feed, selector, FeedPlan.Route(channel: UInt8(position), line: UInt8(line)), &plan)
      }
    }
    try discovery.resolveSnapshotFeeds(&plan)
    try discovery.checkRecovery(plan)
    return plan
  }

  private func liveChannel(
    _ feed: FeedSettings, _ position: Int, _ plan: FeedPlan
  ) throws(FeedPlanError) -> FeedPlan.Channel {
    guard let venue = plan.venues.firstIndex(where: { $0.name == feed.venue }) else {
      throw FeedPlanError(description: "feed \(feed.name): venue \(feed.venue) is not configured; add it under venues")
    }
    guard let feedProtocol = FeedProtocol(name: feed.protocol) else {
      throw FeedPlanError(
        description: "feed \(feed.name): protocol \(feed.protocol) cannot be recognised before the first packet; "
          + "allowed in a live run: \(FeedProtocol.names); name it")
    }
    if feedProtocol.transport.hasStreams, feed.stream == nil {
      throw FeedPlanError(
        description: "feed \(feed.name): \(feedProtocol.name) carries several streams on a flow, and none is named; "
          + "give one feed for each with stream:")
    }
    let stream = feedProtocol.transport.hasStreams ? packetStream(of: feed, feedProtocol) : nil
    var channel = FeedPlan.Channel(
      name: feed.name, venue: VenueIndex(venue), protocol: feedProtocol, isNumbered: true, lines: feed.lines.map(\.name),
      stream: stream, feed: position, role: feed.role)
    if feed.snapshotsInFlow { try checkSnapshotsInFlow(feed, feedProtocol) }
    // Whether its flow brings books or only definitions shows later; books are what it is configured for.
    channel.carriesSnapshots = feed.role == .snapshot || feed.snapshotsInFlow
    return channel
  }

  private func addLiveRoutes(
    _ feed: FeedSettings, _ line: LineSettings, _ route: FeedPlan.Route, _ plan: inout FeedPlan
  ) throws(FeedPlanError) {
    guard let text = line.group, let port = line.port else {
      throw FeedPlanError(
        description: "line \(line.name) of feed \(feed.name) names no \(line.group == nil ? "group" : "port"); a live "
          + "run needs group: and port: of each line")
    }
    guard let group = IPAddress(text) else {
      throw FeedPlanError(
        description: "line \(line.name) of feed \(feed.name): group \(text) is no address; allowed: IPv4 or IPv6; "
          + "write it as 233.54.12.111")
    }
    if let name = line.livePort, !fileNames.contains(name) {
      throw FeedPlanError(
        description: "line \(line.name) of feed \(feed.name): live port \(name) is not configured; allowed: "
          + "\(fileNames.joined(separator: ", ")); add it under live.ports, or remove livePort")
    }
    for (index, name) in fileNames.enumerated() where line.livePort == nil || line.livePort == name {
      let key = FlowKey(destination: group, destinationPort: port, fileIndex: UInt16(clamping: index))
      let channel = plan.channels[Int(route.channel)]
      if let other = plan.routes[key] {
        let first = plan.channels[Int(other.channel)]
        guard first.transport == channel.transport, channel.transport.hasStreams else {
          throw FeedPlanError(
            description: "line \(line.name) of feed \(feed.name) and feed \(first.name) both take \(key) at port "
              + "\(name); tell them apart by group, port or livePort")
        }
      } else {
        plan.routes[key] = route
      }
      if let stream = channel.stream { plan.streamRoutes[FeedPlan.StreamKey(flow: key, stream: stream)] = route }
    }
  }
}
