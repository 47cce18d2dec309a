import FeedCore
import Testing

@testable import FeedSim

/// NYSE refreshes, asked for through the pipeline as a live run is planned: late starts, and losses that nobody repeats.
/// The books then hold what those of the loss-free day hold, or are not trusted, by name.
@Suite struct PipelineRefreshTests {
  /// Where refreshes come: on a flow of their own, or among the packets of line A.
  enum Flow: CaseIterable, Sendable { case own, live }

  private static let group: UInt32 = 0x0A00_000A
  private static let port: UInt16 = 30_002

  private static func settings(
    _ day: RecoveryDay, _ servers: RecoveryDay.Servers, _ flow: Flow, _ change: (inout Settings) -> Void
  ) -> Settings {
    var settings = day.settings(servers)
    for line in settings.feeds[0].lines.indices { settings.feeds[0].lines[line].file = nil }
    settings.recovery.bufferBytes = 1 << 22
    if flow == .live {
      settings.feeds[0].snapshotsInFlow = true
    } else {
      var refreshes = FeedSettings(
        name: "refreshes", venue: "venue", protocol: day.feedProtocol.name,
        lines: [LineSettings(name: "A", group: "10.0.0.10", port: port)])
      refreshes.role = .snapshot
      settings.feeds.append(refreshes)
    }
    change(&settings)
    return settings
  }

  private static func run(
    _ day: RecoveryDay, _ frames: [MemorySink.Frame], _ servers: RecoveryDay.Servers, _ flow: Flow,
    _ change: (inout Settings) -> Void = { _ in }
  ) throws -> RecoveryOutcome {
    let settings = settings(day, servers, flow, change)
    let plan = try FlowDiscovery.livePlan(settings: settings, portNames: ["day"])
    let packets = FrameSource.Frames(frames)
    let silent = RecoveryFaults(seed: 0)
    let simulated = SimulatedServers(
      protocol: day.feedProtocol, published: day.published, messageFaults: servers.messages ?? silent,
      snapshotFaults: servers.snapshots ?? silent)
    let lineA = (SimulatedLine.address(venue: 0, line: 0).group, SimulatedLine.address(venue: 0, line: 0).port)
    return RecoveryDay.outcome(
      Replay(plan: plan, settings: settings, fileCount: 1) {
        RecoverySource(
          FrameSource(packets),
          channels: [
            .init(
              servers: simulated, group: RecoveryDay.answerGroup, port: RecoveryDay.answerPort,
              refreshes: flow == .own ? (Self.group, Self.port) : lineA)
          ], fileIndex: 0)
      })
  }

  /// Books that say `ok` and hold something else than at the end of the whole day.
  private static func wrong(_ run: RecoveryOutcome, _ whole: RecoveryOutcome) -> [String] {
    let truth = Dictionary(uniqueKeysWithValues: whole.contents.map { ($0.instrument.symbol.description, $0.digest) })
    return run.contents.filter { $0.instrument.state == .ok && truth[$0.instrument.symbol.description] != $0.digest }
      .map { $0.instrument.symbol.description }
  }

  private static func distrusted(_ run: RecoveryOutcome) -> [String] {
    run.contents.filter { $0.instrument.state != .ok }.map { "\($0.instrument.symbol) \($0.instrument.state)" }
  }

  private static func trusted(_ run: RecoveryOutcome) -> Int { run.contents.count { $0.instrument.state == .ok } }

  @Test(arguments: Flow.allCases) func aLateStartIsMadeGoodByARefresh(_ flow: Flow) throws {
    let seed = RecoveryRandom.seed("\(#function) \(flow)")
    let day = try RecoveryDay(.nyseIntegrated, seed: seed % 1_000)
    let whole = try Self.run(day, day.frames, .none, flow)
    #expect(Self.trusted(whole) == whole.contents.count && whole.contents.count == 12)
    for (round, start) in [100, 700, 1_500, 2_800].enumerated() {
      let note: Comment = "\(flow), seed \(seed), start \(start)"
      let frames = day.lossy(0, seed: seed, from: start)
      #expect(Self.trusted(try Self.run(day, frames, .none, flow)) == 0, note)
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 300 * millisecond
      let run = try Self.run(day, frames, .init(snapshots: faults), flow)
      // Once for the names, and where symbols were spoken of meanwhile once more for their books.
      #expect(run.failure == nil && (1...2).contains(run.count(.snapshotsRequested)), "\(note): \(run.explanation)")
      #expect(Self.wrong(run, whole) == [], "\(note): \(run.explanation)")
      #expect(Self.distrusted(run) == [], "\(note): \(run.explanation)")
      #expect(run.contentsDigest == whole.contentsDigest, "\(note): \(run.explanation)")
    }
  }

  @Test func aLossNobodyRepeatsIsMadeGoodByARefresh() throws {
    let seed = RecoveryRandom.seed()
    let day = try RecoveryDay(.nyseIntegrated, seed: seed % 1_000)
    let whole = try Self.run(day, day.frames, .none, .own)
    for round in 0..<4 {
      let note: Comment = "seed \(seed), round \(round)"
      // Enough time behind the last loss for its refresh.
      let end = day.frames.last!.captureNanoseconds - 6 * second
      let lossy = day.lossy(12, seed: seed &+ UInt64(round))
      let frames = lossy.filter { $0.captureNanoseconds < end } + day.frames.filter { $0.captureNanoseconds >= end }
      // Retransmissions are asked for first, in vain; or not asked for.
      var dead = RecoveryFaults(seed: 1)
      dead.deadFrom = 0
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 50 * millisecond
      let run = try Self.run(day, frames, .init(messages: round % 2 == 0 ? dead : nil, snapshots: faults), .own)
      #expect(run.summary[.messagesLost] > 0 && run.count(.snapshotsJoined) > 0, "\(note): \(run.explanation)")
      #expect(Self.distrusted(run) == [] && Self.wrong(run, whole) == [], "\(note): \(run.explanation)")
    }
  }

  @Test func underEveryFaultABookThatSaysOkIsRight() throws {
    let seed = RecoveryRandom.seed()
    let day = try RecoveryDay(.nyseIntegrated, seed: seed % 1_000, isRough: true)
    let whole = try Self.run(day, day.frames, .none, .own)
    var trusted = 0
    for round in 0..<16 {
      let note: Comment = "seed \(seed), round \(round)"
      let frames = day.lossy(8, late: 20, seed: seed &+ UInt64(round), from: round % 2 == 0 ? 900 : 0)
      var faults = RecoveryFaults.all(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = [5, 50, 200, 900][round % 4] * millisecond
      faults.refusal = round % 4 == 3 ? 20 : 0
      let run = try Self.run(
        day, frames, .init(messages: round % 3 == 0 ? nil : faults, snapshots: faults), round % 2 == 0 ? .own : .live)
      #expect(Self.wrong(run, whole) == [], "\(note): \(run.explanation)")
      if run.failure == nil { #expect(run.count(.snapshotsGivenUp) == 0, note) }
      trusted += Self.trusted(run)
    }
    #expect(trusted >= 48, "seed \(seed): only \(trusted) of 192 books")
  }

  @Test func resultsDependOnNeitherCoresNorLayoutNorBursts() throws {
    let seed = RecoveryRandom.seed()
    let day = try RecoveryDay(.nyseIntegrated, seed: seed % 1_000)
    var faults = RecoveryFaults(seed: seed)
    faults.delayNanoseconds = 40 * millisecond
    faults.loss = 10
    let frames = day.lossy(8, seed: seed, from: 600)
    let one = try Self.run(day, frames, .init(snapshots: faults), .own)
    for (cores, layout, burst) in [
      (1, ThreadSettings.Layout.walk, 1), (3, .walk, 7), (2, .rings, 64), (3, .rings, 1),
    ] {
      let run = try Self.run(day, frames, .init(snapshots: faults), .own) {
        $0.threads.coreCount = cores
        $0.threads.layout = layout
        $0.threads.burstPackets = burst
      }
      let note: Comment = "seed \(seed), \(cores) cores, \(layout), burst \(burst)"
      #expect(run.explanation == one.explanation, note)
      #expect(run.contentsDigest == one.contentsDigest && run.bookDigest == one.bookDigest, note)
    }
  }

  /// Room for two events of a shard's books, and refreshes that mostly take longer: one comes whole, and does not serve
  /// them. It is asked for until one serves all, at the latest when the day is quiet.
  @Test func whatFoundNoRoomIsMadeGoodByAFurtherRefresh() throws {
    let seed = RecoveryRandom.seed()
    let day = try RecoveryDay(.nyseIntegrated, seed: seed % 1_000)
    let whole = try Self.run(day, day.frames, .none, .own)
    var askedAgain = 0
    for round in 0..<8 {
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 900 * millisecond
      let frames = day.lossy(0, seed: seed, from: round % 2 == 0 ? 1_200 : 2_400)
      let run = try Self.run(day, frames, .init(snapshots: faults), .own) {
        $0.recovery.bufferMessages = 2 * $0.shardCount
        $0.recovery.snapshotAttempts = 40
      }
      let note: Comment = "seed \(seed), round \(round): \(run.explanation)"
      #expect(run.failure == nil && run.count(.snapshotsGivenUp) == 0, note)
      #expect(Self.distrusted(run) == [] && Self.wrong(run, whole) == [], note)
      #expect(run.contentsDigest == whole.contentsDigest, note)
      // Two are asked for after a late start at most, but for want of room.
      if run.summary[.snapshotBuffersFull] > 0, run.count(.snapshotsRequested) > 2 { askedAgain += 1 }
    }
    #expect(askedAgain >= 3, "seed \(seed): asked again in \(askedAgain) of 8 runs")
  }

  @Test func aDeadServerIsGivenUpByName() throws {
    let day = try RecoveryDay(.nyseIntegrated, seed: 5)
    var dead = RecoveryFaults(seed: 7)
    dead.deadFrom = 0
    let run = try Self.run(day, day.lossy(0, seed: 1, from: 500), .init(snapshots: dead), .own)
    #expect(run.failure == .serverSilent && Self.trusted(run) == 0, "\(run.explanation)")
    #expect(run.count(.snapshotsRequested) == 5)
  }
}
