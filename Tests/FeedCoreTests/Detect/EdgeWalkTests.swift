import Testing

@testable import FeedCore

/// Edge and size over two books, against figures worked out by hand.
struct EdgeWalkTests {
  /// Asks where we buy and bids where we sell, as (raw price, shares).
  private func walk(
    asks: [(UInt32, UInt32)], bids: [(UInt32, UInt32)], buyFee: FeeRate = FeeRate(), sellFee: FeeRate = FeeRate(),
    belowDollar: FeeRate? = nil, minimumEdge: Int64 = 1, maximumQuantity: UInt32 = 1_000
  ) -> EdgeWalk {
    let harness = CoreHarness(venues: [VenueSettings(name: "x"), VenueSettings(name: "y")])
    var reference: UInt64 = 0
    for (venue, side, levels) in [(0, Character("S"), asks), (1, Character("B"), bids)] {
      harness.trust(.ok, channel: venue)
      harness.send(ITCHBytes.trading(1, "ABC"), channel: venue)
      for (price, shares) in levels {
        reference += 1
        harness.send(ITCHBytes.add(1, reference, side, shares, "ABC", price), channel: venue)
      }
    }
    var buyFees = FeeSchedule()
    buyFees.taker = buyFee
    buyFees.takerBelowDollar = belowDollar ?? buyFee
    var sellFees = FeeSchedule()
    sellFees.taker = sellFee
    sellFees.takerBelowDollar = belowDollar ?? sellFee
    var settings = CrossVenueSettings()
    settings.minimumEdge = minimumEdge
    settings.maximumQuantity = maximumQuantity
    let (buy, sell) = (harness.instrument("ABC", venue: 0), harness.instrument("ABC", venue: 1))
    var walk = EdgeWalk(buy: buy, sell: sell, books: harness.books, buyFees: buyFees, sellFees: sellFees)
    if walk.edge >= minimumEdge {
      walk.takeLevels(
        buy: buy, sell: sell, books: harness.books, buyFees: buyFees, sellFees: sellFees, settings: settings)
    }
    return walk
  }

  @Test func edgeIsPriceDifferenceLessBothFees() {
    // Buy 100 at 10.00 for 0.003 a share, sell at 10.05 for 0.0025: 0.05 - 0.0055 = 0.0445.
    let walk = walk(
      asks: [(100_000, 100)], bids: [(100_500, 70)], buyFee: FeeRate(perShare: 3_000_000),
      sellFee: FeeRate(perShare: 2_500_000))
    #expect(walk.edge == 44_500_000)
    #expect(walk.quantity == 70)
    #expect(walk.buyPrice == 10_000_000_000)
    #expect(walk.sellPrice == 10_050_000_000)
    #expect(walk.notional == 700_000_000_000)
    #expect(walk.gain == 3_115_000_000)
  }

  @Test func fractionsRoundUpPerShare() {
    // 3e-9 of 10.0001 dollars is 30.0003 nanodollars: 31 to pay; of 10.0000 it is 30 exactly.
    #expect(
      walk(asks: [(100_001, 1)], bids: [(100_501, 1)], buyFee: FeeRate(fraction: 3)).edge == 50_000_000 - 31)
    #expect(
      walk(asks: [(100_000, 1)], bids: [(100_500, 1)], buyFee: FeeRate(fraction: 3)).edge == 50_000_000 - 30)
  }

  @Test func rebatesAddToTheEdgeAndRoundAgainstUs() {
    // A rebate of 30.0003 nanodollars brings 30.
    #expect(
      walk(asks: [(100_001, 1)], bids: [(100_501, 1)], buyFee: FeeRate(fraction: -3)).edge == 50_000_000 + 30)
    #expect(
      walk(asks: [(100_000, 1)], bids: [(100_000, 1)], sellFee: FeeRate(perShare: -2_000_000)).edge == 2_000_000)
  }

  @Test func belowOneDollarTheOtherTierApplies() {
    // 0.9999 falls in the tier of 0.3 %, 1.0000 does not: ask fee 2,999,700; bid fee of the ordinary tier 3,000,000.
    let walk = walk(
      asks: [(9_999, 10)], bids: [(10_000, 10)], buyFee: FeeRate(perShare: 1), sellFee: FeeRate(perShare: 3_000_000),
      belowDollar: FeeRate(fraction: 3_000_000))
    #expect(walk.edge == 100_000 - 2_999_700 - 3_000_000)
    #expect(walk.quantity == 0)
  }

  @Test func minimumEdgeIsMetExactlyAndMissedByOneNanodollar() {
    let met = walk(asks: [(100_000, 10)], bids: [(100_100, 10)], minimumEdge: 10_000_000)
    #expect((met.edge, met.quantity) == (10_000_000, 10))
    let missed = walk(asks: [(100_000, 10)], bids: [(100_100, 10)], minimumEdge: 10_000_001)
    #expect((missed.edge, missed.quantity) == (10_000_000, 0))
  }

  @Test func depthCountsWhileEachPairKeepsTheEdge() {
    // Asks 10.00×100, 10.02×50, 10.04×500; bids 10.05×120, 10.03×400; at least 0.01 each:
    // 100 at 0.05, 20 at 0.03, 30 at 0.01; then 10.04 against 10.03 is none.
    let walk = walk(
      asks: [(100_000, 100), (100_200, 50), (100_400, 500)], bids: [(100_500, 120), (100_300, 400)],
      minimumEdge: 10_000_000)
    #expect(walk.edge == 50_000_000)
    #expect(walk.quantity == 150)
    #expect(walk.notional == 100 * 10_000_000_000 + 50 * 10_020_000_000)
    #expect(walk.gain == 100 * 50_000_000 + 20 * 30_000_000 + 30 * 10_000_000)
    #expect((walk.orderQuantity, walk.buyLimit, walk.sellLimit) == (150, 100_200, 100_300))
  }

  @Test func limitsReachOnlyAsDeepAsTheOrderNeeds() {
    let asks: [(UInt32, UInt32)] = [(100_000, 100), (100_200, 50), (100_400, 500)]
    let bids: [(UInt32, UInt32)] = [(100_500, 120), (100_300, 400)]
    for (maximum, quantity, buy, sell) in [
      (UInt32(1), UInt32(1), Int32(100_000), Int32(100_500)), (100, 100, 100_000, 100_500),
      (101, 101, 100_200, 100_500), (120, 120, 100_200, 100_500), (121, 121, 100_200, 100_300),
      (150, 150, 100_200, 100_300), (999, 150, 100_200, 100_300),
    ] {
      let walk = walk(asks: asks, bids: bids, minimumEdge: 10_000_000, maximumQuantity: maximum)
      #expect(walk.orderQuantity == quantity && walk.buyLimit == buy && walk.sellLimit == sell, "at most \(maximum)")
      #expect(walk.quantity == 150)
    }
  }

  @Test func anEmptySideHasNoEdge() {
    #expect(walk(asks: [], bids: [(100_000, 1)]).edge == .min)
    #expect(walk(asks: [(100_000, 1)], bids: []).edge == .min)
  }

  @Test func randomWalksEqualTheSlowOne() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    for _ in 0..<200 {
      func side(_ random: inout BookTestRandom) -> [(UInt32, UInt32)] {
        (0..<random.below(12)).map { _ in (UInt32(9_990 + random.below(25)), UInt32(1 + random.below(300))) }
      }
      func rate(_ random: inout BookTestRandom) -> FeeRate {
        FeeRate(perShare: Int64(random.below(200_000)) - 100_000, fraction: Int64(random.below(40_000)) - 20_000)
      }
      let asks = side(&random)
      let bids = side(&random)
      let (buyFee, sellFee, below) = (rate(&random), rate(&random), rate(&random))
      var settings = CrossVenueSettings()
      settings.minimumEdge = Int64(1 + random.below(300_000))
      var schedules = [FeeSchedule(), FeeSchedule()]
      for (index, fee) in [buyFee, sellFee].enumerated() {
        schedules[index].taker = fee
        schedules[index].takerBelowDollar = below
      }
      func levels(_ side: [(UInt32, UInt32)], isSell: Bool) -> [ReferenceBook.Level] {
        var book = ReferenceBook(stock: "ABC")
        for (index, level) in side.enumerated() {
          book.append(
            ReferenceBook.Order(
              reference: UInt64(index), isSell: isSell, price: Int64(level.0), quantity: level.1))
        }
        return book.levels(isSell: isSell)
      }
      let wanted = SlowCrossVenue(settings: settings, fees: schedules, units: [100_000, 100_000]).offer(
        asks: levels(asks, isSell: true), bids: levels(bids, isSell: false), buy: 0, sell: 1)
      let found = walk(
        asks: asks, bids: bids, buyFee: buyFee, sellFee: sellFee, belowDollar: below,
        minimumEdge: settings.minimumEdge)
      let offer = found.edge == .min
        ? nil
        : SlowCrossVenue.Offer(
          edge: found.edge, quantity: found.quantity, notional: found.notional, gain: found.gain,
          buyPrice: found.buyPrice, sellPrice: found.sellPrice)
      #expect(offer == wanted, "seed \(seed)")
    }
  }
}
