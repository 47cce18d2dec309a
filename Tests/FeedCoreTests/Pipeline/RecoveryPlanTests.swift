import Testing

@testable import FeedCore

/// What the configuration says of recovery, on its way into the plan.
@Suite struct RecoveryPlanTests {
  private static func settings(
    _ feedProtocol: FeedProtocol = .itch50, answers: Bool = true, _ change: (inout FeedSettings) -> Void
  ) -> Settings {
    var settings = Settings()
    settings.venues = [VenueSettings(name: "venue")]
    var lines = [LineSettings(name: "A", group: "233.54.12.111", port: 26_477)]
    var line = LineSettings(name: "R", file: "answers", group: "10.0.0.9", port: 30_001)
    line.role = .retransmission
    if answers { lines.append(line) }
    var feed = FeedSettings(name: "feed", venue: "venue", protocol: feedProtocol.name, lines: lines)
    change(&feed)
    settings.feeds = [feed]
    return settings
  }

  private static func plan(_ settings: Settings) throws -> FeedPlan {
    let capture = TestCapture()
    capture.mold(1, TestCapture.itch(1, 3))
    return try FlowDiscovery.plan(
      settings: settings, fileNames: ["day", "answers"], protocol: "auto", makeSource: { capture.makeSource() })
  }

  private static func error(_ settings: Settings) -> String {
    do {
      _ = try plan(settings)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func answersHaveARouteBeforeAnyWasSeen() throws {
    let settings = Self.settings { $0.recovery.messages = true }
    let plan = try Self.plan(settings)
    let key = FlowKey(destination: IPAddress("10.0.0.9")!, destinationPort: 30_001, fileIndex: 1)
    #expect(plan.routes[key] == FeedPlan.Route(channel: 0, line: 1))
    #expect(plan.answerLines(of: 0, settings: settings) == 0b10)
    #expect(plan.channels[0].feed == 0)
  }

  @Test func aProtocolWithoutRequestsIsRefusedByName() {
    let text = Self.error(Self.settings(.miaxPearlDepth) { $0.recovery.messages = true })
    #expect(text == "feed feed: miaxPearlDepth has no requests for missing messages; remove recovery.messages")
  }

  @Test func aProtocolWithoutChannelSnapshotsIsRefusedByName() {
    let text = Self.error(Self.settings(.miaxPearlDepth) { $0.recovery.snapshots = true })
    #expect(
      text == "feed feed: miaxPearlDepth has no snapshots of a channel on request; remove recovery.snapshots")
  }

  @Test func requestsWithoutALineForTheAnswersAreRefused() {
    let text = Self.error(Self.settings(answers: false) { $0.recovery.messages = true })
    #expect(text.contains("no line carries the answers") && text.contains("role: retransmission"))
    // MEMX answers on the connection; the flow here is ITCH all the same.
    #expect(Self.error(Self.settings(answers: false) { $0.recovery.snapshots = true }) == "")
  }

  @Test func aFeedThatAsksForNothingHasNoRecovery() throws {
    let settings = Self.settings { _ in }
    let ingest = Ingest(plan: try Self.plan(settings), settings: settings, fileCount: 2)
    #expect(ingest.outbox == nil && ingest.arbiters[0].recovery == nil)
  }
}
