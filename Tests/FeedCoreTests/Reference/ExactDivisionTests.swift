import Testing

@testable import FeedCore

/// Multiplications instead of divisions, against the division itself.
struct ExactDivisionTests {
  /// What `/` and `%` say.
  private func slow(_ raw: Int64, _ divisor: Int64) -> Int32? {
    let (quotient, remainder) = raw.quotientAndRemainder(dividingBy: divisor)
    return remainder == 0 ? Int32(exactly: quotient) : nil
  }

  private func fast(_ raw: Int64, _ divisor: Int64) -> Int32? {
    let division = ExactDivision(by: divisor)
    let quotient = division.quotient(raw)
    guard let stored = Int32(exactly: quotient), division.isExact(quotient, of: raw) else { return nil }
    return stored
  }

  @Test func theEndsOfAllRangesAreDividedRight() {
    let divisors: [Int64] = [
      1, 2, 3, 7, 10, 100, 1_000, 10_000, 100_000, 250_000_000, 1_000_000_000, 25_000_000_000, 1 << 31, 1 << 32,
      1 << 62, .max, .max - 1, (1 << 32) + 1, (1 << 31) - 1, (3 << 61) >> 1,
    ]
    for divisor in divisors {
      for quotient in [0, 1, -1, 2, 1_234_567, Int64(Int32.max), Int64(Int32.min), Int64(Int32.max) + 1, 1 << 40] {
        let (raw, overflow) = quotient.multipliedReportingOverflow(by: divisor)
        if overflow { continue }
        for offset in [0, 1, -1, divisor / 2] as [Int64] {
          let (near, over) = raw.addingReportingOverflow(offset)
          if !over { #expect(fast(near, divisor) == slow(near, divisor), "\(near) / \(divisor)") }
        }
      }
      for raw in [Int64.min, .max, .min + 1, 0] {
        #expect(fast(raw, divisor) == slow(raw, divisor), "\(raw) / \(divisor)")
      }
    }
  }

  @Test func randomNumbersAreDividedRight() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var exact = 0
    for _ in 0..<200_000 {
      let divisor = max(1, Int64(bitPattern: random.next() >> UInt64(1 + random.below(63))))
      let multiple = Int64(Int32(truncatingIfNeeded: Int64(bitPattern: random.next()) >> random.below(34)))
      let raw = random.chance(600) ? multiple &* divisor : Int64(bitPattern: random.next()) >> random.below(64)
      let expected = slow(raw, divisor)
      exact += expected == nil ? 0 : 1
      #expect(fast(raw, divisor) == expected, "\(raw) / \(divisor), seed \(seed)")
    }
    #expect(exact > 20_000)
  }

  /// The short way of prices: what it says is right, and it says so of all divisors that venues have.
  @Test func thePlainWayFindsWhatDivisionFinds() throws {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var (plain, wide) = (0, 0)
    for _ in 0..<100_000 {
      let isTick = random.chance(700)
      let divisor =
        isTick
        ? (0..<random.below(12)).reduce(Int64(1 + random.below(9))) { power, _ in power * 10 }
        : max(1, Int64(bitPattern: random.next() >> UInt64(1 + random.below(63))))
      let scale = try #require(PriceScale(numerator: 1, denominator: 1, divisor: divisor))
      let quantities = try #require(QuantityScale(decimals: 9, divisor: divisor))
      for isSigned in [true, false] {
        let word = random.next()
        let multiple = isSigned ? Int64(Int32(truncatingIfNeeded: word)) : Int64(UInt32(truncatingIfNeeded: word))
        let raw = multiple &* divisor &+ (random.chance(800) ? 0 : Int64(random.below(1_000)) - 500)
        let (quotient, remainder) = raw.quotientAndRemainder(dividingBy: divisor)
        let expected = remainder == 0 ? Int32(exactly: quotient) : nil
        let found = scale.plain.price(raw: raw)
        #expect(found == expected || !isTick && found == nil, "\(raw) / \(divisor), seed \(seed)")
        #expect(scale.stored(raw: raw) == expected, "\(raw) / \(divisor), seed \(seed)")
        let quantity = remainder == 0 ? UInt32(exactly: quotient) : nil
        #expect(quantities.stored(raw: raw) == quantity, "\(raw) / \(divisor), seed \(seed)")
        plain += found == nil ? 0 : 1
        wide += found != expected ? 1 : 0
      }
    }
    #expect(plain > 50_000 && wide > 100)
  }

  @Test func zeroedMemoryDividesNothing() {
    let scales = Storage<InstrumentScale>(capacity: 1, hugePages: false)
    #expect(scales[0].scale.stored(raw: 5) == 5 && scales[0].scale.stored(raw: 0) == 0)
    #expect(scales[0].scale.plain.price(raw: 5) == nil && scales[0].scale.plain.price(raw: .min) == nil)
    #expect(scales[0].scale.stored(raw: .max) == nil && scales[0].quantity.stored(raw: -1) == nil)
    #expect(scales[0].quantity.stored(raw: 4_294_967_295) == .max)
  }
}
