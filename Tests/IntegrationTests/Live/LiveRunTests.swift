import FeedIO
import FeedObserve
import FeedSim
import Synchronization
import Testing

@testable import FeedCore

/// Live runs over queues made of captures, against the replays of these: what packets do, and how a run ends.
@Suite struct LiveRunTests {
  private static func packets(_ harness: LiveHarness) -> UInt64 { harness.replay.summary.packets }

  @Test(arguments: [71, 72]) func queueOfACaptureComesToWhatItsReplayDoes(seed: UInt64) throws {
    let harness = try LiveHarness.rough(seed)
    #expect(harness.replay.summary[.messagesLost] > 0 && harness.replay.summary[.duplicates] > 0)
    for (cores, burst, pauses) in [(1, 64, 0), (1, 1, 0), (1, 17, 3), (2, 64, 0), (3, 5, 1)] {
      let (run, queues) = try harness.makeRun([CaptureQueue(harness.set)], packets: Self.packets(harness)) {
        $0.threads.coreCount = cores
        $0.threads.layout = .rings
        $0.threads.burstPackets = burst
      }
      queues[0].pauses = pauses
      run.run(control: try harness.makeControl())
      let note: Comment = "seed \(seed), \(cores) cores, bursts of \(burst)"
      harness.expectReplaysBooks(run, note)
      let (live, replay) = (run.summary, harness.replay.summary)
      for counter in WireCounter.allCases { #expect(live.wire[counter] == replay.wire[counter], note) }
      #expect(live.opportunityCount == replay.opportunityCount, note)
      #expect(run.live?.end == .packets)
      #expect(queues[0].closes.load(ordering: .relaxed) == 1)
    }
  }

  /// Each line in a queue of its own, polled in turn: what comes when differs, what is in the books does not.
  @Test func linesInQueuesOfTheirOwnComeToTheSameBooks() throws {
    let generated = try Generated.make(seed: 73, split: true)
    let harness = try LiveHarness(generated)
    let queues = (0..<UInt16(generated.captures.count)).map { CaptureQueue(harness.set, name: "q\($0)", file: $0) }
    #expect(queues.count == 4)
    let (run, _) = try harness.makeRun(queues, packets: Self.packets(harness)) {
      // All of one line may come before the other's next.
      $0.session.reorderWindowPackets = 65_536
      $0.session.reorderWindowNanoseconds = 60_000_000_000
    }
    run.run(control: try harness.makeControl())
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    #expect(run.summary.messages == harness.replay.summary.messages && run.summary[.messagesLost] == 0)
    #expect(run.live?.queues.map(\.figures.packets).reduce(0, +) == Self.packets(harness))
  }

  @Test func runEndsBehindSoManyPackets() throws {
    let harness = try LiveHarness(try Generated.make(seed: 74))
    let (run, _) = try harness.makeRun(packets: 1_001)
    run.run(control: try harness.makeControl())
    #expect(run.summary.packets == 1_001 && run.live?.end == .packets)
  }

  @Test func runEndsByTime() throws {
    let harness = try LiveHarness(try Generated.make(seed: 74))
    let (run, _) = try harness.makeRun()
    run.run(control: try harness.makeControl(duration: 1_000_000))
    #expect(run.live?.end == .duration)
  }

  /// A gap that no packet follows closes by the clock, and its books are silent in the end.
  @Test func timersRunWhileNothingComes() throws {
    let generated = try Generated.make(seed: 75) { $0.lineCount = 1 }
    var frames = try generated.frames()
    // The message before the last few of one venue is lost.
    let flow = frames[frames.count / 2].destination
    let ofFlow = frames.indices.filter { frames[$0].destination == flow && frames[$0].mold.isData }
    let cut = ofFlow[ofFlow.count / 2]
    frames = Array(frames[...ofFlow[ofFlow.count / 2 + 1]])
    frames.remove(at: cut)
    let harness = try LiveHarness([PcapFile.write(frames)], generated.settings) {
      $0.session.reorderWindowNanoseconds = 5_000_000
      $0.session.silenceNanoseconds = 3_000_000_000
    }
    let elapsed = Atomic<UInt64>(0)
    let queue = CaptureQueue(harness.set)
    nonisolated(unsafe) let clock = queue
    let (run, _) = try harness.makeRun([queue], clock: { clock.lastNanoseconds &+ elapsed.load(ordering: .acquiring) })
    try harness.operate(run) { (socket: String) throws in
      let progress = run.replay.progress[0]
      try LiveHarness.wait { queue.isAtEnd && progress.packets == UInt64(frames.count) }
      #expect(progress.gaps == 0)
      elapsed.store(6_000_000, ordering: .releasing)
      try LiveHarness.wait { progress.gaps == 1 }
      #expect(progress.messagesLost > 0)
      elapsed.store(4_000_000_000, ordering: .releasing)
      try LiveHarness.wait { progress.books > 0 && progress.booksNotOk == progress.books }
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    #expect(run.live?.end == .command)
    #expect(run.summary[.silences] == 2)
  }

  // MARK: - Lines

  /// Lines are told apart by destination; copies, heartbeats and what was dropped as late count as well.
  @Test func packetsOfEachLineAreCountedWhoeverFrames() throws {
    let generated = try Generated.make(seed: 80) { $0.lossB = Probability(partsPerMillion: 100_000) }
    let frames = try generated.frames()
    let expected = (0...1).map { venue in
      (0...1).map { line in
        UInt64(frames.count { $0.destination == Generated.destination(venue: venue, line: line) })
      }
    }
    #expect(expected.joined().allSatisfy { $0 > 100 } && expected[0][0] > expected[0][1])
    for (cores, layout) in [(1, ThreadSettings.Layout.walk), (2, .walk), (2, .rings)] {
      let harness = try LiveHarness(generated) {
        $0.threads.coreCount = cores
        $0.threads.layout = layout
      }
      #expect(harness.replay.summary.channels.map(\.linePackets) == expected, "replay, \(cores) cores, \(layout)")
      if cores > 1, layout == .walk { continue }
      let (run, _) = try harness.makeRun(packets: Self.packets(harness))
      run.run(control: try harness.makeControl())
      #expect(run.summary.channels.map(\.linePackets) == expected, "live, \(cores) cores, \(layout)")
      #expect(run.live?.lines.map(\.packets) == expected.flatMap { $0 })
    }
    let harness = try LiveHarness(generated)
    let (run, _) = try harness.makeSpreadRun(cores: 2, layout: .spread, packets: Self.packets(harness))
    run.run(control: try harness.makeControl())
    #expect(run.summary.channels.map(\.linePackets) == expected, "two cores frame")
  }

  /// The other line carries the feed: nothing is lost, and nothing but this would tell.
  @Test func lineThatBringsNothingIsNamed() throws {
    let harness = try LiveHarness(try Generated.make(seed: 81)) { $0.session.silenceNanoseconds = 1_000_000_000 }
    // Ports of lines B are 100 above those of lines A.
    let queue = CaptureQueue(harness.set, name: "feed-a:0") { LiveHarness.port(of: $0) < 26_501 }
    let (run, _) = try harness.makeRun([queue])
    try harness.operate(run) { (socket: String) throws in
      try LiveHarness.wait { queue.isAtEnd }
      try LiveHarness.wait { try ControlSocket.ask(.status, at: socket).contains("SILENT") }
      try LiveHarness.wait { harness.written.count { $0.contains("line B (") && $0.contains("is silent") } == 2 }
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    let lines = try #require(run.live?.lines)
    #expect(lines.map(\.name) == ["A", "B", "A", "B"])
    for line in lines {
      #expect((line.packets == 0) == (line.name == "B"), "\(line)")
      if line.name == "B" { #expect(line.silences == 1 && line.isSilent) }
    }
    #expect(run.summary[.messagesLost] == 0)
    #expect(ReplayScreen(run, configuration: "live.yaml").text.contains("line B: 0 packets, silent once, at the end too"))
  }

  // MARK: - Failures

  @Test func queueThatFailsIsNamedAndTheOthersGoOn() throws {
    let generated = try Generated.make(seed: 76, split: true)
    let harness = try LiveHarness(generated)
    let queues = (0..<4).map {
      CaptureQueue(harness.set, name: "q\($0)", file: UInt16($0), ending: $0 == 1 ? .failure : .silence)
    }
    let (run, _) = try harness.makeRun(queues) {
      $0.session.reorderWindowPackets = 65_536
      $0.session.reorderWindowNanoseconds = 60_000_000_000
    }
    try harness.operate(run) { (socket: String) throws in
      try LiveHarness.wait { queues.allSatisfy(\.isAtEnd) && run.failures.count == 1 }
      #expect(try ControlSocket.ask(.status, at: socket).hasSuffix("FAILED q1"))
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    #expect(run.live?.end == .command)
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    #expect(run.live?.queues.map { $0.failure != nil } == [false, true, false, false])
    #expect(harness.written.contains("feedh: queue q1 failed: q1: the test took it away; give it back"))
  }

  @Test func runWithoutAQueueLeftEndsInGoodOrder() throws {
    let harness = try LiveHarness(try Generated.make(seed: 77))
    let (run, _) = try harness.makeRun([CaptureQueue(harness.set, ending: .failure)])
    run.run(control: try harness.makeControl())
    #expect(run.live?.end == .queuesFailed)
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
  }

  // MARK: - Status and report

  @Test func statusLinesTellTheState() throws {
    let harness = try LiveHarness(try Generated.make(seed: 78)) { $0.orders.enabled = true }
    let (run, queues) = try harness.makeRun()
    try harness.operate(run, status: 1) { (socket: String) throws in
      try LiveHarness.wait { queues[0].isAtEnd && run.replay.progress[0].books > 0 }
      let status = try ControlSocket.ask(.status, at: socket)
      #expect(status.hasPrefix("ok disarmed paper; packets "), "\(status)")
      #expect(status.contains("drops feed-a:0 3"), "\(status)")
      _ = try ControlSocket.ask(.stop, at: socket)
    }
    let last = try #require(harness.written.last)
    #expect(harness.written.filter { $0.hasPrefix("feedh: queue feed-a:0 drops packets, 3 so far: ") }.count == 1)
    #expect(last.contains("disarmed paper") && last.contains("messages/s") && last.contains("cycle "), "\(last)")
    #expect(run.live!.longestCycleNanoseconds > 0)
  }

  @Test func reportHasTheQueuesAndTheEnd() throws {
    let harness = try LiveHarness(try Generated.make(seed: 79)) { $0.orders.enabled = true }
    let (run, _) = try harness.makeRun(packets: Self.packets(harness))
    run.run(control: try harness.makeControl())
    let path = ScratchFolder.newPath("report.json")
    let file = try TextOutput(path: path)
    ReplayReport(run).write(to: file)
    try file.finish()
    let json = try CommandRun.json(try String(contentsOfFile: path, encoding: .utf8))
    let live = try #require(json["live"] as? [String: Any])
    #expect(live["end"] as? String == "packets" && live["venues"] as? String == "paper")
    #expect(live["arming"] as? String == "never" && live["armed"] as? Bool == false)
    let queue = try #require((live["queues"] as? [[String: Any]])?.first)
    #expect(queue["name"] as? String == "feed-a:0" && queue["drops"] as? Int == 3)
    #expect(queue["noBuffers"] as? Int == 0)
    let lines = try #require(live["lines"] as? [[String: Any]])
    #expect(lines.count == 4 && lines.allSatisfy { $0["packets"] as? Int ?? 0 > 0 && $0["silent"] is Bool })
    let feeds = try #require(json["feeds"] as? [[String: Any]])
    #expect(
      feeds.flatMap { $0["linePackets"] as? [Int] ?? [] } == lines.map { $0["packets"] as? Int },
      "the same figures by feed")
    #expect(json["interrupted"] as? Bool == false)
    let screen = ReplayScreen(run, configuration: "live.yaml").text
    #expect(screen.contains("ended by packets") && screen.contains("paper: to simulated venues"), "\(screen)")
  }
}
