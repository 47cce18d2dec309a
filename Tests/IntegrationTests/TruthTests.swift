import FeedSim
import Testing

@testable import FeedCore

/// Opportunities against the truth of the generator, whose slow reference shares no code with the books or the
/// detector.
struct TruthTests {
  struct Market: Sendable, CustomTestStringConvertible {
    var seed: UInt64
    var venues = 2
    var restarts = 0
    var minimumQuantity = 1
    var minimumEdge: Int64 = 100_000
    var fees: [TakerFee] = [TakerFee()]
    var lines = 2
    var testDescription: String { "seed \(seed), \(venues) venues, \(restarts) restarts, \(lines) lines" }

    func make(_ change: (inout GeneratorOptions) -> Void = { _ in }) throws -> Generated {
      try Generated.make(seed: seed) {
        $0.venueCount = venues
        $0.restartCount = restarts
        $0.minimumQuantity = minimumQuantity
        $0.minimumEdge = minimumEdge
        $0.takerFees = fees
        $0.lineCount = lines
        change(&$0)
      }
    }
  }

  static let markets = [
    Market(seed: 1), Market(seed: 2, venues: 3, restarts: 2), Market(seed: 3, venues: 8, restarts: 3),
    Market(seed: 4, minimumQuantity: 400), Market(seed: 5, venues: 4, minimumEdge: 15_000_000, lines: 1),
    Market(seed: 6, venues: 2, fees: [TakerFee(perShare: -2_000_000), TakerFee(perShare: 3_100_000)]),
    Market(
      seed: 7, venues: 3, restarts: 1, minimumQuantity: 200,
      fees: [TakerFee(perShare: 0, belowDollarFraction: 2_999_999), TakerFee(perShare: 1_234_567)], lines: 1),
  ]

  @Test(arguments: markets) func withoutLossTheOpportunitiesAreTheTruth(market: Market) throws {
    let made = try market.make()
    #expect(made.result.opportunities.count >= made.options.dislocationCount)
    let run = try ReplayRun(made.captures, made.settings)
    #expect(difference(made.found(run.summary.opportunities), made.truth()) == nil)
    #expect(run.summary.opportunityCount == UInt64(made.result.opportunities.count))
    #expect(run.summary[.sessionRestarts] == UInt64(market.restarts))
    #expect(run.faults.filter { !$0.hasPrefix("sessionRestarts") } == [], "\(run.faults)")
    // The final books are those of the generator's reference, too.
    let tops = run.summary.instruments.map { i in
      let (bid, ask) = (i.top.bidQuantity > 0, i.top.askQuantity > 0)
      return "\(i.venueName)\t\(i.locate)\t\(i.symbol)\t\(bid ? i.top.bidPrice : 0)\t\(i.top.bidQuantity)"
        + "\t\(bid ? i.bidOrders : 0)\t\(ask ? i.top.askPrice : 0)\t\(i.top.askQuantity)\t\(ask ? i.askOrders : 0)"
        + "\t\(i.state)"
    }
    #expect(difference(tops.sorted(), made.result.books.map(\.line).sorted()) == nil)
  }

  /// A market nobody thought of: options drawn at random, orders and cores too, checked in full.
  @Test func aRandomMarketIsTheTruth() throws {
    let seed = TestSeed.draw("aRandomMarketIsTheTruth")
    var random = SplitMix(seed)
    for _ in 0..<2 {
      let venues = 2 + random.below(7)
      let made = try Generated.make(seed: random.next() >> 16) {
        $0.venueCount = venues
        $0.symbolCount = 1 + random.below(60)
        $0.lineCount = 1 + random.below(2)
        $0.restartCount = random.below(4)
        $0.dislocationCount = random.below(60)
        $0.minimumQuantity = random.below(2) == 0 ? 1 : 1 + random.below(800)
        $0.minimumEdge = random.below(2) == 0 ? 100_000 : Int64(1 + random.below(30_000_000))
        $0.duplicate = Probability(partsPerMillion: Int64(random.below(2) * random.below(100_000)))
        $0.lossB = Probability(partsPerMillion: Int64(random.below(2) * random.below(100_000)))
        $0.intervalNanoseconds = UInt64(200 + random.below(100_000))
        $0.takerFees = (0..<(1 + random.below(venues))).map { _ in
          TakerFee(
            perShare: Int64(random.below(9_000_000)) - 4_000_000, belowDollarFraction: Int64(random.below(5_000_000)))
        }
        $0.messageCount = max(8_000, $0.venueCount * ($0.symbolCount * 3 + 40) * (2 + $0.restartCount) * 2)
      }
      let settings = made.settings.with {
        $0.orders.enabled = random.below(2) == 0
        $0.threads.coreCount = 1 + random.below(3)
        $0.threads.layout = random.below(2) == 0 ? .walk : .rings
        $0.threads.burstPackets = 1 + random.below(256)
        $0.shardCount = 3 + random.below(20)
      }
      let run = try ReplayRun(made.captures, settings)
      #expect(difference(made.found(run.summary.opportunities), made.truth(), "seed \(seed)") == nil)
      #expect(run.summary[.messagesLost] == 0 && run.summary.orphans == 0, "seed \(seed)")
      let live = made.result.venues.reduce(0) { $0 + $1.liveOrders }
      #expect(run.summary.liveOrders == live, "seed \(seed)")
    }
  }

  /// What line B loses, and what either line brings twice, changes nothing.
  @Test(arguments: [21, 22] as [UInt64]) func lossOnLineBAloneChangesNothing(seed: UInt64) throws {
    let made = try Market(seed: seed, venues: 3, restarts: 1).make {
      $0.lossB = Probability(partsPerMillion: 50_000)
      $0.duplicate = Probability(partsPerMillion: 30_000)
    }
    let run = try ReplayRun(made.captures, made.settings)
    #expect(difference(made.found(run.summary.opportunities), made.truth()) == nil)
    #expect(run.summary[.messagesLost] == 0 && run.summary[.duplicates] > 0)
  }

  /// Losses on A that B fills at the same nanosecond are no losses.
  @Test(arguments: [23] as [UInt64]) func lossThatTheOtherLineFillsAtOnceChangesNothing(seed: UInt64) throws {
    let made = try Market(seed: seed, venues: 3, restarts: 1).make {
      $0.lossA = Probability(partsPerMillion: 50_000)
      $0.skewNanoseconds = 0
      $0.jitterNanoseconds = 0
    }
    let run = try ReplayRun(made.captures, made.settings)
    #expect(difference(made.found(run.summary.opportunities), made.truth()) == nil)
    #expect(run.summary[.messagesLost] == 0)
  }

  // MARK: - Loss on both lines

  /// When a venue's books could not be right: from a packet that no line brought until the session that follows.
  struct Damage {
    var venue: Int
    /// When the first lost packet was sent, as far as its line tells: the packet before it.
    var from: UInt64
    /// When a packet showed that numbers are missing.
    var noticed: UInt64
    var until: UInt64
  }

  /// Walks the capture with the tests' own reading of MoldUDP64.
  static func damages(_ frames: [CapturedFrame], venueCount: Int) -> [Damage] {
    var damages: [Damage] = []
    for venue in 0..<venueCount {
      let own = frames.filter { Generated.venueAndLine($0).venue == venue }.map { ($0.nanoseconds, $0.mold) }
      var session: [UInt8] = []
      var next: UInt64 = 1
      var lastInOrder: UInt64 = 0
      var open: Damage?
      for (time, mold) in own {
        if mold.session != session {
          if var damage = open {
            damage.until = time
            damages.append(damage)
            open = nil
          }
          session = mold.session
          next = 1
        }
        if open != nil { continue }
        if mold.sequenceNumber > next {
          open = Damage(venue: venue, from: lastInOrder, noticed: time, until: .max)
        } else if mold.end >= next {
          next = mold.end
          lastInOrder = time
        }
      }
      if let open { damages.append(open) }
    }
    return damages
  }

  @Test(arguments: [31, 32, 33, 34] as [UInt64])
  func withLossOnBothLinesOnlyDamagedTimesDiffer(seed: UInt64) throws {
    try checkLoss(seed: seed, rowsAtLeast: 10)
  }

  @Test func withRandomLossOnBothLinesOnlyDamagedTimesDiffer() throws {
    let seed = TestSeed.draw("withRandomLossOnBothLinesOnlyDamagedTimesDiffer")
    try checkLoss(seed: seed, rowsAtLeast: 0)
  }

  private func checkLoss(seed: UInt64, rowsAtLeast: Int) throws {
    let made = try Market(seed: seed, venues: 3, restarts: 6).make {
      $0.messageCount = 20_000
      $0.dislocationCount = 60
      $0.lossA = Probability(partsPerMillion: 40_000)
      $0.lossB = Probability(partsPerMillion: 40_000)
      // Both copies come at once: a line that fills the other's loss does so without delay.
      $0.skewNanoseconds = 0
      $0.jitterNanoseconds = 0
    }
    let damages = Self.damages(try made.frames(), venueCount: 3)
    let names = made.settings.venues.map(\.name)
    let run = try ReplayRun(made.captures, made.settings.with { $0.orders.enabled = true })
    #expect(run.summary[.messagesLost] > 0 || rowsAtLeast == 0, "seed \(seed): nothing lost; take another seed")
    #expect((run.summary[.messagesLost] > 0) == !damages.isEmpty, "seed \(seed)")

    func isOutside(_ buy: Int, _ sell: Int, _ begin: UInt64, _ end: UInt64) -> Bool {
      !damages.contains { [buy, sell].contains($0.venue) && begin <= $0.until && end >= $0.from }
    }
    let truth = made.result.opportunities.filter {
      isOutside(
        names.firstIndex(of: $0.buyVenue)!, names.firstIndex(of: $0.sellVenue)!, $0.beginNanoseconds, $0.endNanoseconds)
    }
    let found = run.summary.opportunities.filter {
      isOutside(Int($0.buyVenue), Int($0.sellVenue), $0.beginNanoseconds, $0.endNanoseconds)
    }
    #expect(truth.count >= rowsAtLeast, "seed \(seed): \(truth.count) rows outside; take another seed")
    #expect(difference(made.found(found), made.truth(truth), "seed \(seed)") == nil)
    for row in run.summary.opportunities {
      let venues = [Int(row.buyVenue), Int(row.sellVenue)]
      for damage in damages where venues.contains(damage.venue) {
        let isWithin = row.beginNanoseconds < damage.until && row.endNanoseconds > damage.noticed
        #expect(!isWithin, "seed \(seed): \(made.found(row)) while \(names[damage.venue]) is untrusted \(damage)")
      }
    }
    for order in run.summary.orders where order.kind == .sent {
      let isWithin = damages.contains {
        $0.venue == Int(order.venue) && $0.noticed <= order.captureNanoseconds && order.captureNanoseconds < $0.until
      }
      #expect(!isWithin, "seed \(seed): \(order)")
    }
  }
}
