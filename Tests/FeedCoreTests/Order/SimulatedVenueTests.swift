import Testing

@testable import FeedCore

@Suite struct SimulatedVenueTests {
  /// One simulated venue (index 0) before a market of one symbol, without an executor.
  private struct Bench {
    var market = OrderTestMarket(groups: 1, venues: 1)
    var venue: SimulatedVenue
    var timers: TimerQueue
    var directory = SymbolDirectory(capacity: 4)

    init(timers capacity: Int = 64, ledger: Int = 16, _ change: (inout Settings) -> Void = { _ in }) {
      venue = SimulatedVenue(settings: OrderTest.settings(change), shard: 0, venue: 0, ledgerCapacity: ledger)
      timers = TimerQueue(capacity: capacity)
      _ = directory.add(Symbol("SYM0")!, at: 0, 0)
    }

    /// Replies to one message that arrives at `time`, in order; each must be due 2,000 ns later.
    mutating func receive(_ bytes: [UInt8], at time: UInt64 = 1_000, reserved: Int = 0) -> [[UInt8]] {
      bytes.withUnsafeBytes {
        venue.receive(
          $0.baseAddress!, length: $0.count, at: time, directory: directory, timers: &timers, reservedSlots: reserved,
          view: market)
      }
      var replies: [[UInt8]] = []
      var buffer = [UInt8](repeating: 0, count: 128)
      while let arrival = buffer.withUnsafeMutableBytes({ timers.popDue(at: .max, into: $0.baseAddress!) }) {
        #expect(arrival.dueNanoseconds == time + 2_000 && arrival.venue == 0 && arrival.direction == .fromVenue)
        replies.append(Array(buffer[..<arrival.length]))
      }
      return replies
    }

    mutating func enter(
      _ number: UInt32, _ side: Character = "B", _ quantity: UInt32 = 100, at price: UInt64 = 100_000,
      reserved: Int = 0, _ change: (inout OUCH50.EnterOrder) -> Void = { _ in }
    ) -> [Reply] {
      var order = OUCH50.EnterOrder(
        userRefNum: number, side: side.asciiValue!, quantity: quantity, symbol: Symbol("SYM0")!, price: price,
        timeInForce: UInt8(ascii: "3"), display: UInt8(ascii: "Y"), capacity: UInt8(ascii: "P"),
        interMarketSweepEligibility: UInt8(ascii: "N"), crossType: UInt8(ascii: "N"),
        clOrdID: ClOrdID(shard: 0, orderNumber: UInt64(number)))
      change(&order)
      return receive(OrderTest.encoded(order.encode), reserved: reserved).map { Reply($0) }
    }
  }

  private enum Reply: Equatable {
    case accepted
    case executed(UInt32, UInt64)
    case canceled(UInt32, Character)
    case rejected(UInt16)
    case other(Character)

    init(_ bytes: [UInt8]) {
      self = bytes.withUnsafeBytes { raw in
        let base = raw.baseAddress!
        switch Character(Unicode.Scalar(bytes[0])) {
        case "A": return .accepted
        case "E":
          let message = OUCH50.OrderExecuted(unchecked: base)
          return .executed(message.quantity, message.price)
        case "C":
          let message = OUCH50.OrderCanceled(unchecked: base)
          return .canceled(message.quantity, Character(Unicode.Scalar(message.reason)))
        case "J": return .rejected(OUCH50.Rejected(unchecked: base).reason)
        case let other: return .other(other)
        }
      }
    }
  }

  @Test func fillsAtRestingPricesBestFirstInQueueOrderAndCancelsTheRest() {
    var bench = Bench()
    bench.market.add(0, .sell, 50, at: 100_100, reference: 1)
    bench.market.add(0, .sell, 30, at: 100_000, reference: 2)
    bench.market.add(0, .sell, 20, at: 100_000, reference: 3)
    bench.market.add(0, .sell, 99, at: 100_300, reference: 4)
    let replies = bench.enter(1, "B", 150, at: 100_200)
    #expect(
      replies == [
        .accepted, .executed(30, 100_000), .executed(20, 100_000), .executed(50, 100_100), .canceled(50, "I"),
      ])
    #expect(bench.market.watched == [InstrumentID(venue: 0, index: 0).raw])
    #expect(bench.venue.counters.executions == 3 && bench.venue.counters.sharesExecuted == 100)
  }

  @Test func saleFillsAgainstBidsDownToItsLimit() {
    var bench = Bench()
    bench.market.add(0, .buy, 10, at: 99_900, reference: 1)
    bench.market.add(0, .buy, 10, at: 99_800, reference: 2)
    bench.market.add(0, .buy, 10, at: 99_799, reference: 3)
    #expect(bench.enter(1, "S", 15, at: 99_800) == [.accepted, .executed(10, 99_900), .executed(5, 99_800)])
    #expect(bench.enter(2, "T", 15, at: 99_800) == [.accepted, .executed(5, 99_800), .canceled(10, "I")])
    #expect(bench.enter(3, "E", 15, at: 99_799) == [.accepted, .executed(10, 99_799), .canceled(5, "I")])
  }

  @Test func nothingToFillAgainstIsAcceptedAndCanceledWithoutWatching() {
    var bench = Bench()
    #expect(bench.enter(1) == [.accepted, .canceled(100, "I")])
    #expect(bench.market.watched.isEmpty)
  }

  @Test func displayedQuantityFillsUsOnceUntilItsOrderLeavesTheBook() {
    var bench = Bench()
    bench.market.add(0, .sell, 100, at: 100_000, reference: 77)
    #expect(bench.enter(1, "B", 60) == [.accepted, .executed(60, 100_000)])
    #expect(bench.enter(2, "B", 60) == [.accepted, .executed(40, 100_000), .canceled(20, "I")])
    #expect(bench.enter(3, "B", 60) == [.accepted, .canceled(60, "I")])
    // The recorded market takes a part: that frees nothing.
    bench.market[0].asks[0].quantity = 90
    #expect(bench.enter(4, "B", 60) == [.accepted, .canceled(60, "I")])
    // The order leaves, and another one with the same reference number comes (a new order replaces an old one).
    bench.market.remove(0, reference: 77)
    bench.venue.orderLeft(77)
    #expect(bench.venue.ledger.count == 0)
    bench.market.add(0, .sell, 100, at: 100_000, reference: 77)
    #expect(bench.enter(5, "B", 60) == [.accepted, .executed(60, 100_000)])
    bench.venue.bookCleared()
    #expect(bench.enter(6, "B", 100) == [.accepted, .executed(100, 100_000)])
  }

  @Test func equalOrLowerUserRefNumIsSilentlyIgnored() {
    var bench = Bench()
    #expect(bench.enter(5) == [.accepted, .canceled(100, "I")])
    #expect(bench.enter(5) == [])
    #expect(bench.enter(4) == [])
    #expect(bench.enter(0) == [])
    #expect(bench.venue.counters.repeatedUserRefNum == 3)
    // Gaps are allowed; a rejected order uses its number up.
    #expect(bench.enter(900, "B", 0) == [.rejected(0x13)])
    #expect(bench.enter(900) == [])
    #expect(bench.enter(.max) == [.accepted, .canceled(100, "I")])
    #expect(bench.enter(.max) == [])
  }

  @Test func eachFieldIsValidatedWithItsCode() {
    var bench = Bench()
    var number: UInt32 = 0
    func next() -> UInt32 {
      number += 1
      return number
    }
    #expect(bench.enter(next()) { $0.symbol = Symbol("NOSUCH")! } == [.rejected(0x17)])
    #expect(bench.enter(next(), "X") == [.rejected(0x09)])
    #expect(bench.enter(next(), "B", 0) == [.rejected(0x13)])
    #expect(bench.enter(next(), "B", 1_000_000) == [.rejected(0x13)])
    #expect(bench.enter(next(), "B", 999_999) == [.accepted, .canceled(999_999, "I")])
    #expect(bench.enter(next(), at: 0) == [.rejected(0x1D)])
    #expect(bench.enter(next(), at: 1_999_999_901) == [.rejected(0x1D)])
    #expect(bench.enter(next(), at: .max) == [.rejected(0x1D)])
    #expect(bench.enter(next(), at: 1_999_999_900) == [.accepted, .canceled(100, "I")])
    #expect(bench.enter(next()) { $0.display = UInt8(ascii: "?") } == [.rejected(0x03)])
    #expect(bench.enter(next()) { $0.interMarketSweepEligibility = UInt8(ascii: "Y") } == [.rejected(0x08)])
    #expect(bench.enter(next()) { $0.crossType = UInt8(ascii: "O") } == [.rejected(0x14)])
    #expect(bench.enter(next()) { $0.timeInForce = UInt8(ascii: "0") } == [.rejected(0x0F)])
    #expect(bench.enter(next()) { $0.firm = 0x4C49_4D45 } == [.accepted, .canceled(100, "I")])
    #expect(bench.venue.counters.rejected == 11 && bench.venue.counters.accepted == 3)
  }

  @Test func haltedAndClosedAreRejectedAtArrival() {
    var bench = Bench()
    bench.market.add(0, .sell, 100, at: 100_000, reference: 1)
    bench.market[0].state = .halted
    #expect(bench.enter(1) == [.rejected(0x07)])
    bench.market[0].state = .ok
    bench.market.isOpen[0] = false
    #expect(bench.enter(2) == [.rejected(0x02)])
    var outOfHours = Bench { $0.risk.marketHoursOnly = false }
    outOfHours.market.isOpen[0] = false
    #expect(outOfHours.enter(1) == [.accepted, .canceled(100, "I")])
  }

  @Test func shortSaleAtTheBidIsRejectedWhileRestricted() {
    var bench = Bench()
    bench.market.add(0, .buy, 100, at: 100_000, reference: 1)
    bench.market[0].isShortSaleRestricted = true
    #expect(bench.enter(1, "T", 10) == [.rejected(0x23)])
    #expect(bench.enter(2, "T", 10, at: 100_001) == [.accepted, .canceled(10, "I")])
    #expect(bench.enter(3, "S", 10) == [.accepted, .executed(10, 100_000)])
  }

  @Test(arguments: [BookState.silent, .lateStart, .gap, .untrusted])
  func bookThatCannotBeTrustedFillsNothing(state: BookState) {
    var bench = Bench()
    bench.market.add(0, .sell, 100, at: 100_000, reference: 1)
    bench.market[0].state = state
    #expect(bench.enter(1) == [.accepted, .canceled(100, "I")])
    #expect(bench.venue.counters.bookNotOk == 1 && bench.venue.ledger.count == 0)
  }

  @Test func cancelReplaceAndModifyOfDeadOrdersAndJunkAreIgnored() {
    var bench = Bench()
    _ = bench.enter(1)
    #expect(bench.receive(OrderTest.bytes("58 00000001 00000000")) == [])
    #expect(bench.receive(OrderTest.bytes("4D 00000001 54 00000001")) == [])
    let replace = "55 00000001 00000002 0000012C 000000000016ED24 33 59 4E 5330332D30303030303030303432 0000"
    #expect(bench.receive(OrderTest.bytes(replace)) == [])
    #expect(bench.venue.counters.tooLate == 3)
    #expect(bench.receive([]) == [] && bench.receive([0x4F]) == [] && bench.receive([0x7A, 1, 2]) == [])
    #expect(bench.venue.counters.malformed == 3)
    // The number of an ignored Replace stays usable.
    #expect(bench.enter(2) == [.accepted, .canceled(100, "I")])
    #expect(bench.receive([0x51]) == [OrderTest.bytes("51 00000000000003E8 00000003")])
  }

  @Test func executionsStopWhereRoomForRepliesEndsAndTheRestIsCanceled() {
    var bench = Bench(timers: 8)
    for reference in 1...20 as ClosedRange<UInt64> {
      bench.market.add(0, .sell, 1, at: 100_000, reference: reference)
    }
    let replies = bench.enter(1, "B", 20, reserved: 3)
    // 8 slots, 3 reserved, Accepted and Canceled: 3 executions.
    #expect(replies == [.accepted] + Array(repeating: .executed(1, 100_000), count: 3) + [.canceled(17, "I")])
    #expect(bench.venue.counters.executionsCutShort == 1 && bench.venue.counters.repliesLost == 0)
    // What was not taken is still there.
    #expect(bench.enter(2, "B", 2) == [.accepted, .executed(1, 100_000), .executed(1, 100_000)])
  }

  @Test func fullLedgerPassesOrdersOverInsteadOfFillingThemTwice() {
    var bench = Bench(ledger: 2)
    for reference in 1...3 as ClosedRange<UInt64> {
      bench.market.add(0, .sell, 10, at: 100_000, reference: reference)
    }
    #expect(
      bench.enter(1, "B", 30) == [.accepted, .executed(10, 100_000), .executed(10, 100_000), .canceled(10, "I")])
    #expect(bench.venue.counters.ledgerFull == 1)
    bench.venue.orderLeft(1)
    #expect(bench.enter(2, "B", 10) == [.accepted, .executed(10, 100_000)])
  }

  @Test func finerVenuePricesAreRoundedAgainstUsWithinTheLimit() {
    // Raw unit 1/100,000 dollar: limit 10.0000 is raw 1,000,000.
    var bench = Bench()
    bench.market[0].multiplier = 10_000
    bench.market.add(0, .sell, 10, at: 999_991, reference: 1)
    bench.market.add(0, .sell, 10, at: 1_000_001, reference: 2)
    #expect(bench.enter(1, "B", 20) == [.accepted, .executed(10, 100_000), .canceled(10, "I")])
    bench.market.add(0, .buy, 10, at: 1_000_009, reference: 3)
    bench.market.add(0, .buy, 10, at: 999_999, reference: 4)
    #expect(bench.enter(2, "S", 20) == [.accepted, .executed(10, 100_000), .canceled(10, "I")])
    // Raw unit one cent: a sale at 10.005 takes bids from 10.01 on, a purchase asks up to 10.00.
    var coarse = Bench()
    coarse.market[0].multiplier = 10_000_000
    coarse.market.add(0, .buy, 10, at: 1_000, reference: 1)
    coarse.market.add(0, .sell, 10, at: 1_001, reference: 2)
    #expect(coarse.enter(1, "S", 10, at: 100_050) == [.accepted, .canceled(10, "I")])
    #expect(coarse.enter(2, "B", 10, at: 100_050) == [.accepted, .canceled(10, "I")])
    #expect(coarse.enter(3, "B", 10, at: 100_100) == [.accepted, .executed(10, 100_100)])
  }

  @Test func repliesOfRandomBytesNeverTrap() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("repliesOfRandomBytesNeverTrap seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    var bench = Bench()
    bench.market.add(0, .sell, 100, at: 100_000, reference: 1)
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 1...128, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      bytes[0] = [0x4F, 0x55, 0x58, 0x4D, 0x51, bytes[0]].randomElement(using: &random)!
      if bytes.count > 46 && Bool.random(using: &random) {
        bytes.replaceSubrange(10..<18, with: Array("SYM0    ".utf8))
        bytes[45] = 0
      }
      _ = bench.receive(bytes)
    }
  }
}
