import Testing

@testable import FeedCore

/// Trade statistics that a snapshot tells: Coinbase Derivatives' EndOfSnapshot (122), version 2. Bytes by hand from the
/// sheet; instrument 200 is "BIT", its tick 0.01, prices are in ticks.
@Suite struct JoinedTotalsTests {
  private static let tick: Int64 = 10_000_000
  private let bench = JoinedBench(.coinbaseDerivatives)

  private func message(_ template: UInt16, _ block: [UInt8]) -> [UInt8] {
    let padding = (8 - (10 + block.count) % 8) % 8
    return LittleBytes().u16(UInt16(10 + block.count + padding)).u16(UInt16(block.count)).u16(template).u16(1_201)
      .u16(2).and(block).pad(padding).bytes
  }

  private func header(_ sent: UInt64, flags: UInt8, instrument: Int32 = 0, count: Int = 1) -> [UInt8] {
    LittleBytes().u64(sent).u64(sent).u16(9).u8(flags).u8(UInt8(count)).i32(instrument).bytes
  }

  /// A live message of number `own` of the instrument; a whole transaction.
  private func live(_ own: UInt32, _ template: UInt16, _ fields: [UInt8]) {
    let head = LittleBytes().u8(3).u8(1).i32(200).u32(own).pad(4).u64(UInt64(own)).bytes
    bench.live(header(1_000 + UInt64(own), flags: 1), [message(template, head + fields)])
  }

  /// matchId, buyOrderId, sellOrderId, price, quantity.
  private func trade(_ own: UInt32, _ match: UInt64, _ quantity: Int32, at price: Int64) {
    live(own, 30, LittleBytes().u64(match).pad(16).i64(price * Self.tick).i32(quantity).bytes)
  }
  private func bust(_ own: UInt32, _ match: UInt64) { live(own, 32, LittleBytes().u64(match).pad(16).bytes) }
  /// orderId, price, quantity.
  private func put(_ own: UInt32, _ order: UInt64) {
    live(own, 20, LittleBytes().u64(order).i64(900 * Self.tick).i32(7).bytes)
  }

  /// 110, one order, 122: tradeVolume 2, vwapPrice 46, lastTradePrice 62, lastTradeTime 70, lastTradeQty 126.
  private func snapshot(
    through: UInt32, volume: Int32, average: Int64?, last: (price: Int64, quantity: Int32, time: Int64)? = nil
  ) {
    let start = LittleBytes().u16(0).u32(through).text("BIT", 24).pad(40).i64(Self.tick).pad(24).u32(1).pad(7).u8(1)
    let order = LittleBytes().u16(1).i32(7).u64(1).u64(1).i64(800 * Self.tick)
    let end = LittleBytes().u16(2).i32(volume).pad(40).i64(average ?? .min).pad(8)
      .i64(last.map { $0.price * Self.tick } ?? .min).i64(last?.time ?? .min).pad(48).i32(last?.quantity ?? 0).pad(30)
    #expect(start.bytes.count == 114 && order.bytes.count == 30 && end.bytes.count == 160)
    bench.snapshot(
      header(5_000, flags: 2, instrument: 200, count: 3),
      [message(110, start.bytes), message(120, order.bytes), message(122, end.bytes)])
  }

  /// A channel begun late: the definition of BIT, number 9 of its own.
  private func late() {
    live(9, 10, LittleBytes().text("BIT", 24).pad(40).i64(Self.tick).pad(61).u8(1).pad(2).bytes)
    bench.trust(.lateStart)
    #expect(bench.state("BIT") == .gap)
  }

  @Test func tradesBehindTheSnapshotAreAddedToItsVolume() {
    late()
    trade(10, 71, 3, at: 1_000)
    put(11, 5)
    trade(12, 72, 4, at: 1_001)
    trade(13, 73, 5, at: 1_002)
    #expect(bench.volume("BIT") == 12, "told at once")
    snapshot(through: 12, volume: 500, average: 1_000 * Self.tick + 5_000_000, last: (1_001, 4, 1_012))
    #expect(bench.state("BIT") == .ok && bench.buys("BIT") == ["800x7"])
    let record = bench.record("BIT")
    #expect(record.volume == 505 && record.turnover == 500_250 + 5 * 1_002)
    #expect(record.lastPrice == 1_002 && record.lastQuantity == 5)
    trade(14, 74, 6, at: 1_003)
    #expect(bench.volume("BIT") == 511 && bench.record("BIT").lastPrice == 1_003)
  }

  @Test func tradesThatTheSnapshotHoldsAreNotAddedAgain() {
    late()
    trade(10, 71, 3, at: 1_000)
    snapshot(through: 12, volume: 500, average: 1_000 * Self.tick, last: (998, 2, 1_700_000_000_000_000_000))
    #expect(bench.state("BIT") == .ok && bench.volume("BIT") == 500 && bench.record("BIT").turnover == 500_000)
    #expect(bench.record("BIT").lastPrice == 998 && bench.record("BIT").lastQuantity == 2)
    // 22:13:20 UTC is 16:13:20 in Chicago.
    #expect(bench.record("BIT").lastTradeNanoseconds == 58_400_000_000_000)
    trade(11, 72, 4, at: 999)
    trade(12, 73, 2, at: 998)
    #expect(bench.volume("BIT") == 500 && bench.record("BIT").lastPrice == 998)
    trade(13, 74, 5, at: 1_010)
    #expect(bench.volume("BIT") == 505 && bench.record("BIT").lastPrice == 1_010)
    bust(14, 72)
    #expect(bench.volume("BIT") == 501 && bench.record("BIT").turnover == 500_000 + 5_050 - 3_996)
    #expect(bench.counted(.brokenTrades) == 1)
  }

  @Test func tradesBrokenBehindTheSnapshotAreTakenFromItsVolume() {
    late()
    trade(10, 71, 3, at: 1_000)
    trade(11, 72, 4, at: 1_000)
    bust(12, 71)
    bust(13, 72)
    trade(14, 73, 5, at: 1_000)
    #expect(bench.volume("BIT") == 5)
    // 71 is in the volume and broken behind it; 72 came behind it.
    snapshot(through: 10, volume: 500, average: 1_000 * Self.tick)
    #expect(bench.volume("BIT") == 500 - 3 + 5 && bench.record("BIT").turnover == 502_000)
    #expect(bench.counted(.brokenTrades) == 2 && bench.counted(.brokenTradesUnknown) == 0)
    bust(15, 71)
    #expect(bench.counted(.brokenTradesUnknown) == 1, "each is broken once")
  }

  @Test func aSnapshotThatIsNotJoinedChangesNoVolume() {
    late()
    trade(10, 71, 3, at: 1_000)
    snapshot(through: 7, volume: 500, average: 1_000 * Self.tick)
    #expect(bench.state("BIT") == .gap && bench.volume("BIT") == 3 && bench.counted(.snapshotsFailed) == 1)
    snapshot(through: 9, volume: 500, average: 1_000 * Self.tick)
    #expect(bench.state("BIT") == .ok && bench.volume("BIT") == 503)
  }

  @Test func aVolumeWithoutItsPriceIsNotTaken() {
    late()
    trade(10, 71, 3, at: 1_000)
    snapshot(through: 10, volume: 500, average: nil)
    #expect(bench.state("BIT") == .ok && bench.volume("BIT") == 3)
  }

  @Test func aDayWithoutTradesHasNoVolume() {
    late()
    put(10, 5)
    snapshot(through: 10, volume: 0, average: nil)
    #expect(bench.state("BIT") == .ok && bench.volume("BIT") == 0 && bench.record("BIT").lastQuantity == 0)
  }

  /// A trade has its instrument's next number, like a change of the book.
  @Test func aTradeShowsThatSomethingIsMissing() {
    late()
    snapshot(through: 9, volume: 500, average: 1_000 * Self.tick)
    trade(10, 71, 3, at: 1_000)
    #expect(bench.state("BIT") == .ok && bench.volume("BIT") == 503)
    trade(12, 73, 5, at: 1_000)
    #expect(bench.state("BIT") == .gap && bench.volume("BIT") == 508)
    snapshot(through: 11, volume: 507, average: 1_000 * Self.tick)
    #expect(bench.state("BIT") == .ok && bench.volume("BIT") == 512)
  }
}
