import FeedIO
import FeedObserve
import FeedSim
import Synchronization
import Testing

@testable import FeedCore

/// Live runs whose queues are polled by several cores, over queues made of captures.
@Suite struct LiveSpreadTests {
  struct Layout: Sendable, CustomTestStringConvertible {
    var layout: ThreadSettings.Layout
    var cores: Int
    var testDescription: String { "\(layout.rawValue), \(cores) cores" }
  }

  /// Both cores poll and own shards; a third owns shards only; two poll and others own the shards.
  static let layouts = [
    Layout(layout: .spread, cores: 2), Layout(layout: .spread, cores: 3), Layout(layout: .rings, cores: 3),
    Layout(layout: .rings, cores: 4),
  ]

  @Test(arguments: layouts) func coresWithQueuesOfTheirOwnComeToTheReplaysBooks(layout: Layout) throws {
    let harness = try LiveHarness.rough(171)
    let replay = harness.replay.summary
    #expect(replay[.messagesLost] > 0 && replay[.duplicates] > 0 && replay.opportunityCount > 0)
    for (burst, pauses) in [(64, 0), (5, 3)] {
      let (run, queues) = try harness.makeSpreadRun(
        cores: layout.cores, layout: layout.layout, packets: replay.packets
      ) { $0.threads.burstPackets = burst }
      queues[1].pauses = pauses
      run.run(control: try harness.makeControl())
      let note: Comment = "\(layout.testDescription), bursts of \(burst)"
      harness.expectReplaysBooks(run, note)
      #expect(run.live?.end == .packets && run.live?.queues.map(\.core) == [0, 1], note)
      #expect(queues.allSatisfy { $0.closes.load(ordering: .relaxed) == 1 }, note)
      #expect(queues.allSatisfy { $0.preparations.load(ordering: .relaxed) == 1 }, note)
    }
  }

  /// One core's packets come long after the other's: its times are from before what the shards have seen. Orders go on
  /// in order of time, and what the venues answer adds up.
  @Test(arguments: layouts) func timeOfAShardNeverGoesBack(layout: Layout) throws {
    let harness = try LiveHarness(
      try Generated.make(seed: 172) {
        $0.lineCount = 1
        $0.dislocationCount = 60
      }
    ) {
      $0.orders.enabled = true
      $0.orders.arming = .command
      $0.crossVenue?.rearmNanoseconds = 150_000
    }
    let (run, queues) = try harness.makeSpreadRun(
      cores: layout.cores, layout: layout.layout, packets: harness.replay.summary.packets, isHeld: true)
    try harness.operate(run) { (socket: String) throws in
      #expect(try ControlSocket.ask(.arm, at: socket).hasPrefix("ok"))
      try LiveHarness.wait { run.isArmed }
      queues[0].isHeld.store(false, ordering: .releasing)
      try LiveHarness.wait { queues[0].isAtEnd }
      queues[1].isHeld.store(false, ordering: .releasing)
    }
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    #expect(run.summary.packets == harness.replay.summary.packets)
    var shards = 0
    for thread in run.replay.threads {
      guard let core = thread.shards else { continue }
      for shard in core.pointee.desk.shards {
        let log = core.pointee.desk.executor(ofShard: shard)!.orderLog
        let times = (0..<log.count).map { log[$0].captureNanoseconds }
        #expect(times == times.sorted(), "shard \(shard)")
        shards += 1
      }
    }
    #expect(shards == 16)
    let replies = run.summary.replies
    #expect(replies.accepted + replies.rejected == run.summary.ordersSent)
    #expect(replies.malformed == 0 && replies.unknownOrder == 0 && replies.outOfOrder == 0)
  }

  @Test(arguments: layouts) func stopCancelsWhatIsOpenOnEveryCore(layout: Layout) throws {
    let harness = try LiveHarness(
      try Generated.make(seed: 173) {
        $0.lineCount = 1
        $0.dislocationCount = 60
      }
    ) { settings in
      settings.orders.enabled = true
      settings.orders.arming = .command
      for venue in settings.venues.indices { settings.venues[venue].orderLatencyNanoseconds = 10_000_000_000 }
    }
    let (run, queues) = try harness.makeSpreadRun(cores: layout.cores, layout: layout.layout, isHeld: true)
    try harness.operate(run) { (socket: String) throws in
      #expect(try ControlSocket.ask(.arm, at: socket).hasPrefix("ok"))
      try LiveHarness.wait { run.isArmed }
      for queue in queues { queue.isHeld.store(false, ordering: .releasing) }
      let packets = harness.replay.summary.packets
      try LiveHarness.wait { run.replay.progress.reduce(0) { $0 + $1.packets } == packets }
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    #expect(run.live?.end == .command)
    #expect(run.summary.cancelsSent == run.summary.ordersSent)
    for thread in run.replay.threads {
      guard let core = thread.shards else { continue }
      for shard in core.pointee.desk.shards {
        #expect(core.pointee.desk.executor(ofShard: shard)!.openOrderCount == 0)
      }
    }
  }

  /// A core without a queue left still works its shards off, for the channels of the others.
  @Test(arguments: layouts) func coreWhoseQueueFailedGoesOnWithItsShards(layout: Layout) throws {
    let harness = try LiveHarness.rough(174)
    let (run, queues) = try harness.makeSpreadRun(
      cores: layout.cores, layout: layout.layout, endings: [.failure, .silence], isHeld: true)
    try harness.operate(run) { (socket: String) throws in
      queues[0].isHeld.store(false, ordering: .releasing)
      try LiveHarness.wait { run.failures.count == 1 }
      queues[1].isHeld.store(false, ordering: .releasing)
      let packets = harness.replay.summary.packets
      try LiveHarness.wait { run.replay.progress.reduce(0) { $0 + $1.packets } == packets }
      #expect(try ControlSocket.ask(.status, at: socket).hasSuffix("FAILED feed-0:0"))
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    #expect(run.live?.end == .command)
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    #expect(run.summary.messages == harness.replay.summary.messages)
  }

  @Test func runWithoutAQueueLeftEndsOnAllCores() throws {
    let harness = try LiveHarness.rough(175)
    let (run, _) = try harness.makeSpreadRun(cores: 2, layout: .spread, endings: [.failure, .failure])
    run.run(control: try harness.makeControl())
    #expect(run.live?.end == .queuesFailed)
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
  }

  /// What the other core owns is counted and dropped: its owner has it, and the books hold nothing twice.
  @Test func packetsOfAnotherCoresChannelAreCounted() throws {
    let harness = try LiveHarness.rough(176)
    var settings = Settings()
    let (model, _) = try harness.makeSpreadRun(cores: 2, layout: .spread) { settings = $0 }
    _ = model
    // Lines arrive at any port: both cores' queues may bring them.
    for feed in settings.feeds.indices {
      for line in settings.feeds[feed].lines.indices { settings.feeds[feed].lines[line].livePort = nil }
    }
    for port in 0...1 {
      settings.live.ports[port].queues = 2
      settings.live.ports[port].queueCores = [0, 1]
    }
    let all = try CaptureSet(paths: harness.set.files.map(\.path))
    let foreign = Atomic<Int>(0)
    let queues = [
      CaptureQueue(harness.set, name: "feed-0:0") { LiveHarness.venue(of: $0) == 0 },
      CaptureQueue(all, name: "feed-1:1") { packet in
        if LiveHarness.venue(of: packet) == 0 { foreign.add(1, ordering: .relaxed) }
        return true
      },
    ]
    let run = try LiveRun(
      settings: settings,
      queues: queues.enumerated().map { LivePacketSource.Entry($0.element, port: UInt16($0.offset), core: $0.offset) },
      clock: { 0 })
    try harness.operate(run) { (socket: String) throws in
      try LiveHarness.wait {
        queues.allSatisfy(\.isAtEnd)
          && run.replay.progress.reduce(0) { $0 + $1.packets } == queues.reduce(0) { $0 + $1.figures().packets }
      }
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    #expect(foreign.load(ordering: .relaxed) > 1_000)
    #expect(run.summary[.otherOwnersPackets] == UInt64(foreign.load(ordering: .relaxed)))
  }
}
