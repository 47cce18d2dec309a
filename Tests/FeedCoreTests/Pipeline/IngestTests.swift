import Testing

@testable import FeedCore

/// Frames → deliveries, over hand-made captures: wire, routes, sessions, counters.
@Suite struct IngestTests {
  private let capture = TestCapture()
  private static let group = "233.54.12.111"

  /// Ingests the capture and returns what came of it, in one trace.
  private func run(
    _ configure: (inout Settings) -> Void = { _ in }, files: Int = 1, extra: [FlowKey: FeedPlan.Route] = [:]
  ) throws -> (ingest: Ingest, sink: RecordingSink) {
    var settings = Settings()
    configure(&settings)
    var plan = try FlowDiscovery.plan(
      settings: settings, fileNames: (0..<files).map { "file\($0)" }, makeSource: { capture.makeSource() })
    plan.routes.merge(extra) { $1 }
    var ingest = Ingest(plan: plan, settings: settings, fileCount: files)
    var sink = RecordingSink()
    var clock: UInt64 = 0
    for packet in capture.packets {
      ingest.process(packet, into: &sink)
      #expect(ingest.clock >= clock, "the capture clock went back")
      clock = ingest.clock
    }
    ingest.finish(into: &sink)
    sink.flush()
    #expect(ingest.packets == UInt64(capture.packets.count))
    return (ingest, sink)
  }

  private func send(_ first: UInt64, _ count: Int = 1, port: Int = 26_477, at time: UInt64 = 0, file: UInt16 = 0) {
    capture.mold(first, TestCapture.itch(first, count), port: port, at: time, file: file)
  }

  /// The numbers in the messages' timestamps.
  private func numbers(_ sink: RecordingSink) -> [UInt32] {
    sink.events.compactMap {
      guard case .message(let bytes, _, _) = $0, bytes.count == 12 else { return nil }
      return bytes[7..<11].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  private func states(_ sink: RecordingSink) -> [String] {
    sink.events.compactMap { if case .state(let state, let at) = $0 { "\(state)@\(at)" } else { nil } }
  }

  @Test func twoLinesBecomeOneStream() throws {
    send(1, 2, port: 1, at: 10)
    send(1, 2, port: 2, at: 11)
    send(4, 1, port: 1, at: 12)
    send(3, 2, port: 2, at: 13)
    let (ingest, sink) = try run()
    #expect(numbers(sink) == [1, 2, 3, 4] && states(sink) == ["ok@10", "gap@12", "ok@13"])
    // The copy of 1 and 2; then 4, which waited.
    #expect(ingest.counters[.duplicates] == 3 && ingest.counters[.channelPackets] == 4 && ingest.clock == 13)
  }

  @Test func everyDiscardedFrameIsCountedOnTheWire() throws {
    send(1)
    capture.add([1, 2, 3])
    capture.add(TestFrame.ethernet(0x0806, [UInt8](repeating: 0, count: 46)))
    capture.add(TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp([]))))
    capture.add(TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp(), fragment: 0x2000)))
    var spoiled = TestFrame.plain
    spoiled[50] ^= 1
    capture.add(spoiled)
    capture.add(TestFrame.plain, link: .unsupported)
    send(2)
    let (ingest, sink) = try run()
    #expect(numbers(sink) == [1, 2])
    let counted = WireCounter.allCases.filter { ingest.wireCounters[$0] > 0 }
    #expect(counted == [.unsupportedLink, .shortFrame, .notIP, .fragments, .badUDPChecksum, .emptyPayload])
    #expect(counted.allSatisfy { ingest.wireCounters[$0] == 1 })
    // Records count every frame of the file.
    #expect(ingest.wireCounters.first(.badUDPChecksum)?.recordIndex == 5)
    // Packets with payload count for themselves: 2 was the second of them.
    #expect(sink.places.map(\.packetIndex) == [0, 1])
  }

  @Test func checksumsMayGoUnverified() throws {
    send(1)
    var spoiled = TestCapture.frame(Mold.packet("S1", 2, TestCapture.itch(2, 1)))
    // A UDP checksum that is wrong, and not the one that is left to the NIC.
    spoiled.replaceSubrange(40..<42, with: [0x12, 0x34])
    capture.add(spoiled)
    #expect(numbers(try run().sink) == [1])
    #expect(numbers(try run { $0.verifyChecksums = false }.sink) == [1, 2])
  }

  @Test func flowsWithoutAFeedAreCountedWithTheirFirstPlace() throws {
    send(1, file: 0)
    send(1, file: 1)
    capture.add(TestCapture.frame(Array("nothing known".utf8), port: 53), file: 1)
    capture.add(TestCapture.frame(Array("nothing known".utf8), port: 53), file: 0)
    let (ingest, _) = try run(files: 2)
    #expect(ingest.counters[.unrecognisedPackets] == 2)
    // First by file, then by packet, whichever came first in time.
    #expect(
      ingest.counters.first(.unrecognisedPackets) == Occurrence(fileIndex: 0, packetIndex: 1, offset: 0))
  }

  @Test func tcpToAFeedsAddressIsNotTheFeed() throws {
    send(1)
    capture.add(TestCapture.frame(Mold.packet("S1", 2, TestCapture.itch(2, 1)), isTCP: true))
    let (ingest, sink) = try run()
    #expect(numbers(sink) == [1] && ingest.counters[.unrecognisedPackets] == 1)
  }

  @Test func unreadablePayloadsAreCountedWhereTheyStand() throws {
    send(1)
    capture.add(TestCapture.frame([UInt8](repeating: 1, count: 19)))
    capture.add(TestCapture.frame(Mold.header("S1", 2, 1) + [0, 9, 1]))
    let cutHeader = TestCapture.frame(Mold.packet("S1", 2, TestCapture.itch(2, 2)))
    capture.add(cutHeader, keep: 42 + 15)
    capture.add(cutHeader, keep: 42 + 20 + 14)
    send(4)
    let (ingest, sink) = try run()
    #expect(ingest.counters[.malformed] == 2 && ingest.counters[.cutPackets] == 2)
    #expect(ingest.counters.first(.malformed)?.packetIndex == 1)
    #expect(ingest.counters.first(.cutPackets)?.packetIndex == 3)
    // The cut packet's first message is whole; 3 never came.
    #expect(numbers(sink) == [1, 2, 4] && ingest.counters[.messagesLost] == 1)
    #expect(ingest.counters.first(.gaps)?.packetIndex == 5)
  }

  @Test func aCutLineIsFilledByTheOther() throws {
    send(1, 1, port: 1)
    send(1, 1, port: 2)
    let frame = TestCapture.frame(Mold.packet("S1", 2, TestCapture.itch(2, 3)), port: 1)
    capture.add(frame, keep: frame.count - 1)
    send(2, 3, port: 2)
    let (ingest, sink) = try run()
    #expect(numbers(sink) == [1, 2, 3, 4] && ingest.counters[.messagesLost] == 0 && ingest.counters[.cutPackets] == 1)
    #expect(states(sink) == ["ok@0", "gap@0", "ok@0"])
  }

  @Test func theClockNeverGoesBackAndTimersRunBeforeThePacket() throws {
    send(1, at: 1_000)
    send(3, at: 2_000)
    send(4, at: 1_500)
    send(2, at: 5_000_000)
    let (ingest, sink) = try run()
    #expect(ingest.clock == 5_000_000 && numbers(sink) == [1, 3, 4])
    #expect(sink.events.map(\.time) == [1_000, 1_000, 2_000, 1_002_000, 1_002_000, 1_002_000])
  }

  @Test func timersOfSeveralChannelsHappenInOrderOfTime() throws {
    for (index, group) in ["233.0.0.1", "233.0.0.2", "233.0.0.3"].enumerated() {
      capture.mold(1, TestCapture.itch(1, 1), session: "V\(index)", group: group, at: 0)
    }
    for (index, group) in ["233.0.0.3", "233.0.0.1", "233.0.0.2"].enumerated() {
      let venue = Int(group.suffix(1))! - 1
      capture.mold(3, TestCapture.itch(3, 1), session: "V\(venue)", group: group, at: UInt64(index + 1) * 100)
    }
    capture.add([0], at: 9_000_000)
    let (ingest, sink) = try run()
    let times = sink.events.map(\.time)
    #expect(times == times.sorted() && ingest.counters[.gaps] == 3)
    #expect(states(sink).suffix(3) == ["untrusted@1000100", "untrusted@1000200", "untrusted@1000300"])
  }

  @Test func everyChannelFallsSilentByItself() throws {
    let second: UInt64 = 1_000_000_000
    capture.mold(1, TestCapture.itch(1, 1), session: "V1", group: "233.0.0.1", at: 0)
    capture.mold(1, TestCapture.itch(1, 1), session: "V2", group: "233.0.0.2", at: second)
    capture.mold(2, TestCapture.itch(2, 1), session: "V2", group: "233.0.0.2", at: 3 * second)
    capture.mold(2, TestCapture.itch(2, 1), session: "V1", group: "233.0.0.1", at: 7 * second)
    capture.mold(3, TestCapture.itch(3, 1), session: "V2", group: "233.0.0.2", at: 20 * second)
    let (ingest, sink) = try run()
    #expect(
      states(sink) == [
        "ok@0", "ok@1000000000", "silent@5000000000", "ok@7000000000", "silent@8000000000", "silent@12000000000",
        "ok@20000000000",
      ])
    #expect(ingest.counters[.silences] == 3)
  }

  @Test func aLengthPrefixedFileStartsLateAndCountsItsMessages() throws {
    for (index, message) in TestCapture.itch(1, 3).enumerated() {
      capture.add(message, at: UInt64(index), link: .message)
    }
    let (ingest, sink) = try run()
    #expect(numbers(sink) == [1, 2, 3] && states(sink) == ["lateStart@0"])
    #expect(sink.places.map(\.packetIndex) == [0, 1, 2] && ingest.counters[.channelPackets] == 3)
    #expect(sink.events.dropFirst().allSatisfy { if case .message(_, _, let ends) = $0 { ends } else { false } })
  }

  @Test func theBatchIsHandedOnInsideALongBurst() throws {
    for number in 1...3_000 as ClosedRange<UInt64> { send(number) }
    let (_, sink) = try run()
    #expect(numbers(sink) == Array(1...3_000))
  }

  @Test func theLargestPacketFitsTheBatch() throws {
    let empty = [[UInt8]](repeating: [], count: 32_743)
    send(1)
    capture.mold(2, empty)
    capture.mold(2, empty)
    let (ingest, sink) = try run()
    #expect(sink.events.count == 1 + 1 + 32_743 && ingest.counters[.duplicates] == 32_743)
  }
}
