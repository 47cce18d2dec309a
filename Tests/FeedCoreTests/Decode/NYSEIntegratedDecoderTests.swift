import Testing

@testable import FeedCore

/// NYSE Integrated: messages from the sheet → events.
struct NYSEIntegratedDecoderTests {
  typealias M = NYSE

  static let prepare = [M.time(34_200), M.mapping(4_966, "NYA")]

  static let cases: [DecoderCase] = [
    DecoderCase(
      M.add(4_966, 7, "B", 1_200, 100_100, at: 5),
      ["sourceTimeNS": .unsigned(5), "symbolIndex": .unsigned(4_966), "orderID": .unsigned(7)],
      "add NYA #7 1200x100100 @34200000000005"),
    DecoderCase(
      M.add(4_966, 8, "S", 1, 100_200, at: 6), ["side": .text("S"), "volume": .unsigned(1)],
      "add NYA sell #8 1x100200 @34200000000006"),
    DecoderCase(
      M.modify(4_966, 7, 1_100, 100_000, at: 7), ["price": .unsigned(100_000), "volume": .unsigned(1_100)],
      "modify NYA #7 1100x100000 keepsPlace @34200000000007"),
    DecoderCase(M.delete(4_966, 7, at: 8), ["orderID": .unsigned(7)], "delete NYA #7 @34200000000008"),
    DecoderCase(
      M.execute(4_966, 7, 50, 100_050, trade: 91, at: 9),
      ["tradeID": .unsigned(91), "price": .unsigned(100_050), "volume": .unsigned(50), "printableFlag": .unsigned(1)],
      "executeWithPrice NYA #7 +91 50x100050 @34200000000009"),
    DecoderCase(
      M.execute(4_966, 7, 50, 100_050, trade: 92, printable: false, at: 10), [:],
      "executeWithPrice NYA #7 +92 50x100050 unprinted @34200000000010"),
    DecoderCase(
      M.execute(4_966, 7, 50, 100_050, trade: 93, isOld: true, at: 11), ["numParitySplits": .unsigned(2)],
      "executeWithPrice NYA #7 +93 50x100050 @34200000000011"),
    DecoderCase(
      M.replace(4_966, 7, by: 9, 1_000, 99_900, at: 12),
      ["orderID": .unsigned(7), "newOrderID": .unsigned(9), "price": .unsigned(99_900), "volume": .unsigned(1_000)],
      "replace NYA #7 +9 1000x99900 @34200000000012"),
    DecoderCase(
      M.trade(4_966, 30, 100_070, trade: 94, at: 13), ["tradeID": .unsigned(94), "printableFlag": .unsigned(1)],
      "trade NYA +94 30x100070 @34200000000013"),
    DecoderCase(M.trade(4_966, 30, 100_070, trade: 94, printable: false, at: 14)),
    DecoderCase(
      M.cross(4_966, 31, 100_080, cross: 95, at: 15), ["crossID": .unsigned(95), "crossType": .text("O")],
      "trade NYA +95 31x100080 @34200000000015"),
    DecoderCase(
      M.cancelTrade(4_966, 94, at: 16), ["tradeID": .unsigned(94)], "tradeBreak NYA #94 @34200000000016"),
    DecoderCase(
      M.refresh(4_966, 10, "S", 70, 100_300, seconds: 34_201, at: 17),
      ["orderID": .unsigned(10), "price": .unsigned(100_300), "volume": .unsigned(70), "side": .text("S")],
      "add NYA sell #10 70x100300 @34201000000017"),
    DecoderCase(
      M.clear(4_966, seconds: 34_201, at: 18), ["nextSourceSeqNum": .unsigned(8)],
      "clearBook NYA @34201000000018", "tradingStatus NYA @34201000000018"),
    DecoderCase(M.mapping(4_966, "NYA"), ["priceScaleCode": .unsigned(4), "lotSize": .unsigned(100)]),
    DecoderCase(M.time(34_202), ["sourceTime": .unsigned(34_202)]),
    DecoderCase(Wire.xdpReset(seconds: 34_203)),
    DecoderCase(Wire.xdpMessage(35, [1, 0, 1, 0])),
  ]

  private static func status(
    _ code: Character, _ events: String..., halt: Character = "~", market: Character = "O", ssr: Character = "~"
  ) -> DecoderCase {
    let message = M.status(4_966, code, halt: halt, market: market, ssr: ssr, seconds: 34_201, at: 19)
    var item = DecoderCase(
      message,
      ["securityStatus": .text(String(code)), "haltCondition": .text(halt == " " ? "" : String(halt))])
    item.fields["marketState"] = .text(String(market))
    item.fields["ssrState"] = .text(String(ssr))
    item.events = events.map { $0 + " @34201000000019" }
    return item
  }

  static let statuses: [DecoderCase] = [
    status("O", "system 81x0", "shortSale NYA", "tradingStatus NYA 1x0"),
    status("O", "system 81x0", "shortSale NYA 1x0", "tradingStatus NYA 1x0", ssr: "E"),
    status("O", "system 81x0", "shortSale NYA", "tradingStatus NYA", halt: "D"),
    status("E", "shortSale NYA", "tradingStatus NYA 1x0", market: "E"),
    status("L", "system 77x0", "shortSale NYA", "tradingStatus NYA 1x0", market: "L"),
    status("P", "shortSale NYA", "tradingStatus NYA", market: "P"),
    status("B", "shortSale NYA", "tradingStatus NYA", market: "P"),
    status("4", "shortSale NYA", "tradingStatus NYA", halt: "D"),
    status("6", "shortSale NYA", "tradingStatus NYA", halt: "D"),
    status("5", "shortSale NYA", "tradingStatus NYA 1x0"),
    status("5", "shortSale NYA", "tradingStatus NYA", market: "P"),
    status("5", "shortSale NYA", "tradingStatus NYA", market: "X"),
    status("X", "system 77x0", "shortSale NYA", "tradingStatus NYA", "clearBook NYA", market: "X"),
    status("A", "shortSale NYA 1x0", ssr: "E"), status("C", "shortSale NYA 1x0", ssr: "E"),
    status("D", "shortSale NYA"), status("I", "shortSale NYA"),
  ]

  @Test func messagesGiveTheirEventsAndNothingWhenOneByteShort() {
    DecoderCheck.run(
      Self.cases + Self.statuses, .nyseIntegrated, NYSEPillarLayouts.description, prepare: Self.prepare,
      type: { $0[2] })
  }

  @Test func whatIsNoMessageIsCounted() {
    DecoderCheck.refuses(.nyseIntegrated, unknown: Wire.xdpMessage(140, [UInt8](repeating: 0, count: 60)))
    // Type 256 + 100 is not type 100.
    DecoderCheck.refuses(.nyseIntegrated, unknown: Wire.xdpMessage(356, [UInt8](repeating: 0, count: 60)))
    DecoderCheck.survives(.nyseIntegrated)
  }

  @Test func anIndexNobodyMappedIsCountedOnceAndChangesNothing() {
    var counted: UInt64 = 0
    for core in 0..<2 {
      let harness = DecoderHarness(.nyseIntegrated, ownedShards: core == 0 ? 0x5555 : 0xAAAA, counts: core == 0)
      for index: UInt32 in [3, 70_000] {
        #expect(harness.decode(M.add(index, 1, "B", 1, 1)) == [])
        #expect(harness.decode(M.clear(index, seconds: 1)) == [])
        // The word on the market reaches every core, known symbol or not.
        #expect(harness.decode(M.status(index, "O", seconds: 1)) == ["system 81x0 @1000000000"])
      }
      counted += harness.counted(.unknownInstruments)
    }
    #expect(counted == 6)
  }

  @Test func theMappingGivesSymbolScaleAndLots() {
    let harness = DecoderHarness(.nyseIntegrated)
    harness.decode(M.mapping(70_000, "BRK A", scale: 3, lot: 10))
    let record = harness.record("BRK A")
    #expect(record?.roundLot == 10 && record?.marketCategory == 0x4E)
    #expect(harness.context.directory.pointee.scales[0].scale == PriceScale(decimals: 3))
    #expect(harness.decode(M.add(70_000, 1, "B", 1, 700_000_500)) == ["add BRK A #1 1x700000500 @0"])
    // After the first price another scale is refused.
    #expect(harness.decode(M.mapping(70_000, "BRK A", scale: 4)) == ["damage BRK A 1x0 @0"])
    #expect(harness.counted(.priceScaleChanges) == 1)
    // Ten decimals are no scale that nanounits hold.
    #expect(harness.decode(M.mapping(5, "ODD", scale: 10)) == ["damage ODD @0"])
    #expect(harness.counted(.pricesOffScale) == 1)
    #expect(harness.decode(M.mapping(6, "")) == [] && harness.counted(.malformed) == 1)
  }

  @Test func anotherSidesByteIsCounted() {
    let harness = DecoderHarness(.nyseIntegrated)
    harness.decode(M.mapping(1, "ABC"))
    #expect(harness.decode(M.add(1, 1, "X", 1, 1)) == [] && harness.counted(.badSide) == 1)
  }

  /// 1645642897 is 2022-02-23 14:01:37 in New York: 50,497 s.
  @Test func timesAreEastern() {
    let harness = DecoderHarness(.nyseIntegrated)
    harness.decode(M.time(1_645_642_897))
    harness.decode(M.mapping(1, "ABC"))
    #expect(harness.decode(M.delete(1, 5, at: 150_267_136)) == ["delete ABC #5 @50497150267136"])
    #expect(
      harness.decode(M.clear(1, seconds: 1_645_642_898, at: 2))
        == ["clearBook ABC @50498000000002", "tradingStatus ABC @50498000000002"])
    // The last second of type 2, or of a reset, is that of the messages without one.
    #expect(harness.decode(M.delete(1, 5, at: 3)) == ["delete ABC #5 @50497000000003"])
    harness.decode(Wire.xdpReset(seconds: 1_645_642_899))
    #expect(harness.decode(M.delete(1, 5, at: 3)) == ["delete ABC #5 @50499000000003"])
  }

  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func vectorsOfTheSheetGiveTheirEvents() throws {
    let harness = DecoderHarness(.nyseIntegrated)
    let events = try DecoderCheck.vectors("nyse-integrated", harness)
    let id: UInt64 = 72_623_859_790_382_856
    let number: UInt64 = 16_909_060
    // 16,909,060 s are 1970-07-15 16:57:40 UTC, 12:57:40 in New York; so many nanoseconds more.
    let at = "@\(UInt64(46_660) * 1_000_000_000 + number)"
    let long = "\(number)x\(number)"
    #expect(
      events == [
        "32": ["clearBook AAPL \(at)", "tradingStatus AAPL \(at)"], "34": ["shortSale AAPL 1x0 \(at)"],
        "100": ["add AAPL #\(id) \(long) \(at)"], "101": ["modify AAPL #\(id) \(long) keepsPlace \(at)"],
        "102": ["delete AAPL #\(id) \(at)"],
        "103": ["executeWithPrice AAPL #\(id) +\(number) \(long) unprinted \(at)"],
        "104": ["replace AAPL #\(id) +\(id) \(long) \(at)"], "106": ["add AAPL #\(id) \(long) \(at)"],
        "110": ["trade AAPL +\(number) \(long) \(at)"], "111": ["trade AAPL +\(number) \(long) \(at)"],
        "112": ["tradeBreak AAPL #\(number) \(at)"],
      ])
    #expect(harness.refused == [0, 0, 0])
    #expect(harness.record("AAPL")?.roundLot == 258)
  }
}
