import Testing

@testable import FeedCore

/// Which flows bring snapshots and of what, and which flows without stream ids are one venue's: told by what they hold.
@Suite struct SnapshotDiscoveryTests {
  private let capture = TestCapture()
  private var time: UInt64 = 0

  private func plan(_ settings: Settings = Settings()) throws -> FeedPlan {
    try FlowDiscovery.plan(settings: settings, fileNames: ["f"], makeSource: { capture.makeSource() })
  }
  private func error(_ settings: Settings) -> String? {
    do throws(FeedPlanError) {
      _ = try FlowDiscovery.plan(settings: settings, fileNames: ["f"], makeSource: { capture.makeSource() })
      return nil
    } catch { return error.description }
  }
  private func send(_ payload: [UInt8], _ group: String) { capture.add(TestCapture.frame(payload, group: group)) }

  private func cme(_ number: UInt32, _ message: [UInt8], _ group: String) {
    send(LittleBytes().u32(number).u64(UInt64(number)).and(message).bytes, group)
  }
  private func live(_ security: Int32, _ group: String) {
    for number in UInt32(1)...3 {
      cme(number, CMEBytes.book([CMEBytes.level(security, "0", 1, 0, 250_000_000, Int32(number))]), group)
    }
  }
  private func channels(_ plan: FeedPlan) -> [String] {
    plan.channels.map { channel in
      let target = channel.snapshotsOf.map { "\($0)" } ?? "-"
      return "\(channel.name) \(plan.venues[Int(channel.venue)].name) \(channel.role) \(target)"
    }
  }

  @Test func definitionsAndSnapshotsOfAChannelAreRecognised() throws {
    cme(1, CMEBytes.future(7, "ES", tick: 250_000_000), "224.0.3.1")
    cme(1, CMEBytes.snapshot(7, []), "224.0.2.1")
    live(7, "224.0.1.1")
    cme(2, CMEBytes.orderSnapshot(7, part: 1, of: 1, []), "224.0.2.2")
    let plan = try plan()
    #expect(channels(plan) == ["feed1 feed1 live -", "feed1/snapshot feed1 snapshot 0"])
    #expect(plan.channels[1].lines.count == 3)
    #expect(plan.joinedChannels == 1 && plan.recoveringChannels == 1)
  }

  @Test func definitionsAloneMakeNoBookWait() throws {
    cme(1, CMEBytes.future(7, "ES", tick: 250_000_000), "224.0.3.1")
    live(7, "224.0.1.1")
    let plan = try plan()
    #expect(plan.joinedChannels == 1 && plan.recoveringChannels == 0 && !plan.instrumentsRecover(channel: 0))
  }

  @Test func channelsOfOtherSecuritiesAreOneVenueAndSnapshotsFindTheirs() throws {
    live(7, "224.0.1.1")
    live(8, "224.0.1.9")
    cme(1, CMEBytes.snapshot(8, []), "224.0.2.9")
    cme(1, CMEBytes.snapshot(7, []), "224.0.2.1")
    #expect(
      channels(try plan()) == [
        "feed1/1 feed1 live -", "feed1/2 feed1 live -", "feed1/2/snapshot feed1 snapshot 1",
        "feed1/1/snapshot feed1 snapshot 0",
      ])
  }

  @Test func theSameSecuritiesWithOtherMessagesAreAnotherVenue() throws {
    live(7, "224.0.1.1")
    for number in UInt32(1)...3 {
      cme(number, CMEBytes.book([CMEBytes.level(7, "1", 1, 0, 250_000_000, 99)]), "224.0.1.9")
    }
    #expect(channels(try plan()) == ["feed1 feed1 live -", "feed2 feed2 live -"])
  }

  @Test func snapshotsOfNobodysInstrumentsAreAFeedOfTheirOwn() throws {
    live(7, "224.0.1.1")
    live(8, "224.0.1.9")
    cme(1, CMEBytes.snapshot(9, []), "224.0.2.9")
    let plan = try plan()
    #expect(plan.channels.map(\.role) == [.live, .live, .live] && plan.joinedChannels == 0)
  }

  private func nyse(_ market: UInt8, _ index: UInt32, _ group: String) {
    var mapping = NYSE.mapping(index, "AB\(index)")
    mapping[20] = market
    send(Wire.xdp(1, [mapping, NYSE.add(index, 5, "B", 100, Int32(market))]), group)
    send(Wire.xdp(3, [NYSE.add(index, 6, "B", 100, Int32(market))]), group)
  }

  @Test func nyseFlowsAreOneVenueWhereTheirMarketIsOneAndTheirSymbolsAreNot() throws {
    nyse(1, 100, "224.0.1.1")
    nyse(1, 200, "224.0.1.2")
    nyse(3, 300, "224.0.1.3")
    let head = Wire.xdpMessage(35, LittleBytes().u16(1).u16(1).u32(3).u32(0).bytes)
    let order = NYSE.refresh(200, 5, "B", 100, 1, seconds: 100)
    send(Wire.xdp(1, [head, order], flag: 17), "224.0.2.1")
    #expect(
      channels(try plan()) == [
        "feed1/1 feed1 live -", "feed1/2 feed1 live -", "feed2 feed2 live -", "feed1/2/snapshot feed1 snapshot 1",
      ])
  }

  @Test func pearlFlowsOfOtherSymbolsAreOneVenue() throws {
    for (index, group) in ["224.0.1.1", "224.0.1.2"].enumerated() {
      for number in UInt64(1)...3 {
        // Delete Order: Symbol ID 5, Order ID 9.
        let message = LittleBytes().u8(23).u32(0).u32(UInt32(50 + index)).u64(number).bytes
        send(Wire.mach(number, message), group)
      }
    }
    let plan = try plan()
    #expect(plan.venues.count == 1 && plan.channels.map(\.name) == ["feed1/1", "feed1/2"])
  }

  // MARK: Configured

  private func settings(of: String?, lives: Int = 1) -> Settings {
    var settings = Settings()
    settings.venues = [VenueSettings(name: "cme")]
    settings.feeds = (0..<lives).map {
      FeedSettings(
        name: "live\($0)", venue: "cme", protocol: "cmeMDP3",
        lines: [LineSettings(name: "A", group: "224.0.1.\($0 + 1)")])
    }
    settings.feeds.append(
      FeedSettings(
        name: "loop", venue: "cme", protocol: "cmeMDP3", role: .snapshot, of: of,
        lines: [LineSettings(name: "A", group: "224.0.2.1")]))
    return settings
  }

  @Test func aConfiguredSnapshotFeedIsOfTheFeedItNamesOrTheOnlyOne() throws {
    live(7, "224.0.1.1")
    live(8, "224.0.1.2")
    cme(1, CMEBytes.snapshot(7, []), "224.0.2.1")
    #expect(try plan(settings(of: nil)).channels[1].snapshotsOf == 0)
    let two = try plan(settings(of: "live1", lives: 2))
    #expect(two.channels[2].snapshotsOf == 1 && two.recoveringChannels == 2)
    #expect(
      error(settings(of: nil, lives: 2))
        == "feed loop: 2 live feeds of its venue and protocol have its instruments; allowed: one; name it with of: "
        + "under feeds in the configuration")
  }

  @Test func aSnapshotFeedOfAProtocolWithoutAnyIsRefused() {
    capture.mold(1, TestCapture.itch(1, 2), group: "224.0.2.1")
    var settings = settings(of: nil)
    settings.feeds[1].protocol = "itch50"
    let wanted = "feed loop: itch50 has no snapshot flows that are read; allowed: cmeMDP3"
    #expect(error(settings)?.hasPrefix(wanted) == true)
  }

  @Test func theErrorOfTooManyVenuesShowsHowToNameThem() {
    for venue in 0..<9 {
      capture.mold(1, TestCapture.itch(1, 2, venue: UInt8(venue)), session: "S\(venue)", group: "224.0.1.\(venue + 1)")
    }
    #expect(
      error(Settings())
        == "the capture holds more than 8 venues (feed9 at 224.0.1.9:26477); name the venue of each flow under feeds: "
        + "in a configuration (feeds: [{name: feed9, venue: NAME, lines: [{name: A, group: \"224.0.1.9\", port: "
        + "26477}]}]), or leave flows out with --filter")
  }
}
