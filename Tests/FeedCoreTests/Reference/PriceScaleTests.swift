import Testing

@testable import FeedCore

struct PriceScaleTests {
  /// Raw 1,234,500 at each scale, by hand.
  @Test(arguments: [
    (0, 1_234_500_000_000_000), (2, 12_345_000_000_000), (3, 1_234_500_000_000), (4, 123_450_000_000),
    (6, 1_234_500_000), (7, 123_450_000), (8, 12_345_000), (9, 1_234_500),
  ])
  func decimalsGiveNanounits(decimals: Int, nanounits: Int64) throws {
    let scale = try #require(PriceScale(decimals: decimals))
    #expect(scale.stored(raw: 1_234_500) == 1_234_500)
    #expect(scale.nanounits(stored: 1_234_500) == nanounits && scale.raw(stored: 1_234_500) == 1_234_500)
    #expect(scale.nanounits(stored: -1_234_500) == -nanounits)
  }

  @Test func whatIsNoWholeNumberOfNanounitsIsNoScale() {
    #expect(PriceScale(decimals: 10) == nil && PriceScale(decimals: 19) == nil && PriceScale(decimals: -1) == nil)
    #expect(PriceScale(decimals: 10, divisor: 10)?.nanounits == 1)
    #expect(PriceScale(decimals: 4, divisor: 0) == nil && PriceScale(decimals: 4, divisor: -100) == nil)
    #expect(PriceScale(numerator: 1, denominator: 3, divisor: 1) == nil)
    #expect(PriceScale(numerator: 1, denominator: 3, divisor: 3)?.nanounits == 1)
    #expect(PriceScale(numerator: 0, denominator: 1, divisor: 1) == nil)
    #expect(PriceScale(numerator: .max, denominator: 1, divisor: 2) == nil)
    #expect(PriceScale(numerator: .max, denominator: .max, divisor: .max)?.nanounits == .max)
  }

  /// ES: PRICE9 mantissas, display factor 0.01, tick 25 points. ZN-like: 1/64 of a 32nd.
  @Test func aCMEPriceIsItsMantissaTimesTheDisplayFactorInTicks() throws {
    let es = try #require(PriceScale(displayFactor: 10_000_000, tick: 25_000_000_000))
    #expect(es.divisor == 25_000_000_000 && es.nanounits == 250_000_000)
    // 6,012.25 points: mantissa 601,225 × 10^9.
    let stored = try #require(es.stored(raw: 601_225_000_000_000))
    #expect(stored == 24_049)
    #expect(es.nanounits(stored: stored) == 6_012_250_000_000 && es.raw(stored: stored) == 601_225_000_000_000)
    #expect(es.stored(raw: 601_226_000_000_000) == nil)
    // A spread below zero.
    #expect(es.stored(raw: -50_000_000_000) == -2)
    #expect(PriceScale(displayFactor: FixedPoint.one, tick: 0)?.divisor == 1)
    // A mantissa unit of 10^-11 without a tick is finer than a nanounit.
    #expect(PriceScale(displayFactor: 10_000_000, tick: 0) == nil)
  }

  @Test func aPriceBeyond32BitsOfUnitsIsRefusedNotCut() throws {
    let fine = try #require(PriceScale(decimals: 8))
    #expect(fine.stored(raw: 2_147_483_647) == .max && fine.stored(raw: 2_147_483_648) == nil)
    #expect(fine.stored(raw: -2_147_483_648) == .min && fine.stored(raw: .min) == nil && fine.stored(raw: .max) == nil)
    // 97,123.50 in ticks of 0.50 fits.
    let ticks = try #require(PriceScale(decimals: 8, divisor: 50_000_000))
    #expect(ticks.stored(raw: 9_712_350_000_000) == 194_247 && ticks.nanounits == 500_000_000)
    #expect(ticks.stored(raw: .min) == nil && ticks.stored(raw: .max) == nil)
  }

  @Test func storedPricesStandForExactlyTheRawOnes() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    for _ in 0..<20_000 {
      let denominator = Int64(1 + random.below(1_000))
      let numerator = Int64(1 + random.below(1_000_000))
      let divisor = Int64(1 + random.below(1_000)) * denominator
      let scale = PriceScale(numerator: numerator, denominator: denominator, divisor: divisor)!
      let raw = (Int64(bitPattern: random.next()) >> random.below(64)) / (random.chance(500) ? divisor : 1)
        &* (random.chance(500) ? divisor : 1)
      let isExact = raw % divisor == 0 && Int64(Int32.min) <= raw / divisor && raw / divisor <= Int64(Int32.max)
      guard let stored = scale.stored(raw: raw) else {
        #expect(!isExact, "seed \(seed)")
        continue
      }
      #expect(isExact && scale.raw(stored: stored) == raw, "seed \(seed)")
      let exact = Int128(raw) * Int128(numerator)
      #expect(exact % Int128(denominator) == 0, "seed \(seed)")
      #expect(scale.nanounits(stored: stored) == Int64(clamping: exact / Int128(denominator)), "seed \(seed)")
    }
  }

  @Test func productsStopAtTheEndsOf64Bits() throws {
    let coarse = try #require(PriceScale(numerator: .max, denominator: 1, divisor: 1))
    #expect(coarse.nanounits(stored: 2) == .max && coarse.nanounits(stored: -2) == .min)
    #expect(Int64.min.subtractingClamped(1) == .min && Int64.max.subtractingClamped(-1) == .max)
    #expect((5 as Int64).subtractingClamped(7) == -2 && Int64(0).subtractingClamped(.min) == .max)
  }

  @Test func protocolsHaveTheirSpecifiedScales() {
    // 432.1 as each specification writes it.
    for (name, raw) in [
      (.itch50, 4_321_000), (.pitch, 4_321_000), (.deep10, 4_321_000), (.tops16, 4_321_000),
      (.memxDepth, 432_100_000), (.miaxPearlDepth, 432_100_000), (.eobi, 43_210_000_000), (.deribit, 43_210_000_000),
      (.cmeMDP3, 432_100_000_000), (.coinbaseDerivatives, 432_100_000_000),
    ] as [(FeedProtocol, Int64)] {
      let scale = PriceScale.standard(of: name)
      let stored = scale.stored(raw: raw)
      #expect(stored.map { scale.nanounits(stored: $0) } == 432_100_000_000, "\(name)")
    }
    // 32 bits of MEMX's six decimals would end at 2,147 dollars; of its ten-thousandths they hold 210,000.
    #expect(PriceScale.standard(of: .memxDepth).stored(raw: 210_000_000_000) == 2_100_000_000)
  }
}
