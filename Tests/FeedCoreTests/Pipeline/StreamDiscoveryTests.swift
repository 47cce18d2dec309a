import Testing

@testable import FeedCore

/// Flows that carry several numbered streams: recognised, grouped into venues, routed by stream.
@Suite struct StreamDiscoveryTests {
  private let capture = TestCapture()

  /// A PITCH packet of Time messages (0x20, six bytes) with a venue's mark in them.
  private func pitch(
    _ first: UInt32, _ count: Int, unit: UInt8, venue: UInt8 = 1, group: String = "233.0.0.1", port: Int = 30_001
  ) {
    let messages = (0..<UInt32(count)).flatMap { number -> [UInt8] in
      [6, 0x20] + Wire.little(UInt16(truncatingIfNeeded: first + number)) + [venue, unit]
    }
    let header = Wire.little(UInt16(8 + messages.count)) + [UInt8(count), unit] + Wire.little(first)
    capture.add(TestCapture.frame(header + messages, group: group, port: port))
  }

  private func plan(_ settings: Settings = Settings(), protocol name: String = "auto") throws -> FeedPlan {
    try FlowDiscovery.plan(
      settings: settings, fileNames: ["file0"], protocol: name, makeSource: { capture.makeSource() })
  }

  private func error(_ settings: Settings = Settings()) -> String? {
    do throws(FeedPlanError) {
      _ = try FlowDiscovery.plan(settings: settings, fileNames: ["file0"], makeSource: { capture.makeSource() })
      return nil
    } catch { return error.description }
  }

  private func route(_ plan: FeedPlan, _ group: String, _ stream: UInt32, port: UInt16 = 30_001) -> [UInt8]? {
    let key = FlowKey(destination: IPAddress(group)!, destinationPort: port, fileIndex: 0)
    return plan.streamRoutes[FeedPlan.StreamKey(flow: key, stream: stream)].map { [$0.channel, $0.line] }
  }

  @Test func unitsOfOneFlowAreChannelsOfOneVenue() throws {
    pitch(10, 2, unit: 2)
    pitch(900, 2, unit: 1)
    let plan = try plan()
    #expect(plan.venues.map(\.name) == ["feed1"] && plan.channels.map(\.name) == ["feed1/1", "feed1/2"])
    #expect(plan.channels.allSatisfy { $0.protocol == .pitch && $0.venue == 0 })
    #expect(route(plan, "233.0.0.1", 1) == [0, 0] && route(plan, "233.0.0.1", 2) == [1, 0])
  }

  @Test func unitsOfSeveralGroupsAreStillOneVenueAndLinesAreJoinedByUnit() throws {
    for group in ["233.0.0.1", "233.0.1.1"] { pitch(10, 3, unit: 1, group: group) }
    for group in ["233.0.0.2", "233.0.1.2"] { pitch(10, 3, unit: 2, group: group) }
    let plan = try plan()
    #expect(plan.venues.count == 1 && plan.channels.map(\.lines.count) == [2, 2])
    #expect(route(plan, "233.0.1.1", 1) == [0, 1] && route(plan, "233.0.1.2", 2) == [1, 1])
  }

  @Test func theSameUnitWithOtherBytesIsAnotherVenue() throws {
    for unit in [1, 2] as [UInt8] {
      pitch(10, 3, unit: unit, venue: 1, group: "233.0.0.1")
      pitch(10, 3, unit: unit, venue: 2, group: "233.0.9.1")
    }
    let plan = try plan()
    #expect(plan.channels.map(\.venue) == [0, 0, 1, 1])
    #expect(plan.channels.map(\.name) == ["feed1/1", "feed1/2", "feed2/1", "feed2/2"])
    #expect(route(plan, "233.0.9.1", 2) == [3, 0])
  }

  @Test func aConfiguredFeedMayTakeOneUnitOfAFlow() throws {
    for unit in [1, 2, 3] as [UInt8] { pitch(10, 2, unit: unit) }
    var settings = Settings()
    settings.venues = [VenueSettings(name: "bzx")]
    let line = LineSettings(name: "A", group: "233.0.0.1")
    settings.feeds = [
      FeedSettings(name: "two", venue: "bzx", protocol: "pitch", stream: 2, lines: [line]),
      FeedSettings(name: "three", venue: "bzx", protocol: "pitch", stream: 3, lines: [line]),
    ]
    let plan = try plan(settings)
    #expect(plan.channels.map(\.name) == ["two", "three"] && plan.venues.count == 1)
    #expect(route(plan, "233.0.0.1", 2) == [0, 0] && route(plan, "233.0.0.1", 3) == [1, 0])
    #expect(route(plan, "233.0.0.1", 1) == nil, "no feed asks for unit 1")
  }

  @Test func aConfiguredFeedWithoutAUnitTakesAll() throws {
    for unit in [4, 7] as [UInt8] { pitch(10, 2, unit: unit) }
    var settings = Settings()
    settings.venues = [VenueSettings(name: "bzx")]
    settings.feeds = [
      FeedSettings(name: "all", venue: "bzx", lines: [LineSettings(name: "A", group: "233.0.0.1")])
    ]
    let plan = try plan(settings)
    #expect(plan.channels.map(\.name) == ["all", "all/7"] && plan.channels.map(\.stream) == [4, 7])
    #expect(plan.channels.allSatisfy { $0.protocol == .pitch && $0.venue == 0 })
  }

  @Test func moreStreamsThanChannelsIsAnErrorThatSaysWhatToDo() {
    for unit in 1...65 as ClosedRange<UInt8> { pitch(10, 2, unit: unit) }
    #expect(
      error() == "the capture holds more than 64 numbered streams (feed1 at 233.0.0.1:30001); name those wanted under "
        + "feeds: in a configuration, or leave flows out with --filter")
  }

  @Test func aHeartbeatAloneIsAFeedUntilMessagesSayOtherwise() throws {
    capture.add(TestCapture.frame(Wire.suh(7, [], unit: 1), port: 1))
    capture.add(TestCapture.frame(Wire.mach(7, [], type: 0), port: 2))
    capture.add(TestCapture.frame(Wire.mach(7, [], type: 0), port: 3))
    capture.mold(1, TestCapture.itch(1, 1), port: 3)
    let protocols = try plan().channels.map(\.protocol)
    #expect(protocols == [.pitch, .miaxPearlDepth, .itch50])
  }

  @Test func numbersThatFollowNothingAreNoFeed() throws {
    var random = SessionRandom(seed: SessionRandom.seed())
    for _ in 0..<20 { pitch(UInt32(random.int(10...4_000_000_000)), 1, unit: 1) }
    // Some neighbours may be near by chance, most are not.
    let plan = try plan()
    #expect(plan.channels.isEmpty && plan.ignored.count == 1)
    #expect(try self.plan(protocol: "pitch").channels.count == 1, "but the command line may insist")
  }

  @Test func eachStreamIsArbitratedOnItsOwn() throws {
    pitch(1, 2, unit: 1)
    pitch(1, 1, unit: 2)
    pitch(3, 1, unit: 1)
    pitch(2, 1, unit: 2)
    var settings = Settings()
    settings.verifyChecksums = false
    var ingest = Ingest(plan: try plan(), settings: settings, fileCount: 1)
    var sink = RecordingSink()
    for packet in capture.packets { ingest.process(packet, into: &sink) }
    ingest.finish(into: &sink)
    sink.flush()
    let messages = sink.events.filter { if case .message = $0 { true } else { false } }
    #expect(messages.count == 5 && ingest.counters[.gaps] == 0 && ingest.counters[.duplicates] == 0)
  }

  @Test func machDatagramsOfSeveralRunsAreTakenApart() throws {
    let update = [UInt8](repeating: 0, count: 5)
    func message(_ number: UInt64) -> [UInt8] { Wire.mach(number, [49] + update.dropFirst()) }
    capture.add(TestCapture.frame(Wire.mach(0, [], type: 1) + message(1) + message(2), port: 5))
    capture.add(TestCapture.frame(message(3) + Wire.mach(3, [], type: 0), port: 5))
    var settings = Settings()
    settings.verifyChecksums = false
    var ingest = Ingest(plan: try plan(settings, protocol: "miaxPearlDepth"), settings: settings, fileCount: 1)
    var sink = RecordingSink()
    for packet in capture.packets { ingest.process(packet, into: &sink) }
    sink.flush()
    #expect(sink.events.count == 4, "three messages, and the channel is ok: \(sink.events)")
    #expect(ingest.counters[.heartbeats] == 2 && ingest.counters[.malformed] == 0)
    // Offsets count from the datagram's payload.
    #expect(sink.places.map(\.offset) == [24, 41, 12])
  }
}
