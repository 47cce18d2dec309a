import Testing

@testable import FeedCore

/// Every refusal reason of the gate, reached and just not reached.
@Suite struct RiskGateTests {
  private static func gate(
    venues: Int = 2, groups: Int = 4, _ change: (inout Settings) -> Void = { _ in }
  ) -> RiskGate {
    RiskGate(
      limits: ShardLimits(settings: OrderTest.settings(change), shard: 0), venueCount: venues, groupCapacity: groups)
  }

  /// Nil = admitted.
  private static func refusal(
    _ gate: inout RiskGate, _ pair: OrderPairIntent = OrderTest.pair(), at time: UInt64 = 1_000_000_000,
    hasRoom: Bool = true, _ market: OrderTestMarket = OrderTest.crossedMarket()
  ) -> RefusalReason? {
    switch gate.admit(pair, at: time, hasRoom: hasRoom, view: market) {
    case .admitted: nil
    case .refused(let reason, _): reason
    }
  }

  private static func refusal(_ gate: inout RiskGate, _ market: OrderTestMarket) -> RefusalReason? {
    refusal(&gate, OrderTest.pair(), market)
  }

  private static func refusedSide(
    _ gate: inout RiskGate, _ pair: OrderPairIntent, _ market: OrderTestMarket = OrderTest.crossedMarket()
  ) -> Side? {
    switch gate.admit(pair, at: 1_000_000_000, hasRoom: true, view: market) {
    case .admitted: nil
    case .refused(_, let leg): leg.side
    }
  }

  @Test func everyReasonHasItsOwnCounterAndNumber() {
    #expect(RefusalReason.allCases.map(\.rawValue) == Array(0..<UInt8(RefusalReason.allCases.count)))
    var gate = Self.gate()
    #expect(Self.refusal(&gate, OrderTest.pair(0)) == .orderQuantity)
    #expect(Self.refusal(&gate, OrderTest.pair(buy: 0)) == .orderPrice)
    #expect(Self.refusal(&gate, OrderTest.pair(0, buy: 0)) == .orderQuantity)
    for reason in RefusalReason.allCases {
      #expect(gate.refusals[reason] == (reason == .orderQuantity ? 2 : reason == .orderPrice ? 1 : 0))
    }
    #expect(gate.refusals.total == 3)
  }

  @Test func admittedPairCarriesSymbolSidesAndPrices() {
    var gate = Self.gate()
    guard case .admitted(let buy, let sell) = gate.admit(
      OrderTest.pair(), at: 1, hasRoom: true, view: OrderTest.crossedMarket())
    else { Issue.record("refused"); return }
    #expect(buy.symbol == Symbol("SYM0") && sell.symbol == Symbol("SYM0"))
    #expect(buy.sideCharacter == UInt8(ascii: "B") && sell.sideCharacter == UInt8(ascii: "T"))
    #expect(buy.price == 10_000_000_000 && sell.price == 10_020_000_000)
    #expect(buy.price4 == 100_000 && sell.price4 == 100_200)
    #expect(gate.positions.position(of: 0).openBuy == 100 && gate.positions.position(of: 0).openSell == 100)
  }

  @Test func ordersDisabled() {
    var gate = Self.gate { $0.orders.enabled = false }
    #expect(Self.refusal(&gate) == .ordersDisabled)
  }

  @Test func killSwitchFromConfigurationCommandAndTime() {
    var configured = Self.gate { $0.risk.killSwitch = true }
    #expect(Self.refusal(&configured) == .killSwitch)

    var commanded = Self.gate()
    #expect(Self.refusal(&commanded) == nil)
    commanded.engageKillSwitch()
    #expect(Self.refusal(&commanded, OrderTest.pair(101)) == .killSwitch)

    var timed = Self.gate { $0.risk.killAtNanoseconds = 5_000 }
    #expect(Self.refusal(&timed, at: 4_999) == nil)
    #expect(Self.refusal(&timed, OrderTest.pair(101), at: 5_000) == .killSwitch)
    #expect(Self.refusal(&timed, OrderTest.pair(102), at: 9_000) == .killSwitch)
  }

  @Test func capacityOfOrdersGroupsAndMemory() {
    var gate = Self.gate(groups: 1)
    #expect(Self.refusal(&gate, hasRoom: false) == .capacity)
    #expect(Self.refusal(&gate, OrderTest.pair(group: 1)) == .capacity)
    #expect(Self.refusal(&gate, OrderTest.pair(group: .max)) == .capacity)
    #expect(Self.refusal(&gate, OrderTest.pair(group: 0)) == nil)
  }

  @Test func recentOrdersThatFindNoRoomAreRefused() {
    // 70,000 tokens and an endless window, but 65,536 places: 32,768 pairs fit.
    var gate = Self.gate {
      $0.risk.orderBurst = 70_000
      $0.risk.ordersPerSecond = 0
      $0.risk.duplicateWindowNanoseconds = .max
      $0.risk.maximumPosition = .max
      $0.risk.maximumSymbolExposure = .max
      $0.risk.maximumGrossExposure = .max
      $0.risk.maximumOrderQuantity = 999_999
    }
    let market = OrderTest.crossedMarket()
    var admitted = 0
    for number in 0..<33_000 as Range<Int32> {
      let pair = OrderTest.pair(
        1 + UInt32(number % 200), buy: 100_000 - number / 200, sell: 100_200 + number / 200)
      guard let reason = Self.refusal(&gate, pair, market) else {
        admitted += 1
        continue
      }
      #expect(reason == .capacity)
      break
    }
    #expect(admitted == 32_768)
  }

  /// OUCH "Symbol" has eight bytes: a cut one could be another stock.
  @Test func aSymbolTooLongForTheWireIsRefused() {
    let market = OrderTest.crossedMarket()
    market.venueSymbols[InstrumentID(venue: 1, index: 0).raw] = Symbol("BTC-PERPETUAL")!
    var gate = RiskGate(limits: ShardLimits(settings: OrderTest.settings(), shard: 0), venueCount: 2, groupCapacity: 4)
    let decision = gate.admit(OrderTest.pair(), at: 1, hasRoom: true, view: market)
    #expect(decision == .refused(.unknownInstrument, leg: OrderTest.pair().sell))
  }

  @Test func unknownVenueInstrumentOrSymbol() {
    var gate = Self.gate()
    #expect(Self.refusal(&gate, OrderTest.pair(buyVenue: 2)) == .unknownInstrument)
    #expect(Self.refusal(&gate, OrderTest.pair(sellVenue: 255)) == .unknownInstrument)
    let market = OrderTest.crossedMarket()
    market.books[InstrumentID(venue: 1, index: 0).raw] = nil
    #expect(Self.refusal(&gate, market) == .unknownInstrument)
    let nameless = OrderTest.crossedMarket()
    nameless.symbols[0] = .unknown
    #expect(Self.refusal(&gate, nameless) == .unknownInstrument)
    #expect(Self.refusal(&gate) == nil)
  }

  @Test func venueWithContradictoryRepliesIsRefusedAloneAndForGood() {
    var gate = Self.gate(venues: 3)
    let market = OrderTestMarket(venues: 3)
    for venue in 0..<3 {
      market.add(venue, .buy, 500, at: 100_200, reference: UInt64(venue * 2 + 1))
      market.add(venue, .sell, 500, at: 100_000, reference: UInt64(venue * 2 + 2))
    }
    gate.distrust(2)
    gate.distrust(200)
    #expect(Self.refusal(&gate, OrderTest.pair(sellVenue: 2), market) == .sessionUnsynchronized)
    #expect(Self.refusal(&gate, OrderTest.pair(buyVenue: 2), market) == .sessionUnsynchronized)
    #expect(Self.refusal(&gate, OrderTest.pair(), market) == nil)
  }

  @Test func orderQuantity() {
    for quantity in [0, 1_001, 999_999, 1_000_000, .max] as [UInt32] {
      var gate = Self.gate { $0.risk.maximumOrderQuantity = 1_000 }
      #expect(Self.refusal(&gate, OrderTest.pair(quantity)) == .orderQuantity)
    }
    for quantity in [1, 1_000] as [UInt32] {
      var gate = Self.gate { $0.risk.maximumOrderQuantity = 1_000 }
      #expect(Self.refusal(&gate, OrderTest.pair(quantity)) == nil)
    }
    // OUCH itself carries no more than 999,999, whatever is configured.
    var wide = Self.gate {
      $0.risk.maximumOrderQuantity = .max
      $0.risk.maximumPosition = .max
      $0.risk.maximumOrderNotional = .max
      $0.risk.maximumSymbolExposure = .max
      $0.risk.maximumGrossExposure = .max
    }
    #expect(Self.refusal(&wide, OrderTest.pair(1_000_000)) == .orderQuantity)
    #expect(Self.refusal(&wide, OrderTest.pair(999_999)) == nil)
  }

  @Test func orderPrice() {
    for price in [0, -1, .min, 1_999_999_901, 2_000_000_000, .max] as [Int32] {
      var gate = Self.gate()
      #expect(Self.refusal(&gate, OrderTest.pair(buy: price)) == .orderPrice)
    }
    let dear = OrderTestMarket()
    dear.bestOverride = ConsolidatedBest(bid: 199_999_990_000_000, ask: 199_999_990_000_000)
    var gate = Self.gate { $0.risk.maximumSymbolExposure = .max }
    #expect(Self.refusal(&gate, OrderTest.pair(1, buy: 1_999_999_900, sell: 1_999_999_900), dear) == nil)

    for multiplier in [0, -100_000, 1, 50_000, .max, .min] as [Int64] {
      let market = OrderTest.crossedMarket()
      market[0].multiplier = multiplier
      market.bestOverride = ConsolidatedBest(bid: 10_000_000_000, ask: 10_000_000_000)
      var gate = Self.gate()
      // 1 and 50,000 give 0.0001 and 5.00005 dollars for these raw prices: no whole step.
      #expect(Self.refusal(&gate, OrderTest.pair(buy: 100_001), market) == .orderPrice)
    }
  }

  @Test func marketHoursOfTheLegsVenue() {
    for venue in 0...1 {
      let market = OrderTest.crossedMarket()
      market.isOpen[venue] = false
      var strict = Self.gate()
      #expect(Self.refusal(&strict, market) == .marketClosed)
      var loose = Self.gate { $0.risk.marketHoursOnly = false }
      #expect(Self.refusal(&loose, market) == nil)
    }
  }

  @Test(arguments: BookState.allCases) func bookStateOfEachLeg(state: BookState) {
    for venue in 0...1 {
      let market = OrderTest.crossedMarket()
      market[venue].state = state
      market.bestOverride = ConsolidatedBest(bid: 10_020_000_000, ask: 10_000_000_000)
      var gate = Self.gate()
      let expected: RefusalReason? = state == .ok ? nil : state == .halted ? .halted : .bookNotOk
      #expect(Self.refusal(&gate, market) == expected)
    }
  }

  @Test func noReferenceOnTheFarSide() {
    let market = OrderTest.crossedMarket()
    for best in [
      ConsolidatedBest(bid: 10_020_000_000, ask: nil), ConsolidatedBest(bid: nil, ask: 10_000_000_000),
      ConsolidatedBest(),
    ] {
      market.bestOverride = best
      var gate = Self.gate()
      #expect(Self.refusal(&gate, market) == .noReference)
    }
  }

  @Test func priceCollarIsExact() {
    // Best ask 10.00, best bid 10.02, collar 5 %: buy up to 10.50, sell from 9.519 on.
    var gate = Self.gate { $0.risk.duplicateWindowNanoseconds = 0 }
    #expect(Self.refusal(&gate, OrderTest.pair(buy: 105_000)) == nil)
    #expect(Self.refusal(&gate, OrderTest.pair(buy: 105_001)) == .priceCollar)
    #expect(Self.refusal(&gate, OrderTest.pair(sell: 95_190)) == nil)
    #expect(Self.refusal(&gate, OrderTest.pair(sell: 95_189)) == .priceCollar)
    var none = Self.gate {
      $0.risk.collarPartsPerMillion = 0
      $0.risk.duplicateWindowNanoseconds = 0
    }
    #expect(Self.refusal(&none) == nil)
    #expect(Self.refusal(&none, OrderTest.pair(buy: 100_001)) == .priceCollar)
    #expect(Self.refusal(&none, OrderTest.pair(sell: 100_199)) == .priceCollar)
    var whole = Self.gate { $0.risk.collarPartsPerMillion = 1_000_000 }
    #expect(Self.refusal(&whole, OrderTest.pair(buy: 200_000, sell: 1)) == nil)
  }

  /// Spreads trade at 0 and below: the collar is a share of what the best price is away from 0.
  @Test func theCollarHoldsAroundBestPricesAtZeroAndBelow() {
    let market = OrderTest.crossedMarket()
    func decide(bid: Int64, ask: Int64, buy: Int32 = 100_000, sell: Int32 = 100_200) -> RefusalReason? {
      market.bestOverride = ConsolidatedBest(bid: bid, ask: ask)
      var gate = Self.gate()
      return Self.refusal(&gate, OrderTest.pair(buy: buy, sell: sell), market)
    }
    // 5 % of 10 dollars: an ask of -10 lets a purchase at -9.50 pass, and none at a price that an order can have.
    #expect(decide(bid: 0, ask: -10_000_000_000, buy: 1) == .priceCollar)
    #expect(decide(bid: 0, ask: 0, buy: 1) == .priceCollar)
    // A sale above a bid of 0 or below gets more than the bid.
    #expect(decide(bid: 0, ask: 10_000_000_000) == nil)
    #expect(decide(bid: -10_000_000_000, ask: 10_000_000_000, sell: 1) == nil)
    #expect(decide(bid: .min, ask: .max) == nil)
    #expect(decide(bid: .max, ask: .min) == .priceCollar)
  }

  /// No order, and no execution, can tell a price of 0 or below.
  @Test func aPurchaseThatWouldMeetAPriceOfZeroOrBelowIsRefused() {
    for price: Int32 in [0, -1, .min + 1] {
      let market = OrderTest.crossedMarket()
      market.add(0, .sell, 10, at: price, reference: 9_000)
      market[0].asks.sort { $0.price < $1.price }
      var gate = Self.gate()
      #expect(Self.refusal(&gate, market) == .orderPrice, "\(price)")
      #expect(gate.refusals[.orderPrice] == 1)
    }
  }

  @Test func shortSaleAtOrBelowTheBidIsRefusedWhileRestricted() {
    func decide(
      _ price: Int32, shares: Int64 = 0, openSell: UInt64 = 0, restricted: Bool = true, noBid: Bool = false
    ) -> RefusalReason? {
      let market = OrderTest.crossedMarket()
      market[1].isShortSaleRestricted = restricted
      if noBid { market[1].bids = [] }
      var gate = Self.gate()
      gate.positions.update(0) {
        $0.shares = shares
        $0.openSell = openSell
      }
      return Self.refusal(&gate, OrderTest.pair(sell: price), market)
    }
    #expect(decide(100_200) == .shortSaleRestricted)
    #expect(decide(100_199) == .shortSaleRestricted)
    #expect(decide(100_201) == nil)
    #expect(decide(100_200, restricted: false) == nil)
    // Held shares are sold long, but only if they cover the whole sale.
    #expect(decide(100_200, shares: 100) == nil)
    #expect(decide(100_200, shares: 99) == .shortSaleRestricted)
    #expect(decide(100_200, shares: 100, openSell: 1) == .shortSaleRestricted)
    #expect(decide(100_200, shares: 101, openSell: 1) == nil)
    #expect(decide(100_000, noBid: true) == nil)
  }

  @Test func sideIsLongOnlyUpToTheSharesHeldAndNotOffered() {
    func side(shares: Int64, openSell: UInt64) -> UInt8? {
      var gate = Self.gate()
      gate.positions.update(0) {
        $0.shares = shares
        $0.openSell = openSell
      }
      guard case .admitted(_, let sell) = gate.admit(
        OrderTest.pair(), at: 1, hasRoom: true, view: OrderTest.crossedMarket())
      else { return nil }
      return sell.sideCharacter
    }
    #expect(side(shares: 100, openSell: 0) == UInt8(ascii: "S"))
    #expect(side(shares: 99, openSell: 0) == UInt8(ascii: "T"))
    #expect(side(shares: 300, openSell: 200) == UInt8(ascii: "S"))
    #expect(side(shares: 300, openSell: 201) == UInt8(ascii: "T"))
    #expect(side(shares: -5, openSell: 0) == UInt8(ascii: "T"))
  }

  @Test func orderNotional() {
    // 100 × 10.00 and 100 × 10.02 dollars.
    var both = Self.gate { $0.risk.maximumOrderNotional = 1_002_000_000_000 }
    #expect(Self.refusal(&both) == nil)
    var sellFails = Self.gate { $0.risk.maximumOrderNotional = 1_001_999_999_999 }
    #expect(Self.refusal(&sellFails) == .orderNotional)
    #expect(Self.refusedSide(&sellFails, OrderTest.pair()) == .sell)
    var buyFails = Self.gate { $0.risk.maximumOrderNotional = 999_999_999_999 }
    #expect(Self.refusal(&buyFails) == .orderNotional)
    #expect(Self.refusedSide(&buyFails, OrderTest.pair()) == .buy)
  }

  @Test func positionLimitCountsOpenOrdersOfTheSameSideAsFilled() {
    var exact = Self.gate { $0.risk.maximumPosition = 100 }
    #expect(Self.refusal(&exact) == nil)
    #expect(Self.refusal(&exact, OrderTest.pair(1)) == .positionLimit)
    var short = Self.gate { $0.risk.maximumPosition = 99 }
    #expect(Self.refusal(&short) == .positionLimit)
    // Held 100 long: buying is over the limit, selling is not; and the other way round.
    for (shares, side) in [(100, Side.buy), (-100, Side.sell)] as [(Int64, Side)] {
      var gate = Self.gate { $0.risk.maximumPosition = 199 }
      gate.positions.update(0) { $0.shares = shares }
      #expect(Self.refusedSide(&gate, OrderTest.pair()) == side)
      #expect(gate.refusals[.positionLimit] == 1)
      var roomy = Self.gate { $0.risk.maximumPosition = 200 }
      roomy.positions.update(0) { $0.shares = shares }
      #expect(Self.refusal(&roomy) == nil)
    }
    var extreme = Self.gate { $0.risk.maximumPosition = .max }
    extreme.positions.update(0) { $0.shares = .max }
    #expect(Self.refusal(&extreme) == .positionLimit)
  }

  @Test func symbolExposureAddsPositionAndOpenOrdersOfBothSides() {
    // The buy leg opens 100 × 10.00; with the sell leg it is 200 × 10.02.
    var both = Self.gate { $0.risk.maximumSymbolExposure = 2_004_000_000_000 }
    #expect(Self.refusal(&both) == nil)
    var sellFails = Self.gate { $0.risk.maximumSymbolExposure = 2_003_999_999_999 }
    #expect(Self.refusedSide(&sellFails, OrderTest.pair()) == .sell)
    #expect(sellFails.refusals[.symbolExposure] == 1)
    var buyFails = Self.gate { $0.risk.maximumSymbolExposure = 999_999_999_999 }
    #expect(Self.refusedSide(&buyFails, OrderTest.pair()) == .buy)
    #expect(buyFails.refusals[.symbolExposure] == 1)
    // 50 short: |−50| + 200 shares at 10.02 dollars.
    var held = Self.gate { $0.risk.maximumSymbolExposure = 2_505_000_000_000 }
    held.positions.update(0) { $0.shares = -50 }
    #expect(Self.refusal(&held) == nil)
    var over = Self.gate { $0.risk.maximumSymbolExposure = 2_504_999_999_999 }
    over.positions.update(0) { $0.shares = -50 }
    #expect(Self.refusal(&over) == .symbolExposure)
  }

  @Test func grossExposureAddsUpSymbols() {
    let market = OrderTest.crossedMarket(groups: 2)
    for (limit, expected) in [(4_008_000_000_000, nil), (4_007_999_999_999, .grossExposure)]
      as [(Int64, RefusalReason?)]
    {
      var gate = Self.gate { $0.risk.maximumGrossExposure = limit }
      #expect(Self.refusal(&gate, OrderTest.pair(group: 0), market) == nil)
      #expect(Self.refusal(&gate, OrderTest.pair(group: 1), market) == expected)
      #expect(gate.positions.grossExposure == (expected == nil ? 4_008_000_000_000 : 2_004_000_000_000))
    }
  }

  @Test func duplicateWithinTheWindowIsRefused() {
    var gate = Self.gate { $0.risk.duplicateWindowNanoseconds = 1_000 }
    #expect(Self.refusal(&gate, at: 10_000) == nil)
    #expect(Self.refusal(&gate, at: 10_000) == .duplicateOrder)
    #expect(Self.refusal(&gate, at: 10_999) == .duplicateOrder)
    #expect(Self.refusal(&gate, at: 11_000) == nil)
    // Refusals do not renew the window, admissions do.
    #expect(Self.refusal(&gate, at: 11_999) == .duplicateOrder)
    #expect(Self.refusal(&gate, at: 12_000) == nil)
  }

  @Test func anotherQuantityPriceVenueOrSymbolIsNoDuplicate() {
    let market = OrderTest.crossedMarket(groups: 2)
    var gate = Self.gate()
    #expect(Self.refusal(&gate, OrderTest.pair(), market) == nil)
    #expect(Self.refusal(&gate, OrderTest.pair(101), market) == nil)
    #expect(Self.refusal(&gate, OrderTest.pair(buy: 100_001, sell: 100_201), market) == nil)
    #expect(Self.refusal(&gate, OrderTest.pair(group: 1), market) == nil)
    #expect(Self.refusal(&gate, OrderTest.pair(buyVenue: 1, sellVenue: 0), market) == nil)
    // One leg alone is enough.
    #expect(Self.refusal(&gate, OrderTest.pair(buy: 100_002), market) == .duplicateOrder)
    #expect(Self.refusal(&gate, OrderTest.pair(sell: 100_202), market) == .duplicateOrder)
  }

  @Test func legsThatAreEqualAreDuplicatesOfEachOther() {
    var gate = Self.gate()
    let leg = OrderTest.pair().buy
    #expect(Self.refusal(&gate, OrderPairIntent(buy: leg, sell: leg)) == .duplicateOrder)
    #expect(gate.positions.count == 0)
  }

  @Test func windowOfZeroTurnsDuplicateSuppressionOff() {
    var gate = Self.gate { $0.risk.duplicateWindowNanoseconds = 0 }
    for _ in 0..<5 { #expect(Self.refusal(&gate) == nil) }
  }

  @Test func orderRateNeedsTwoTokensForAPair() {
    var gate = Self.gate {
      $0.risk.orderBurst = 3
      $0.risk.ordersPerSecond = 1
    }
    let start: UInt64 = 1_000_000_000
    #expect(Self.refusal(&gate, OrderTest.pair(1), at: start) == nil)
    // One token left: the sell leg is the one that fails, and takes nothing.
    #expect(Self.refusedSide(&gate, OrderTest.pair(2)) == .sell)
    #expect(Self.refusal(&gate, OrderTest.pair(2), at: start + 999_999_999) == .orderRate)
    #expect(Self.refusal(&gate, OrderTest.pair(2), at: start + 1_000_000_000) == nil)
    #expect(Self.refusedSide(&gate, OrderTest.pair(3)) == .buy)
    var none = Self.gate { $0.risk.orderBurst = 0 }
    #expect(Self.refusal(&none) == .orderRate)
    var one = Self.gate { $0.risk.orderBurst = 1 }
    #expect(Self.refusal(&one, at: .max) == .orderRate)
  }

  @Test func refusedPairConsumesNothing() {
    // The sell leg fails for its price; burst 2, so a lost token would show, and so would a remembered buy.
    var gate = Self.gate {
      $0.risk.orderBurst = 2
      $0.risk.ordersPerSecond = 0
      $0.risk.duplicateWindowNanoseconds = .max
    }
    for _ in 0..<10 { #expect(Self.refusal(&gate, OrderTest.pair(sell: 1)) == .priceCollar) }
    #expect(gate.positions.count == 0 && gate.positions.grossExposure == 0)
    #expect(gate.positions.position(of: 0) == Position())
    #expect(gate.refusals[.priceCollar] == 10 && gate.refusals.total == 10)
    #expect(Self.refusal(&gate) == nil)
  }

  @Test func nothingTrapsOnAnyIntentViewOrLimit() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("nothingTrapsOnAnyIntentViewOrLimit seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    let prices: [Int32] = [.min, -1, 0, 1, 99_999, 100_000, 1_999_999_900, .max]
    let quantities: [UInt32] = [0, 1, 999_999, 1_000_000, .max]
    let amounts: [Int64] = [.min, -1, 0, 1, 1_000_000_000_000, .max]
    for _ in 0..<2_000 {
      var gate = Self.gate {
        $0.risk.maximumOrderQuantity = quantities.randomElement(using: &random)!
        $0.risk.maximumOrderNotional = amounts.randomElement(using: &random)!
        $0.risk.maximumPosition = amounts.randomElement(using: &random)!
        $0.risk.maximumSymbolExposure = amounts.randomElement(using: &random)!
        $0.risk.maximumGrossExposure = amounts.randomElement(using: &random)!
        $0.risk.collarPartsPerMillion = [0, 50_000, 1_000_000, .max].randomElement(using: &random)!
        $0.risk.ordersPerSecond = [0, 1, .max].randomElement(using: &random)!
        $0.risk.orderBurst = [0, 2, 1_000].randomElement(using: &random)!
        $0.risk.duplicateWindowNanoseconds = [0, 1, 5_000].randomElement(using: &random)!
      }
      let market = OrderTest.crossedMarket(groups: 4)
      market.bestOverride = ConsolidatedBest(
        bid: amounts.randomElement(using: &random), ask: amounts.randomElement(using: &random))
      market[0].multiplier = amounts.randomElement(using: &random)!
      gate.positions.update(0) { $0.shares = amounts.randomElement(using: &random)! }
      for _ in 0..<3 {
        func leg(_ side: Side) -> OrderIntent {
          OrderIntent(
            group: [0, 1, 4, .max].randomElement(using: &random)!,
            venue: [0, 1, 2, 255].randomElement(using: &random)!, side: side,
            quantity: quantities.randomElement(using: &random)!,
            limitPrice: prices.randomElement(using: &random)!)
        }
        let pair = OrderPairIntent(buy: leg(Bool.random(using: &random) ? .buy : .sell), sell: leg(.sell))
        let time = [0, 1, 5_000, .max].randomElement(using: &random)! as UInt64
        _ = gate.admit(pair, at: time, hasRoom: true, view: market)
      }
    }
  }
}
