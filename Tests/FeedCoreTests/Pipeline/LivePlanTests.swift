import Testing

@testable import FeedCore

/// Plans of live runs: from the configuration alone, and what is left open is refused by name.
@Suite struct LivePlanTests {
  private static func settings(_ feeds: [FeedSettings]) -> Settings {
    var settings = Settings()
    settings.venues = [VenueSettings(name: "x"), VenueSettings(name: "y")]
    settings.feeds = feeds
    return settings
  }

  private static func line(_ group: String?, _ port: UInt16?, at livePort: String? = nil) -> LineSettings {
    var line = LineSettings(name: "A", group: group, port: port)
    line.livePort = livePort
    return line
  }

  private static func feed(
    _ lines: [LineSettings], name: String = "f", venue: String = "x", as feedProtocol: String = "itch50",
    stream: UInt32? = nil
  ) -> FeedSettings {
    FeedSettings(name: name, venue: venue, protocol: feedProtocol, stream: stream, lines: lines)
  }

  private static func key(_ group: String, _ port: UInt16, _ file: UInt16) -> FlowKey {
    FlowKey(destination: IPAddress(group)!, destinationPort: port, fileIndex: file)
  }

  private static func refusal(_ feeds: [FeedSettings], ports: [String] = ["p"]) -> String? {
    do throws(FeedPlanError) {
      _ = try FlowDiscovery.livePlan(settings: settings(feeds), portNames: ports)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func linesAreRoutedFromThePortsTheyArriveAt() throws {
    let feeds = [
      Self.feed([Self.line("233.1.1.1", 5_001, at: "a"), Self.line("233.1.1.2", 5_002)]),
      Self.feed([Self.line("233.1.1.1", 5_001, at: "b")], name: "g", venue: "y", as: "memxDepth"),
    ]
    let plan = try FlowDiscovery.livePlan(settings: Self.settings(feeds), portNames: ["a", "b"])
    #expect(plan.channels.map(\.name) == ["f", "g"] && plan.channels.map(\.venue) == [0, 1])
    #expect(plan.channels.map(\.protocol) == [.itch50, .memxDepth])
    let routes: [FlowKey: FeedPlan.Route] = [
      Self.key("233.1.1.1", 5_001, 0): FeedPlan.Route(channel: 0, line: 0),
      Self.key("233.1.1.2", 5_002, 0): FeedPlan.Route(channel: 0, line: 1),
      Self.key("233.1.1.2", 5_002, 1): FeedPlan.Route(channel: 0, line: 1),
      Self.key("233.1.1.1", 5_001, 1): FeedPlan.Route(channel: 1, line: 0),
    ]
    #expect(plan.routes == routes)
    #expect(plan.streamRoutes.isEmpty)
  }

  @Test func streamsOfOneFlowAreChannels() throws {
    let feeds = (1...2 as ClosedRange<UInt32>).map {
      Self.feed([Self.line("233.1.1.1", 5_001)], name: "u\($0)", as: "pitch", stream: $0)
    }
    let plan = try FlowDiscovery.livePlan(settings: Self.settings(feeds), portNames: ["p"])
    let key = Self.key("233.1.1.1", 5_001, 0)
    #expect(plan.routes == [key: .init(channel: 0, line: 0)])
    #expect(plan.streamRoutes[.init(flow: key, stream: 1)] == .init(channel: 0, line: 0))
    #expect(plan.streamRoutes[.init(flow: key, stream: 2)] == .init(channel: 1, line: 0))
  }

  @Test func snapshotFeedBelongsToItsLiveOne() throws {
    var snapshots = Self.feed([Self.line("233.1.1.3", 5_003)], name: "s", as: "cmeMDP3")
    snapshots.role = .snapshot
    let feeds = [Self.feed([Self.line("233.1.1.1", 5_001)], as: "cmeMDP3"), snapshots]
    let plan = try FlowDiscovery.livePlan(settings: Self.settings(feeds), portNames: ["p"])
    #expect(plan.channels[1].snapshotsOf == 0 && plan.channels[1].carriesSnapshots)
    #expect(plan.recoveringChannels == 1)
  }

  @Test func snapshotsAmongAFeedsOwnPacketsAreSaid() throws {
    var feed = Self.feed([Self.line("233.1.1.1", 5_001)], as: "nyseIntegrated")
    #expect(try FlowDiscovery.livePlan(settings: Self.settings([feed]), portNames: ["p"]).recoveringChannels == 0)
    feed.snapshotsInFlow = true
    let plan = try FlowDiscovery.livePlan(settings: Self.settings([feed]), portNames: ["p"])
    #expect(plan.recoveringChannels == 1 && plan.joinedChannels == 1 && plan.channels[0].carriesSnapshots)
    for name in ["itch50", "cmeMDP3"] {
      feed.protocol = name
      #expect(
        Self.refusal([feed]) == "feed f: snapshotsInFlow is for live feeds whose snapshots come among their packets; "
          + "allowed: nyseIntegrated, coinbaseDerivatives; remove it, or name the snapshots' own flow in a feed of "
          + "role: snapshot")
    }
  }

  /// Eurex' snapshots of a market segment have the segment's number, and are a stream of their own.
  @Test func snapshotsOfAMarketSegmentAreRouted() throws {
    var snapshots = Self.feed([Self.line("233.1.1.3", 5_003)], name: "s", as: "eobi", stream: 691)
    snapshots.role = .snapshot
    let feeds = [Self.feed([Self.line("233.1.1.1", 5_001)], as: "eobi", stream: 691), snapshots]
    let plan = try FlowDiscovery.livePlan(settings: Self.settings(feeds), portNames: ["p"])
    #expect(plan.channels[1].snapshotsOf == 0 && plan.recoveringChannels == 1)
    let routes: [FeedPlan.StreamKey: FeedPlan.Route] = [
      .init(flow: Self.key("233.1.1.1", 5_001, 0), stream: 691): .init(channel: 0, line: 0),
      .init(flow: Self.key("233.1.1.3", 5_003, 0), stream: 0x8000_02B3): .init(channel: 1, line: 0),
    ]
    #expect(plan.streamRoutes == routes)
  }

  @Test func whatOnlyACaptureWouldShowHasToBeSaid() {
    let none = Self.refusal([])
    #expect(none == "no feeds are configured, and a live run cannot look for them; name each with its protocol and the "
      + "group and port of its lines under feeds:")
    let auto = Self.refusal([Self.feed([Self.line("233.1.1.1", 1)], as: "auto")])
    #expect(auto?.hasPrefix("feed f: protocol auto cannot be recognised before the first packet; allowed") == true)
    let stream = Self.refusal([Self.feed([Self.line("233.1.1.1", 1)], as: "pitch")])
    #expect(stream == "feed f: pitch carries several streams on a flow, and none is named; give one feed for each with "
      + "stream:")
    let group = Self.refusal([Self.feed([Self.line(nil, 5_001)])])
    #expect(group == "line A of feed f names no group; a live run needs group: and port: of each line")
    let port = Self.refusal([Self.feed([Self.line("233.1.1.1", nil)])])
    #expect(port == "line A of feed f names no port; a live run needs group: and port: of each line")
    let unknown = Self.refusal([Self.feed([Self.line("233.1.1.1", 1, at: "q")])])
    #expect(unknown == "line A of feed f: live port q is not configured; allowed: p; add it under live.ports, or remove "
      + "livePort")
  }

  @Test func flowOfTwoFeedsIsRefused() {
    let feeds = [
      Self.feed([Self.line("233.1.1.1", 5_001)]),
      Self.feed([Self.line("233.1.1.1", 5_001, at: "p")], name: "g", venue: "y"),
    ]
    #expect(
      Self.refusal(feeds) == "line A of feed g and feed f both take 233.1.1.1:5001 at port p; tell them apart by group, "
        + "port or livePort")
  }

  @Test func recoveryWithoutALineForTheAnswersIsRefused() {
    var feed = Self.feed([Self.line("233.1.1.1", 5_001)])
    feed.recovery.messages = true
    #expect(Self.refusal([feed])?.contains("no line carries the answers") == true)
  }
}
