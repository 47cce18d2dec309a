import Testing

@testable import FeedCore

@Suite struct OrderTrackerTests {
  /// A tracker with one open order: UserRefNum 1 at venue 0, buy 100 at 10.00, taker fee 0.0030.
  private struct Bench {
    var positions = PositionTable(groupCapacity: 4)
    var tracker: OrderTracker

    init(capacity: Int = 8, side: Side = .buy) {
      let settings = OrderTest.settings { $0.venues[0].fees.taker.perShare = 3_000_000 }
      tracker = OrderTracker(settings: settings, shard: 3, venueCount: 2, capacity: capacity)
      send(1, side)
    }

    mutating func send(_ number: UInt32, _ side: Side = .buy) {
      let pair = OrderTest.pair()
      var intent = side == .buy ? pair.buy : pair.sell
      intent.venue = 0
      intent.limitPrice = 100_000
      positions.update(0) { $0.reserve(side, quantity: 100, price: 10_000_000_000) }
      tracker.orderSent(
        AdmittedOrder(
          intent: intent, symbol: Symbol("SYM0")!, venueSymbol: Symbol("SYM0")!, price: 10_000_000_000, price4: 100_000,
          sideCharacter: side == .buy ? UInt8(ascii: "B") : UInt8(ascii: "T")),
        userRefNum: number)
    }

    @discardableResult
    mutating func apply(_ bytes: [UInt8], venue: VenueIndex = 0) -> OrderTracker.Outcome {
      bytes.withUnsafeBytes {
        tracker.apply($0.baseAddress!, length: $0.count, venue: venue, at: 999, positions: &positions)
      }
    }

    @discardableResult mutating func apply(_ hex: String, venue: VenueIndex = 0) -> OrderTracker.Outcome {
      apply(OrderTest.bytes(hex), venue: venue)
    }

    var order: OpenOrder? { tracker.openOrder(venue: 0, userRefNum: 1) }
    var position: Position { positions.position(of: 0) }
  }

  // Hand-written server messages for that order; the timestamp is 1.
  private static let head = "0000000000000001 00000001 "
  private static func accepted(
    quantity: String = "00000064", price: String = "00000000000186A0", state: String = "4C", side: String = "42",
    symbol: String = "53594D3020202020"
  ) -> String {
    "41 " + head + side + quantity + symbol + price + " 33 59 8000000000000001 50 4E 4E " + state
      + " 5330302D30303030303030303031 0000"
  }
  private static func executed(_ quantity: String, _ price: String = "00000000000186A0") -> String {
    "45 " + head + quantity + price + "52 00000000000000AB 0000"
  }
  private static func canceled(_ quantity: String) -> String { "43 " + head + quantity + "49" }
  private static let rejected = "4A " + head + "0007 5330302D30303030303030303031"

  @Test func orderLivesThroughAcceptanceExecutionsAndCancel() {
    var bench = Bench()
    #expect(bench.order?.state == .pendingNew && bench.position.openBuy == 100)

    let accepted = bench.apply(Self.accepted())
    #expect(accepted.isConsistent && bench.order?.state == .live)
    var expected = OrderRecord()
    expected.captureNanoseconds = 999
    expected.symbol = Symbol("SYM0")!
    expected.opportunity = 7
    expected.price = 10_000_000_000
    expected.quantity = 100
    expected.userRefNum = 1
    expected.kind = .accepted
    expected.shard = 3
    expected.side = UInt8(ascii: "B")
    #expect(accepted.record == expected)

    // 30 at 9.99.
    let execution = bench.apply(Self.executed("0000001E", "000000000001863C"))
    expected.kind = .executed
    expected.price = 9_990_000_000
    expected.quantity = 30
    expected.matchNumber = 0xAB
    #expect(execution.record == expected && execution.isConsistent)
    #expect(bench.order?.state == .partiallyFilled && bench.order?.openQuantity == 70)
    #expect(bench.position.shares == 30 && bench.position.openBuy == 70)
    #expect(bench.position.cash == -299_700_000_000 - 90_000_000 && bench.position.fees == 90_000_000)

    let cancel = bench.apply(Self.canceled("00000046"))
    expected.kind = .canceled
    expected.price = 10_000_000_000
    expected.quantity = 70
    expected.matchNumber = 0
    expected.reason = UInt16(UInt8(ascii: "I"))
    #expect(cancel.record == expected && cancel.isConsistent)
    #expect(bench.order == nil && bench.tracker.openOrderCount == 0)
    #expect(bench.position.openBuy == 0 && bench.position.shares == 30)
  }

  @Test func fullFillAndRejectionEndAnOrder() {
    var filled = Bench()
    filled.apply(Self.accepted())
    filled.apply(Self.executed("00000064"))
    #expect(filled.tracker.openOrderCount == 0 && filled.position.shares == 100 && filled.position.openBuy == 0)

    var refused = Bench()
    let outcome = refused.apply(Self.rejected)
    #expect(outcome.record?.kind == .rejected && outcome.record?.reason == 7 && outcome.record?.quantity == 100)
    #expect(refused.tracker.openOrderCount == 0 && refused.position.openBuy == 0 && refused.position.shares == 0)
  }

  @Test func partialCancelLeavesTheOrderOpen() {
    var bench = Bench()
    bench.apply(Self.accepted())
    #expect(bench.apply(Self.canceled("00000028")).isConsistent)
    #expect(bench.order?.openQuantity == 60 && bench.order?.state == .live && bench.position.openBuy == 60)
    // Self-match prevention cancels 10 more: decrement 10, prevented 20.
    let aiq = bench.apply("44 " + Self.head + "0000000A 51 00000014 00000000000186A0 52 44")
    #expect(aiq.record?.kind == .canceled && aiq.record?.reason == 0x51 && aiq.record?.quantity == 10)
    #expect(bench.order?.openQuantity == 50)
  }

  @Test func acceptedValuesHoldWhenTheyAreBetter() {
    var bench = Bench()
    // 80 shares at 9.99.
    #expect(bench.apply(Self.accepted(quantity: "00000050", price: "000000000001863C")).isConsistent)
    #expect(bench.order?.openQuantity == 80 && bench.order?.price == 9_990_000_000 && bench.position.openBuy == 80)
    // An execution above the accepted price is beyond the limit now.
    #expect(!bench.apply(Self.executed("00000001")).isConsistent)
    #expect(bench.tracker.counters.impossiblePrice == 1)
  }

  @Test func acceptedDeadEndsTheOrder() {
    var bench = Bench()
    let outcome = bench.apply(Self.accepted(state: "44"))
    #expect(outcome.record?.kind == .accepted && outcome.record?.reason == 0x44 && outcome.isConsistent)
    #expect(bench.tracker.openOrderCount == 0 && bench.position.openBuy == 0)
  }

  @Test func contradictionsAreCountedByNameAndReported() {
    func check(
      _ messages: [String], venue: VenueIndex = 0, _ counter: KeyPath<OrderTrackerCounters, UInt64>, open: UInt32?,
      _ line: Int = #line
    ) {
      var bench = Bench()
      var last = OrderTracker.Outcome()
      for message in messages { last = bench.apply(message, venue: venue) }
      #expect(!last.isConsistent, "line \(line)")
      #expect(bench.tracker.counters[keyPath: counter] == 1, "line \(line)")
      #expect(bench.order?.openQuantity == open, "line \(line)")
      #expect(bench.position.openBuy == UInt64(open ?? 0), "line \(line)")
    }
    let accepted = Self.accepted()
    check([accepted], venue: 1, \.unknownOrder, open: 100)
    check([accepted, accepted], \.outOfOrder, open: 100)
    check([accepted, Self.rejected], \.outOfOrder, open: 100)
    check([Self.executed("00000001")], \.outOfOrder, open: 99)
    check([Self.accepted(quantity: "00000065")], \.acceptedBeyondOrder, open: 100)
    check([Self.accepted(quantity: "00000000")], \.acceptedBeyondOrder, open: 100)
    check([Self.accepted(price: "00000000000186A1")], \.acceptedBeyondOrder, open: 100)
    check([Self.accepted(price: "FFFFFFFFFFFFFFFF")], \.acceptedBeyondOrder, open: 100)
    check([Self.accepted(side: "53")], \.acceptedBeyondOrder, open: 100)
    check([Self.accepted(symbol: "53594D3120202020")], \.acceptedBeyondOrder, open: 100)
    check([accepted, Self.executed("00000065")], \.impossibleQuantity, open: nil)
    check([accepted, Self.executed("FFFFFFFF")], \.impossibleQuantity, open: nil)
    check([accepted, Self.executed("00000000")], \.impossibleQuantity, open: 100)
    check([accepted, Self.executed("00000001", "00000000000186A1")], \.impossiblePrice, open: 99)
    check([accepted, Self.executed("00000001", "0000000000000000")], \.impossiblePrice, open: 100)
    check([accepted, Self.executed("00000001", "FFFFFFFFFFFFFFFF")], \.impossiblePrice, open: 100)
    check([accepted, Self.canceled("00000065")], \.impossibleQuantity, open: nil)
    check([accepted, Self.canceled("00000000")], \.impossibleQuantity, open: 100)
    check([accepted, Self.executed("00000064"), Self.executed("00000001")], \.unknownOrder, open: nil)
    check([Self.rejected, accepted], \.unknownOrder, open: nil)
    check(["42 " + Self.head + "00000000000000AB 45 5330302D30303030303030303031"], \.brokenTrades, open: 100)
    check(["43 00"], \.malformed, open: 100)
  }

  @Test func overExecutionBooksNoMoreThanWasOpen() {
    var bench = Bench()
    bench.apply(Self.accepted())
    bench.apply(Self.executed("FFFFFFFF"))
    #expect(bench.position.shares == 100 && bench.tracker.openOrderCount == 0)
  }

  @Test func saleIsBoundedFromBelow() {
    var bench = Bench(side: .sell)
    #expect(bench.apply(Self.accepted(side: "54")).isConsistent)
    #expect(bench.apply(Self.executed("00000032", "00000000000186A1")).isConsistent)
    #expect(bench.position.shares == -50 && bench.position.openSell == 50)
    #expect(bench.position.cash == 500_005_000_000 - 150_000_000)
    #expect(!bench.apply(Self.executed("00000001", "000000000001869F")).isConsistent)
  }

  @Test func replacedOrderGoesOnUnderItsNewNumber() {
    var bench = Bench()
    bench.apply(Self.accepted())
    bench.apply(Self.executed("00000014"))
    // 2 replaces 1: 400 shares open at 10.01.
    let replaced =
      "55 0000000000000001 00000001 00000002 42 00000190 53594D3020202020 0000000000018704 33 59"
      + "8000000000000002 50 4E 4E 4C 5330302D30303030303030303032 0000"
    #expect(bench.apply(replaced).isConsistent)
    #expect(bench.order == nil && bench.tracker.openOrderCount == 1)
    let new = bench.tracker.openOrder(venue: 0, userRefNum: 2)
    #expect(new?.openQuantity == 400 && new?.price == 10_010_000_000 && bench.position.openBuy == 400)
    // The old number is gone.
    #expect(!bench.apply(replaced).isConsistent && bench.tracker.counters.unknownOrder == 1)
    #expect(bench.apply("4D 0000000000000001 00000002 42 0000000A").isConsistent)
    #expect(bench.tracker.openOrder(venue: 0, userRefNum: 2)?.openQuantity == 10 && bench.position.openBuy == 10)
  }

  @Test func informationalAndUnknownMessagesChangeNothing() {
    var bench = Bench()
    for hex in [
      "53 0000000000000001 53", "51 0000000000000001 00000002", "50 " + Self.head, "49 " + Self.head,
      "54 " + Self.head + "00000000000186A0 59 8000000000000002", "52 " + Self.head + "52 0000", "7A 01 02",
    ] {
      let outcome = bench.apply(hex)
      #expect(outcome.isConsistent && outcome.record == nil)
    }
    #expect(bench.tracker.counters.informational == 6 && bench.tracker.counters.unknownTypes == 1)
    #expect(bench.order?.state == .pendingNew)
  }

  @Test func randomRepliesNeverTrapAndKeepOpenSharesInStep() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("randomRepliesNeverTrapAndKeepOpenSharesInStep seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    var bench = Bench(capacity: 4)
    var number: UInt32 = 1
    let types = Array("SAUCDEBJPITMRQz".utf8)
    for _ in 0..<20_000 {
      if bench.tracker.hasRoom(for: 1) {
        number += 1
        bench.send(number, Bool.random(using: &random) ? .buy : .sell)
      }
      var bytes = (0..<Int.random(in: 1...90, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      bytes[0] = types.randomElement(using: &random)!
      // Small numbers where they matter, so that orders are hit; an empty appendage.
      for start in [9, 13, 17, 21] where bytes.count > start + 4 && Bool.random(using: &random) {
        let small = UInt32.random(in: 0...120, using: &random)
        let low = start == 9 ? number - small % min(5, number) : small
        bytes.replaceSubrange(start..<start + 4, with: (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * $0)) })
      }
      for end in [36, 64, 68] where bytes.count >= end { bytes.replaceSubrange(end - 2..<end, with: [0, 0]) }
      bench.apply(bytes)
      var buy: UInt64 = 0
      var sell: UInt64 = 0
      bench.tracker.forEachOpenOrder {
        if $0.side == .buy { buy += UInt64($0.openQuantity) } else { sell += UInt64($0.openQuantity) }
      }
      #expect(bench.position.openBuy == buy && bench.position.openSell == sell)
    }
  }
}
