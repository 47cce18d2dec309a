import FeedCore
import Testing

@testable import FeedSim

/// Losses on both lines, asked for through the pipeline: the books are those of the loss-free day, or the gap was given
/// up by name.
@Suite struct PipelineGapTests {
  static let protocols: [FeedProtocol] = [.itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus]
  static let failures: [RecoveryFailure] = [
    .serverSilent, .serverBusy, .outOfRange, .connectionLost, .requestInvalid, .deadlinePassed, .messagesUnavailable,
    .sessionUnavailable, .malformedAnswer, .snapshotIncomplete,
  ]

  @Test(arguments: protocols) func everyLossIsFilled(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    let whole = try day.run(day.frames)
    #expect(whole.state == .ok)
    for round in 0..<4 {
      let note: Comment = "\(feedProtocol), seed \(seed), round \(round)"
      let frames = day.lossy(20, seed: seed &+ UInt64(round))
      let lossy = try day.run(frames)
      #expect(lossy.state != .ok && lossy.summary[.messagesLost] > 0 || lossy.state == .lateStart, note)
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 20 * millisecond
      let filled = try day.run(frames, .init(messages: faults))
      #expect(filled.failure == nil && filled.state == .ok, "\(note): \(filled.explanation)")
      #expect(filled.summary[.messagesLost] == 0 && filled.count(.messagesRecovered) > 0, note)
      #expect(filled.bookDigest == whole.bookDigest && filled.contentsDigest == whole.contentsDigest, note)
      #expect(filled.summary.messages == whole.summary.messages, note)
    }
  }

  @Test(arguments: protocols) func underEveryFaultTheBooksAreRightOrNotTrusted(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    let whole = try day.run(day.frames)
    var filledRuns = 0
    for round in 0..<16 {
      let note: Comment = "\(feedProtocol), seed \(seed), round \(round)"
      let frames = day.lossy(15, seed: seed &+ UInt64(round))
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.silence = 10
      faults.refusal = round % 4 == 3 ? 10 : 0
      faults.loss = 15
      faults.duplicate = 15
      faults.overlap = 25
      faults.disconnection = 5
      faults.delayNanoseconds = [5, 50, 150, 400][round % 4] * millisecond
      let run = try day.run(frames, .init(messages: faults))
      if let failure = run.failure {
        #expect(Self.failures.contains(failure), "\(note): \(failure)")
        #expect(run.state == .untrusted || run.state == .lateStart, note)
        #expect(run.count(.gapsGivenUp) == 1, note)
      } else {
        #expect(run.state == .ok && run.bookDigest == whole.bookDigest, "\(note): \(run.explanation)")
        #expect(run.contentsDigest == whole.contentsDigest, note)
        filledRuns += 1
      }
    }
    #expect(filledRuns >= 6, "\(feedProtocol), seed \(seed): only \(filledRuns) of 16 filled")
  }

  @Test(arguments: protocols) func aDeadServerIsGivenUpByName(feedProtocol: FeedProtocol) throws {
    let day = try RecoveryDay(feedProtocol, seed: 5)
    let frames = day.lossy(20, seed: 6)
    var faults = RecoveryFaults(seed: 7)
    faults.deadFrom = 0
    let run = try day.run(frames, .init(messages: faults))
    #expect(run.failure == .serverSilent || run.failure == .deadlinePassed)
    #expect(run.state == .untrusted)
    // As without recovery, but for how long it waited.
    #expect(run.summary[.messagesLost] == (try day.run(frames)).summary[.messagesLost])
  }
}

/// What a recovery must not depend on, and what it may not harm.
@Suite struct PipelineRecoveryRuleTests {
  private static func faults(_ seed: UInt64) -> RecoveryFaults {
    var faults = RecoveryFaults.all(seed: seed)
    faults.delayNanoseconds = 40 * millisecond
    return faults
  }

  /// Cores, layouts and burst sizes ask the same, and come to the same.
  @Test(arguments: [FeedProtocol.itch50, .memxDepth])
  func resultsDependOnNeitherCoresNorLayoutNorBursts(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    for start in [0, 800] {
      let frames = day.lossy(12, seed: seed, from: start)
      let servers = RecoveryDay.Servers(messages: Self.faults(seed), snapshots: Self.faults(seed &+ 1))
      let one = try day.run(frames, servers)
      for (cores, layout, burst) in [
        (1, ThreadSettings.Layout.walk, 1), (2, .walk, 64), (3, .walk, 7), (2, .rings, 64), (3, .rings, 1),
      ] {
        let note: Comment = "\(feedProtocol), seed \(seed), start \(start), \(cores) cores, \(layout), burst \(burst)"
        let run = try day.run(frames, servers) {
          $0.threads.coreCount = cores
          $0.threads.layout = layout
          $0.threads.burstPackets = burst
        }
        #expect(run.explanation == one.explanation, note)
        #expect(run.bookDigest == one.bookDigest && run.contentsDigest == one.contentsDigest, note)
        #expect(run.summary.orderDigest == one.summary.orderDigest, note)
      }
    }
  }

  /// A feed that may ask, and has nothing to ask for, is as one that may not.
  @Test(arguments: PipelineGapTests.protocols) func withoutLossNothingIsAskedFor(feedProtocol: FeedProtocol) throws {
    let day = try RecoveryDay(feedProtocol, seed: 4)
    let whole = try day.run(day.frames)
    let asking = try day.run(
      day.frames,
      .init(
        messages: RecoveryFaults(seed: 1),
        snapshots: feedProtocol.hasChannelSnapshots ? RecoveryFaults(seed: 2) : nil))
    #expect(asking.bookDigest == whole.bookDigest && asking.contentsDigest == whole.contentsDigest)
    #expect(asking.summary.messages == whole.summary.messages && asking.state == .ok)
    #expect(RecoveryCounter.allCases.allSatisfy { asking.count($0) == 0 })
  }

  /// The server itself has lost some of them: message type 31 on the retransmission group.
  @Test func whatNYSEHasLostItselfIsGivenUpByName() throws {
    let day = try RecoveryDay(.nyseIntegrated, seed: 3)
    var servers = RecoveryDay.Servers(messages: RecoveryFaults(seed: 1))
    servers.unavailable = 1...UInt64(day.published.count)
    let run = try day.run(day.lossy(20, seed: 5), servers)
    #expect(run.failure == .messagesUnavailable && run.state == .untrusted, "\(run.explanation)")
    #expect(run.summary[.outOfBandPackets] == 0, "the answer is understood, not only counted")
  }

  /// While a gap is open no order leaves; when it is filled they do again.
  @Test func ordersWaitForTheRecovery() throws {
    let day = try RecoveryDay(.itch50, seed: 21)
    let frames = day.lossy(20, seed: 22)
    var faults = RecoveryFaults(seed: 23)
    faults.delayNanoseconds = 100 * millisecond
    func run(_ servers: RecoveryDay.Servers) throws -> RecoveryOutcome {
      try day.run(frames, servers) {
        $0.orders.enabled = true
        $0.imbalance = ImbalanceSettings()
      }
    }
    let lossy = try run(.none)
    let filled = try run(.init(messages: faults))
    #expect(filled.state == .ok && lossy.state != .ok)
    #expect(filled.summary.imbalanceSignals > lossy.summary.imbalanceSignals)
  }
}
