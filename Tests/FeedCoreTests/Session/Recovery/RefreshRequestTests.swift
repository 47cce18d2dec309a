import Testing

@testable import FeedCore

/// NYSE refreshes, asked for over TCP after a late start or a loss nobody repeats, and taken from their multicast: XDP /
/// Pillar Common Client Specification 2.4p, "Refresh". Bytes of requests and responses are written by hand.
@Suite struct RefreshRequestTests {
  private static let product: UInt8 = 157
  private static let symbols: [UInt32] = [101, 102]

  /// Takes deliveries and leaves them alone: what of a refresh reaches the books is `JoinedChannel`'s.
  private struct Sink: DeliverySink {
    var batch = DeliveryBatch()
    mutating func flush() { batch.clear() }
  }

  private final class Bench {
    let capture = TestCapture()
    /// What cores with books tell.
    let needs = SnapshotNeeds()
    var ingest: Ingest
    var sink = Sink()
    private var taken = 0

    /// - Parameters:
    ///   - asksForMessages: retransmissions are asked for first.
    ///   - isAnswered: somebody answers, and cores are listened to.
    init(asksForMessages: Bool = false, isAnswered: Bool = true, _ configure: (inout Settings) -> Void = { _ in }) throws {
      var settings = Settings()
      settings.venues = [VenueSettings(name: "nyse")]
      var lines = ["A", "B"].enumerated().map { LineSettings(name: $1, group: "224.0.1.\($0 + 1)", port: 14_310) }
      var answers = LineSettings(name: "R", group: "224.0.9.1", port: 14_310)
      answers.role = .retransmission
      lines.append(answers)
      var feed = FeedSettings(name: "f", venue: "nyse", protocol: "nyseIntegrated", lines: lines)
      feed.recovery.messages = asksForMessages
      feed.recovery.snapshots = true
      feed.recovery.sourceId = "FEEDH01"
      feed.recovery.productId = RefreshRequestTests.product
      feed.recovery.channelId = 3
      var refreshes = FeedSettings(
        name: "r", venue: "nyse", protocol: "nyseIntegrated",
        lines: [LineSettings(name: "A", group: "224.0.2.1", port: 14_310)])
      refreshes.role = .snapshot
      settings.feeds = [feed, refreshes]
      settings.recovery = .small()
      settings.session.reorderWindowNanoseconds = millisecond
      settings.session.silenceNanoseconds = 3_600 * second
      configure(&settings)
      let plan = try FlowDiscovery.livePlan(settings: settings, portNames: ["a"])
      if isAnswered { needs.listen() }
      ingest = Ingest(plan: plan, settings: settings, fileCount: 1, needs: needs)
    }

    private func take() {
      while taken < capture.packets.count {
        ingest.process(capture.packets[taken], into: &sink)
        sink.flush()
        taken += 1
      }
    }

    func live(_ first: UInt32, _ count: Int = 1, seconds: UInt32 = 100, at time: UInt64) {
      let messages = (0..<count).map { NYSE.add(101, UInt64(first) + UInt64($0), "B", 100, 10_000) }
      capture.add(TestCapture.frame(Wire.xdp(first, messages, seconds: seconds), group: "224.0.1.1", port: 14_310), at: time)
      take()
    }

    func reset(seconds: UInt32, at time: UInt64) {
      let packet = Wire.xdp(1, [Wire.xdpReset(seconds: seconds)], flag: 12, seconds: seconds)
      capture.add(TestCapture.frame(packet, group: "224.0.1.1", port: 14_310), at: time)
      take()
    }

    /// A refresh of both symbols in a packet each, from packet `sequence` on; `without`: that packet is lost.
    func refresh(_ sequence: UInt32 = 1, through: [UInt64], without lost: Int? = nil, at time: UInt64) {
      for (place, symbol) in RefreshRequestTests.symbols.enumerated() where place != lost {
        var head = Wire.little(UInt16(1)) + Wire.little(UInt16(1))
        head += Wire.little(UInt32(through[place])) + Wire.little(UInt32(1))
        let packet = Wire.xdp(
          sequence + UInt32(place) * 2, [Wire.xdpMessage(35, head), NYSE.mapping(symbol, "SYM\(symbol)")],
          flag: place == 0 ? 18 : 20)
        capture.add(TestCapture.frame(packet, group: "224.0.2.1", port: 14_310), at: time)
      }
      take()
    }

    /// Request Response (11) to our packet 1, behind a packet header of 16 bytes.
    func respond(_ status: Character, connection: UInt32 = 1, at time: UInt64) {
      bytes(
        hex("2d00 0b 01 01000000 00000000 00000000  1d00 0b00 01000000 00000000 00000000 46454544483031000000 9d 03")
          + [status.asciiValue!], connection: connection, at: time)
    }

    func bytes(_ bytes: [UInt8], connection: UInt32 = 1, isEnd: Bool = false, at time: UInt64) {
      (bytes + [0]).withUnsafeBytes {
        ingest.process(
          .connection(
            channel: 0, service: .snapshots, connection: connection, bytes: $0.baseAddress!, length: bytes.count,
            isEnd: isEnd, captureNanoseconds: time), into: &sink)
        sink.flush()
      }
    }

    func clock(_ time: UInt64) {
      withUnsafeBytes(of: 0) { ingest.process(.clock($0.baseAddress!, captureNanoseconds: time), into: &sink) }
      sink.flush()
    }

    /// What was sent since the last call: `@TIME open`, `close`, `refresh`, `ask`.
    func requests() -> [String] {
      var requests: [String] = []
      while let output = ingest.outbox?.next() {
        let bytes = output.bytes.array
        let what: String
        switch output.action {
        case .open: what = "open \(output.service)"
        case .close: what = "close \(output.service)"
        case .bytes: what = bytes[18] == 15 ? "refresh" : bytes[18] == 12 ? "beat" : "ask"
        case .datagram: what = "datagram"
        }
        requests.append("@\(output.captureNanoseconds) \(what)")
      }
      return requests
    }

    var recovery: RecoverySummary { ingest.recovery(ofChannel: 0)! }
  }

  /// The request in all its bytes, at 0x52147BAF s and 0x0A8A9F80 ns; and once more for what was spoken of before the
  /// first refresh named its symbol.
  @Test func aLateStartAsksForAllSymbols() throws {
    let bench = try Bench()
    let now: UInt64 = 0x5214_7BAF * 1_000_000_000 + 0x0A8A_9F80
    bench.live(500, at: now - millisecond)
    #expect(bench.requests() == [], "a lower number may still come")
    bench.clock(now)
    let outbox = try #require(bench.ingest.outbox)
    let opened = try #require(outbox.next())
    #expect(opened.action == .open && opened.service == .snapshots && opened.channel == 0)
    let asked = try #require(outbox.next())
    // PktSize 36, flag 11, one message, our packet 1, SendTime; MsgSize 20, type 15, SymbolIndex 0, SourceID, 157, 3.
    #expect(
      asked.bytes.array
        == hex("2400 0b 01 01000000 af7b1452 809f8a0a  1400 0f00 00000000 46454544483031000000 9d 03"))
    #expect(outbox.next() == nil)
    bench.live(501, at: now + 1)
    bench.respond("0", at: now + second)
    #expect(bench.requests() == [], "nothing is closed before the refresh came")
    bench.refresh(through: [499, 501], at: now + 2 * second)
    #expect(bench.requests() == ["@\(now + 2 * second) close snapshots"])
    #expect(bench.recovery.lastFailure == nil && bench.recovery.counters[.snapshotsJoined] == 1)
    bench.clock(now + 3 * second)
    #expect(bench.requests() == ["@\(now + 2 * second) open snapshots", "@\(now + 2 * second) refresh"])
    bench.refresh(5, through: [501, 501], at: now + 4 * second)
    #expect(bench.requests() == ["@\(now + 4 * second) close snapshots"])
    bench.live(502, at: now + 5 * second)
    bench.clock(now + 3_000 * second)
    #expect(bench.requests() == [])
  }

  /// What is no answer: a refresh that began before the request, a mapping without Refresh Header, a heartbeat.
  @Test func onlyARefreshThatBeganBehindTheRequestCounts() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    // Its first packet comes before the request, its last one behind it.
    bench.refresh(through: [499, 499], without: 1, at: second)
    bench.clock(2 * second)
    #expect(bench.requests().count == 2)
    bench.refresh(through: [499, 499], without: 0, at: 3 * second)
    let mapping = Wire.xdp(90, [NYSE.mapping(101, "SYM")], flag: 17)
    bench.capture.add(TestCapture.frame(mapping, group: "224.0.2.1", port: 14_310), at: 3 * second)
    bench.capture.add(TestCapture.frame(Wire.xdp(91, [], flag: 1), group: "224.0.2.1", port: 14_310), at: 3 * second)
    bench.clock(3 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 0 && bench.requests() == [])
    bench.refresh(5, through: [500, 500], at: 4 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.requests() == ["@\(4 * second) close snapshots"])
  }

  /// A packet of the refresh is lost, or one symbol's reaches not far enough: asked again after the back-off.
  @Test func aRefreshWithAHoleOrTooOldIsAskedForAgain() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    let due = second + millisecond
    #expect(bench.requests() == ["@\(due) open snapshots", "@\(due) refresh"])
    // The second of three packets is missing.
    bench.refresh(1, through: [499, 499], without: 1, at: 3 * second)
    bench.refresh(7, through: [499, 499], without: 0, at: 3 * second)
    #expect(bench.requests() == ["@\(3 * second) close snapshots"])
    bench.clock(4 * second)
    #expect(bench.requests() == ["@\(4 * second) open snapshots", "@\(4 * second) refresh"], "patience of 1 s")
    // The second symbol was written before the first message that was heard.
    bench.refresh(11, through: [499, 498], at: 5 * second)
    #expect(bench.recovery.counters.list.contains("snapshotsTooOld 1"))
    bench.clock(6 * second)
    bench.clock(7 * second)
    #expect(
      bench.requests() == ["@\(5 * second) close snapshots", "@\(7 * second) open snapshots", "@\(7 * second) refresh"],
      "twice the patience")
    bench.refresh(15, through: [500, 500], at: 8 * second)
    #expect(bench.recovery.lastFailure == nil && bench.recovery.counters[.snapshotsJoined] == 1)
  }

  @Test func aLossThatNobodyRepeatsIsAskedForAndTheNextLossAgain() throws {
    let bench = try Bench(asksForMessages: true)
    bench.live(1, 2, at: second)
    bench.live(5, at: 2 * second)
    bench.clock(3 * second)
    #expect(bench.requests() == ["@\(2 * second + millisecond) open messages", "@\(2 * second + millisecond) ask"])
    // Message Unavailable (31) for 3 and 4, on the retransmission line.
    let gone = Wire.xdp(0, [hex("0e00 1f00 03000000 04000000 9d 03")], flag: 21)
    bench.capture.add(TestCapture.frame(gone, group: "224.0.9.1", port: 14_310), at: 3 * second)
    bench.live(6, at: 3 * second)
    #expect(bench.ingest.arbiters[0].state == .live && bench.ingest.counters[.messagesLost] == 2)
    #expect(bench.recovery.lastFailure == .messagesUnavailable)
    bench.clock(4 * second)
    #expect(
      bench.requests() == [
        "@\(3 * second) close messages", "@\(3 * second) open snapshots", "@\(3 * second) refresh",
      ])
    bench.respond("0", at: 4 * second)
    // Through the last message before the first one behind the loss.
    bench.refresh(through: [4, 4], at: 5 * second)
    #expect(bench.requests() == ["@\(5 * second) close snapshots"])
    #expect(bench.recovery.counters[.snapshotsJoined] == 1)
    // Messages are asked for again.
    bench.live(9, at: 6 * second)
    bench.clock(7 * second)
    #expect(bench.requests().last == "@\(6 * second + millisecond) ask")
  }

  /// A further loss while a refresh is on its way: it has to reach that far.
  @Test func aLossWhileTheRefreshComesMovesTheNumberItHasToReach() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    bench.live(510, at: 2 * second)
    bench.clock(3 * second)
    #expect(bench.ingest.counters[.messagesLost] == 9)
    _ = bench.requests()
    bench.refresh(through: [508, 509], at: 4 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 0)
    bench.clock(5 * second)
    bench.refresh(9, through: [510, 510], at: 6 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.recovery.lastFailure == nil)
  }

  /// The refresh is ahead of the lines: its first part comes while the book it serves is current, and not taken. That its
  /// numbers reach beyond the loss is of no use: one that begins behind the loss is needed.
  @Test func aRefreshThatBeganBeforeALossDoesNotServeIt() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    bench.refresh(through: [520, 520], without: 1, at: 3 * second)
    bench.live(510, at: 3 * second)
    bench.clock(4 * second)
    #expect(bench.ingest.counters[.messagesLost] == 9)
    _ = bench.requests()
    bench.refresh(through: [520, 520], without: 0, at: 5 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 0 && bench.recovery.counters[.snapshotsFailed] == 1)
    bench.clock(6 * second)
    #expect(bench.requests().last?.hasSuffix("refresh") == true)
    bench.refresh(9, through: [520, 520], at: 7 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.recovery.lastFailure == nil)
  }

  @Test func refusalsAreGivenUpByName() throws {
    for (status, failure) in [
      ("1" as Character, RecoveryFailure.notAuthorized), ("5", .allowanceSpent), ("7", .requestInvalid),
    ] {
      let bench = try Bench()
      bench.live(500, at: second)
      bench.clock(2 * second)
      _ = bench.requests()
      bench.respond(status, at: 3 * second)
      #expect(bench.recovery.lastFailure == failure)
      bench.live(700, at: 4 * second)
      bench.clock(1_000 * second)
      #expect(bench.requests() == ["@\(3 * second) close snapshots"], "nothing more is asked for")
      #expect(bench.recovery.counters[.snapshotsGivenUp] == 1)
    }
  }

  @Test func silenceAndLostConnectionsAreRepeatedThenGivenUp() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    let due = second + millisecond
    bench.clock(2 * second)
    bench.clock(100 * second)
    // Three attempts of 10 s, with 1 s and 2 s between.
    let again = due + 11 * second
    let last = again + 12 * second
    #expect(
      bench.requests() == [
        "@\(due) open snapshots", "@\(due) refresh", "@\(due + 10 * second) close snapshots",
        "@\(again) open snapshots", "@\(again) refresh", "@\(again + 10 * second) close snapshots",
        "@\(last) open snapshots", "@\(last) refresh", "@\(last + 10 * second) close snapshots",
      ])
    #expect(bench.recovery.lastFailure == .serverSilent)
    let cut = try Bench()
    cut.live(500, at: second)
    cut.clock(2 * second)
    cut.bytes([], connection: 1, isEnd: true, at: 3 * second)
    cut.clock(4 * second)
    cut.bytes([], connection: 2, isEnd: true, at: 4 * second)
    cut.clock(6 * second)
    cut.bytes([], connection: 3, isEnd: true, at: 6 * second)
    cut.clock(100 * second)
    #expect(cut.recovery.lastFailure == .connectionLost && cut.recovery.counters[.connectionsFailed] == 3)
  }

  /// Ten seconds from the request, from the response to it, and from each packet.
  @Test func patienceBeginsAnewWithTheResponseAndWithEachPacket() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    _ = bench.requests()
    bench.respond("0", at: 10 * second)
    bench.clock(19 * second)
    bench.refresh(through: [499, 500], without: 1, at: 19 * second)
    bench.clock(28 * second)
    #expect(bench.requests() == [] && bench.recovery.counters[.requestsTimedOut] == 0)
    bench.refresh(through: [499, 500], without: 0, at: 28 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.recovery.counters[.snapshotsRequested] == 1)
    // One that stands still in the middle is asked for again.
    let still = try Bench()
    still.live(500, at: second)
    still.clock(2 * second)
    still.refresh(through: [499, 500], without: 1, at: 3 * second)
    _ = still.requests()
    still.clock(13 * second)
    #expect(still.requests() == ["@\(13 * second) close snapshots"])
    #expect(still.recovery.counters[.requestsTimedOut] == 1 && still.recovery.counters[.snapshotsFailed] == 1)
  }

  /// A Refresh Header of six bytes: the books' reader finds it malformed, so the refresh did not come whole.
  @Test func whatTheBooksReaderCannotReadIsNoRefresh() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    let head = Wire.little(UInt16(1)) + Wire.little(UInt16(2)) + Wire.little(UInt32(500)) + Wire.little(UInt32(1))
    let packets = [
      Wire.xdp(1, [Wire.xdpMessage(35, head), NYSE.mapping(101, "SYM101")], flag: 18),
      Wire.xdp(3, [Wire.xdpMessage(35, [2, 0])], flag: 20),
    ]
    var reader = NYSERefreshReader()
    var events: [NYSERefreshReader.Event] = []
    for packet in packets {
      packet.withUnsafeBytes { reader.read($0) { events.append($0) } }
      bench.capture.add(TestCapture.frame(packet, group: "224.0.2.1", port: 14_310), at: 3 * second)
    }
    #expect(events.last == .malformed && !events.contains(.ended(symbolIndex: 101)))
    bench.live(501, at: 3 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 0 && bench.recovery.counters[.snapshotsFailed] == 1)
  }

  /// A heartbeat of the group names the number that follows: another one shows a hole, a right one changes nothing.
  @Test func aHeartbeatInTheMiddleShowsWhetherAPacketIsMissing() throws {
    for (number, joined) in [(UInt32(3), UInt64(1)), (4, 0)] {
      let bench = try Bench()
      bench.live(500, at: second)
      bench.clock(2 * second)
      bench.refresh(through: [500, 500], without: 1, at: 3 * second)
      bench.capture.add(
        TestCapture.frame(Wire.xdp(number, [], flag: 1), group: "224.0.2.1", port: 14_310), at: 3 * second)
      bench.refresh(through: [500, 500], without: 0, at: 4 * second)
      #expect(bench.recovery.counters[.snapshotsJoined] == joined, "\(number)")
    }
  }

  /// Another refresh begins in the middle of one: it is judged by its own packets.
  @Test func aRefreshThatBeginsInTheMiddleOfAnotherIsJudgedAnew() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    bench.refresh(through: [499, 499], without: 1, at: 3 * second)
    bench.refresh(9, through: [500, 500], at: 4 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.recovery.counters[.snapshotsFailed] == 0)
    _ = bench.requests()
    // Nothing is asked for any more: the end of the first one is no answer.
    bench.refresh(through: [499, 499], without: 0, at: 5 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.requests() == [])
  }

  /// However often the channel loses: one request each `answerTimeout`, and `requestsPerSession` of them.
  @Test func requestsAreBoundedInRateAndNumber() throws {
    let bench = try Bench { $0.recovery.requestsPerSession = 4 }
    var sequence: UInt32 = 1
    var asked: [UInt64] = []
    bench.live(1, at: second)
    for round in 1...80 {
      let now = second + UInt64(round) * 100 * millisecond
      // Every 100 ms a message is lost, and the refresh for the loss before comes at once.
      bench.live(UInt32(1 + 2 * round), at: now)
      bench.clock(now + 2 * millisecond)
      asked += bench.requests().filter { $0.hasSuffix("refresh") }.map { UInt64($0.dropFirst().split(separator: " ")[0])! }
      bench.refresh(sequence, through: [UInt64(2 * round), UInt64(2 * round)], at: now + 3 * millisecond)
      sequence += 4
    }
    #expect(asked.count == 4, "\(asked)")
    for (before, after) in zip(asked, asked.dropFirst()) { #expect(after >= before + second, "\(asked)") }
    #expect(bench.recovery.lastFailure == .allowanceSpent)
  }

  // MARK: - A core without room for what it keeps

  /// 500 to 506 are live, the refresh through 500 is joined; what a core kept before 505 had no room.
  @Test func whatACoreHadNoRoomForIsAskedForAgain() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    bench.refresh(through: [500, 500], at: 3 * second)
    bench.live(501, 6, at: 3 * second)
    _ = bench.requests()
    // Heard with the next refresh packet, whoever asked for it, or a second behind at the latest.
    bench.needs.tell(channel: 0, before: 505)
    bench.clock(4 * second)
    let asked = bench.requests()
    #expect(asked.count == 2 && asked.last?.hasSuffix("refresh") == true, "\(asked)")
    bench.refresh(5, through: [503, 504], at: 5 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1, "one book of it is older than what is kept")
    bench.clock(8 * second)
    bench.refresh(9, through: [504, 504], at: 8 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 2 && bench.recovery.lastFailure == nil)
    _ = bench.requests()
    bench.clock(100 * second)
    #expect(bench.requests() == [], "all is well")
  }

  @Test func aRefreshOnItsWayHasToReachWhatACoreKeeps() throws {
    let bench = try Bench()
    bench.live(500, 7, at: second)
    bench.clock(2 * second)
    bench.needs.tell(channel: 0, before: 504)
    bench.needs.tell(channel: 0, before: 502)
    bench.refresh(through: [502, 503], at: 3 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 0 && bench.recovery.counters[.bufferOverflows] == 1)
    bench.clock(5 * second)
    bench.refresh(9, through: [503, 503], at: 6 * second)
    #expect(bench.recovery.counters[.snapshotsJoined] == 1 && bench.recovery.lastFailure == nil)
  }

  /// What is told late, when a refresh that reaches it came; beyond the channel's numbers, of those before a reset; or
  /// where nobody answers.
  @Test func whatNeedsNoRefreshAsksForNone() throws {
    let bench = try Bench()
    bench.live(500, 7, at: second)
    bench.clock(2 * second)
    bench.refresh(through: [506, 506], at: 3 * second)
    _ = bench.requests()
    bench.needs.tell(channel: 0, before: 507)
    bench.clock(100 * second)
    // No core has kept anything behind 506.
    bench.needs.tell(channel: 0, before: 900)
    bench.clock(200 * second)
    bench.needs.tell(channel: 0, before: 506)
    bench.reset(seconds: 300, at: 300 * second)
    bench.live(2, seconds: 300, at: 300 * second)
    bench.clock(400 * second)
    #expect(bench.requests() == [])
    let replay = try Bench(isAnswered: false)
    replay.live(500, at: second)
    replay.clock(2 * second)
    replay.refresh(through: [500, 500], at: 3 * second)
    replay.live(501, 6, at: 3 * second)
    _ = replay.requests()
    replay.needs.tell(channel: 0, before: 505)
    replay.clock(100 * second)
    #expect(replay.requests() == [])
  }

  /// A buffer that is too small for any refresh: three in a row, each wait twice as long; then by name.
  @Test func aCoreThatNeverHasRoomIsGivenUpByName() throws {
    let bench = try Bench()
    var number: UInt32 = 500
    var sequence: UInt32 = 1
    var asked: [UInt64] = []
    bench.live(number, at: second)
    for step in 0..<400 {
      let now = second + UInt64(step) * 100 * millisecond
      bench.clock(now)
      asked += bench.requests().filter { $0.hasSuffix("refresh") }.map { UInt64($0.dropFirst().split(separator: " ")[0])! }
      if bench.ingest.arbiters[0].recovery?.pointee.snapshots.join.state == .requested {
        bench.refresh(sequence, through: [UInt64(number), UInt64(number)], at: now)
        sequence += 4
        bench.live(number + 1, 9, at: now)
        number += 9
        bench.needs.tell(channel: 0, before: UInt64(number))
      }
    }
    let waits = zip(asked, asked.dropFirst()).map { ($1 - $0) / (100 * millisecond) }
    #expect(asked.count == 3, "\(asked)")
    // The first at the next look, a second behind; the other not before two more.
    #expect(waits.count == 2 && waits[0] >= 10 && waits[1] >= 20 && waits[1] <= 40, "\(waits)")
    #expect(bench.recovery.lastFailure == .bufferFull && bench.recovery.counters[.snapshotsGivenUp] == 1)
  }

  @Test func theServersHeartbeatIsAnswered() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    _ = bench.requests()
    bench.bytes(hex("1000 01 00 01000000 00000000 00000000"), at: 3 * second)
    bench.clock(3 * second)
    #expect(bench.requests() == ["@\(3 * second) beat"])
  }

  /// Numbers that begin anew need no refresh, and none of before counts.
  @Test func aResetEndsTheWaitAndANewDayAsksForNothing() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    _ = bench.requests()
    bench.reset(seconds: 200, at: 3 * second)
    bench.live(2, seconds: 200, at: 3 * second)
    bench.refresh(through: [900, 900], at: 4 * second)
    bench.clock(100 * second)
    // Stamped by the recovery's last event: it looked at what cores tell, a second behind the request.
    #expect(bench.requests() == ["@\(2 * second + millisecond) close snapshots"])
    #expect(bench.recovery.counters[.snapshotsJoined] == 0 && bench.ingest.arbiters[0].state == .live)
  }

  @Test func theEndOfTheInputGivesUpByName() throws {
    let bench = try Bench()
    bench.live(500, at: second)
    bench.clock(2 * second)
    bench.ingest.finish(into: &bench.sink)
    #expect(bench.recovery.lastFailure == .interrupted)
    #expect(bench.requests().last == "@\(second + millisecond) close snapshots")
  }

  /// Where no flow brings refreshes, asking for them is refused; where they come among the feed's packets it is not.
  @Test func aFeedWithoutARefreshFlowIsRefused() throws {
    let error = #expect(throws: FeedPlanError.self) { try Bench { $0.feeds.removeLast() } }
    #expect(
      error?.description == "feed f: recovery.snapshots is true, but no flow brings the refreshes; add a feed with "
        + "role: snapshot, or set snapshotsInFlow: true")
    _ = try Bench {
      $0.feeds.removeLast()
      $0.feeds[0].snapshotsInFlow = true
    }
  }
}
