import Testing

@testable import FeedCore

/// Quantities at the ends of what a book holds: exact up to 2^32 - 1 of its units, beyond that counted and the book
/// untrusted, never wrapped.
struct DerivativeQuantityTests {
  private static let greatest = UInt32.max

  // MARK: - EOBI

  private static let header = LittleBytes().u32(0x32CA_0020).u32(.max).u32(9).u32(7).u8(1).u8(1).u8(0).pad(5)
    .u64(1_763_640_000_000_000_000).bytes

  /// 13100 of 14.1: a quantity with four decimals.
  private static func add(_ priority: UInt64, _ quantity: Int64, price: Int64 = 100_000_000) -> [UInt8] {
    LittleBytes().u16(56).u16(13_100).u32(1).u64(0).i64(77).u64(priority).i64(quantity).u8(1).u8(255).pad(6).i64(price)
      .bytes
  }

  /// 13105 of 14.1.
  private static func execute(_ priority: UInt64, _ quantity: Int64) -> [UInt8] {
    LittleBytes().u16(56).u16(13_105).u32(1).u8(1).u8(255).u8(255).u8(0).u32(5).i64(100_000_000).u64(priority).i64(77)
      .i64(quantity).i64(100_000_000).bytes
  }

  private static func state(_ status: UInt8) -> [UInt8] {
    LittleBytes().u16(56).u16(13_301).u32(1).i64(77).u8(1).u8(status).pad(6).u64(0).u64(0).u64(0).u64(0).bytes
  }

  private static func eobi() -> DerivativesHarness {
    let harness = DerivativesHarness(.eobi)
    harness.trust(.ok)
    harness.send(state(203), header: header)
    return harness
  }

  @Test func contractsOfEOBIAreExactUpTo32Bits() {
    let harness = Self.eobi()
    harness.send(Self.add(1, Int64(Self.greatest) * 10_000), header: Self.header)
    #expect(harness.levels("#77", .buy).map(\.quantity) == [Self.greatest] && harness.state("#77") == .ok)
    harness.send(Self.execute(1, Int64(Self.greatest - 1) * 10_000), header: Self.header)
    #expect(harness.levels("#77", .buy).map(\.quantity) == [1])
    #expect(harness.record("#77").volume == UInt64(Self.greatest - 1) && harness.complaints == [])
  }

  @Test(arguments: [
    (4_294_967_296 * 10_000, Counter.levelQuantityOverflows), (Int64.max / 10_000 * 10_000, .levelQuantityOverflows),
    (10_001, .quantitiesOffScale), (9_999, .quantitiesOffScale), (Int64.max, .quantitiesOffScale),
  ] as [(Int64, Counter)])
  func otherQuantitiesOfEOBIAreCountedAndTheBookIsLost(quantity: Int64, counter: Counter) {
    for message in [Self.add(2, quantity), Self.execute(1, quantity)] {
      let harness = Self.eobi()
      harness.send(Self.add(1, 50_000), header: Self.header)
      harness.send(message, header: Self.header)
      #expect(harness.counted(counter) == 1 && harness.state("#77") == .untrusted)
      #expect(harness.levels("#77", .buy).map(\.quantity) == [5] && harness.record("#77").volume == 0)
    }
  }

  /// Negative ones, and the null, are none.
  @Test(arguments: [0, -1, -10_000, Int64.min]) func noQuantityOfEOBIIsNoOrder(quantity: Int64) {
    let harness = Self.eobi()
    harness.send(Self.add(1, quantity), header: Self.header)
    #expect(harness.levels("#77", .buy) == [] && harness.counted(.zeroQuantities) == 1)
  }

  /// Prices around the ends of 32 bits of the book's steps: 1/100,000, as the first price is below 1,000.
  @Test func pricesOfEOBIAreExactOrCounted() {
    let greatest = Int64(Int32.max) * 1_000
    let harness = Self.eobi()
    for (priority, price) in [0, 1_000, greatest, -greatest].enumerated() {
      harness.send(Self.add(UInt64(priority), 10_000, price: price), header: Self.header)
    }
    #expect(harness.levels("#77", .buy).map(\.price) == [.max, 1, 0, -.max])
    #expect(harness.state("#77") == .ok && harness.complaints == [])
    for price in [greatest + 1_000, -greatest - 2_000, 1, .max, .min + 1] as [Int64] {
      let lost = Self.eobi()
      lost.send(Self.add(9, 10_000), header: Self.header)
      lost.send(Self.add(1, 10_000, price: price), header: Self.header)
      #expect(lost.counted(.pricesOffScale) == 1 && lost.state("#77") == .untrusted, "\(price)")
    }
    // The least of 32 bits stands for no level.
    let least = Self.eobi()
    least.send(Self.add(9, 10_000), header: Self.header)
    least.send(Self.add(1, 10_000, price: -greatest - 1_000), header: Self.header)
    #expect(least.counted(.pricesOutOfRange) == 1 && least.state("#77") == .untrusted)
    #expect(least.levels("#77", .buy).map(\.price) == [100_000])
  }

  // MARK: - Levels of many orders

  private static func put(_ id: Int64, _ quantity: Int32) -> [UInt8] {
    LittleBytes().u16(56).u16(42).u16(20).u16(1_201).u16(2).u8(3).u8(1).i32(31).u32(1).u16(0).u16(0).u64(0).i64(id)
      .i64(5_000_000_000).i32(quantity).pad(4).bytes
  }

  /// Three orders of 2^31 - 1 on one level: the sum stays at the greatest, and is not believed.
  @Test func aLevelBeyond32BitsStaysAtTheGreatestAndIsNotBelieved() {
    let harness = DerivativesHarness(.coinbaseDerivatives)
    harness.trust(.ok)
    harness.send([Self.put(1, .max), Self.put(2, .max)])
    #expect(harness.levels("#31", .buy).map(\.quantity) == [4_294_967_294] && harness.complaints == [])
    harness.send(Self.put(3, .max))
    #expect(harness.levels("#31", .buy).map(\.quantity) == [.max])
    #expect(harness.counted(.levelQuantityOverflows) == 1 && harness.state("#31") == .untrusted)
    // The greatest quantity with a sign is none: nothing is left of the order.
    harness.send(Self.put(3, .min))
    #expect(harness.counted(.zeroQuantities) == 0)
    for id in 1...2 as ClosedRange<Int64> { harness.send(Self.put(id, 0)) }
    #expect(harness.levels("#31", .buy).allSatisfy { $0.orders == [] } && harness.state("#31") == .untrusted)
  }

  // MARK: - Amounts in steps

  /// Deribit: 2^32 - 1 steps of 10 dollars are kept; one more makes the book wait for a snapshot. A step of 1e-8 reaches
  /// to 42.9 of a currency.
  @Test func amountsOfDeribitAreExactOrTheBookWaits() {
    typealias D = DeribitBytes
    for (step, most) in [(10.0, 42_949_672_950.0), (0.00000001, 42.94967295)] {
      let harness = DeribitHarness()
      harness.snapshot(
        D.snapshotStart, D.instrument(5, "A-B", tick: 0.5, step: step), D.ticker(5),
        D.snapshot(5, through: 1, [(1, 100, most)]))
      let raw = step == 10 ? 4_294_967_295_000_000_000 : 4_294_967_295
      #expect(harness.state("A-B") == .ok && harness.levels("A-B", .buy) == ["10000000000 \(raw)"])
      harness.event(D.book(5, previous: 1, change: 2, [(1, 0, 99.5, most + step)]))
      #expect(harness.counted(.quantitiesOffScale) == 1 && harness.state("A-B") != .ok)
      #expect(harness.levels("A-B", .buy) == ["10000000000 \(raw)"])
    }
  }

  /// Combos trade at 0 and below.
  @Test func pricesOfDeribitMayBeZeroAndBelow() {
    typealias D = DeribitBytes
    let harness = DeribitHarness()
    harness.snapshot(
      D.snapshotStart, D.instrument(5, "A-B", tick: 0.5, step: 10), D.ticker(5),
      D.snapshot(5, through: 1, [(1, -2.5, 10), (1, 0, 20), (0, -0.5, 30), (0, 1, 40)]))
    #expect(harness.levels("A-B", .buy) == ["0 2000000000", "-250000000 1000000000"])
    #expect(harness.levels("A-B", .sell) == ["-50000000 3000000000", "100000000 4000000000"])
    harness.event(D.book(5, previous: 1, change: 2, [(1, 2, 0, 0), (1, 1, -2.5, 50)]))
    #expect(harness.levels("A-B", .buy) == ["-250000000 5000000000"] && harness.state("A-B") == .ok)
    #expect(harness.counted(.zeroPrices) + harness.counted(.pricesOutOfRange) == 0)
  }
}
