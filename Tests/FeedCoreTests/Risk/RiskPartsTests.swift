import Testing

@testable import FeedCore

@Suite struct ShardLimitsTests {
  @Test func firmWideLimitsAreDividedEquallyAndRoundedDown() {
    var settings = OrderTest.settings()
    settings.shardCount = 16
    settings.risk.maximumGrossExposure = 1_000_000_000_000_000_007
    settings.risk.ordersPerSecond = 16_015
    settings.risk.orderBurst = 15
    let limits = (0..<16).map { ShardLimits(settings: settings, shard: $0) }
    #expect(limits.allSatisfy { $0.maximumGrossExposure == 62_500_000_000_000_000 })
    #expect(limits.allSatisfy { $0.ordersPerSecond == 1_000 && $0.orderBurst == 0 })
    // Limits of one order or one symbol are not divided: a symbol belongs to one shard.
    #expect(limits.allSatisfy { $0.maximumPosition == settings.risk.maximumPosition })
    #expect(limits.allSatisfy { $0.maximumSymbolExposure == settings.risk.maximumSymbolExposure })
    #expect(limits.allSatisfy { $0.maximumOrderNotional == settings.risk.maximumOrderNotional })
  }

  @Test func allotmentDividesInPartsPerMillionAndMissingShardsGetNothing() {
    var settings = OrderTest.settings()
    settings.shardCount = 4
    settings.risk.maximumGrossExposure = .max
    settings.risk.ordersPerSecond = 1_001
    settings.risk.orderBurst = .max
    settings.risk.shardAllotment = [750_000, 250_000, 0]
    let limits = (0..<4).map { ShardLimits(settings: settings, shard: $0) }
    #expect(limits.map(\.ordersPerSecond) == [750, 250, 0, 0])
    #expect(limits.map(\.maximumGrossExposure) == [6_917_529_027_641_081_855, 2_305_843_009_213_693_951, 0, 0])
    #expect(limits.map(\.orderBurst) == [3_221_225_471, 1_073_741_823, 0, 0])
    settings.risk.shardAllotment = [.max]
    #expect(ShardLimits(settings: settings, shard: 0).orderBurst == .max)
  }
}

@Suite struct TokenBucketTests {
  /// Arrival-curve definition: an order may leave at t if, for every earlier instant s, the orders in [s, t] with it
  /// are at most burst + rate × (t − s). It suffices to look back to the orders admitted so far.
  private func isAllowed(
    _ admitted: [(time: UInt64, count: UInt64)], _ now: UInt64, _ count: UInt64, rate: UInt64, burst: UInt64
  ) -> Bool {
    var inWindow = count
    if inWindow > burst { return false }
    for order in admitted.reversed() {
      inWindow += order.count
      let allowed = UInt128(burst) * 1_000_000_000 + UInt128(rate) * UInt128(now - order.time)
      if UInt128(inWindow) * 1_000_000_000 > allowed { return false }
    }
    return true
  }

  @Test func agreesWithExactArithmeticAtRandomTimes() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("agreesWithExactArithmeticAtRandomTimes seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    for _ in 0..<60 {
      let rate = UInt32.random(in: 0...2_000, using: &random)
      let burst = UInt32.random(in: 0...8, using: &random)
      var bucket = TokenBucket(tokensPerSecond: rate, burst: burst)
      var admitted: [(time: UInt64, count: UInt64)] = []
      var now: UInt64 = .random(in: 0...2_000_000_000_000_000_000, using: &random)
      for _ in 0..<400 {
        // Mostly around the time of one token, so that both answers come up and remainders matter.
        now += .random(in: 0...(rate == 0 ? 10 : 2_000_000_000 / UInt64(rate)), using: &random)
        if Int.random(in: 0..<50, using: &random) == 0 { now += .random(in: 0...50_000_000_000, using: &random) }
        let count = UInt32.random(in: 1...2, using: &random)
        bucket.refill(at: now)
        let expected = isAllowed(admitted, now, UInt64(count), rate: UInt64(rate), burst: UInt64(burst))
        #expect((bucket.available >= UInt64(count)) == expected)
        #expect(bucket.take(count) == expected)
        if expected { admitted.append((now, UInt64(count))) }
      }
    }
  }

  @Test func doesNotDriftOverYearsOfSmallSteps() {
    // A third of a token per step, less a third of a nanosecond: 99,999.9999 tokens in all.
    var bucket = TokenBucket(tokensPerSecond: 1, burst: 2)
    #expect(bucket.take(2) == true)
    var now: UInt64 = 0
    var taken = 0
    for step in 1...300_000 as ClosedRange<UInt64> {
      now = step * 333_333_333
      bucket.refill(at: now)
      if bucket.take(1) { taken += 1 }
    }
    #expect(taken == 99_999)
    // Ten years later it holds exactly its burst.
    bucket.refill(at: now + 315_360_000_000_000_000)
    #expect(bucket.available == 2)
  }

  @Test func extremesNeitherTrapNorExceedTheBurst() {
    var bucket = TokenBucket(tokensPerSecond: .max, burst: .max)
    #expect(bucket.available == UInt64(UInt32.max))
    #expect(bucket.take(.max) == true)
    #expect(bucket.take(1) == false)
    bucket.refill(at: .max)
    #expect(bucket.available == UInt64(UInt32.max))
    #expect(bucket.take(.max) == true)
    bucket.refill(at: 5)
    #expect(bucket.available == 0)
    var slow = TokenBucket(tokensPerSecond: 0, burst: 3)
    #expect(slow.take(3) == true)
    slow.refill(at: .max)
    #expect(slow.available == 0)
    #expect(slow.take(0) == true)
    #expect(slow.take(1) == false)
  }

  @Test func refillsToTheNanosecond() {
    var bucket = TokenBucket(tokensPerSecond: 3, burst: 1)
    bucket.refill(at: 1_000)
    #expect(bucket.take(1) == true)
    // A third of a second is 333,333,333.33 ns.
    bucket.refill(at: 1_000 + 333_333_333)
    #expect(bucket.take(1) == false)
    bucket.refill(at: 1_000 + 333_333_334)
    #expect(bucket.take(1) == true)
  }
}

@Suite struct FixedTableTests {
  /// All keys share few homes, so that long runs and shifting are common.
  private struct Clustered: FixedTableKey {
    var value: UInt8
    var spread: UInt64 { UInt64(value % 3) &+ 30 }
  }

  @Test func behavesAsADictionaryWithCollidingKeys() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("behavesAsADictionaryWithCollidingKeys seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    var table = FixedTable<Clustered, UInt32>(capacity: 16)
    var model: [UInt8: UInt32] = [:]
    for _ in 0..<20_000 {
      let key = UInt8.random(in: 0..<40, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        let value = UInt32.random(in: 0 ... .max, using: &random)
        let fits = model[key] != nil || model.count < 16
        #expect(table.insert(Clustered(value: key), value) == fits)
        if fits { model[key] = value }
      case 1:
        #expect(table.remove(Clustered(value: key)) == (model.removeValue(forKey: key) != nil))
      default:
        #expect(table.value(of: Clustered(value: key)) == model[key])
      }
      #expect(table.count == model.count)
    }
    var entries: [UInt8: UInt32] = [:]
    table.forEach { entries[$0.value] = $1 }
    #expect(entries == model)
    table.removeAll()
    #expect(table.count == 0 && table.value(of: Clustered(value: 1)) == nil)
  }

  /// From the first size on to its capacity, while entries leave as well.
  @Test func behavesAsADictionaryWhileItGrows() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("behavesAsADictionaryWhileItGrows seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    var table = FixedTable<UInt64, UInt32>(capacity: 9_000)
    var model: [UInt64: UInt32] = [:]
    while model.count < 9_000 {
      let key = UInt64.random(in: 0..<12_000, using: &random)
      if Int.random(in: 0..<4, using: &random) == 0 {
        #expect(table.remove(key) == (model.removeValue(forKey: key) != nil))
      } else {
        let value = UInt32.random(in: 0 ... .max, using: &random)
        #expect(table.insert(key, value) == true)
        model[key] = value
      }
    }
    let keys: ClosedRange<UInt64> = 0...12_000
    let fresh = keys.first { model[$0] == nil }!
    #expect(table.insert(fresh, 1) == false && table.count == 9_000)
    for key in keys { #expect(table.value(of: key) == model[key]) }
    table.removeAll()
    #expect(table.count == 0 && table.insert(fresh, 1) == true && table.value(of: fresh) == 1)
  }

  @Test func takesAll64BitKeys() {
    var table = FixedTable<UInt64, UInt8>(capacity: 4)
    for key in [0, .max, 1 << 63] as [UInt64] { #expect(table.insert(key, 1) == true) }
    #expect(table.find(0) >= 0 && table.find(.max) >= 0 && table.find(1 << 63) >= 0 && table.find(1) < 0)
  }
}

@Suite struct RecentOrdersTests {
  @Test func agreesWithAListOfEverythingSent() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("agreesWithAListOfEverythingSent seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    for window in [1, 7, 100] as [UInt64] {
      var recent = RecentOrders(windowNanoseconds: window, capacity: 8)
      var sent: [(RecentOrders.Key, UInt64)] = []
      var now: UInt64 = 1
      for _ in 0..<3_000 {
        now += .random(in: 0...max(1, window / 4), using: &random)
        let intent = OrderIntent(
          group: .random(in: 0...1, using: &random), venue: .random(in: 0...1, using: &random),
          side: Bool.random(using: &random) ? .buy : .sell, quantity: .random(in: 1...2, using: &random),
          limitPrice: .random(in: 1...2, using: &random))
        let key = RecentOrders.Key(intent)
        let live = sent.filter { now - $0.1 < window }
        // Old ones may still stand there: they are neither found nor in the way.
        #expect(recent.contains(key, at: now) == live.contains { $0.0 == key })
        #expect(recent.makeRoom(for: 1, at: now) == (live.count < 8))
        if live.count < 8 && !live.contains(where: { $0.0 == key }) {
          recent.remember(key, at: now)
          sent.append((key, now))
          #expect(recent.count == live.count + 1)
        }
      }
    }
  }
}

@Suite struct TakerFeeTests {
  private func fee(_ price: Int64, perShare: Int64 = 0, fraction: Int64 = 0) -> Int64 {
    var fees = FeeSchedule()
    fees.taker = FeeRate(perShare: perShare, fraction: fraction)
    return fees.takerFee(price: price)
  }

  @Test func fractionIsRoundedAgainstUs() {
    #expect(fee(10_000_000_000, perShare: 3_000_000) == 3_000_000)
    // 0.0000278 of 10.01 dollars = 0.000278278 exactly; of one nanodollar more, rounded up.
    #expect(fee(10_010_000_000, fraction: 27_800) == 278_278)
    #expect(fee(10_010_000_001, fraction: 27_800) == 278_279)
    #expect(fee(10_010_000_001, fraction: -27_800) == -278_278)
    #expect(fee(10_010_000_000, perShare: -5, fraction: 27_800) == 278_273)
    #expect(fee(.max, perShare: .max, fraction: .max) == .max)
    #expect(fee(.max, perShare: .min, fraction: .min) == .min)
  }

  @Test func subDollarTierAppliesBelowOneDollar() {
    var fees = FeeSchedule()
    fees.taker = FeeRate(perShare: 3_000_000)
    fees.takerBelowDollar = FeeRate(fraction: 3_000_000)
    #expect(fees.takerFee(price: 1_000_000_000) == 3_000_000)
    #expect(fees.takerFee(price: 999_999_999) == 3_000_000)
    #expect(fees.takerFee(price: 500_000_000) == 1_500_000)
  }
}

@Suite struct PositionTests {
  @Test func grossExposureIsTheSumOfTheSymbolsWhateverHappens() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("grossExposureIsTheSumOfTheSymbolsWhateverHappens seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    var table = PositionTable(groupCapacity: 5)
    for _ in 0..<5_000 {
      let side = Bool.random(using: &random) ? Side.buy : .sell
      let quantity = UInt32.random(in: 0...1_000, using: &random)
      let price = Int64.random(in: 1...199_999_990_000_000, using: &random)
      let action = Int.random(in: 0..<3, using: &random)
      table.update(.random(in: 0..<5, using: &random)) {
        switch action {
        case 0: $0.reserve(side, quantity: quantity, price: price)
        case 1: $0.release(side, quantity: quantity)
        default: $0.trade(side, quantity: quantity, price: price, fee: -3)
        }
      }
      let sum = (0..<table.count).reduce(Int128(0)) { $0 + table[$1].exposure }
      #expect(table.grossExposure == sum)
    }
    #expect(table.count == 5)
  }

  @Test func cashHoldsNotionalAndFees() {
    var position = Position()
    position.trade(.buy, quantity: 100, price: 10_000_000_000, fee: 3_000_000)
    #expect(position.shares == 100 && position.cash == -1_000_300_000_000 && position.fees == 300_000_000)
    position.trade(.sell, quantity: 150, price: 10_020_000_000, fee: -1_000_000)
    #expect(position.shares == -50)
    #expect(position.cash == -1_000_300_000_000 + 1_503_150_000_000 && position.fees == 150_000_000)
    #expect(position.sharesBought == 100 && position.sharesSold == 150)
  }
}
