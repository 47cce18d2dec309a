@testable import FeedCore

/// Machines whose feeds recover: what a script may say besides live packets, and what must hold of it.
extension FeedMachine {
  static func setUpRecovery(_ settings: inout Settings, _ feedProtocol: FeedProtocol) {
    settings.recovery.bufferPackets = 16
    settings.recovery.requestMessages = 5
    settings.recovery.requestsInFlight = 3
    settings.recovery.attempts = 3
    settings.recovery.gapMessages = 1_000
    settings.recovery.requestsPerSession = 50
    settings.recovery.answerTimeoutNanoseconds = 50_000_000
    settings.recovery.deadlineNanoseconds = 10_000_000_000
    settings.recovery.snapshotAttempts = 3
    settings.recovery.snapshotTimeoutNanoseconds = 2_000_000_000
    settings.feeds = settings.venues.enumerated().map { venue, described in
      var answers = LineSettings(name: "R", group: "\(group)", port: port(venue, 2))
      answers.role = .retransmission
      let lines = [0, 1].map { LineSettings(name: "\($0)", group: "\(group)", port: port(venue, $0)) } + [answers]
      var feed = FeedSettings(name: described.name, venue: described.name, protocol: feedProtocol.name, lines: lines)
      feed.recovery = AnswerMaker.asking(feedProtocol)
      return feed
    }
  }

  static func addRecovery(_ recovery: Recovery, _ plan: inout FeedPlan) {
    for venue in 0..<(recovery == .none ? 0 : venues) {
      let live = UInt8(plan.channels.firstIndex { $0.venue == UInt8(venue) }!)
      if recovery == .asks {
        plan.channels[Int(live)].feed = venue
        add(FeedPlan.Route(channel: live, line: 2), venue, line: 2, &plan)
      } else if plan.channels[Int(live)].protocol == .coinbaseDerivatives {
        // Snapshots come among the live packets, beside their numbers.
        plan.channels[Int(live)].carriesSnapshots = true
      } else {
        var snapshots = plan.channels[Int(live)]
        snapshots.name += " snapshots"
        snapshots.lines = ["S"]
        snapshots.role = .snapshot
        snapshots.snapshotsOf = live
        snapshots.carriesSnapshots = true
        if snapshots.protocol == .eobi { snapshots.stream = snapshots.stream.map { $0 | EOBIPacket.snapshotStream } }
        plan.channels.append(snapshots)
        add(FeedPlan.Route(channel: UInt8(plan.channels.count - 1), line: 0), venue, line: 3, &plan)
      }
    }
  }

  private static func add(_ route: FeedPlan.Route, _ venue: Int, line: Int, _ plan: inout FeedPlan) {
    let flow = FlowKey(destination: group, destinationPort: port(venue, line), fileIndex: 0)
    plan.routes[flow] = route
    if let stream = plan.channels[Int(route.channel)].stream {
      plan.streamRoutes[FeedPlan.StreamKey(flow: flow, stream: stream)] = route
    }
  }

  // MARK: - A script

  /// A special packet of a machine that recovers.
  ///
  /// | kind | of one that asks | of one with snapshots of instruments |
  /// |---|---|---|
  /// | 1, 2 | what a server of messages, of snapshots says | a packet of snapshot messages |
  /// | 3 | the server closes the connection | a packet of raw bytes |
  /// | 4 | messages again, on the line of answers | snapshot packets are lost |
  /// | 5 | raw bytes of a server | as 1 |
  /// | others | only time goes on | only time goes on |
  func append(
    _ kind: UInt8, _ venue: Int, _ script: inout Script, _ packets: inout PacketMaker,
    _ snapshots: inout SnapshotMaker, to frames: inout FrameBuilder
  ) {
    let clock = clock
    if recovery == .joins {
      let isMixed = feedProtocol == .coinbaseDerivatives
      let port = Self.port(venue, isMixed ? 0 : 3)
      switch kind {
      case 1, 2, 5:
        let made = messages(kind == 1 ? 0 : kind, &script)
        frames.append(
          snapshots.packet(made, stream: UInt32(venue + 1), script.byte(), at: clock), to: Self.group, port: port,
          at: clock)
      case 3: frames.append(script.bytes(script.int()), to: Self.group, port: port, at: clock)
      case 4: snapshots.next &+= UInt32(script.byte())
      default: frames.append([]) { bytes, _ in .clock(bytes, captureNanoseconds: clock) }
      }
      return
    }
    let channel = UInt8(venue)
    func connection(_ service: RecoveryService, _ number: UInt8, isEnd: Bool = false, _ bytes: [UInt8]) {
      frames.append(bytes) { bytes, length in
        .connection(
          channel: channel, service: service, connection: UInt32(number), bytes: bytes, length: length, isEnd: isEnd,
          captureNanoseconds: clock)
      }
    }
    switch kind {
    case 1, 2:
      let service = kind == 1 ? RecoveryService.messages : .snapshots
      let answers = AnswerMaker(feedProtocol, packets)
      // Several at a time: one piece of a connection seldom holds one frame.
      let how = script.byte()
      var bytes: [UInt8] = []
      for _ in 0...(how >> 4) { bytes += answers.frame(service, &script) { maker.message(&$0) } }
      connection(service, how & 0x0F, bytes)
    case 3:
      let how = script.byte()
      connection(how & 1 == 0 ? .messages : .snapshots, how >> 4, isEnd: true, [])
    case 4:
      var again = packets
      let back = script.byte()
      again.next = packets.next > UInt64(back) ? packets.next - UInt64(back) : packets.next
      frames.append(again.packet(messages(back & 3, &script), at: clock), to: Self.group, port: Self.port(venue, 2), at: clock)
    case 5:
      let how = script.byte()
      connection(how & 1 == 0 ? .messages : .snapshots, how >> 4, script.bytes(script.int()))
    default: frames.append([]) { bytes, _ in .clock(bytes, captureNanoseconds: clock) }
    }
  }

  // MARK: - Checks

  /// The input's end leaves nothing open, and what was asked for was bounded.
  func checkRecovery() {
    for channel in 0..<pipeline.ingest.channelCount {
      let arbiter = pipeline.ingest.arbiters + channel
      switch arbiter.pointee.state {
      case .waiting, .joining, .recovering, .awaiting: preconditionFailure("\(arbiter.pointee.state) at the end")
      case .idle, .live, .ended: break
      }
      guard let summary = pipeline.ingest.recovery(ofChannel: channel) else { continue }
      let requests = summary.counters[.requestsSent]
      // Each restart begins another session.
      let sessions = 1 + pipeline.ingest.counters[.sessionRestarts] + summary.counters[.snapshotsJoined]
      precondition(requests <= 50 * sessions, "\(requests) requests in \(sessions) sessions")
    }
  }
}
