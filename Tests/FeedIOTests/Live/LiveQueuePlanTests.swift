import FeedCore
import Testing

@testable import FeedIO

/// Which core polls what: all lines of a channel come to one core.
@Suite struct LiveQueuePlanTests {
  private static func line(_ name: String, _ group: String, _ livePort: String? = nil) -> LineSettings {
    var line = LineSettings(name: name, group: group, port: 5_000)
    line.livePort = livePort
    return line
  }

  private static func feed(_ name: String, _ lines: [LineSettings]) -> FeedSettings {
    FeedSettings(name: name, venue: name, protocol: "itch50", lines: lines)
  }

  private static func port(_ name: String, _ cores: [Int]) -> PortSettings {
    var port = PortSettings(name: name, interface: name)
    port.queues = max(1, cores.count)
    port.queueCores = cores
    return port
  }

  private static func settings(
    _ layout: ThreadSettings.Layout, cores: Int, ports: [PortSettings], _ feeds: [FeedSettings]
  ) -> Settings {
    var settings = Settings()
    settings.threads.layout = layout
    settings.threads.coreCount = cores
    settings.live.ports = ports
    settings.feeds = feeds
    return settings
  }

  private static func message(_ settings: Settings) -> String? {
    do throws(LiveQueuePlanError) {
      _ = try LiveQueuePlan(settings)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func coreZeroPollsAllWhereNothingIsSaid() throws {
    let feeds = [Self.feed("f", [Self.line("A", "239.0.0.1"), Self.line("B", "239.0.0.2")])]
    var port = PortSettings(name: "p", interface: "p")
    port.queues = 3
    for (layout, cores) in [(ThreadSettings.Layout.walk, 1), (.rings, 4), (.spread, 1)] {
      let plan = try LiveQueuePlan(Self.settings(layout, cores: cores, ports: [port], feeds))
      #expect(plan.coresOfPorts == [[0, 0, 0]] && plan.coreOfFeed == [0] && plan.ingestCores == [0])
    }
  }

  @Test func spreadSharesQueuesAndFeedsOutInTurn() throws {
    var ports = [PortSettings(name: "a", interface: "a"), PortSettings(name: "b", interface: "b")]
    for index in ports.indices { ports[index].queues = 2 }
    let feeds = (0..<4).map { feed in
      Self.feed("f\(feed)", [Self.line("A", "239.0.0.\(feed)", "a"), Self.line("B", "239.0.1.\(feed)", "b")])
    }
    let plan = try LiveQueuePlan(Self.settings(.spread, cores: 2, ports: ports, feeds))
    #expect(plan.coresOfPorts == [[0, 1], [0, 1]])
    #expect(plan.coreOfFeed == [0, 1, 0, 1])
  }

  @Test func feedGoesWhereItsPortIsPolled() throws {
    let feeds = [
      Self.feed("one", [Self.line("A", "239.0.0.1", "a"), Self.line("B", "239.0.0.2", "a")]),
      Self.feed("two", [Self.line("A", "239.0.0.3", "b")]),
    ]
    let plan = try LiveQueuePlan(
      Self.settings(.rings, cores: 3, ports: [Self.port("a", [1]), Self.port("b", [0])], feeds))
    #expect(plan.coreOfFeed == [1, 0] && plan.ingestCores == [0, 1])
  }

  /// PITCH units on one flow, a feed and its snapshots: one core, though each would have a choice.
  @Test func feedsThatBelongTogetherStayTogether() throws {
    var units = (0..<2).map { Self.feed("u\($0)", [Self.line("A", "239.0.0.9")]) }
    units[0].stream = 1
    units[1].stream = 2
    var snapshots = Self.feed("s", [Self.line("A", "239.0.0.7")])
    snapshots.role = .snapshot
    snapshots.of = "live"
    let feeds = units + [Self.feed("live", [Self.line("A", "239.0.0.8")]), snapshots]
    let plan = try LiveQueuePlan(Self.settings(.spread, cores: 2, ports: [Self.port("a", [0, 1])], feeds))
    #expect(plan.coreOfFeed[0] == plan.coreOfFeed[1])
    #expect(plan.coreOfFeed[2] == plan.coreOfFeed[3] && plan.coreOfFeed[2] != plan.coreOfFeed[0])
  }

  @Test func channelWhoseLinesWouldPartIsOneLineWithTheRemedy() {
    let feeds = [Self.feed("itch", [Self.line("A", "239.0.0.1", "a"), Self.line("B", "239.0.0.2", "b")])]
    let ports = [Self.port("a", [0]), Self.port("b", [1])]
    #expect(
      Self.message(Self.settings(.spread, cores: 2, ports: ports, feeds))
        == "line A of feed itch at port a (core 0) and line B of feed itch at port b (core 1) would be polled by "
        + "different cores; allowed: one core for all lines of a channel, of feeds that share a flow, and of a feed and "
        + "its snapshots; give both ports a queue of one core with live.ports[].queueCores, or name one port as livePort")
    // A line without a port of its own may arrive at any of them.
    let anywhere = [Self.feed("itch", [Self.line("A", "239.0.0.1")])]
    #expect(Self.message(Self.settings(.spread, cores: 2, ports: ports, anywhere))?.contains("at port b (core 1)") == true)
    // One core at both ports, and it is that one's.
    let shared = [Self.port("a", [0, 1]), Self.port("b", [1])]
    #expect(Self.message(Self.settings(.spread, cores: 2, ports: shared, feeds)) == nil)
  }

  @Test func coresThatAreNotThereAreToldByName() {
    let feeds = [Self.feed("f", [Self.line("A", "239.0.0.1")])]
    #expect(
      Self.message(Self.settings(.rings, cores: 2, ports: [Self.port("a", [2])], feeds))
        == "port a: queueCores names core 2 of 2; allowed: 0 ... 1; name another core, or raise threads.cores")
    var port = Self.port("a", [0])
    port.queues = 2
    #expect(
      Self.message(Self.settings(.rings, cores: 2, ports: [port], feeds))
        == "port a has 2 queues, and queueCores names 1 cores; allowed: one core for each queue; name 2 cores, or set "
        + "queues: 1")
  }

  @Test func ringsLeaveACoreForTheShards() {
    let feeds = [Self.feed("f", [Self.line("A", "239.0.0.1")])]
    let ports = [Self.port("a", [0, 1])]
    #expect(
      Self.message(Self.settings(.rings, cores: 2, ports: ports, feeds))?.hasSuffix(
        "set threads.layout: spread, or name fewer cores in live.ports[].queueCores") == true)
    #expect(Self.message(Self.settings(.rings, cores: 3, ports: ports, feeds)) == nil)
    #expect(Self.message(Self.settings(.spread, cores: 2, ports: ports, feeds)) == nil)
  }

  /// Every core asks for its own feeds' groups; a card's rules bring each group to one of its core's queues.
  @Test func groupsGoToTheQueuesOfTheirCore() throws {
    let feeds = (0..<3).map { Self.feed("f\($0)", [Self.line("A", "239.0.0.\($0)"), Self.line("B", "239.0.1.\($0)")]) }
    let port = Self.port("a", [0, 1, 1])
    let settings = Self.settings(.spread, cores: 2, ports: [port], feeds)
    let plan = try LiveQueuePlan(settings)
    #expect(plan.coreOfFeed == [0, 1, 0])
    #expect(
      LivePorts.subscriptions(of: port, feeds) { plan.coreOfFeed[$0] == 1 }.map { "\($0.address)" }
        == ["239.0.0.1", "239.0.1.1"])
    let rules = LivePorts.steering(of: port, [0, 1, 1], plan, feeds)
    #expect(
      rules.map { "\($0.group) \($0.queue)" } == [
        "239.0.0.0 0", "239.0.1.0 0", "239.0.0.2 0", "239.0.1.2 0", "239.0.0.1 1", "239.0.1.1 2",
      ])
  }
}
