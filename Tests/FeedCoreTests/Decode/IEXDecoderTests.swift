import Testing

@testable import FeedCore

/// The feeds of IEX: messages from the sheet → events.
struct IEXDecoderTests {
  typealias M = IEX

  static let prepare = [M.trading("ZIEXT")]

  static let status: [DecoderCase] = [
    DecoderCase(M.system("R", at: 5), ["systemEvent": .text("R")], "system 81x0 @5"),
    DecoderCase(M.system("M", at: 6), [:], "system 77x0 @6"),
    DecoderCase(M.system("O", at: 7), [:], "system 79x0 @7"),
    DecoderCase(M.directory("ZIEXT", roundLot: 7, at: 8), ["roundLotSize": .unsigned(7)]),
    DecoderCase(
      M.trading("ZIEXT", at: 9), ["tradingStatus": .text("T"), "reason": .text("NA  ")],
      "tradingStatus ZIEXT 1x0 @9"),
    DecoderCase(M.trading("ZIEXT", "P", at: 10), [:], "tradingStatus ZIEXT @10"),
    DecoderCase(M.trading("ZIEXT", "O", at: 11), [:], "tradingStatus ZIEXT @11"),
    DecoderCase(M.trading("ZIEXT", "H", at: 12), [:], "tradingStatus ZIEXT @12"),
    DecoderCase(
      M.flagged("O", "O", "ZIEXT", at: 13), ["operationalHaltStatus": .text("O")],
      "operationalHalt ZIEXT 1x0 @13"),
    DecoderCase(M.flagged("O", "N", "ZIEXT", at: 14), [:], "operationalHalt ZIEXT @14"),
    DecoderCase(
      M.shortSale("ZIEXT", 1, at: 15), ["shortSalePriceTestStatus": .unsigned(1)], "shortSale ZIEXT 1x0 @15"),
    DecoderCase(M.shortSale("ZIEXT", 0, at: 16), [:], "shortSale ZIEXT @16"),
    DecoderCase(M.flagged("I", "A", "ZIEXT", at: 17)),
  ]
  static let trades: [DecoderCase] = [
    DecoderCase(
      M.trade("T", 100, "ZIEXT", 990_500, trade: 42, at: 18),
      ["size": .unsigned(100), "price": .unsigned(990_500), "tradeID": .unsigned(42)],
      "trade ZIEXT +42 100x990500 @18"),
    DecoderCase(
      M.trade("B", 100, "ZIEXT", 990_500, trade: 42, at: 19), ["tradeID": .unsigned(42)],
      "tradeBreak ZIEXT #42 @19"),
  ]
  static let deepPlus: [DecoderCase] = [
    DecoderCase(
      M.add(4, "8", 100, "ZIEXT", 990_500, at: 20),
      ["side": .text("8"), "orderID": .unsigned(4), "size": .unsigned(100), "price": .unsigned(990_500)],
      "add ZIEXT #4 100x990500 @20"),
    DecoderCase(M.add(5, "5", 1, "ZIEXT", 990_600, at: 21), [:], "add ZIEXT sell #5 1x990600 @21"),
    DecoderCase(
      M.modify(4, 90, "ZIEXT", 990_400, flags: 1, at: 22),
      ["orderIDReference": .unsigned(4), "size": .unsigned(90), "price": .unsigned(990_400)],
      "modify ZIEXT #4 90x990400 keepsPlace @22"),
    DecoderCase(M.modify(4, 90, "ZIEXT", 990_400, flags: 0, at: 23), [:], "modify ZIEXT #4 90x990400 @23"),
    DecoderCase(
      M.delete(4, "ZIEXT", at: 24), ["orderIDReference": .unsigned(4)], "delete ZIEXT #4 @24"),
    DecoderCase(
      M.execute(4, 10, "ZIEXT", 990_450, trade: 43, at: 25),
      ["size": .unsigned(10), "price": .unsigned(990_450), "tradeID": .unsigned(43)],
      "executeWithPrice ZIEXT #4 +43 10x990450 @25"),
    DecoderCase(M.head("C", 0, 26, "ZIEXT"), [:], "clearBook ZIEXT @26"),
    DecoderCase(M.flagged("E", "O", "ZIEXT", at: 27)),
  ]
  static let deep: [DecoderCase] = [
    DecoderCase(
      M.level("8", 9_700, "ZIEXT", 990_500, at: 28),
      ["eventFlags": .unsigned(1), "size": .unsigned(9_700), "price": .unsigned(990_500)],
      "setLevel ZIEXT 9700x990500 @28"),
    DecoderCase(
      M.level("5", 0, "ZIEXT", 990_600, complete: false, at: 29), [:], "setLevel ZIEXT sell 0x990600 partial @29"),
  ]
  static let tops: [DecoderCase] = [
    DecoderCase(
      M.quote("ZIEXT", bid: (9_700, 990_500), ask: (1_000, 990_600), at: 30),
      [
        "bidSize": .unsigned(9_700), "bidPrice": .unsigned(990_500), "askPrice": .unsigned(990_600),
        "askSize": .unsigned(1_000),
      ], "setTop ZIEXT 9700x990500 @30", "setTop ZIEXT sell 1000x990600 @30"),
    DecoderCase(
      M.quote("ZIEXT", bid: (0, 0), ask: (0, 0), at: 31), [:], "setTop ZIEXT @31", "setTop ZIEXT sell @31"),
  ]

  @Test func messagesGiveTheirEventsAndNothingWhenOneByteShort() {
    let feeds: [(FeedProtocol, [DecoderCase])] = [
      (.deepPlus, Self.status + Self.trades + Self.deepPlus), (.deep10, Self.status + Self.trades + Self.deep),
      (.tops16, Self.status + Self.trades + Self.tops),
    ]
    for (feed, cases) in feeds {
      DecoderCheck.run(cases, feed, IEXDecoder.layouts(of: feed), prepare: Self.prepare, type: { $0[0] })
    }
  }

  /// TOPS 1.5 has quotes, trades of 42 bytes and breaks alone: the quotes say whether a symbol trades.
  @Test func quotesOfTOPS15TellTradingAndMarketHours() {
    let cases = [
      DecoderCase(
        M.quote("ZIEXT", bid: (1, 2), ask: (3, 4), flags: 0, at: 5), [:],
        "setTop ZIEXT 1x2 @5", "setTop ZIEXT sell 3x4 @5", "tradingStatus ZIEXT 1x0 @5", "system 81x0 @5"),
      DecoderCase(
        M.quote("ZIEXT", bid: (1, 2), ask: (3, 4), flags: 0xC0, at: 6), ["flags": .unsigned(0xC0)],
        "setTop ZIEXT 1x2 @6", "setTop ZIEXT sell 3x4 @6", "tradingStatus ZIEXT @6", "system 77x0 @6"),
      DecoderCase(
        M.trade("T", 1, "ZIEXT", 2, trade: 3, at: 7) + [0, 0, 0, 0], ["tradeID": .unsigned(3)],
        "trade ZIEXT +3 1x2 @7"),
      DecoderCase(M.trade("B", 1, "ZIEXT", 2, trade: 3, at: 8) + [0, 0, 0, 0], [:], "tradeBreak ZIEXT #3 @8"),
    ]
    DecoderCheck.run(
      cases, .tops15, IEXLayouts.tops15, prepare: [M.quote("ZIEXT", bid: (0, 0), ask: (0, 0))], type: { $0[0] })
    DecoderCheck.refuses(.tops15, unknown: M.trading("ZIEXT"))
  }

  @Test func whatIsNoMessageIsCounted() {
    DecoderCheck.refuses(.deepPlus, unknown: M.level("8", 1, "ZIEXT", 1))
    DecoderCheck.refuses(.deep10, unknown: M.add(1, "8", 1, "ZIEXT", 1))
    DecoderCheck.refuses(.tops16, unknown: M.delete(1, "ZIEXT"))
    for feed in [FeedProtocol.deepPlus, .deep10, .tops15, .tops16] { DecoderCheck.survives(feed) }
  }

  @Test func ordersOfAnotherCoreGiveNothingAndSystemEventsReachAll() {
    let harness = DecoderHarness(.deepPlus, ownedShards: 0, counts: false)
    #expect(harness.decode(M.add(1, "8", 1, "ZIEXT", 1)) == [])
    #expect(harness.decode(M.delete(1, "ZIEXT")) == [])
    #expect(harness.lastOutcome == .everyday)
    #expect(harness.decode(M.system("R")) == ["system 81x0 @0"])
    #expect(harness.lastOutcome == .barrier)
  }

  @Test func theDirectoryGivesTheRoundLot() {
    let harness = DecoderHarness(.deepPlus)
    harness.decode(M.directory("ZIEXT", roundLot: 10))
    #expect(harness.record("ZIEXT")?.roundLot == 10)
    harness.decode(M.directory("ZIEXT", roundLot: 0))
    #expect(harness.record("ZIEXT")?.roundLot == 10)
  }

  @Test func pricesBeyondTheScaleAreCountedAndATradeStillTakesItsShares() {
    let harness = DecoderHarness(.deepPlus)
    let tooHigh = Int64(Int32.max) + 1
    #expect(harness.decode(M.add(1, "8", 1, "ZIEXT", tooHigh)) == ["damage ZIEXT @0"])
    #expect(harness.decode(M.modify(1, 1, "ZIEXT", .min, flags: 0)) == ["damage ZIEXT @0"])
    #expect(harness.counted(.pricesOffScale) == 2)
    let other = DecoderHarness(.deepPlus)
    #expect(
      other.decode(M.execute(1, 9, "ZIEXT", tooHigh, trade: 2)) == ["reduce ZIEXT #1 +2 9x0 @0"])
    #expect(other.decode(M.trade("T", 9, "ZIEXT", tooHigh, trade: 2)) == [])
    #expect(other.counted(.tradePricesOffScale) == 2)
    #expect(other.decode(M.add(1, "B", 1, "ZIEXT", 1)) == [] && other.counted(.badSide) == 1)
    // A level that is lost still ends its event.
    let deep = DecoderHarness(.deep10)
    #expect(deep.decode(M.level("8", 1, "ZIEXT", tooHigh)) == ["damage ZIEXT @0", "endOfEvent ZIEXT @0"])
    #expect(deep.decode(M.level("8", 1, "ZIEXT", tooHigh, complete: false)) == ["damage ZIEXT partial @0"])
  }

  /// 2018-01-02 14:30 UTC is 9:30 in New York; 2018-07-02 13:30 UTC too; and around both changes of 2018.
  @Test func timesAreEastern() {
    let harness = DecoderHarness(.deepPlus)
    let half = "tradingStatus ZIEXT 1x0 @34200000000001"
    #expect(harness.decode(M.trading("ZIEXT", at: 1_514_903_400_000_000_001)) == [half])
    #expect(harness.decode(M.trading("ZIEXT", at: 1_530_538_200_000_000_001)) == [half])
    // 2018-03-11 06:59:59 UTC is 01:59:59 EST, a second later it is 03:00 EDT; 2018-11-04 05:59:59 UTC is 01:59:59
    // EDT, a second later it is 01:00 EST.
    let changes: [(utc: UInt64, local: UInt64)] = [
      (1_520_751_599, 7_199), (1_520_751_600, 10_800), (1_541_311_199, 7_199), (1_541_311_200, 3_600),
    ]
    for (utc, local) in changes {
      let events = harness.decode(M.trading("ZIEXT", at: utc * 1_000_000_000))
      #expect(events == ["tradingStatus ZIEXT 1x0 @\(local * 1_000_000_000)"])
    }
  }

  /// The hour kept by the clock gives what a calculation of each time gives.
  @Test func theClockAgreesWithTheCalendar() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var clock = EasternClock()
    for _ in 0..<20_000 {
      let time = random.chance(10) ? random.next() : 1_500_000_000_000_000_000 &+ random.next() % (1 << 58)
      for step: UInt64 in [0, 1, 3_599_999_999_999] {
        let wanted = EasternTime.nanosecondsSinceMidnight(captureNanoseconds: time &+ step)
        #expect(clock.sinceMidnight(time &+ step) == wanted, "seed \(seed)")
      }
    }
  }

  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func vectorsOfTheSheetGiveTheirEvents() throws {
    let id: UInt64 = 72_623_859_790_382_856
    // 1972-04-20 13:17:39.790382856 UTC; by the rule in force since 2007 four hours behind.
    let at = "@33459790382856"
    let level = "16909060x1502500"
    let common = [
      "S": ["system 79x0 \(at)"], "H": ["tradingStatus AAPL \(at)"], "O": ["operationalHalt AAPL 1x0 \(at)"],
      "P": ["shortSale AAPL \(at)"], "T": ["trade AAPL +\(id) \(level) \(at)"],
      "B": ["tradeBreak AAPL #\(id) \(at)"],
    ]
    func check(_ proto: String, _ feed: FeedProtocol, _ expected: [String: [String]]) throws {
      let harness = DecoderHarness(feed)
      #expect(try DecoderCheck.vectors(proto, harness) == expected, "\(proto)")
      #expect(harness.refused == [0, 0, 0], "\(proto)")
    }
    try check(
      "deepplus10", .deepPlus,
      common.merging([
        "a": ["add AAPL #\(id) \(level) \(at)"], "M": ["modify AAPL #\(id) \(level) keepsPlace \(at)"],
        "R": ["delete AAPL #\(id) \(at)"], "L": ["executeWithPrice AAPL #\(id) +\(id) \(level) \(at)"],
        "C": ["clearBook AAPL \(at)"],
      ]) { $1 })
    try check(
      "deep10", .deep10,
      common.merging([
        "8": ["setLevel AAPL \(level) partial \(at)"], "5": ["setLevel AAPL sell \(level) partial \(at)"],
      ]) { $1 })
    let quote = ["setTop AAPL \(level) \(at)", "setTop AAPL sell \(level) \(at)"]
    try check("tops16", .tops16, common.merging(["Q": quote]) { $1 })
    try check(
      "tops15", .tops15,
      [
        "Q": quote + ["tradingStatus AAPL 1x0 \(at)", "system 81x0 \(at)"], "T": common["T"]!, "B": common["B"]!,
      ])
  }
}
