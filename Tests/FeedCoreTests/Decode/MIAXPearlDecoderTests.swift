import Testing

@testable import FeedCore

/// MIAX Pearl Depth of Market: messages from the sheet → events. There is neither a capture nor a vector of this feed.
struct MIAXPearlDecoderTests {
  typealias M = MIAX

  static let prepare = [M.time(34_200), M.symbol(70_001, "MIAXSYMBOLS")]

  static let cases: [DecoderCase] = [
    DecoderCase(
      M.add(70_001, 7, "B", 300, 12_340_000, at: 5),
      [
        "timestamp": .unsigned(5), "symbolID": .unsigned(70_001), "orderID": .unsigned(7), "orderSide": .text("B"),
        "price": .unsigned(12_340_000), "size": .unsigned(300),
      ], "add MIAXSYMBOLS #7 300x123400 @34200000000005"),
    DecoderCase(
      M.add(70_001, 8, "S", 1, 12_350_000, at: 6), [:], "add MIAXSYMBOLS sell #8 1x123500 @34200000000006"),
    DecoderCase(
      M.modify(70_001, 7, 200, 12_330_000, flags: 0, at: 7),
      ["price": .unsigned(12_330_000), "size": .unsigned(200), "flags": .unsigned(0)],
      "modify MIAXSYMBOLS #7 200x123300 keepsPlace @34200000000007"),
    DecoderCase(
      M.modify(70_001, 7, 200, 12_330_000, flags: 1, at: 8), ["flags": .unsigned(1)],
      "modify MIAXSYMBOLS #7 200x123300 @34200000000008"),
    DecoderCase(M.delete(70_001, 7, at: 9), ["orderID": .unsigned(7)], "delete MIAXSYMBOLS #7 @34200000000009"),
    DecoderCase(
      M.execute(70_001, 7, 30, 12_345_000, trade: 9, at: 10),
      ["tradeID": .unsigned(9), "price": .unsigned(12_345_000), "size": .unsigned(30), "flags": .unsigned(1)],
      "executeWithPrice MIAXSYMBOLS #7 +9 30x123450 @34200000000010"),
    DecoderCase(
      M.execute(70_001, 7, 30, 12_345_000, trade: 9, flags: 2, at: 11), [:],
      "executeWithPrice MIAXSYMBOLS #7 +9 30x123450 unprinted @34200000000011"),
    DecoderCase(
      M.trade(70_001, 31, 12_346_000, trade: 10, at: 12),
      ["tradeID": .unsigned(10), "price": .unsigned(12_346_000), "size": .unsigned(31)],
      "trade MIAXSYMBOLS +10 31x123460 @34200000000012"),
    DecoderCase(
      M.trade(70_001, 32, 12_347_000, trade: 10, correction: 1, at: 13), ["correctionNumber": .unsigned(1)],
      "tradeBreak MIAXSYMBOLS #10 @34200000000013", "trade MIAXSYMBOLS +10 32x123470 @34200000000013"),
    DecoderCase(M.trade(70_001, 31, 12_346_000, trade: 11, flags: 2, at: 14)),
    DecoderCase(
      M.cancelTrade(70_001, trade: 10, at: 15), ["tradeID": .unsigned(10)],
      "tradeBreak MIAXSYMBOLS #10 @34200000000015"),
    DecoderCase(
      M.status(70_001, "2", at: 16), ["tradingStatus": .text("2"), "marketState": .text("3")],
      "system 81x0 @34200000000016", "shortSale MIAXSYMBOLS @34200000000016",
      "tradingStatus MIAXSYMBOLS 1x0 @34200000000016"),
    DecoderCase(
      M.status(70_001, "4", market: "4", restricted: "Y", at: 17), ["shortSaleRestriction": .text("Y")],
      "system 77x0 @34200000000017", "shortSale MIAXSYMBOLS 1x0 @34200000000017",
      "tradingStatus MIAXSYMBOLS @34200000000017"),
    DecoderCase(
      M.status(70_001, "1", market: "2", at: 18), [:], "shortSale MIAXSYMBOLS @34200000000018",
      "tradingStatus MIAXSYMBOLS @34200000000018"),
    DecoderCase(M.clear(70_001, at: 19), [:], "clearBook MIAXSYMBOLS @34200000000019"),
    DecoderCase(M.symbol(70_001, "MIAXSYMBOLS"), ["lotSize": .unsigned(100)]),
    DecoderCase(M.state("S"), ["systemStatus": .text("S")]), DecoderCase(M.time(1), ["timeStamp": .unsigned(1)]),
  ]

  @Test func messagesGiveTheirEventsAndNothingWhenOneByteShort() {
    DecoderCheck.run(
      Self.cases, .miaxPearlDepth, MIAXPearlLayouts.description, prepare: Self.prepare, type: { $0[0] })
  }

  @Test func whatIsNoMessageIsCounted() {
    DecoderCheck.refuses(.miaxPearlDepth, unknown: [22, 0, 0, 0, 0])
    DecoderCheck.survives(.miaxPearlDepth)
  }

  @Test func statusesAreReadAsDigitsAndAsNumbers() {
    let harness = DecoderHarness(.miaxPearlDepth)
    harness.decode(M.symbol(1, "ABC", lot: 10))
    #expect(harness.record("ABC")?.roundLot == 10)
    for (digit, number) in zip(["1", "2", "3", "4", "5"] as [Character], UInt8(1)...5) {
      var message = M.status(1, digit)
      let asDigits = harness.decode(message)
      message[9] = number
      message[10] = 3
      #expect(harness.decode(message) == asDigits)
      #expect(asDigits.last == (number == 2 ? "tradingStatus ABC 1x0 @0" : "tradingStatus ABC @0"))
    }
  }

  @Test func badInputIsCounted() {
    let harness = DecoderHarness(.miaxPearlDepth)
    #expect(harness.decode(M.add(1, 1, "B", 1, 1_000_000)) == [] && harness.counted(.unknownInstruments) == 1)
    harness.decode(M.symbol(1, "ABC"))
    #expect(harness.decode(M.add(1, 1, "b", 1, 1_000_000)) == [] && harness.counted(.badSide) == 1)
    #expect(harness.decode(M.add(1, 1, "B", 1, 1_000_001)) == ["damage ABC @0"])
    #expect(harness.decode(M.add(1, 1, "B", 1, .max)) == ["damage ABC @0"] && harness.counted(.pricesOffScale) == 2)
    #expect(harness.decode(M.execute(1, 7, 30, .max, trade: 9)) == ["reduce ABC #7 +9 30x0 @0"])
    #expect(harness.decode(M.symbol(2, "")) == [] && harness.counted(.malformed) == 1)
  }

  /// 1645642897 is 2022-02-23 14:01:37 in New York: 50,497 s.
  @Test func timesAreEastern() {
    let harness = DecoderHarness(.miaxPearlDepth)
    harness.decode(M.time(1_645_642_897))
    harness.decode(M.symbol(1, "ABC"))
    #expect(harness.decode(M.delete(1, 5, at: 9)) == ["delete ABC #5 @50497000000009"])
  }
}
