import CSIMD
import Testing

@testable import FeedCore

/// The book rules of TotalView-ITCH 5.0, one by one.
struct BookRulesTests {
  typealias M = ITCHBytes

  private func harness(_ messages: [[UInt8]]) -> CoreHarness {
    let harness = CoreHarness()
    harness.trust(.ok)
    harness.send([M.directory(1, "ABC"), M.trading(1, "ABC")] + messages)
    return harness
  }

  private func queue(_ harness: CoreHarness, _ side: Side = .buy) -> [String] {
    harness.levels("ABC", side).map { level in
      "\(level.price): " + level.orders.map { "\($0.reference)×\($0.quantity)" }.joined(separator: " ")
    }
  }

  @Test func executionsAddUpAndTheLastShareRemovesTheOrder() {
    let harness = harness([
      M.add(1, 1, "B", 100, "ABC", 50_000), M.add(1, 2, "B", 100, "ABC", 50_000), M.execute(1, 1, 30),
      M.execute(1, 1, 30),
    ])
    #expect(queue(harness) == ["50000: 1×40 2×100"])
    harness.send(M.execute(1, 1, 40))
    #expect(queue(harness) == ["50000: 2×100"])
    #expect(harness.record("ABC")?.volume == 100)
    #expect(harness.liveOrders() == 1)
  }

  @Test func executionWithPriceKeepsTheDisplayPriceAndPrintsItsOwn() {
    let harness = harness([
      M.add(1, 1, "S", 100, "ABC", 50_000), M.executeWithPrice(1, 1, 40, match: 3, 49_900),
      M.executeWithPrice(1, 1, 10, match: 4, printable: "N", 48_000),
    ])
    #expect(queue(harness, .sell) == ["50000: 1×50"])
    let record = harness.record("ABC")
    #expect(record?.volume == 40)
    #expect(record?.turnover == Int64(40 * 49_900))
    #expect(record?.lastPrice == 49_900)
    #expect(record?.lastQuantity == 40)
  }

  @Test func cancelKeepsThePlaceAndReplaceLosesIt() {
    let harness = harness([
      M.add(1, 1, "B", 100, "ABC", 50_000), M.add(1, 2, "B", 100, "ABC", 50_000), M.cancel(1, 1, 10),
    ])
    #expect(queue(harness) == ["50000: 1×90 2×100"])
    harness.send(M.replace(1, 1, 3, 90, 50_000))
    #expect(queue(harness) == ["50000: 2×100 3×90"])
    // By its own number too.
    harness.send(M.replace(1, 2, 2, 100, 50_000))
    #expect(queue(harness) == ["50000: 3×90 2×100"])
    #expect(harness.counted(.duplicateAdds) == 0)
  }

  @Test func replaceByAnExistingNumberIsADuplicate() {
    let harness = harness([
      M.add(1, 1, "B", 100, "ABC", 50_000), M.add(1, 2, "S", 100, "ABC", 60_000), M.replace(1, 1, 2, 70, 40_000),
    ])
    #expect(queue(harness) == ["40000: 2×70"])
    #expect(queue(harness, .sell) == [])
    #expect(harness.counted(.duplicateAdds) == 1)
    #expect(harness.state("ABC") == .ok)
  }

  @Test func overExecutionClampsRemovesAndCounts() {
    let harness = harness([M.add(1, 1, "B", 100, "ABC", 50_000), M.execute(1, 1, 101)])
    #expect(queue(harness) == [])
    #expect(harness.record("ABC")?.volume == 100)
    #expect(harness.counted(.overExecutions) == 1)
    #expect(harness.state("ABC") == .ok)
  }

  @Test func duplicateAddReplacesTheOldOrder() {
    let harness = harness([M.add(1, 1, "B", 100, "ABC", 50_000), M.add(1, 1, "S", 20, "ABC", 60_000)])
    #expect(queue(harness) == [])
    #expect(queue(harness, .sell) == ["60000: 1×20"])
    #expect(harness.counted(.duplicateAdds) == 1)
  }

  @Test func aNumberUsedAtTwoStocksIsTwoOrders() {
    let harness = harness([
      M.add(1, 1, "B", 100, "ABC", 50_000), M.add(2, 1, "B", 20, "DEF", 60_000), M.execute(1, 1, 10),
      M.replace(2, 1, 5, 30, 61_000),
    ])
    #expect(queue(harness) == ["50000: 1×90"])
    #expect(harness.levels("DEF", .buy).map(\.orders) == [[CoreHarness.Order(reference: 5, quantity: 30)]])
    #expect(harness.counted(.duplicateAdds) == 0)
  }

  @Test func zeroSharesAreDroppedAndCounted() {
    let harness = harness([
      M.add(1, 1, "B", 0, "ABC", 50_000), M.add(1, 2, "B", 10, "ABC", 50_000), M.execute(1, 2, 0), M.cancel(1, 2, 0),
      M.executeWithPrice(1, 2, 0, 50_000),
    ])
    #expect(queue(harness) == ["50000: 2×10"])
    #expect(harness.counted(.zeroQuantities) == 4)
    #expect(harness.state("ABC") == .ok)
    // Of a replace the old order goes nevertheless.
    harness.send(M.replace(1, 2, 3, 0, 50_000))
    #expect(queue(harness) == [])
    #expect(harness.counted(.zeroQuantities) == 5)
  }

  @Test func zeroPriceIsKeptAndNotTrusted() {
    let harness = harness([M.add(1, 1, "S", 10, "ABC", 0), M.add(1, 2, "S", 10, "ABC", 50_000)])
    #expect(queue(harness, .sell) == ["0: 1×10", "50000: 2×10"])
    #expect(harness.counted(.zeroPrices) == 1)
    #expect(harness.state("ABC") == .untrusted)
    #expect(harness.best("ABC") == ConsolidatedBest())
  }

  @Test func pricesBeyondTheRangeAreRefused() {
    let harness = harness([
      M.add(1, 1, "S", 10, "ABC", 1 << 31), M.add(1, 2, "S", 10, "ABC", .max), M.add(1, 3, "B", 10, "ABC", 1 << 31 - 1),
    ])
    #expect(queue(harness, .sell) == [])
    #expect(queue(harness) == ["2147483647: 3×10"])
    #expect(harness.counted(.pricesOutOfRange) == 2)
    #expect(harness.state("ABC") == .untrusted)
    #expect(harness.liveOrders() == 1)
  }

  @Test(arguments: [
    M.execute(1, 9, 1), M.executeWithPrice(1, 9, 1, 50_000), M.cancel(1, 9, 1), M.delete(1, 9),
    M.replace(1, 9, 10, 1, 50_000),
  ])
  func anOrphanDamagesACompleteBookOnly(message: [UInt8]) {
    let complete = harness([M.add(2, 1, "B", 1, "DEF", 50_000), M.trading(2, "DEF"), message])
    #expect(complete.state("ABC") == .untrusted)
    #expect(complete.state("DEF") == .ok)
    #expect(complete.orphans(Character(UnicodeScalar(message[0]))) == 1)
    #expect(complete.liveOrders() == 1)
    let late = CoreHarness()
    late.trust(.lateStart)
    late.send([M.trading(1, "ABC"), message])
    #expect(late.state("ABC") == .lateStart)
    #expect(late.orphans(Character(UnicodeScalar(message[0]))) == 1)
  }

  @Test func aMessageUnderAnotherStocksLocateIsAnOrphan() {
    let harness = harness([M.add(1, 1, "B", 10, "ABC", 50_000), M.trading(2, "DEF"), M.delete(2, 1)])
    #expect(queue(harness) == ["50000: 1×10"])
    #expect(harness.orphans("D") == 1)
    #expect(harness.state("DEF") == .untrusted)
    #expect(harness.state("ABC") == .ok)
    // And under a locate that nobody named.
    harness.send(M.execute(77, 1, 1))
    #expect(harness.orphans("E") == 1)
    #expect(queue(harness) == ["50000: 1×10"])
  }

  @Test func tradesTouchNoOrderAndABrokenOneIsTakenBack() {
    let harness = harness([
      M.add(1, 1, "B", 100, "ABC", 50_000), M.trade(1, "ABC", 30, 50_100, match: 7, at: 5),
      M.cross(1, "ABC", 1_000, 50_200, match: 8, at: 6), M.cross(1, "ABC", 0, 50_300, match: 9, at: 7),
      M.execute(1, 1, 10, match: 10, at: 8),
    ])
    #expect(harness.record("ABC")?.volume == 1_040)
    // 30 × 5.01, 1,000 × 5.02, 10 × 5.00.
    #expect(harness.record("ABC")?.turnover == 52_203_000)
    #expect(harness.record("ABC")?.lastTradeNanoseconds == 8)
    harness.send([M.broken(1, match: 8), M.broken(1, match: 10)])
    #expect(harness.record("ABC")?.volume == 30)
    #expect(harness.record("ABC")?.turnover == 1_503_000)
    #expect(queue(harness) == ["50000: 1×90"])
    // Once only; another stock's number, and a locate nobody named, are not known.
    harness.send([M.broken(1, match: 8), M.directory(2, "DEF"), M.broken(2, match: 7), M.broken(77, match: 7)])
    #expect(harness.record("ABC")?.volume == 30)
    #expect(harness.counted(.brokenTrades) == 2)
    #expect(harness.counted(.brokenTradesUnknown) == 3)
  }

  @Test func aStockTradesOnlyAfterItsTradingAction() {
    let harness = CoreHarness()
    harness.trust(.ok)
    harness.send(M.directory(1, "ABC"))
    #expect(harness.state("ABC") == .halted)
    for (message, state) in [
      (M.trading(1, "ABC", "T"), BookState.ok), (M.trading(1, "ABC", "Q"), .halted), (M.trading(1, "ABC", "T"), .ok),
      (M.halt(1, "ABC", "H"), .halted), (M.trading(1, "ABC", "T"), .halted), (M.halt(1, "ABC", "T"), .ok),
      (M.trading(1, "ABC", "P"), .halted), (M.directory(1, "ABC"), .halted),
    ] {
      harness.send(message)
      #expect(harness.state("ABC") == state)
    }
  }

  @Test func regSHOAndMarketHoursFollowTheirMessages() {
    let harness = harness([])
    for (action, isRestricted) in [(Character("0"), false), ("1", true), ("2", true), ("0", false)] {
      harness.send(M.regSHO(1, "ABC", action))
      #expect(harness.books.isShortSaleRestricted(harness.instrument("ABC")) == isRestricted)
    }
    for (code, isOpen) in [
      (Character("O"), false), ("S", false), ("Q", true), ("M", false), ("E", false), ("C", false),
    ] {
      harness.send(M.system(code))
      #expect(harness.books.isMarketOpen(0) == isOpen)
    }
  }

  @Test func aNewSessionEmptiesBooksAndStatuses() {
    let harness = harness([
      M.add(1, 1, "B", 100, "ABC", 50_000), M.regSHO(1, "ABC", "1"), M.system("Q"), M.delete(1, 99),
    ])
    let instrument = harness.instrument("ABC")
    harness.restart()
    #expect(queue(harness) == [])
    #expect(harness.liveOrders() == 0)
    #expect(harness.state("ABC") == .halted)
    #expect(!harness.books.isMarketOpen(0))
    #expect(!harness.books.isShortSaleRestricted(instrument))
    // Locates are given anew: 1 is another stock now, and ABC keeps its instrument under 5.
    harness.send([M.add(1, 1, "B", 7, "XYZ", 50_000), M.add(5, 2, "B", 8, "ABC", 50_000), M.trading(5, "ABC")])
    #expect(harness.instrument("ABC") == instrument)
    #expect(queue(harness) == ["50000: 2×8"])
    #expect(harness.levels("XYZ", .buy).map(\.orders) == [[CoreHarness.Order(reference: 1, quantity: 7)]])
    #expect(harness.state("ABC") == .ok)
    #expect(harness.record("ABC")?.locate == 5)
    #expect(harness.counted(.locateRemaps) == 0)
  }

  @Test func aLocateGivenToAnotherSymbolWithinASessionIsCounted() {
    let harness = harness([M.add(1, 1, "B", 100, "ABC", 50_000), M.directory(1, "NEW")])
    #expect(harness.counted(.locateRemaps) == 1)
    harness.send(M.add(1, 2, "B", 5, "NEW", 50_000))
    #expect(queue(harness) == ["50000: 1×100"])
    #expect(harness.levels("NEW", .buy).map(\.quantity) == [5])
    harness.send(M.directory(1, "ABC"))
    harness.send(M.delete(1, 1))
    #expect(queue(harness) == [])
    #expect(harness.counted(.locateRemaps) == 2)
  }

  @Test func roundLotCountsFromTheTouch() {
    let harness = harness([
      M.add(1, 1, "B", 60, "ABC", 50_000), M.add(1, 2, "B", 30, "ABC", 49_900), M.add(1, 3, "B", 10, "ABC", 49_800),
      M.add(1, 4, "S", 99, "ABC", 50_100),
    ])
    let instrument = harness.instrument("ABC")
    #expect(harness.books.bestRoundLot(of: instrument, side: .buy)?.price == 49_800)
    #expect(harness.books.bestRoundLot(of: instrument, side: .buy)?.quantity == 100)
    #expect(harness.books.bestRoundLot(of: instrument, side: .sell) == nil)
    harness.send(M.directory(1, "ABC", roundLot: 60))
    #expect(harness.books.bestRoundLot(of: instrument, side: .buy)?.price == 50_000)
  }

  @Test func theHotStateOfABookIsOneCacheLine() {
    #expect(MemoryLayout<BookHeader>.stride == 64)
    #expect(MemoryLayout<BookHeader>.offset(of: \.bids) == 0)
    #expect(MemoryLayout<BookHeader>.offset(of: \.asks) == MemoryLayout<BookSide>.stride)
    #expect(MemoryLayout<BookHeader>.offset(of: \.bestBid) == BookHeader.bestOffset)
    #expect(MemoryLayout<BookHeader>.offset(of: \.bestAsk) == BookHeader.bestOffset + MemoryLayout<Level>.stride)
    #expect(MemoryLayout<BookHeader>.offset(of: \.farBid) == BookHeader.farOffset)
    #expect(MemoryLayout<BookHeader>.offset(of: \.farAsk) == BookHeader.farOffset + MemoryLayout<Int32>.stride)
    #expect(MemoryLayout<Level>.stride == 8)
    #expect(Level.none.word == UInt64(FEEDH_NO_LEVEL))
    #expect(MemoryLayout<BookEvent>.stride == 48)
    #expect(MemoryLayout<Delivery>.stride == 16)
  }

  /// Both far levels are too great to be put off, and the first one's end is not: between them nothing bounds the side.
  @Test func farLevelBehindTheLastOneIsStillBehindTheNearOnes() {
    let harness = CoreHarness()
    harness.trust(.ok)
    for number in 1...8 as ClosedRange<UInt64> {
      harness.send(ITCHBytes.add(1, number, "S", 10, "AAPL", UInt32(number) * 10_000))
    }
    harness.send(ITCHBytes.add(1, 9, "S", 2_000_000, "AAPL", 100_000))
    harness.send(ITCHBytes.delete(1, 9))
    harness.send(ITCHBytes.add(1, 10, "S", 2_000_000, "AAPL", 110_000))
    harness.send(ITCHBytes.delete(1, 8))
    harness.send(ITCHBytes.add(1, 11, "S", 10, "AAPL", 120_000))
    let wanted = (1...7).map { Int32($0) * 10_000 } + [110_000, 120_000]
    #expect(harness.levels("AAPL", .sell).map(\.price) == wanted)
  }
}
