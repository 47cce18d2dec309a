import FeedSim
import Testing

@testable import FeedCore

/// The same capture gives the same everything, however it is run.
struct ReplayDeterminismTests {
  /// Everything at once: loss, copies and reordering on two lines, restarts, orders with limits that bite.
  static func busy() throws -> (made: Generated, settings: Settings) {
    let made = try Generated.make(seed: 51) {
      $0.venueCount = 3
      $0.restartCount = 6
      $0.dislocationCount = 80
      $0.messageCount = 20_000
      $0.lossA = Probability(partsPerMillion: 40_000)
      $0.lossB = Probability(partsPerMillion: 40_000)
      $0.duplicate = Probability(partsPerMillion: 10_000)
      $0.reorder = Probability(partsPerMillion: 20_000)
    }
    return (made, trading(made.settings))
  }

  static func trading(_ settings: Settings) -> Settings {
    settings.with {
      $0.orders.enabled = true
      $0.imbalance = ImbalanceSettings()
      $0.crossVenue?.rearmNanoseconds = 200_000
      $0.crossVenue?.maximumQuantity = 400
      $0.risk.maximumOrderNotional = 20_000 * FixedPoint.one
      $0.risk.maximumPosition = 700
      $0.risk.ordersPerSecond = 16 * 60
      $0.risk.orderBurst = 16 * 6
      $0.venues[0].orderLatencyNanoseconds = 40_000
    }
  }

  private static let reference = OnceByKey<[String]>()
  static func expected() throws -> [String] {
    try reference.value("busy") {
      let (made, settings) = try busy()
      let summary = try ReplayRun(made.captures, settings).summary
      #expect(summary[.messagesLost] > 0, "take another seed")
      #expect(summary.ordersSent > 20 && summary.opportunityCount > 20, "\(summary.ordersSent)")
      #expect(summary.orders.contains { $0.kind == .executed } && summary.imbalanceSignals > 0)
      return summary.everything
    }
  }

  @Test(arguments: [1, 7, 64, 256]) func burstsDoNotMatter(burst: Int) throws {
    let (made, settings) = try Self.busy()
    let run = try ReplayRun(made.captures, settings.with { $0.threads.burstPackets = burst })
    #expect(difference(run.summary.everything, try Self.expected()) == nil)
  }

  @Test(arguments: [1, 2, 3], [ThreadSettings.Layout.walk, .rings])
  func coresAndLayoutsDoNotMatter(cores: Int, layout: ThreadSettings.Layout) throws {
    let (made, settings) = try Self.busy()
    let run = try ReplayRun(
      made.captures,
      settings.with {
        $0.threads.coreCount = cores
        $0.threads.layout = layout
        $0.threads.burstPackets = cores == 3 ? 5 : 64
      })
    #expect(difference(run.summary.everything, try Self.expected()) == nil)
  }

  @Test func speedAndSamplingDoNotMatter() throws {
    let (made, settings) = try Self.busy()
    let paced = try ReplayRun(made.captures, settings, speed: .paced(partsPerMillion: 200_000_000))
    #expect(difference(paced.summary.everything, try Self.expected()) == nil)
    let sampled = try ReplayRun(made.captures, settings.with { $0.latency.sampleEvery = 1 })
    #expect(difference(sampled.summary.everything, try Self.expected()) == nil)
  }

  @Test func aSecondRunIsTheSame() throws {
    let (made, settings) = try Self.busy()
    for _ in 0..<2 {
      #expect(difference(try ReplayRun(made.captures, settings).summary.everything, try Self.expected()) == nil)
    }
  }

  /// One file per venue and line, or all merged: only the places where something was first seen differ.
  @Test func filesDoNotMatter() throws {
    let (made, settings) = try Self.busy()
    let split = try Generated.make(made.options, split: true)
    #expect(split.captures.count == 6)
    let lines = try ReplayRun(split.captures, settings).summary.everything.filter { !$0.hasPrefix("first") }
    #expect(difference(lines, try Self.expected().filter { !$0.hasPrefix("first") }) == nil)
  }

  /// Shards have limits of their own, so orders depend on their number. Books and opportunities do not.
  @Test(arguments: [1, 5, 64]) func shardsChangeNoBookAndNoOpportunity(shards: Int) throws {
    let (made, settings) = try Self.busy()
    func lines(_ run: ReplayRun) -> [String] {
      ["\(run.summary.bookDigest) \(run.summary.opportunityCount) \(run.summary.imbalanceSignals)"]
        + made.found(run.summary.opportunities)
        + run.summary.instruments.map { "\($0.venue) \($0.symbol) \($0.top) \($0.state) \($0.digest)" }
    }
    let expected = try ReplayRun(made.captures, settings)
    let run = try ReplayRun(
      made.captures,
      settings.with {
        $0.shardCount = shards
        $0.threads.coreCount = 2 % (shards + 1)
      })
    #expect(difference(lines(run), lines(expected)) == nil)
    #expect(Set(run.summary.opportunities.map(\.shard)).allSatisfy { Int($0) < shards })
  }

  /// Line B is never earlier here and frames like line A.
  @Test(arguments: [52, 53] as [UInt64]) func lineBAddsNothingWhereItIsNeverEarlier(seed: UInt64) throws {
    let made = try Generated.make(seed: seed, split: true) {
      $0.restartCount = 1
      $0.dislocationCount = 40
      $0.lossB = Probability(partsPerMillion: 20_000)
    }
    let settings = Self.trading(made.settings)
    let both = try ReplayRun(made.captures, settings)
    let a = try ReplayRun(made.captures.filter { $0.hasSuffix(".A.pcap") }, settings)
    #expect(a.summary.bookDigest == both.summary.bookDigest)
    #expect(both.summary.ordersSent > 10)
    // What is open at the end of the input ends with the last packet, which may be line B's.
    let ended = { (run: ReplayRun) in run.summary.opportunities.filter { $0.end != .endOfInput } }
    #expect(difference(made.found(ended(a)), made.found(ended(both))) == nil)
    #expect(difference(a.summary.orders.map { "\($0)" }, both.summary.orders.map { "\($0)" }) == nil)
    #expect(a.summary.orderDigest == both.summary.orderDigest)
    let b = try ReplayRun(made.captures.filter { $0.hasSuffix(".B.pcap") }, settings)
    #expect(b.summary[.messagesLost] > 0)
  }

  /// Lines that frame differently, and B alone: the books are the same.
  @Test func framingAndLinesChangeNoBook() throws {
    let made = try Generated.make(seed: 54, split: true) {
      $0.restartCount = 1
      $0.lineBFramesDiffer = true
    }
    let a = try ReplayRun(made.captures.filter { $0.hasSuffix(".A.pcap") }, made.settings)
    let b = try ReplayRun(made.captures.filter { $0.hasSuffix(".B.pcap") }, made.settings)
    let both = try ReplayRun(made.captures, made.settings)
    #expect(a.summary.bookDigest == b.summary.bookDigest && a.summary.bookDigest == both.summary.bookDigest)
    #expect(a.summary.byType == both.summary.byType && both.summary[.messagesLost] == 0)
  }
}
