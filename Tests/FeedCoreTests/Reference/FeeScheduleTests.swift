import Testing

@testable import FeedCore

struct FeeScheduleTests {
  @Test func takerFeeIsTheSlowOnes() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    for _ in 0..<5_000 {
      var fees = FeeSchedule()
      func number(_ reach: Int) -> Int64 { Int64(random.below(2 * reach) - reach) }
      fees.taker = FeeRate(perShare: number(10_000_000), fraction: number(2_000_000))
      fees.takerBelowDollar = FeeRate(perShare: number(500), fraction: number(4_000_000))
      let isNearDollar = random.chance(500)
      let price = isNearDollar ? Int64(random.below(2_000_000_000)) : Int64(random.below(200_000)) * 1_000_000_000
      if fees.takerFee(price: price) != SlowCrossVenue.takerFee(fees, price: price) {
        Issue.record("seed \(seed): \(fees) at \(price)")
      }
    }
  }

  /// What is said to cost something does, at any prices; and of those with rebates some are paid for.
  @Test func pairsThatCostSomethingAreNeverPaidFor() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var (costly, paid) = (0, 0)
    for _ in 0..<2_000 {
      func rate() -> FeeRate {
        FeeRate(
          perShare: Int64(random.below(8_000_000)) - 3_000_000,
          fraction: random.chance(700) ? 0 : Int64(random.below(600_000)) - 200_000)
      }
      var (one, other) = (FeeSchedule(), FeeSchedule())
      (one.taker, one.takerBelowDollar, other.taker, other.takerBelowDollar) = (rate(), rate(), rate(), rate())
      let costs = one.costsSomething(with: other)
      #expect(costs == other.costsSomething(with: one))
      let sums = (0..<50).map { _ in
        let range = random.chance(500) ? 3_000_000_000 : 1_000_000_000_000
        let (price, second) = (Int64(random.below(range)) - 1_000_000_000, Int64(random.below(range)) - 1_000_000_000)
        return SlowCrossVenue.takerFee(one, price: price) + SlowCrossVenue.takerFee(other, price: second)
      }
      if costs {
        costly += 1
        #expect(sums.allSatisfy { $0 >= 0 }, "seed \(seed): \(one), \(other)")
      } else if sums.contains(where: { $0 < 0 }) {
        paid += 1
      }
    }
    #expect(costly > 200 && paid > 200, "seed \(seed)")
  }

  /// A spread at -3.00 costs what one at 3.00 does: the notional is as great, and a fee is no rebate.
  @Test func aPriceBelowZeroCostsWhatItsOppositeDoes() {
    var fees = FeeSchedule()
    fees.taker = FeeRate(perShare: 7, fraction: 2_000_000)
    fees.takerBelowDollar = FeeRate(fraction: 3_000_000)
    fees.maker = FeeRate(fraction: -1_000_000)
    #expect(fees.takerFee(price: -3_000_000_000) == 6_000_007 && fees.takerFee(price: 3_000_000_000) == 6_000_007)
    #expect(fees.takerFee(price: -500_000_000) == 1_500_000 && fees.takerFee(price: 0) == 0)
    #expect(fees.makerFee(price: -3_000_000_000) == -3_000_000)
    #expect(fees.takerFee(price: .min) == 18_446_744_073_709_559)
  }

  @Test func aFeeBeyondTheRangeIsClamped() {
    var fees = FeeSchedule()
    fees.taker = FeeRate(perShare: .max, fraction: 1_000_000_000)
    #expect(fees.takerFee(price: 5_000_000_000) == .max)
    fees.maker = FeeRate(perShare: -2_000_000)
    fees.makerBelowDollar = FeeRate(fraction: 3_000_000)
    #expect(fees.makerFee(price: 1_000_000_000) == -2_000_000)
    #expect(fees.makerFee(price: 999_900_000) == 2_999_700)
  }
}
