import Testing

@testable import FeedCore

/// Cboe PITCH: messages from the sheet → events.
struct CboePITCHDecoderTests {
  typealias M = PITCH

  /// A time, and a status that names the symbol.
  static let prepare = [M.time(34_200), M.status("ZVZZT", "T")]

  static let cases: [DecoderCase] = [
    DecoderCase(
      M.addShort(7, "B", 300, "ZVZZT", 1_234, at: 5),
      ["timeOffset": .unsigned(5), "orderId": .unsigned(7), "quantity": .unsigned(300), "price": .unsigned(1_234)],
      "add ZVZZT #7 300x123400 @34200000000005"),
    DecoderCase(
      M.addLong(8, "S", 70_000, "ZVZZT", 1_234_567, at: 6),
      ["orderId": .unsigned(8), "quantity": .unsigned(70_000), "symbol": .text("ZVZZT ")],
      "add ZVZZT sell #8 70000x1234567 @34200000000006"),
    DecoderCase(
      M.addExpanded(9, "S", 1, "ZVZZT", 5, at: 7, isOld: true),
      ["orderId": .unsigned(9), "price": .unsigned(5), "participantID": .text("MPID")],
      "add ZVZZT sell #9 1x5 @34200000000007"),
    DecoderCase(
      M.execute(7, 100, 55, at: 8), ["executedQuantity": .unsigned(100), "executionId": .unsigned(55)],
      "execute byReference #7 +55 100x0 @34200000000008"),
    DecoderCase(
      M.executeAt(7, 900, remaining: 20, 56, 120_000, at: 9),
      [
        "executedQuantity": .unsigned(900), "remainingQuantity": .unsigned(20), "executionId": .unsigned(56),
        "price": .unsigned(120_000),
      ], "trade byReference #7 +56 900x120000 @34200000000009",
      "setQuantity byReference #7 20x0 @34200000000009"),
    DecoderCase(
      M.reduceLong(7, 70_001, at: 10), ["canceledQuantity": .unsigned(70_001)],
      "reduce byReference #7 70001x0 @34200000000010"),
    DecoderCase(
      M.reduceShort(7, 30, at: 11), ["canceledQuantity": .unsigned(30)],
      "reduce byReference #7 30x0 @34200000000011"),
    DecoderCase(
      M.modifyLong(7, 80_000, 1_000_001, flags: 3, at: 12),
      ["quantity": .unsigned(80_000), "price": .unsigned(1_000_001), "modifyFlags": .unsigned(3)],
      "modify byReference #7 80000x1000001 keepsPlace @34200000000012"),
    DecoderCase(
      M.modifyShort(7, 80, 999, flags: 1, at: 13), ["quantity": .unsigned(80), "price": .unsigned(999)],
      "modify byReference #7 80x99900 @34200000000013"),
    DecoderCase(M.delete(7, at: 14), ["orderId": .unsigned(7)], "delete byReference #7 @34200000000014"),
    DecoderCase(
      M.tradeLong(60_000, "ZVZZT", 120_001, 57, at: 15), ["executionId": .unsigned(57)],
      "trade ZVZZT +57 60000x120001 @34200000000015"),
    DecoderCase(
      M.tradeShort(60, "ZVZZT", 1_201, 58, at: 16), ["executionId": .unsigned(58)],
      "trade ZVZZT +58 60x120100 @34200000000016"),
    DecoderCase(
      M.tradeExpanded(61, "ZVZZT", 120_002, 59, at: 17), ["executionId": .unsigned(59)],
      "trade ZVZZT +59 61x120002 @34200000000017"),
    DecoderCase(
      M.tradeBreak(59, at: 18), ["executionId": .unsigned(59)], "tradeBreak byReference #59 @34200000000018"),
    DecoderCase(
      M.status("ZVZZT", "H", regSHO: "1", at: 19), ["tradingStatus": .text("H"), "regSHOAction": .text("1")],
      "shortSale ZVZZT 1x0 @34200000000019", "tradingStatus ZVZZT @34200000000019"),
    DecoderCase(
      M.status("ZVZZT", "T", at: 20), [:],
      "shortSale ZVZZT @34200000000020", "tradingStatus ZVZZT 1x0 @34200000000020"),
    DecoderCase(M.unitClear(21), ["timeOffset": .unsigned(21)], "clearChannel @34200000000021"),
  ]

  @Test func messagesGiveTheirEventsAndNothingWhenOneByteShort() {
    DecoderCheck.run(
      Self.cases, .pitch, CboePITCHLayouts.description, prepare: Self.prepare, type: { $0[1] })
  }

  @Test func whatIsNoMessageIsCounted() {
    DecoderCheck.refuses(.pitch, unknown: M.message(0x22 + 0x20, [0, 0, 0, 0]))
    DecoderCheck.survives(.pitch)
  }

  /// The older form of 0x2F ends before the customer indicator; options append theirs.
  @Test func anExpandedAddHas40Or41Or50Bytes() {
    let harness = DecoderHarness(.pitch)
    let old = M.addExpanded(9, "B", 1, "LONGNAME", 5, isOld: true)
    #expect(old.count == 40)
    #expect(harness.decode(old) == ["add LONGNAME #9 1x5 @0"])
    #expect(harness.lastOutcome == .other)
    #expect(harness.decode(M.addExpanded(9, "B", 1, "LONGNAME", 5)) == ["add LONGNAME #9 1x5 @0"])
    #expect(harness.lastOutcome == .everyday)
    #expect(harness.decode(old + [UInt8](repeating: 0x20, count: 10)) == ["add LONGNAME #9 1x5 @0"])
    #expect(harness.refused == [0, 0, 0])
  }

  @Test func symbolsOfSixAndOfEightCharactersAreOne() {
    let harness = DecoderHarness(.pitch)
    harness.decode(M.addShort(1, "B", 1, "ABC", 1))
    harness.decode(M.addLong(2, "B", 1, "ABC", 1))
    harness.decode(M.addExpanded(3, "B", 1, "ABC", 1))
    harness.decode(M.status("ABC", "T"))
    #expect(harness.context.directory.pointee.count == 1)
  }

  @Test func anotherCoresOrderIsFollowed() {
    let harness = DecoderHarness(.pitch, ownedShards: 0, counts: false)
    #expect(harness.decode(M.addShort(7, "B", 300, "ZVZZT", 1_234)) == ["addForeign byReference #7 300x0 @0"])
    #expect(harness.decode(M.addShort(8, "S", 5, "ZVZZT", 1_234)) == ["addForeign byReference #8 5x0 @0"])
    #expect(harness.decode(M.tradeLong(1, "ZVZZT", 1, 1)) == ["tradeForeign byReference +1 @0"])
    // Its own core keeps neither of these.
    #expect(harness.decode(M.tradeLong(0, "ZVZZT", 1, 1)) == [])
    #expect(harness.decode(M.tradeLong(1, "ZVZZT", .max, 1)) == [])
    #expect(harness.decode(M.status("ZVZZT", "T")) == [])
    #expect(harness.messages(0x22) == 0)
  }

  /// An order that its book cannot hold damages that book alone: what comes later about it is no orphan.
  @Test func anOrderNoBookCanHoldIsFollowedAndDamagesItsBook() {
    let harness = DecoderHarness(.pitch)
    let tooHigh = UInt64(Int32.max) + 1
    #expect(
      harness.decode(M.addLong(7, "B", 3, "ABC", tooHigh)) == [
        "damage ABC @0", "addForeign byReference #7 3x0 @0",
      ])
    #expect(
      harness.decode(M.addLong(7, "B", 3, "ABC", .max)) == ["damage ABC @0", "addForeign byReference #7 3x0 @0"])
    #expect(harness.counted(.pricesOffScale) == 2)
    #expect(
      harness.decode(M.addLong(7, "Q", 3, "ABC", 1)) == ["damage ABC @0", "addForeign byReference #7 3x0 @0"])
    #expect(harness.counted(.badSide) == 1)
    #expect(
      harness.decode(M.modifyLong(7, 4, tooHigh, flags: 0)) == [
        "damage byReference #7 @0", "delete byReference #7 @0", "addForeign byReference #7 4x0 @0",
      ])
    #expect(harness.counted(.pricesOffScale) == 3)
    // The trade is lost, not what it leaves of the order.
    #expect(
      harness.decode(M.executeAt(7, 1, remaining: 3, 5, tooHigh)) == ["setQuantity byReference #7 3x0 @0"])
    #expect(harness.counted(.tradePricesOffScale) == 1)
  }

  /// Two units of a venue may use one id at the same time.
  @Test func referencesOfUnitsDiffer() {
    var references: Set<UInt64> = []
    for unit in UInt32(0)...64 {
      for id: UInt64 in [1, 2, 2_265_901_215_303_825_392] {
        let event = DecoderHarness(.pitch, stream: unit).rawEvents(M.delete(id))[0]
        #expect(event.reference ^ CboePITCHDecoder.unitKey(unit) == id)
        references.insert(event.reference)
      }
    }
    #expect(references.count == 3 * 65)
    #expect(CboePITCHDecoder.unitKey(0) == 0)
  }

  @Test func noRoomForASymbolIsCountedAndItsOrderFollowed() {
    let harness = DecoderHarness(.pitch, instruments: 1)
    harness.decode(M.addShort(1, "B", 1, "ABC", 1))
    #expect(harness.decode(M.addShort(2, "B", 4, "DEF", 1)) == ["addForeign byReference #2 4x0 @0"])
    #expect(harness.counted(.instrumentsFull) == 1)
  }

  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func vectorsOfTheSheetGiveTheirEvents() throws {
    let harness = DecoderHarness(.pitch)
    harness.decode(M.status("AAPL", "T"))
    let id: UInt64 = 72_623_859_790_382_856
    // The Time message, 16,909,060 seconds, comes first.
    let at = "@\(UInt64(16_909_060) * 1_000_000_000 + 16_909_060)"
    let long = "16909060x1502500"
    let events = try DecoderCheck.vectors("cboe-pitch", harness)
    #expect(
      events == [
        "0x97": ["clearChannel \(at)"],
        "0x21": ["add AAPL #\(id) \(long) \(at)"], "0x22": ["add AAPL #\(id) 258x1502500 \(at)"],
        "0x2F": ["add AAPL #\(id) \(long) \(at)"],
        "0x23": ["execute byReference #\(id) +\(id) 16909060x0 \(at)"],
        "0x24": [
          "trade byReference #\(id) +\(id) \(long) \(at)", "setQuantity byReference #\(id) 16909060x0 \(at)",
        ],
        "0x25": ["reduce byReference #\(id) 16909060x0 \(at)"], "0x26": ["reduce byReference #\(id) 258x0 \(at)"],
        "0x27": ["modify byReference #\(id) \(long) \(at)"],
        "0x28": ["modify byReference #\(id) 258x1502500 \(at)"],
        "0x29": ["delete byReference #\(id) \(at)"],
        "0x2A": ["trade AAPL +\(id) \(long) \(at)"], "0x2B": ["trade AAPL +\(id) 258x1502500 \(at)"],
        "0x30": ["trade AAPL +\(id) \(long) \(at)"], "0x2C": ["tradeBreak byReference #\(id) \(at)"],
        "0x31": ["shortSale AAPL \(at)", "tradingStatus AAPL \(at)"],
      ])
    #expect(harness.refused == [0, 0, 0])
  }
}
