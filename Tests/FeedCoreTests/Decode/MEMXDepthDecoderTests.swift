import Testing

@testable import FeedCore

/// MEMX MEMOIR Depth: messages from the sheet → events.
struct MEMXDepthDecoderTests {
  typealias M = MEMX

  static let prepare = [M.directory(258, "BRK", suffix: "A")]

  static let cases: [DecoderCase] = [
    DecoderCase(
      M.add(258, 7, "B", 300, 12_340_000, at: 5),
      [
        "timestamp": .unsigned(5), "securityID": .unsigned(258), "orderID": .unsigned(7), "side": .text("B"),
        "quantity": .unsigned(300), "price": .unsigned(12_340_000),
      ], "add BRK A #7 300x123400 @5"),
    DecoderCase(M.add(258, 8, "S", 1, 12_350_000, at: 6), [:], "add BRK A sell #8 1x123500 @6"),
    DecoderCase(M.delete(258, 7, at: 7), ["orderID": .unsigned(7)], "delete BRK A #7 @7"),
    DecoderCase(
      M.reduce(258, 7, 20, at: 8), ["orderID": .unsigned(7), "quantity": .unsigned(20)],
      "reduce BRK A #7 20x0 @8"),
    DecoderCase(
      M.execute(258, 7, 30, 12_345_000, trade: 9, at: 9),
      ["tradeID": .unsigned(9), "quantity": .unsigned(30), "price": .unsigned(12_345_000)],
      "executeWithPrice BRK A #7 +9 30x123450 @9"),
    DecoderCase(
      M.trade(258, 31, 12_346_000, trade: 10, at: 10),
      ["tradeID": .unsigned(10), "quantity": .unsigned(31), "price": .unsigned(12_346_000)],
      "trade BRK A +10 31x123460 @10"),
    DecoderCase(M.broken(258, trade: 10, at: 11), ["tradeID": .unsigned(10)], "tradeBreak BRK A #10 @11"),
    DecoderCase(
      M.corrected(258, trade: 10, 32, 12_347_000, at: 12),
      ["correctedQuantity": .unsigned(32), "correctedPrice": .unsigned(12_347_000)],
      "tradeBreak BRK A #10 @12", "trade BRK A +10 32x123470 @12"),
    DecoderCase(M.restriction(258, 1, at: 13), ["shortSaleRestriction": .unsigned(1)], "shortSale BRK A 1x0 @13"),
    DecoderCase(M.restriction(258, 0, at: 14), [:], "shortSale BRK A @14"),
    DecoderCase(
      M.status(258, "T", at: 15), ["securityTradingStatus": .text("T")], "tradingStatus BRK A 1x0 @15"),
    DecoderCase(M.status(258, "H", at: 16), [:], "tradingStatus BRK A @16"),
    DecoderCase(M.status(258, "P", at: 17), [:], "tradingStatus BRK A @17"),
    DecoderCase(M.status(258, "Q", at: 18), [:], "tradingStatus BRK A @18"),
    DecoderCase(M.session("1", at: 19), ["tradingSession": .text("1")], "system 77x0 @19"),
    DecoderCase(M.session("2", at: 20), [:], "system 81x0 @20"),
    DecoderCase(M.session("3", at: 21), [:], "system 77x0 @21"),
    DecoderCase(M.session("4", at: 22), [:], "system 77x0 @22"),
    DecoderCase(M.clear(258, at: 23), ["securityID": .unsigned(258)], "clearBook BRK A @23"),
    DecoderCase(M.message(100, 24, Wire.big(UInt64(5)))),
  ]

  @Test func messagesGiveTheirEventsAndNothingWhenOneByteShort() {
    DecoderCheck.run(
      Self.cases, .memxDepth, MEMXLayouts.description, prepare: Self.prepare, type: { $0[2] })
  }

  @Test func whatIsNoMessageIsCounted() {
    DecoderCheck.refuses(.memxDepth, unknown: M.message(17, 0, [0, 0]))
    var otherSchema = M.delete(258, 7)
    otherSchema[3] = 3
    DecoderCheck.refuses(.memxDepth, unknown: otherSchema)
    DecoderCheck.survives(.memxDepth)
  }

  /// A block that ends before the layout does, or beyond the message, is read no further.
  @Test func theBlockMustHoldTheFieldsAndTheMessageTheBlock() {
    let harness = DecoderHarness(.memxDepth)
    harness.decode(M.directory(258, "ABC"))
    var message = M.delete(258, 7) + [1, 2, 3, 4]
    #expect(harness.decode(message) == ["delete ABC #7 @0"])
    message[1] = 17
    #expect(harness.decode(message) == [])
    message[1] = 23
    #expect(harness.decode(message) == [])
    message[1] = 22
    #expect(harness.decode(message) == ["delete ABC #7 @0"])
    #expect(harness.refused == [2, 0, 0])
  }

  @Test func rootAndSuffixMakeTheSymbolAndTheRoundLotIsKept() {
    let harness = DecoderHarness(.memxDepth)
    harness.decode(M.directory(1, "ABCDEF", suffix: "PRWSWI", lot: 40))
    harness.decode(M.directory(2, "AA"))
    #expect(harness.record("ABCDEF PRWSWI")?.roundLot == 40)
    #expect(harness.record("AA")?.roundLot == 100)
    #expect(harness.decode(M.directory(3, "")) == [] && harness.counted(.malformed) == 1)
  }

  /// The midpoint of an odd spread below a dollar has more decimals than book prices: the shares go, the trade is
  /// counted.
  @Test func tradesBetweenPriceUnitsStillTakeTheirShares() {
    let harness = DecoderHarness(.memxDepth)
    harness.decode(M.directory(1, "ABC"))
    #expect(harness.decode(M.execute(1, 7, 30, 123_455, trade: 9)) == ["reduce ABC #7 +9 30x0 @0"])
    #expect(harness.decode(M.trade(1, 30, 123_455, trade: 9)) == [])
    #expect(harness.counted(.tradePricesOffScale) == 2)
    #expect(harness.decode(M.add(1, 8, "B", 1, 123_455)) == ["damage ABC @0"])
    #expect(harness.counted(.pricesOffScale) == 1)
    #expect(harness.decode(M.add(1, 8, "b", 1, 123_400)) == [] && harness.counted(.badSide) == 1)
  }

  @Test func aSecurityNobodyNamedIsCounted() {
    let harness = DecoderHarness(.memxDepth)
    #expect(harness.decode(M.add(9, 1, "B", 1, 1_000_000)) == [])
    #expect(harness.counted(.unknownInstruments) == 1)
    let other = DecoderHarness(.memxDepth, ownedShards: 0, counts: false)
    other.decode(M.directory(9, "ABC"))
    #expect(other.decode(M.add(9, 1, "B", 1, 1_000_000)) == [])
    #expect(other.counted(.unknownInstruments) == 0)
  }

  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func vectorsOfTheSheetGiveTheirEvents() throws {
    let harness = DecoderHarness(.memxDepth)
    let events = try DecoderCheck.vectors("memx-depth", harness)
    let id: UInt64 = 72_623_859_790_382_856
    let at = "@33459790382856"
    let name = "AAPL TSymbo"
    let long = "16909060x15025"
    #expect(
      events == [
        "2": ["shortSale \(name) 1x0 \(at)"], "3": ["tradingStatus \(name) \(at)"], "5": ["system 77x0 \(at)"],
        "10": ["add \(name) #\(id) \(long) \(at)"], "11": ["delete \(name) #\(id) \(at)"],
        "12": ["reduce \(name) #\(id) 16909060x0 \(at)"],
        "13": ["executeWithPrice \(name) #\(id) +\(id) \(long) \(at)"],
        "14": ["trade \(name) +\(id) \(long) \(at)"], "15": ["tradeBreak \(name) #\(id) \(at)"],
        "16": ["tradeBreak \(name) #\(id) \(at)", "trade \(name) +\(id) \(long) \(at)"],
        "18": ["clearBook \(name) \(at)"],
      ])
    #expect(harness.refused == [0, 0, 0])
  }
}
