import FeedCore
import Testing

@testable import FeedSim

/// Snapshots of a whole channel, asked for through the pipeline: late starts, and losses that no server repeats. The
/// books then hold what those of the loss-free day hold, or the snapshot was given up by name.
@Suite struct PipelineSnapshotTests {
  static let protocols: [FeedProtocol] = [.itch50, .pitch, .memxDepth, .deepPlus]
  static let failures: [RecoveryFailure] =
    PipelineGapTests.failures + [.bufferFull, .snapshotTooOld, .interrupted, .notAuthorized]

  @Test(arguments: protocols) func aLateStartJoinsASnapshot(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    let whole = try day.run(day.frames)
    for (round, start) in [100, 700, 1_500, 2_800].enumerated() {
      let note: Comment = "\(feedProtocol), seed \(seed), start \(start)"
      let frames = day.lossy(0, seed: seed, from: start)
      #expect(try day.run(frames).state == .lateStart, note)
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 300 * millisecond
      let run = try day.run(frames, .init(snapshots: faults))
      #expect(run.state == .ok && run.failure == nil, "\(note): \(run.explanation)")
      #expect(run.count(.snapshotsJoined) == 1 && run.count(.snapshotsRequested) == 1, "\(note): \(run.explanation)")
      Self.expectSameContents(run, whole, note)
      #expect(run.summary[.messagesLost] == 0 && run.summary.orphans == 0, "\(note): \(run.explanation)")
    }
  }

  @Test(arguments: protocols) func aLossNobodyRepeatsIsMadeGoodByASnapshot(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    let whole = try day.run(day.frames)
    for round in 0..<4 {
      let note: Comment = "\(feedProtocol), seed \(seed), round \(round)"
      let frames = day.lossy(12, seed: seed &+ UInt64(round))
      var dead = RecoveryFaults(seed: 1)
      dead.deadFrom = 0
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 100 * millisecond
      // Asked first, in vain, where the venue repeats messages at all; or not asked.
      let run = try day.run(frames, .init(messages: round % 2 == 0 ? dead : nil, snapshots: faults))
      #expect(run.state == .ok, "\(note): \(run.explanation)")
      #expect(run.count(.snapshotsJoined) > 0 && run.summary[.messagesLost] == 0, "\(note): \(run.explanation)")
      Self.expectSameContents(run, whole, note)
    }
  }

  @Test(arguments: protocols) func underEveryFaultTheBooksAreRightOrNotTrusted(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000, isRough: true)
    let whole = try day.run(day.frames)
    var joined = 0
    for round in 0..<16 {
      let note: Comment = "\(feedProtocol), seed \(seed), round \(round)"
      let frames = day.lossy(12, late: 20, seed: seed &+ UInt64(round), from: round % 2 == 0 ? 900 : 0)
      var faults = RecoveryFaults.all(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = [5, 50, 200, 900][round % 4] * millisecond
      faults.disconnection = 30
      faults.refusal = round % 4 == 3 ? 20 : 0
      let messages: RecoveryFaults? = round % 3 == 0 ? nil : faults
      let run = try day.run(frames, .init(messages: messages, snapshots: faults))
      if run.state == .ok {
        Self.expectSameContents(run, whole, note)
        joined += 1
      } else {
        let failure = try #require(run.failure, "\(note): \(run.explanation)")
        #expect(Self.failures.contains(failure), note)
        #expect(run.state == .untrusted || run.state == .lateStart, "\(note): \(run.explanation)")
      }
    }
    #expect(joined >= 6, "\(feedProtocol), seed \(seed): only \(joined) of 16 joined")
  }

  @Test(arguments: protocols) func aDeadSnapshotServerIsGivenUpByName(feedProtocol: FeedProtocol) throws {
    let day = try RecoveryDay(feedProtocol, seed: 5)
    var dead = RecoveryFaults(seed: 7)
    dead.deadFrom = 0
    let late = try day.run(day.lossy(0, seed: 1, from: 500), .init(snapshots: dead))
    #expect(late.failure == .serverSilent && late.state == .lateStart, "\(late.explanation)")
    #expect(late.count(.snapshotsRequested) == 5 && late.summary[.messagesLost] == 0)
    let frames = day.lossy(15, seed: 6)
    let lossy = try day.run(frames, .init(snapshots: dead))
    #expect(lossy.failure == .serverSilent && lossy.state == .untrusted, "\(lossy.explanation)")
    #expect(lossy.summary[.gaps] > 0 && lossy.summary[.messagesLost] > 0)
  }

  @Test(arguments: protocols) func aBufferTooSmallIsGivenUpByNameOrJoinedLater(feedProtocol: FeedProtocol) throws {
    let day = try RecoveryDay(feedProtocol, seed: 8)
    let whole = try day.run(day.frames)
    var faults = RecoveryFaults(seed: 9)
    faults.delayNanoseconds = 2 * second
    let run = try day.run(day.lossy(0, seed: 1, from: 500), .init(snapshots: faults)) {
      $0.session.reorderWindowPackets = 16
      $0.recovery.bufferPackets = 16
      $0.recovery.snapshotTimeoutNanoseconds = 5 * second
    }
    #expect(run.count(.bufferOverflows) > 0, "\(run.explanation)")
    if run.state == .ok {
      Self.expectSameContents(run, whole, "\(feedProtocol)")
    } else {
      let named: [RecoveryFailure?] = [.bufferFull, .snapshotTooOld, .interrupted]
      #expect(named.contains(run.failure), "\(run.explanation)")
      #expect(run.state == .lateStart)
    }
  }

  /// Cboe's sheet promises Add Order messages alone: without trading states the orders are right, and no book that
  /// has not heard its state since is taken for trading.
  @Test func aSpinImageWithoutTradingStatesLeavesBooksHalted() throws {
    let day = try RecoveryDay(.pitch, seed: 12)
    var servers = RecoveryDay.Servers(snapshots: RecoveryFaults(seed: 3))
    servers.tellsStatus = false
    let run = try day.run(day.lossy(0, seed: 1, from: 1_500), servers)
    #expect(run.state == .ok && run.count(.snapshotsJoined) == 1, "\(run.explanation)")
    #expect(run.contents.contains { $0.instrument.state == .halted })
  }

  /// Order by order, queue by queue, status by status.
  static func expectSameContents(_ run: RecoveryOutcome, _ whole: RecoveryOutcome, _ note: Comment) {
    let expected = Dictionary(uniqueKeysWithValues: whole.contents.map { ($0.instrument.symbol, $0) })
    for (instrument, digest) in run.contents {
      #expect(digest == expected[instrument.symbol]?.digest, "\(note): \(instrument.symbol)")
      #expect(instrument.state == expected[instrument.symbol]?.instrument.state, "\(note): \(instrument.symbol)")
    }
    #expect(run.contents.count == whole.contents.count, note)
    if run.contents.count == whole.contents.count { #expect(run.contentsDigest == whole.contentsDigest, note) }
  }
}
