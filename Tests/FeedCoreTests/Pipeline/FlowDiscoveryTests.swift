import Testing

@testable import FeedCore

@Suite struct FlowDiscoveryTests {
  private let capture = TestCapture()
  private static let groupA = "233.54.12.111"
  private static let groupB = "233.49.196.111"

  private func send(
    _ first: UInt64, _ count: Int, venue: UInt8 = 1, session: String = "S1", group: String = groupA,
    port: Int = 26_477, file: UInt16 = 0
  ) {
    capture.mold(
      first, TestCapture.itch(first, count, venue: venue), session: session, group: group, port: port, file: file)
  }

  private func plan(
    _ settings: Settings = Settings(), files: Int = 1, protocol name: String = "auto"
  ) throws -> FeedPlan {
    try FlowDiscovery.plan(
      settings: settings, fileNames: (0..<files).map { "file\($0)" }, protocol: name,
      makeSource: { capture.makeSource() })
  }

  private func route(_ plan: FeedPlan, _ group: String, _ port: UInt16 = 26_477, file: UInt16 = 0) -> [UInt8]? {
    plan.routes[FlowKey(destination: IPAddress(group)!, destinationPort: port, fileIndex: file)]
      .map { [$0.channel, $0.line] }
  }

  /// The error's text, nil when there is a plan.
  private func error(_ settings: Settings = Settings(), files: Int = 1, protocol name: String = "auto") -> String? {
    do throws(FeedPlanError) {
      _ = try FlowDiscovery.plan(
        settings: settings, fileNames: (0..<files).map { "file\($0)" }, protocol: name,
        makeSource: { capture.makeSource() })
      return nil
    } catch { return error.description }
  }

  private func configured(_ feeds: (name: String, lines: [LineSettings])...) -> Settings {
    var settings = Settings()
    settings.venues = feeds.map { VenueSettings(name: "venue-" + $0.name) }
    settings.feeds = feeds.map { FeedSettings(name: $0.name, venue: "venue-" + $0.name, lines: $0.lines) }
    return settings
  }

  // MARK: - Lines found by their bytes

  @Test func flowsWithEqualSessionNumbersAndBytesAreLinesOfOneFeed() throws {
    send(1, 2, group: Self.groupA)
    send(1, 2, group: Self.groupB)
    let plan = try plan()
    #expect(plan.channels.map(\.name) == ["feed1"] && plan.venues.map(\.name) == ["feed1"])
    #expect(plan.channels[0].lines == ["233.54.12.111:26477", "233.49.196.111:26477"])
    #expect(route(plan, Self.groupA) == [0, 0] && route(plan, Self.groupB) == [0, 1])
    #expect(plan.channels[0].isNumbered && plan.channels[0].protocol == .itch50 && plan.ignored.isEmpty)
  }

  @Test func linesMayFrameDifferently() throws {
    send(1, 3, group: Self.groupA)
    send(2, 1, group: Self.groupB)
    #expect(try plan().channels.count == 1)
  }

  @Test func aLineThatStartsLateIsALineAllTheSame() throws {
    for number in 1...200 as ClosedRange<UInt64> { send(number, 1, group: Self.groupA) }
    for number in 150...200 as ClosedRange<UInt64> { send(number, 1, group: Self.groupB) }
    let plan = try plan()
    #expect(plan.channels.map(\.name) == ["feed1"] && route(plan, Self.groupB) == [0, 1])
  }

  @Test func aLineThatStartsAfterARestartIsALineAllTheSame() throws {
    send(1, 20, group: Self.groupA)
    send(1, 5, session: "S2", group: Self.groupA)
    send(2, 2, session: "S2", group: Self.groupB)
    let plan = try plan()
    #expect(plan.channels.map(\.name) == ["feed1"] && route(plan, Self.groupB) == [0, 1])
  }

  @Test func oneGroupInTwoFilesIsTwoLines() throws {
    send(1, 2, file: 0)
    send(1, 2, file: 1)
    let plan = try plan(files: 2)
    #expect(plan.channels.count == 1)
    #expect(route(plan, Self.groupA, file: 0) == [0, 0] && route(plan, Self.groupA, file: 1) == [0, 1])
  }

  @Test func oneGroupContinuedInASecondFileIsOneFeed() throws {
    send(1, 2, file: 0)
    send(3, 2, file: 1)
    #expect(try plan(files: 2).channels.map(\.name) == ["feed1"])
  }

  @Test func otherGroupsThatNeverOverlapAreTwoFeeds() throws {
    send(1, 2, group: Self.groupA)
    send(3, 2, group: Self.groupB)
    #expect(try plan().channels.map(\.name) == ["feed1", "feed2"])
  }

  @Test func twoVenuesWithTheSameSessionAndNumbersAreTwoFeeds() throws {
    send(1, 2, venue: 1, group: Self.groupA)
    send(1, 2, venue: 2, group: Self.groupB)
    let plan = try plan()
    #expect(plan.channels.map(\.name) == ["feed1", "feed2"] && plan.channels.map(\.venue) == [0, 1])
    #expect(route(plan, Self.groupA) == [0, 0] && route(plan, Self.groupB) == [1, 0])
  }

  @Test func twoVenuesOfTwoLinesEachInOneFile() throws {
    for venue in [1, 2] as [UInt8] {
      for line in 0..<2 { send(1, 2, venue: venue, group: "233.0.\(venue).\(line)") }
    }
    let plan = try plan()
    #expect(plan.channels.map(\.lines.count) == [2, 2])
    #expect(route(plan, "233.0.1.1") == [0, 1] && route(plan, "233.0.2.0") == [1, 0])
  }

  @Test func theSameGroupWithOtherBytesInASecondFileIsAnotherFeed() throws {
    send(1, 2, venue: 1, file: 0)
    send(1, 2, venue: 2, file: 1)
    #expect(try plan(files: 2).channels.count == 2)
  }

  @Test func linesOfOneFeedMayBeJoinedThroughAThird() throws {
    // B and C never overlap each other; A overlaps both.
    send(1, 2, group: "233.0.0.2")
    send(5, 2, group: "233.0.0.3")
    send(1, 6, group: "233.0.0.1")
    let plan = try plan()
    #expect(plan.channels.map(\.name) == ["feed1"] && plan.channels[0].lines.count == 3)
  }

  @Test func feedsAreNumberedInOrderOfTheCommandLine() throws {
    // The second file's packets come first in time.
    send(1, 1, venue: 3, group: "233.0.0.3", file: 1)
    send(1, 1, venue: 1, group: "233.0.0.1", file: 0)
    send(1, 1, venue: 2, group: "233.0.0.2", file: 0)
    let plan = try plan(files: 2)
    #expect(plan.channels.map(\.lines) == [["233.0.0.1:26477"], ["233.0.0.2:26477"], ["233.0.0.3:26477"]])
    #expect(route(plan, "233.0.0.3", file: 1) == [2, 0])
  }

  @Test func aLineOfHeartbeatsIsAFeed() throws {
    capture.add(TestCapture.frame(Mold.heartbeat("S1", 1)))
    #expect(try plan().channels.map(\.name) == ["feed1"])
  }

  // MARK: - What is no feed

  @Test func otherFlowsAreIgnoredAndListed() throws {
    capture.add(TestCapture.frame(Array("GET / HTTP/1.1".utf8), port: 80))
    for _ in 0..<3 { capture.add(TestCapture.frame([UInt8](repeating: 0x41, count: 100), port: 53)) }
    // Well-formed MoldUDP64 whose messages are no ITCH 5.0.
    capture.mold(1, [[0x7A, 1, 2]], port: 5_000)
    send(1, 1)
    let plan = try plan()
    #expect(plan.channels.count == 1 && plan.routes.count == 1)
    #expect(plan.ignored.map { "\($0.key) \($0.packets)" }
      == ["233.54.12.111:80 1", "233.54.12.111:53 3", "233.54.12.111:5000 1"])
  }

  @Test func tcpIsIgnored() throws {
    capture.add(TestCapture.frame(Mold.packet("S1", 1, TestCapture.itch(1, 1)), isTCP: true))
    let plan = try plan()
    #expect(plan.channels.isEmpty && plan.ignored.map(\.packets) == [1])
  }

  @Test func anEmptyCaptureGivesAnEmptyPlan() throws {
    let plan = try plan()
    #expect(plan.channels.isEmpty && plan.venues.isEmpty && plan.ignored.isEmpty)
  }

  @Test func nineVenuesAreOneTooMany() throws {
    for venue in 1...8 as ClosedRange<UInt8> { send(1, 1, venue: venue, group: "233.0.0.\(venue)") }
    #expect(try plan().channels.count == 8)
    send(1, 1, venue: 9, group: "233.0.0.9")
    let text = try #require(error())
    #expect(text.contains("8 venues") && text.contains("feed9 at 233.0.0.9:26477") && text.contains("--filter"))
  }

  // MARK: - Configured feeds

  @Test func aFeedConfiguredByFile() throws {
    send(1, 2, venue: 1, group: Self.groupA, file: 0)
    send(1, 2, venue: 2, group: Self.groupA, file: 1)
    let settings = configured(("itch", [LineSettings(name: "A", file: "file1")]))
    let plan = try plan(settings, files: 2)
    #expect(plan.channels.map(\.name) == ["itch", "feed1"] && plan.venues.map(\.name) == ["venue-itch", "feed1"])
    #expect(route(plan, Self.groupA, file: 1) == [0, 0] && route(plan, Self.groupA, file: 0) == [1, 0])
    #expect(plan.channels[0].lines == ["A"])
  }

  @Test func aFeedConfiguredByGroupAndPort() throws {
    send(1, 2, group: Self.groupA)
    send(1, 2, group: Self.groupB, port: 26_478)
    send(1, 2, venue: 2, group: Self.groupB, port: 9)
    let settings = configured(
      (
        "itch",
        [
          LineSettings(name: "A", group: Self.groupA, port: 26_477),
          LineSettings(name: "B", group: Self.groupB, port: 26_478),
        ]
      ))
    let plan = try plan(settings)
    #expect(plan.channels.map(\.name) == ["itch", "feed1"])
    #expect(route(plan, Self.groupA) == [0, 0] && route(plan, Self.groupB, 26_478) == [0, 1])
    #expect(route(plan, Self.groupB, 9) == [1, 0])
  }

  @Test func aLineByFileAndGroupTakesOnlyThatGroupOfThatFile() throws {
    for file in 0...1 as ClosedRange<UInt16> {
      for group in [Self.groupA, Self.groupB] { send(1, 1, group: group, file: file) }
    }
    let line = LineSettings(name: "A", file: "file1", group: Self.groupB, port: 26_477)
    let plan = try plan(configured(("itch", [line])), files: 2)
    #expect(route(plan, Self.groupB, file: 1) == [0, 0])
    #expect(plan.routes.values.filter { $0.channel == 0 }.count == 1)
  }

  @Test(arguments: [true, false]) func theFirstLineOfTheConfigurationThatMatchesWins(wholeFileFirst: Bool) throws {
    send(1, 1, venue: 1, group: Self.groupA)
    send(1, 1, venue: 2, group: Self.groupB)
    let file = ("file", [LineSettings(name: "F", file: "file0")])
    let group = ("group", [LineSettings(name: "G", group: Self.groupB, port: 26_477)])
    let settings = wholeFileFirst ? configured(file, group) : configured(group, file)
    let plan = try plan(settings)
    let channelB = try #require(route(plan, Self.groupB)?.first)
    #expect(plan.channels[Int(channelB)].name == (wholeFileFirst ? "file" : "group"))
    let channelA = try #require(route(plan, Self.groupA)?.first)
    #expect(plan.channels[Int(channelA)].name == "file")
  }

  @Test func configuredFlowsAreNotJoinedWithOthers() throws {
    send(1, 1, group: Self.groupA)
    send(1, 1, group: Self.groupB)
    let plan = try plan(configured(("itch", [LineSettings(name: "A", group: Self.groupA)])))
    #expect(route(plan, Self.groupA) == [0, 0] && route(plan, Self.groupB) == [1, 0])
    #expect(plan.channels.map(\.name) == ["itch", "feed1"])
  }

  @Test func twoConfiguredFeedsMayShareOneVenue() throws {
    send(1, 1, group: Self.groupA)
    send(1, 1, group: Self.groupB)
    var settings = configured(
      ("a", [LineSettings(name: "A", group: Self.groupA)]), ("b", [LineSettings(name: "A", group: Self.groupB)]))
    settings.venues = [VenueSettings(name: "v")]
    for feed in 0...1 { settings.feeds[feed].venue = "v" }
    let plan = try plan(settings)
    #expect(plan.channels.map(\.venue) == [0, 0] && route(plan, Self.groupB) == [1, 0])
  }

  @Test func aConfiguredFeedThatIsNotInTheCaptureStaysInThePlan() throws {
    send(1, 1)
    let plan = try plan(configured(("away", [LineSettings(name: "A", port: 1)])))
    #expect(plan.channels.map(\.name) == ["away", "feed1"] && route(plan, Self.groupA) == [1, 0])
  }

  @Test func aConfiguredFlowNeedNotLookLikeITCH() throws {
    capture.mold(1, [[0x7A, 1, 2]])
    let plan = try plan(configured(("itch", [LineSettings(name: "A", port: 26_477)])))
    #expect(route(plan, Self.groupA) == [0, 0] && plan.ignored.isEmpty)
  }

  @Test func aLineWithoutAnySelectorMatchesNothing() throws {
    send(1, 1)
    #expect(route(try plan(configured(("itch", [LineSettings(name: "A")]))), Self.groupA) == [1, 0])
  }

  @Test func badFeedSettingsAreNamed() {
    var settings = configured(("itch", [LineSettings(name: "A", port: 1)]))
    settings.feeds[0].venue = "nowhere"
    #expect(error(settings) == "feed itch: venue nowhere is not configured; add it under venues")
    settings.feeds[0].venue = "venue-itch"
    settings.feeds[0].protocol = "fix"
    #expect(
      error(settings) == "feed itch: protocol fix is not known; allowed: auto, itch50, tops15, tops16, deep10, deepPlus, pitch, nyseIntegrated, memxDepth, cmeMDP3, "
        + "miaxPearlDepth, coinbaseDerivatives, eobi, deribit")
  }

  // MARK: - Protocol

  @Test func aForcedProtocolTakesEveryWellFormedFlow() throws {
    capture.mold(1, [[0x7A, 1, 2]])
    capture.add(TestCapture.frame(Array("no MoldUDP64 at all, and longer".utf8), port: 99))
    let plan = try plan(protocol: "itch50")
    #expect(route(plan, Self.groupA) == [0, 0] && plan.ignored.map(\.key.destinationPort) == [99])
    #expect(
      error(protocol: "fix") == "protocol fix is not known; allowed: auto, itch50, tops15, tops16, deep10, deepPlus, pitch, nyseIntegrated, memxDepth, cmeMDP3, "
        + "miaxPearlDepth, coinbaseDerivatives, eobi, deribit")
  }

  // MARK: - Length-prefixed files

  @Test func everyLengthPrefixedFileIsAFeedWithoutNumbers() throws {
    for file in 0...1 as ClosedRange<UInt16> {
      for message in TestCapture.itch(1, 2) { capture.add(message, file: file, link: .message) }
    }
    let plan = try plan(files: 2)
    #expect(plan.channels.map(\.name) == ["feed1", "feed2"] && plan.channels.map(\.lines) == [["file0"], ["file1"]])
    #expect(plan.channels.allSatisfy { !$0.isNumbered })
    var table = RouteTable(plan.routes)
    #expect(table.find(messageFile: 1)?.channel == 1 && table.find(messageFile: 2) == nil)
  }

  @Test func aLengthPrefixedFileIsConfiguredByItsName() throws {
    capture.add(TestCapture.itch(1, 1)[0], link: .message)
    let settings = configured(
      ("group", [LineSettings(name: "A", group: Self.groupA)]), ("file", [LineSettings(name: "A", file: "file0")]))
    let plan = try plan(settings)
    #expect(plan.channels.map(\.isNumbered) == [true, false] && plan.routes.values.map(\.channel) == [1])
  }

  // MARK: - Routes

  @Test func theRouteTableFindsEveryRouteAndNothingElse() {
    var random = SessionRandom(seed: SessionRandom.seed())
    var routes: [FlowKey: FeedPlan.Route] = [:]
    func key() -> FlowKey {
      FlowKey(
        destination: IPAddress(ipv4: UInt32(random.int(0...40)) + 0xE936_0C00),
        destinationPort: UInt16(random.int(1...20)), fileIndex: UInt16(random.int(0...3)))
    }
    for number in 0..<300 { routes[key()] = FeedPlan.Route(channel: UInt8(number % 64), line: UInt8(number % 7)) }
    var table = RouteTable(routes)
    for _ in 0..<20_000 {
      let wanted = key()
      var view = TransportView(
        payload: UnsafeRawPointer(bitPattern: 1)!, payloadLength: 1, declaredPayloadLength: 1, destinationHigh: 0,
        destinationLow: 0, sourceHigh: 0, sourceLow: 0, destinationPort: wanted.destinationPort, sourcePort: 0,
        tcpSequenceNumber: 0, tcpFlags: 0, transport: .udp)
      view.destinationHigh = wanted.destination.high
      view.destinationLow = wanted.destination.low
      let found = table.find(view, file: wanted.fileIndex)
      let expected = routes[wanted]
      #expect(found.map { FeedPlan.Route(channel: UInt8($0.channel), line: $0.line) } == expected)
    }
  }
}
