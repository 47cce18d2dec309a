import FeedCore
import Testing

@testable import FeedSim

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
