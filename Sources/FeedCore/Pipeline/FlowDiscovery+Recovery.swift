/// Lines that carry answers: what has not been asked yet is in no capture, so their flows are known by the
/// configuration alone.
extension FlowDiscovery {
  /// Routes of configured retransmission lines whose flow was not seen.
  func addAnswerLines(_ plan: inout FeedPlan) {
    for (channel, description) in plan.channels.enumerated() {
      guard let feed = description.feed else { continue }
      for (line, selector) in settings.feeds[feed].lines.enumerated() where selector.role == .retransmission {
        guard let group = selector.group.flatMap({ IPAddress($0) }), let port = selector.port else { continue }
        let file = selector.file.flatMap { name in fileNames.firstIndex(of: name) } ?? 0
        let key = FlowKey(destination: group, destinationPort: port, fileIndex: UInt16(clamping: file))
        let route = FeedPlan.Route(channel: UInt8(channel), line: UInt8(clamping: line))
        if plan.routes[key] == nil { plan.routes[key] = route }
        guard description.transport.hasStreams, let stream = description.stream else { continue }
        let streamKey = FeedPlan.StreamKey(flow: key, stream: stream)
        if plan.streamRoutes[streamKey] == nil { plan.streamRoutes[streamKey] = route }
      }
    }
  }

  /// - Throws: a feed that is to ask for what its protocol does not have, or where the answers could not be told.
  func checkRecovery(_ plan: FeedPlan) throws(FeedPlanError) {
    for channel in plan.channels {
      guard let position = channel.feed else { continue }
      let feed = settings.feeds[position]
      if feed.recovery.messages, !channel.protocol.hasMessageRequests {
        throw FeedPlanError(
          description: "feed \(feed.name): \(channel.protocol.name) has no requests for missing messages; "
            + "remove recovery.messages")
      }
      if feed.recovery.snapshots, channel.protocol.hasRefreshRequests, channel.role == .live,
        !feed.snapshotsInFlow,
        !settings.feeds.contains(where: { $0.bringsSnapshots(of: feed) })
      {
        throw FeedPlanError(
          description: "feed \(feed.name): recovery.snapshots is true, but no flow brings the refreshes; add a feed "
            + "with role: snapshot, or set snapshotsInFlow: true")
      }
      if feed.recovery.snapshots, !channel.protocol.hasChannelSnapshots, !channel.protocol.hasRefreshRequests {
        throw FeedPlanError(
          description: "feed \(feed.name): \(channel.protocol.name) has no snapshots of a channel on request; "
            + "remove recovery.snapshots")
      }
      if feed.recovery.messages || feed.recovery.snapshots, channel.protocol == .pitch,
        feed.recovery.username.utf8.count > 4
      {
        throw FeedPlanError(
          description: "feed \(feed.name): recovery.username has more than the 4 characters of Cboe; "
            + "write it as the venue assigned it")
      }
      let hasAnswerLine = feed.lines.contains { $0.role == .retransmission }
      if feed.recovery.messages, !hasAnswerLine, channel.protocol != .memxDepth, !feed.asksByDatagram {
        throw FeedPlanError(
          description: "feed \(feed.name): recovery.messages is true, but no line carries the answers; "
            + "add the group and port they come to as a line with role: retransmission"
            + (channel.protocol.asksByDatagram ? ", or name a requestServer" : ""))
      }
    }
  }
}

extension FeedSettings {
  /// Its packets are snapshots of the instruments of `feed`.
  public func bringsSnapshots(of feed: FeedSettings) -> Bool {
    role == .snapshot && venue == feed.venue && (of ?? feed.name) == feed.name
  }
}

extension FeedPlan {
  /// Bit l: line l of the channel carries answers.
  func answerLines(of channel: Int, settings: Settings) -> UInt64 {
    guard let feed = channels[channel].feed else { return 0 }
    return settings.feeds[feed].lines.enumerated().reduce(0) { mask, line in
      line.element.role == .retransmission ? mask | 1 << UInt64(line.offset & 63) : mask
    }
  }
}
