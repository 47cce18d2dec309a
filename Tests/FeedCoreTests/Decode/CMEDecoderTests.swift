import Testing

@testable import FeedCore

/// CME MDP 3.0: messages written by hand from the sheet, and the events they give.
struct CMEDecoderTests {
  typealias M = CMEBytes
  /// A future with a tick of 0.25, as mantissas of nine decimals.
  private let tick: Int64 = 250_000_000

  private func defined(implied: UInt8? = nil) -> DerivativesHarness {
    let harness = DerivativesHarness(.cmeMDP3)
    _ = harness.events(M.future(7, "ESM3", tick: tick, impliedDepth: implied))
    return harness
  }

  @Test func aDefinitionNamesTheSecurityItsScaleAndItsState() {
    let harness = DerivativesHarness(.cmeMDP3)
    #expect(harness.events(M.future(7, "ESM3", tick: tick)) == ["tradingStatus ESM3 1"])
    #expect(
      harness.events(M.future(8, "NQM3", tick: tick, status: 2, impliedDepth: 2))
        == ["tradingStatus NQM3 0", "tradingStatus NQM3 IMPLIED 0"])
    // 4000.25 is 16,001 ticks.
    #expect(
      harness.events(M.book([M.level(7, "0", 1, 0, 4_000_250_000_000, 12)]))
        == ["insertLevelAt ESM3 buy 16001x12 @1/10"])
    // A tick that changes after the first price is refused and counted.
    #expect(harness.events(M.future(7, "ESM3", tick: 2 * tick)).contains { $0.hasPrefix("damage ESM3") })
    #expect(harness.noted(.priceScaleChanges) == 1)
  }

  @Test func eachUpdateActionHasItsEvent() {
    let harness = defined()
    func event(_ action: UInt8, _ type: Character = "1", level: UInt8 = 3) -> [String] {
      harness.events(M.book([M.level(7, type, level, action, 40 * tick, 5)]))
    }
    #expect(event(0) == ["insertLevelAt ESM3 sell 40x5 @3/10"])
    #expect(event(1) == ["changeLevelAt ESM3 sell 40x5 @3"])
    #expect(event(2) == ["deleteLevelAt ESM3 sell @3"])
    #expect(event(3) == ["deleteLevelsThrough ESM3 sell @255"])
    #expect(event(4) == ["deleteLevelsThrough ESM3 sell @3"])
    #expect(event(5) == ["changeLevelAt ESM3 sell 40x5 @3"])
    #expect(event(6) == ["damage ESM3"])
    #expect(harness.noted(.unknownActions) == 1)
    // Best of market, trades and statistics are no levels.
    for type in "wx246789BCNOWeg" { #expect(event(0, type).isEmpty) }
    #expect(event(0, "J") == ["clearBook ESM3"])
  }

  @Test func impliedLevelsAreABookOfTheirOwn() {
    let harness = defined(implied: 2)
    #expect(
      harness.events(M.book([M.level(7, "E", 1, 0, 39 * tick, 5), M.level(7, "F", 2, 0, 41 * tick, 6)]))
        == ["insertLevelAt ESM3 IMPLIED buy 39x5 @1/2", "insertLevelAt ESM3 IMPLIED sell 41x6 @2/2"])
  }

  @Test func negativePricesAndZeroAreKept() {
    let harness = defined()
    #expect(
      harness.events(M.book([M.level(7, "0", 1, 0, -3 * tick, 5), M.level(7, "1", 1, 0, 0, 6)]))
        == ["insertLevelAt ESM3 buy -3x5 @1/10", "insertLevelAt ESM3 sell 0x6 @1/10"])
  }

  @Test func pricesOffTheTickAreCountedAndTheBookIsLost() {
    let harness = defined()
    #expect(harness.events(M.book([M.level(7, "0", 1, 0, tick + 1, 5)])) == ["damage ESM3"])
    #expect(harness.events(M.book([M.level(7, "0", 1, 0, .max, 5)])) == ["damage ESM3"])
    #expect(harness.noted(.pricesOffScale) == 2)
    // A trade may be finer: the book is none the worse.
    #expect(harness.events(M.trade(7, 0, tick + 1, 5, id: 3)).isEmpty)
    #expect(harness.noted(.tradePricesOffScale) == 1)
  }

  @Test func longSizesBeyondThirtyTwoBitsDamageTheBook() {
    let harness = defined()
    #expect(harness.events(M.longBook(40 * tick, 9, 7, 1, 0, "0")) == ["insertLevelAt ESM3 buy 40x9 @1/10"])
    #expect(
      harness.events(M.longBook(40 * tick, 1 << 32, 7, 1, 1, "0"))
        == ["damage ESM3", "changeLevelAt ESM3 buy 40x4294967295 @1"])
    #expect(harness.noted(.levelQuantityOverflows) == 1)
    // A trade of more than statistics can keep is left out.
    #expect(harness.events(M.longTrade(7, 40 * tick, 4_294_967_296, id: 3)) == [])
    #expect(harness.noted(.quantitiesOffScale) == 1)
    #expect(harness.events(M.longTrade(7, 40 * tick, 4_294_967_295, id: 3)) == ["trade ESM3 40x4294967295 match 3"])
    // Null: a level without size.
    #expect(harness.events(M.longBook(40 * tick, .max, 7, 1, 0, "0")) == ["damage ESM3"])
    #expect(harness.noted(.zeroQuantities) == 1)
  }

  @Test func ordersAreABookOfTheirOwnToo() {
    let harness = defined()
    #expect(
      harness.events(
        M.orders([
          M.order(900, 7, "0", 0, 40 * tick, 5), M.order(900, 7, "0", 1, 41 * tick, 4),
          M.order(900, 7, "0", 2, .max, .max),
        ]))
        == [
          // The book is new: it has its security's state.
          "tradingStatus ESM3 MBO 1", "add ESM3 MBO buy 40x5 #900", "modify ESM3 MBO buy 41x4 #900 keeps unless more",
          "delete ESM3 MBO #900",
        ])
  }

  @Test func ordersBehindLevelsTakePriceAndSideFromThem() {
    let harness = defined()
    let levels = [M.level(7, "0", 1, 1, 40 * tick, 5), M.level(7, "1", 1, 1, 41 * tick, 6)]
    #expect(
      harness.events(M.book(levels, orders: [M.levelOrder(901, 6, of: 2, 0), M.levelOrder(902, 1, of: 1, 2)]))
        == [
          "changeLevelAt ESM3 buy 40x5 @1", "changeLevelAt ESM3 sell 41x6 @1", "tradingStatus ESM3 MBO 1",
          "add ESM3 MBO sell 41x6 #901", "delete ESM3 MBO #902",
        ])
    // An order of an entry that is not there is counted.
    for entry: UInt8 in [0, 3, 255] {
      #expect(harness.events(M.book(levels, orders: [M.levelOrder(901, 6, of: entry, 0)])).count == 2)
    }
    #expect(harness.noted(.unknownActions) == 3)
  }

  @Test func eventsGoOnUntilTheirEnd() {
    let harness = defined()
    let level = M.level(7, "0", 1, 1, 40 * tick, 5)
    #expect(harness.events(M.book([level], M.open)) == ["changeLevelAt ESM3 buy 40x5 @1 partial"])
    #expect(harness.events(M.volume(7, 0x02)).isEmpty)
    // The end may come with a message that has no level.
    #expect(harness.events(M.book([], 0x80)) == ["endOfChannelEvent"])
    #expect(harness.events(M.book([], 0x80)).isEmpty)
    #expect(harness.events(M.book([level], M.open)).count == 1)
    #expect(harness.events(M.volume(7, 0x82)) == ["endOfChannelEvent"])
    #expect(harness.events(M.book([level])) == ["changeLevelAt ESM3 buy 40x5 @1"])
  }

  @Test func tradesAreCorrectedAndTakenBack() {
    let harness = defined()
    #expect(harness.events(M.trade(7, 0, 40 * tick, 3, id: 55, 0x81)) == ["trade ESM3 40x3 match 55"])
    #expect(
      harness.events(M.trade(7, 1, 41 * tick, 3, id: 55, 0x81)) == ["tradeBreak ESM3 #55", "trade ESM3 41x3 match 55"])
    #expect(harness.events(M.trade(7, 2, 41 * tick, 3, id: 55, 0x81)) == ["tradeBreak ESM3 #55"])
  }

  @Test func snapshotsEmptyAndFillBothLevelBooks() {
    let harness = defined(implied: 2)
    #expect(
      harness.events(
        M.snapshot(
          7, status: 17,
          [
            ("0", 40 * tick, 5), ("0", 39 * tick, 6), ("1", 41 * tick, 7), ("E", 40 * tick, 1), ("7", 50 * tick, 1),
            ("4", .max, .max),
          ]))
        == [
          "clearBook ESM3", "clearBook ESM3 IMPLIED", "setLevel ESM3 buy 40x5", "setLevel ESM3 buy 39x6",
          "setLevel ESM3 sell 41x7", "setLevel ESM3 IMPLIED buy 40x1", "instrumentGap ESM3 0",
          "instrumentGap ESM3 IMPLIED 0", "tradingStatus ESM3 1", "tradingStatus ESM3 IMPLIED 1",
        ])
  }

  @Test func orderSnapshotsComeInParts() {
    let harness = defined()
    #expect(
      harness.events(M.orderSnapshot(7, part: 1, of: 2, [(1, "0", 40 * tick, 5)]))
        == ["tradingStatus ESM3 MBO 1", "clearBook ESM3 MBO partial", "add ESM3 MBO buy 40x5 #1 partial"])
    #expect(
      harness.events(M.orderSnapshot(7, part: 2, of: 2, [(2, "1", 41 * tick, 6)]))
        == ["add ESM3 MBO sell 41x6 #2", "instrumentGap ESM3 MBO 0"])
    #expect(
      harness.events(M.orderSnapshot(7, part: 1, of: 1, [])) == ["clearBook ESM3 MBO", "instrumentGap ESM3 MBO 0"])
  }

  /// A book of orders that begins after its security stopped trading does not trade, and after a reset nobody knows.
  @Test func aBookThatComesLaterHasItsSecuritysState() {
    let harness = DerivativesHarness(.cmeMDP3)
    harness.trust(.ok)
    harness.send([M.future(7, "ESM3", tick: tick), M.future(8, "ESU3", tick: tick), M.status(7, 2)])
    harness.send(M.orders([M.order(1, 7, "0", 0, 40 * tick, 5), M.order(2, 8, "0", 0, 40 * tick, 5)]))
    #expect(harness.state("ESM3") == .halted && harness.state("ESM3 MBO") == .halted)
    #expect(harness.state("ESU3") == .ok && harness.state("ESU3 MBO") == .ok)
    harness.send(M.status(7, 17))
    #expect(harness.state("ESM3 MBO") == .ok)
    harness.restart(channel: 0)
    harness.trust(.ok)
    harness.send(M.book([M.level(8, "E", 1, 0, 40 * tick, 5)]))
    #expect(harness.state("ESU3") == .halted && harness.state("ESU3 IMPLIED") == .halted)
    harness.send(M.status(8, 17))
    #expect(harness.state("ESU3") == .ok && harness.state("ESU3 IMPLIED") == .ok)
    #expect(harness.complaints == [])
  }

  /// Definitions come on a channel of their own. That a book is another channel's is an event in its turn: messages are
  /// decoded ahead of what is applied.
  @Test func aBookBelongsToTheChannelThatChangesIt() {
    let harness = DerivativesHarness(.cmeMDP3, channels: 2)
    _ = harness.events(M.future(7, "ESM3", tick: tick))
    let change = M.book([M.level(7, "0", 1, 0, 40 * tick, 5)])
    #expect(harness.events(change, channel: 1) == ["assignChannel ESM3", "insertLevelAt ESM3 buy 40x5 @1/10"])
    #expect(harness.events(change, channel: 1) == ["insertLevelAt ESM3 buy 40x5 @1/10"])
    // Trust is that of the channel that changes it.
    harness.trust(.ok, channel: 1)
    harness.send(M.future(7, "ESM3", tick: tick))
    #expect(harness.state("ESM3") == .gap)
    harness.send(change, channel: 1)
    #expect(harness.state("ESM3") == .ok)
  }

  /// A core that owns a book but not its security's levels hears the state, too.
  @Test func statesReachBooksOnOtherCoresThanTheirSecuritys() {
    for shard in 0..<16 as Range<UInt64> {
      let harness = DerivativesHarness(.cmeMDP3, ownedShards: 1 << shard)
      harness.trust(.ok)
      harness.send(M.future(7, "ESM3", tick: tick, impliedDepth: 2))
      harness.send(M.orders([M.order(1, 7, "0", 0, 40 * tick, 5)]))
      for symbol in ["ESM3", "ESM3 IMPLIED", "ESM3 MBO"]
      where harness.core.books.header(of: harness.instrument(symbol))?.pointee.flags.contains(.owned) == true {
        #expect(harness.state(symbol) == .ok, "\(symbol), shard \(shard)")
      }
    }
  }

  @Test func statesAreOfASecurityOrOfItsGroup() {
    let harness = DerivativesHarness(.cmeMDP3)
    _ = harness.events(M.future(7, "ESM3", tick: tick, group: "ES", asset: "ES"))
    _ = harness.events(M.future(8, "ESU3", tick: tick, group: "ES", asset: "ES2"))
    _ = harness.events(M.future(9, "NQM3", tick: tick, group: "NQ", asset: "NQ"))
    #expect(harness.events(M.status(8, 2)) == ["tradingStatus ESU3 0"])
    #expect(harness.events(M.status(nil, group: "ES", 17)) == ["tradingStatus ESM3 1", "tradingStatus ESU3 1"])
    #expect(harness.events(M.status(nil, group: "ES", asset: "ES2", 21)) == ["tradingStatus ESU3 0"])
    // No change, no group.
    #expect(harness.events(M.status(7, 103)).isEmpty)
    #expect(harness.events(M.status(nil, 2)).isEmpty)
  }

  @Test func aResetEmptiesTheChannel() {
    #expect(defined().events(M.channelReset) == ["clearChannel"])
  }

  /// Without a definition the number is the name; the definition then begins another book, which is a gap.
  @Test func securitiesWithoutDefinitionAreKnownByTheirNumber() {
    let harness = DerivativesHarness(.cmeMDP3)
    #expect(
      harness.events(M.book([M.level(12_345_678, "0", 1, 0, 4_000_250_000_000, 12)]))
        == ["insertLevelAt #12345678 buy 40002500x12 @1/10"])
    #expect(
      harness.events(M.book([M.level(12_345_678, "F", 1, 0, 1_000_000_000, 1)]))
        == ["insertLevelAt #12345678 IMPLIED sell 10000x1 @1/2"])
    #expect(
      harness.events(M.future(12_345_678, "ESM3", tick: tick))
        == [
          "clearBook #12345678", "instrumentGap ESM3 1", "clearBook #12345678 IMPLIED", "instrumentGap ESM3 IMPLIED 1",
          "tradingStatus ESM3 1", "tradingStatus ESM3 IMPLIED 1",
        ])
    #expect(
      harness.events(M.book([M.level(12_345_678, "0", 1, 0, 4_000_250_000_000, 12)]))
        == ["insertLevelAt ESM3 buy 16001x12 @1/10"])
  }

  @Test func aDeletedSecurityHasNoBook() {
    let harness = defined(implied: 2)
    #expect(
      harness.events(M.future(7, "ESM3", tick: tick, action: "D")) == ["clearBook ESM3", "clearBook ESM3 IMPLIED"])
  }

  static let good: [(String, [UInt8])] = [
    ("4", M.channelReset), ("30", M.status(7, 17)), ("37", M.volume(7, 0x82)),
    ("46", M.book([M.level(7, "0", 1, 0, 250_000_000, 5)], orders: [M.levelOrder(1, 5, of: 1, 0)])),
    ("47", M.orders([M.order(9, 7, "0", 0, 250_000_000, 5)])), ("48", M.trade(7, 0, 250_000_000, 3, id: 5)),
    ("52", M.snapshot(7, [("0", 250_000_000, 5)])),
    ("53", M.orderSnapshot(7, part: 1, of: 1, [(1, "0", 250_000_000, 5)])),
    ("54", M.future(7, "ESM3", tick: 250_000_000)), ("64", M.longBook(250_000_000, 9, 7, 1, 0, "0")),
  ]

  /// Every shorter beginning of a message, in memory of just that length.
  @Test(arguments: good)
  func whatIsShorterIsMalformedAndChangesNothing(type: String, message: [UInt8]) {
    for length in 1..<message.count {
      // The group of a reset says nothing; the one of 37 neither, but both are known.
      let harness = defined()
      #expect(harness.events(Array(message.prefix(length))).isEmpty, "\(type) cut to \(length)")
      #expect(harness.noted(.malformed) == 1, "\(type) cut to \(length)")
    }
  }

  /// Newer versions append: to the root block, to entries, behind the groups.
  @Test func whatIsLongerIsReadAsFarAsItIsKnown() {
    let level = M.level(7, "0", 1, 0, 40 * tick, 5) + [9, 9, 9, 9]
    let block = LittleBytes().u64(M.time).u8(0x84).pad(2).and([7, 7]).bytes
    let groups = M.group3(36, [level]) + M.group8(24, []) + [1, 2, 3]
    let harness = defined()
    #expect(harness.events(M.message(46, version: 14, block, groups)) == ["insertLevelAt ESM3 buy 40x5 @1/10"])
    #expect(harness.noted(.malformed) == 0)
  }

  @Test func otherTemplatesVersionsAndSchemasAreUnknown() {
    let harness = defined()
    let block = [UInt8](repeating: 0, count: 40)
    for (template, version, schema): (UInt16, UInt16, UInt16) in [
      (99, 13, 1), (46, 4, 1), (46, 8, 1), (300, 13, 1), (65_535, 13, 1), (46, 13, 3), (199, 0, 2), (32, 13, 1),
    ] {
      #expect(harness.events(M.message(template, version: version, schema: schema, block)).isEmpty)
    }
    #expect(harness.noted(.unknownTypes) == 8)
    // The session service's own messages are known, and nothing for a book.
    #expect(harness.events(M.message(210, version: 0, schema: 2, [])).isEmpty)
    #expect(harness.noted(.unknownTypes) == 8)
    #expect(harness.noted(.malformed) == 0)
  }
}
