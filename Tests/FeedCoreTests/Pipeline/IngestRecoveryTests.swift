import Testing

@testable import FeedCore

/// Answers on their way through `Ingest`: retransmission lines, and packets of connections.
@Suite struct IngestRecoveryTests {
  private final class Bench {
    let capture = TestCapture()
    var ingest: Ingest
    var sink = RecordingSink()

    init() throws {
      var settings = Settings()
      settings.venues = [VenueSettings(name: "venue")]
      var answers = LineSettings(name: "R", file: "answers", group: "10.0.0.9", port: 30_001)
      answers.role = .retransmission
      var feed = FeedSettings(
        name: "feed", venue: "venue", protocol: "itch50",
        lines: [LineSettings(name: "A", group: "233.54.12.111", port: 26_477), answers])
      feed.recovery.messages = true
      feed.recovery.snapshots = true
      settings.feeds = [feed]
      settings.recovery.requestMessages = 10
      let seen = TestCapture()
      seen.mold(1, TestCapture.itch(1, 3))
      let plan = try FlowDiscovery.plan(
        settings: settings, fileNames: ["day", "answers"], protocol: "auto", makeSource: { seen.makeSource() })
      ingest = Ingest(plan: plan, settings: settings, fileCount: 2)
    }

    func take() {
      while let packet = capture.packets.dropFirst(taken).first {
        ingest.process(packet, into: &sink)
        sink.flush()
        taken += 1
      }
    }
    private var taken = 0

    func connection(_ number: UInt32, _ bytes: [UInt8], channel: UInt8 = 0, isEnd: Bool = false, at time: UInt64) {
      (bytes + [0]).withUnsafeBytes {
        let packet = Packet.connection(
          channel: channel, service: .snapshots, connection: number, bytes: $0.baseAddress!, length: bytes.count,
          isEnd: isEnd, captureNanoseconds: time)
        ingest.process(packet, into: &sink)
        sink.flush()
      }
    }

    func clock(_ time: UInt64) {
      withUnsafeBytes(of: 0) { ingest.process(.clock($0.baseAddress!, captureNanoseconds: time), into: &sink) }
      sink.flush()
    }

    var outputs: [RecoveryOutput] {
      var all: [RecoveryOutput] = []
      while let output = ingest.outbox?.next() { all.append(output) }
      return all
    }
  }

  @Test func aLossIsAskedForAndTheAnswerFillsIt() throws {
    let bench = try Bench()
    bench.capture.mold(1, TestCapture.itch(1, 2), at: 1_000)
    bench.capture.mold(5, TestCapture.itch(5, 1), at: 2_000)
    bench.take()
    bench.clock(1_002_000)
    let asked = bench.outputs
    #expect(asked.map(\.action) == [.datagram] && asked[0].captureNanoseconds == 1_002_000)
    #expect(asked[0].bytes.array == Array("S1        ".utf8) + [0, 0, 0, 0, 0, 0, 0, 3, 0, 2])
    bench.capture.mold(3, TestCapture.itch(3, 2), group: "10.0.0.9", port: 30_001, at: 1_500_000, file: 1)
    bench.take()
    #expect(bench.ingest.arbiters[0].state == .live && bench.ingest.arbiters[0].next == 6)
    #expect(bench.ingest.counters[.messagesLost] == 0 && bench.ingest.counters[.answerPackets] == 1)
    #expect(bench.ingest.recovery(ofChannel: 0)?.counters[.messagesRecovered] == 2)
  }

  @Test func aPacketWithoutBytesOnlyMovesTheClock() throws {
    let bench = try Bench()
    bench.clock(77)
    #expect(bench.ingest.clock == 77 && bench.sink.events.isEmpty && bench.ingest.packets == 1)
    #expect(Counter.allCases.allSatisfy { bench.ingest.counters[$0] == 0 })
  }

  @Test func bytesOfAnOlderConnectionAreCountedAndLeftAlone() throws {
    let bench = try Bench()
    bench.capture.mold(500, TestCapture.itch(500, 1), at: 1_000)
    bench.take()
    bench.clock(1_001_000)
    #expect(bench.outputs.map(\.connection) == [1, 1])
    let refusal: [UInt8] = [0, 2, UInt8(ascii: "J"), UInt8(ascii: "A")]
    bench.connection(0, refusal, at: 2_000_000)
    #expect(bench.ingest.arbiters[0].state == .awaiting)
    #expect(bench.ingest.recovery(ofChannel: 0)?.counters[.responsesUnmatched] == 1)
    bench.connection(1, refusal, at: 3_000_000)
    #expect(bench.ingest.recovery(ofChannel: 0)?.lastFailure == .notAuthorized)
    #expect(bench.sink.events.last == .state(.lateStart, at: 3_000_000))
  }

  @Test func bytesOfChannelsThatDoNotExistAreLeftAlone() throws {
    let bench = try Bench()
    bench.connection(1, [1, 2, 3], channel: 9, isEnd: true, at: 5)
    bench.connection(0, [], channel: 0, isEnd: true, at: 6)
    #expect(bench.sink.events.isEmpty && bench.ingest.clock == 6)
  }
}
