import Testing

@testable import FeedCore

@Suite("TickClock")
struct TickClockTests {
  static let rates: [UInt64] = [
    4_000_000, 24_000_000, 54_000_000, 1_000_000_000, 2_099_999_873, 3_500_000_000, 6_000_000_000, 1 << 40,
  ]

  @Test(arguments: rates)
  func conversionFollowsExactArithmetic(rate: UInt64) {
    let clock = TickClock(ticksPerSecond: rate)
    #expect(clock.ticksPerSecond == rate)
    let hour = rate &* 3_600
    for ticks: UInt64 in [0, 1, 2, 999, rate - 1, rate, rate + 1, hour / 7, hour] {
      let product = ticks.multipliedFullWidth(by: 1_000_000_000)
      let exact = rate.dividingFullWidth(product).quotient
      let converted = clock.nanoseconds(ticks: ticks)
      // The multiplier is rounded down: an exact quotient may come out one lower, never higher.
      #expect(converted == exact || converted + 1 == exact, "\(ticks) ticks at \(rate) Hz")
    }
  }

  @Test(arguments: rates)
  func ticksOfNanosecondsInvertsToWithinOneTick(rate: UInt64) {
    let clock = TickClock(ticksPerSecond: rate)
    for nanoseconds: UInt64 in [0, 1_000, 1_000_000_007, 60_000_000_000] {
      let back = clock.nanoseconds(ticks: clock.ticks(nanoseconds: nanoseconds))
      let tick = 1_000_000_000 / rate + 2
      #expect(back <= nanoseconds && back + tick >= nanoseconds, "\(nanoseconds) ns at \(rate) Hz")
    }
  }

  @Test func nanosecondClockChangesNothing() {
    for value: UInt64 in [0, 1, 12_345_678_901, 1 << 62, .max] {
      #expect(TickClock.nanosecond.nanoseconds(ticks: value) == value)
      #expect(TickClock.nanosecond.ticks(nanoseconds: value) == value)
    }
  }

  @Test func conversionsSaturate() {
    #expect(TickClock(ticksPerSecond: 4_000_000).nanoseconds(ticks: .max) == .max)
    #expect(TickClock(ticksPerSecond: 4_000_000_000).ticks(nanoseconds: .max) == .max)
  }

  @Test func ratesOutsideTheRangeMeanTheNearerEnd() {
    #expect(TickClock(ticksPerSecond: 0).ticksPerSecond == 4_000_000)
    #expect(TickClock(ticksPerSecond: .max).ticksPerSecond == 1 << 40)
  }

  @Test func calibrationsAgree() {
    let first = TickClock.calibrate(nanoseconds: 2_000_000).ticksPerSecond
    let second = TickClock.calibrate().ticksPerSecond
    #expect(TickClock.ticksPerSecondRange.contains(first))
    // Two measurements of one constant-rate counter; 1 % leaves room for a machine that stops the virtual CPU.
    #expect(max(first, second) - min(first, second) <= first / 100)
  }

  @Test func counterDoesNotGoBackOnOneThread() {
    var last = TickClock.now
    for _ in 0..<1_000 {
      let now = TickClock.now
      #expect(now >= last)
      last = now
    }
  }
}
