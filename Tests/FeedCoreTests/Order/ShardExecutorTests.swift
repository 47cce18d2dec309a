import Testing

@testable import FeedCore

@Suite struct ShardExecutorTests {
  /// 14 November 2023, 17:13:20 US Eastern = 62,000 s after midnight.
  private static let start: UInt64 = 1_700_000_000_000_000_000

  private static func executor(shard: Int = 0, _ change: (inout Settings) -> Void = { _ in }) -> ShardExecutor {
    ShardExecutor(settings: OrderTest.settings(change), shard: shard, venueCount: 2, groupCapacity: 8)
  }

  private static func events(_ executor: ShardExecutor) -> [OrderRecord] {
    (0..<executor.orderLog.count).map { executor.orderLog[$0] }
  }

  /// "kind quantity@raw price of venue v at time after start", for short expectations.
  private static func lines(_ executor: ShardExecutor) -> [String] {
    events(executor).map {
      "\($0.captureNanoseconds - start) \($0.kind) v\($0.venue) #\($0.userRefNum) "
        + "\(Character(Unicode.Scalar($0.side))) \($0.quantity)@\($0.price / 100_000) \($0.reason)"
    }
  }

  private static func wire(_ executor: ShardExecutor) -> [(UInt64, VenueIndex, WireDirection, [UInt8])] {
    var messages: [(UInt64, VenueIndex, WireDirection, [UInt8])] = []
    executor.wireLog.forEach {
      messages.append(($0.captureNanoseconds - start, $0.venue, $0.direction, Array($0.bytes)))
    }
    return messages
  }

  /// Venue 0: asks 60 and 30 at 10.00, 100 at 10.01; venue 1: bid 500 at 10.02. Buy and sell 100.
  private static func market() -> OrderTestMarket {
    let market = OrderTestMarket()
    market.add(0, .sell, 60, at: 100_000, reference: 11)
    market.add(0, .sell, 30, at: 100_000, reference: 12)
    market.add(0, .sell, 100, at: 100_100, reference: 13)
    market.add(1, .buy, 500, at: 100_200, reference: 21)
    return market
  }

  @Test func pairGoesToItsFillsInOrderWithHandComputedPositionAndCash() {
    var executor = Self.executor {
      $0.venues[0].fees.taker.perShare = 3_000_000
      $0.venues[1].fees.taker.fraction = 27_800
    }
    let market = Self.market()
    #expect(executor.nextDue == .max)
    #expect(executor.submit(OrderTest.pair(), at: Self.start, view: market) == true)
    #expect(executor.openOrderCount == 2 && executor.nextDue == Self.start + 500)
    #expect(executor.positions[0].openBuy == 100 && executor.positions[0].openSell == 100)
    executor.advance(to: Self.start + 499, view: market)
    #expect(executor.orderLog.count == 2)
    executor.advance(to: .max, view: market)
    #expect(
      Self.lines(executor) == [
        "0 sent v0 #1 B 100@100000 0", "0 sent v1 #1 T 100@100200 0",
        "1200 accepted v1 #1 T 100@100200 0", "1200 executed v1 #1 T 100@100200 0",
        "3000 accepted v0 #1 B 100@100000 0", "3000 executed v0 #1 B 60@100000 0",
        "3000 executed v0 #1 B 30@100000 0", "3000 canceled v0 #1 B 10@100000 73",
      ])
    let position = executor.positions[0]
    #expect(executor.positions.count == 1 && position.symbol == Symbol("SYM0"))
    // Bought 90 × 10.00 + 90 × 0.0030; sold 100 × 10.02 − 100 × 0.000278556.
    #expect(position.shares == -10)
    #expect(position.cash == -900_270_000_000 + 1_001_972_144_400)
    #expect(position.fees == 270_000_000 + 27_855_600)
    #expect(position.sharesBought == 90 && position.sharesSold == 100)
    #expect(position.openBuy == 0 && position.openSell == 0 && executor.openOrderCount == 0)
    #expect(executor.positions.grossExposure == 10 * 10_020_000_000)
    #expect(executor.nextDue == .max && executor.ordersSent == 2)
    #expect(Self.events(executor).allSatisfy { $0.opportunity == 7 && $0.symbol == Symbol("SYM0") })
    #expect(market.watched.count == 2)
  }

  @Test func everyMessageOnTheWireIsByteExact() {
    var executor = ShardExecutor(
      settings: OrderTest.settings {
        $0.shardCount = 4
        $0.orders.firm = "MLRO"
      }, shard: 3, venueCount: 2, groupCapacity: 8)
    let market = Self.market()
    executor.submit(OrderTest.pair(), at: Self.start, view: market)
    executor.advance(to: .max, view: market)
    // 62,000 s and 500 or 1,000 ns after midnight; numbers of shard 3 and venue 0 or 1, marked by bit 63.
    let (at1, at0) = ("000038637FF9E1F4", "000038637FF9E3E8")
    let buyID = "5330332D30303030303030303031"
    let sellID = "5330332D30303030303030303032"
    let symbol = "53594D3020202020"
    let expected: [(UInt64, VenueIndex, WireDirection, String)] = [
      (0, 0, .toVenue, "4F 00000001 42 00000064 \(symbol) 00000000000186A0 33 59 50 4E 4E \(buyID) 0006 05024D4C524F"),
      (0, 1, .toVenue, "4F 00000001 54 00000064 \(symbol) 0000000000018768 33 59 50 4E 4E \(sellID) 0006 05024D4C524F"),
      (
        1_200, 1, .fromVenue,
        "41 \(at1) 00000001 54 00000064 \(symbol) 0000000000018768 33 59 8301000000000001 50 4E 4E 4C \(sellID) 0000"
      ),
      (1_200, 1, .fromVenue, "45 \(at1) 00000001 00000064 0000000000018768 52 8301000000000001 0000"),
      (
        3_000, 0, .fromVenue,
        "41 \(at0) 00000001 42 00000064 \(symbol) 00000000000186A0 33 59 8300000000000001 50 4E 4E 4C \(buyID) 0000"
      ),
      (3_000, 0, .fromVenue, "45 \(at0) 00000001 0000003C 00000000000186A0 52 8300000000000001 0000"),
      (3_000, 0, .fromVenue, "45 \(at0) 00000001 0000001E 00000000000186A0 52 8300000000000002 0000"),
      (3_000, 0, .fromVenue, "43 \(at0) 00000001 0000000A 49"),
    ]
    let wire = Self.wire(executor)
    #expect(wire.count == expected.count && executor.wireLog.count == expected.count)
    for (message, expected) in zip(wire, expected) {
      #expect(message.0 == expected.0 && message.1 == expected.1 && message.2 == expected.2)
      #expect(OrderTest.hex(message.3) == OrderTest.hex(OrderTest.bytes(expected.3)))
    }
    #expect(executor.wireLog.overflow == 0)
  }

  @Test func bookAtArrivalCountsNotTheBookAtSending() {
    // The ask leaves while the order is under way.
    let gone = OrderTest.crossedMarket()
    var executor = Self.executor()
    executor.submit(OrderTest.pair(), at: Self.start, view: gone)
    executor.advance(to: Self.start + 999, view: gone)
    gone.remove(0, reference: 2)
    executor.advance(to: .max, view: gone)
    #expect(executor.positions[0].sharesBought == 0 && executor.positions[0].sharesSold == 100)

    // It leaves with a packet of the very time of arrival: the arrival is first.
    let late = OrderTest.crossedMarket()
    executor = Self.executor()
    executor.submit(OrderTest.pair(), at: Self.start, view: late)
    executor.advance(to: Self.start + 1_000, view: late)
    late.remove(0, reference: 2)
    executor.orderLeft(venue: 0, reference: 2)
    executor.advance(to: .max, view: late)
    #expect(executor.positions[0].sharesBought == 100)

    // A better ask comes while the order is under way.
    let better = OrderTest.crossedMarket()
    executor = Self.executor()
    executor.submit(OrderTest.pair(), at: Self.start, view: better)
    better.add(0, .sell, 40, at: 99_950, reference: 9)
    executor.advance(to: .max, view: better)
    #expect(Self.lines(executor).filter { $0.contains("executed v0") } == [
      "3000 executed v0 #1 B 40@99950 0", "3000 executed v0 #1 B 60@100000 0",
    ])
  }

  @Test func haltWhileUnderWayRejects() {
    var executor = Self.executor()
    let market = OrderTest.crossedMarket()
    executor.submit(OrderTest.pair(), at: Self.start, view: market)
    market[0].state = .halted
    market.isOpen[1] = false
    executor.advance(to: .max, view: market)
    #expect(Self.lines(executor).suffix(2) == [
      "1200 rejected v1 #1 T 100@100200 2", "3000 rejected v0 #1 B 100@100000 7",
    ])
    #expect(executor.openOrderCount == 0 && executor.positions.grossExposure == 0)
    #expect(executor.replies.rejected == 2 && executor.venueCounters(of: 0).rejected == 1)
  }

  @Test func consumedQuantityIsBackOnlyAfterItsOrderLeft() {
    var executor = Self.executor { $0.risk.duplicateWindowNanoseconds = 0 }
    let market = OrderTest.crossedMarket()
    func bought(_ quantity: UInt32, at time: UInt64) -> UInt64 {
      executor.advance(to: time, view: market)
      let before = executor.positions.count == 0 ? 0 : executor.positions[0].sharesBought
      executor.submit(OrderTest.pair(quantity), at: time, view: market)
      executor.advance(to: time + 10_000, view: market)
      return executor.positions[0].sharesBought - before
    }
    #expect(bought(300, at: Self.start) == 300)
    #expect(bought(300, at: Self.start + 20_000) == 200)
    #expect(bought(300, at: Self.start + 40_000) == 0)
    #expect(executor.consumedOrderCount(at: 0) == 1)
    market.remove(0, reference: 2)
    executor.orderLeft(venue: 0, reference: 2)
    executor.orderLeft(venue: 9, reference: 2)
    market.add(0, .sell, 500, at: 100_000, reference: 2)
    #expect(bought(300, at: Self.start + 60_000) == 300)
    executor.booksCleared(venue: 0)
    #expect(executor.consumedOrderCount(at: 0) == 0)
  }

  @Test func killSwitchStopsOrdersAtOnceAndRepliesStillCount() {
    var executor = Self.executor()
    let market = OrderTest.crossedMarket()
    #expect(executor.submit(OrderTest.pair(), at: Self.start, view: market) == true)
    executor.engageKillSwitch()
    #expect(executor.submit(OrderTest.pair(50), at: Self.start, view: market) == false)
    #expect(executor.isKillSwitchEngaged && executor.ordersSent == 2 && executor.refusals[.killSwitch] == 1)
    executor.advance(to: .max, view: market)
    #expect(executor.submit(OrderTest.pair(51), at: Self.start + 1_000_000, view: market) == false)
    #expect(executor.positions[0].sharesBought == 100 && executor.openOrderCount == 0)
    #expect(Self.wire(executor).filter { $0.2 == .toVenue }.count == 2)
  }

  @Test func contradictoryReplyStopsOrdersToThatVenue() {
    var executor = Self.executor()
    let market = OrderTest.crossedMarket()
    executor.submit(OrderTest.pair(), at: Self.start, view: market)
    // Rejected for an order that was never sent there.
    let stray = OrderTest.bytes("4A 0000000000000001 00000063 0007 5330302D30303030303030303031")
    stray.withUnsafeBytes {
      executor.receive($0.baseAddress!, length: $0.count, venue: 1, at: Self.start + 1)
    }
    #expect(executor.replies.unknownOrder == 1)
    #expect(executor.submit(OrderTest.pair(50), at: Self.start + 2, view: market) == false)
    #expect(executor.refusals[.sessionUnsynchronized] == 1)
    // What is under way still comes to its end.
    executor.advance(to: .max, view: market)
    #expect(executor.openOrderCount == 0 && executor.positions[0].sharesBought == 100)
  }

  @Test func refusalLeavesOneRecordForTheLegThatFailed() {
    var executor = Self.executor()
    let market = OrderTest.crossedMarket()
    market[1].state = .gap
    #expect(executor.submit(OrderTest.pair(), at: Self.start, view: market) == false)
    var expected = OrderRecord()
    expected.captureNanoseconds = Self.start
    expected.symbol = Symbol("SYM0")!
    expected.opportunity = 7
    expected.price = 10_020_000_000
    expected.quantity = 100
    expected.reason = UInt16(RefusalReason.bookNotOk.rawValue)
    expected.venue = 1
    expected.side = UInt8(ascii: "T")
    #expect(Self.events(executor) == [expected])
    #expect(executor.refusals.total == 1 && executor.positions.count == 0 && executor.nextDue == .max)
    // Out of range in every way: recorded without asking the view.
    var wild = OrderTest.pair(.max, group: .max, buy: .min)
    wild.buy.venue = 255
    #expect(executor.submit(wild, at: Self.start, view: market) == false)
    #expect(executor.refusals[.unknownInstrument] == 1)
  }

  @Test func fullOrderStateRefusesUntilOrdersEnd() {
    var executor = Self.executor {
      $0.capacity.openOrders = 16
      $0.risk.duplicateWindowNanoseconds = 0
    }
    let market = OrderTest.crossedMarket()
    for _ in 0..<8 { #expect(executor.submit(OrderTest.pair(1), at: Self.start, view: market) == true) }
    #expect(executor.submit(OrderTest.pair(1), at: Self.start, view: market) == false)
    #expect(executor.refusals[.capacity] == 1 && executor.openOrderCount == 16)
    executor.advance(to: Self.start + 10_000, view: market)
    #expect(executor.openOrderCount == 0)
    #expect(executor.submit(OrderTest.pair(1), at: Self.start + 10_000, view: market) == true)
  }

  @Test func manySmallRestingOrdersNeverCostAReply() {
    var executor = Self.executor {
      $0.capacity.openOrders = 16
      $0.risk.duplicateWindowNanoseconds = 0
    }
    let market = OrderTestMarket()
    for reference in 1...2_000 as ClosedRange<UInt64> {
      market.add(0, .sell, 1, at: 100_000, reference: reference)
      market.add(1, .buy, 1, at: 100_200, reference: reference)
    }
    var time = Self.start
    for _ in 0..<200 {
      executor.submit(OrderTest.pair(100), at: time, view: market)
      time += 450
      executor.advance(to: time, view: market)
    }
    executor.advance(to: .max, view: market)
    #expect(executor.openOrderCount == 0)
    #expect(executor.positions[0].openBuy == 0 && executor.positions[0].openSell == 0)
    for venue in 0...1 as ClosedRange<VenueIndex> {
      #expect(executor.venueCounters(of: venue).repliesLost == 0)
      #expect(executor.venueCounters(of: venue).executionsCutShort > 0)
    }
    #expect(executor.refusals.total == executor.refusals[.capacity])
    #expect(executor.replies.unknownOrder == 0 && executor.replies.impossibleQuantity == 0)
  }

  @Test func latencyBeyondAllTimeArrivesWhenDrained() {
    var executor = Self.executor { $0.venues[0].orderLatencyNanoseconds = .max }
    let market = OrderTest.crossedMarket()
    executor.submit(OrderTest.pair(), at: Self.start, view: market)
    executor.advance(to: .max - 2, view: market)
    #expect(executor.openOrderCount == 1)
    executor.advance(to: .max, view: market)
    #expect(executor.openOrderCount == 0)
  }

  @Test func fullLogsCountWhatTheyDropAndTheDigestGoesOn() {
    func run(_ pairs: Int) -> ShardExecutor {
      var executor = Self.executor {
        $0.capacity.records = 1_024
        $0.risk.killSwitch = true
      }
      let market = OrderTest.crossedMarket()
      for index in 0..<pairs { executor.submit(OrderTest.pair(), at: Self.start + UInt64(index), view: market) }
      return executor
    }
    let executor = run(1_100)
    #expect(executor.orderLog.count == 1_024 && executor.orderLog.overflow == 76)
    #expect(executor.orderDigest != run(1_099).orderDigest)
    #expect(executor.orderDigest == run(1_100).orderDigest)
  }

  @Test func digestCoversEveryFieldOfAnEvent() {
    func digest(
      quantity: UInt32 = 100, price: Int32 = 100_000, opportunity: UInt64 = 7, delay: UInt64 = 0,
      symbol: String = "A", shard: Int = 0, venue: VenueIndex = 0,
      _ change: (inout Settings) -> Void = { $0.risk.killSwitch = true }
    ) -> UInt64 {
      let market = OrderTest.crossedMarket()
      market.symbols[0] = Symbol(symbol)!
      var executor = Self.executor(shard: shard, change)
      let pair = OrderTest.pair(quantity, buy: price, buyVenue: venue, opportunity: opportunity)
      executor.submit(pair, at: Self.start + delay, view: market)
      return executor.orderDigest
    }
    let digests = [
      digest(), digest(quantity: 101), digest(price: 100_001), digest(opportunity: 8), digest(delay: 1),
      digest(symbol: "B"), digest(shard: 1), digest(venue: 1), digest { $0.orders.enabled = false }, digest { _ in },
    ]
    #expect(Set(digests).count == digests.count)
    #expect(digest() == digests[0])
  }

  /// Positions and records show the canonical symbol; the wire carries what the venue calls it.
  @Test func ordersCarryTheVenuesOwnSymbol() throws {
    let market = OrderTest.crossedMarket()
    market.symbols[0] = Symbol("BRK.B")!
    market.venueSymbols[InstrumentID(venue: 1, index: 0).raw] = Symbol("BRK B")!
    var executor = Self.executor()
    let isSent = executor.submit(OrderTest.pair(), at: Self.start, view: market)
    #expect(isSent)
    executor.advance(to: .max, view: market)
    var texts: [VenueIndex: String] = [:]
    executor.wireLog.forEach { message in
      guard message.direction == .toVenue else { return }
      texts[message.venue] = String(decoding: message.bytes[10..<18], as: UTF8.self)
    }
    #expect(texts == [0: "BRK.B   ", 1: "BRK B   "])
    #expect(Self.events(executor).allSatisfy { $0.symbol == Symbol("BRK.B") })
    // Both venues knew their symbol, and both acknowledgements were the orders' own.
    #expect(Self.events(executor).filter { $0.kind == .executed }.count == 2)
    #expect(executor.positions[0].symbol == Symbol("BRK.B"))
  }
}
