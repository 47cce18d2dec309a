import Testing

@testable import FeedCore

/// When paced packets are due, and that what is measured is held against that.
struct PaceTests {
  private func schedule(_ partsPerMillion: UInt64, ticksPerSecond: UInt64) -> PaceSchedule {
    PaceSchedule(
      partsPerMillion: partsPerMillion, clock: TickClock(ticksPerSecond: ticksPerSecond), firstCapture: 1_000,
      startTicks: 500)
  }

  /// Against the exact quotient, over speeds and counters from end to end: never late, and never more than a tick and a
  /// billionth early.
  @Test func duesFollowTheCaptureAtAnySpeed() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    for _ in 0..<20_000 {
      let parts = max(1, (1_000_000_000_000 as UInt64) >> UInt64(random.below(40)) &+ UInt64(random.below(1_000)))
      let ticks = 4_000_000 &+ random.next() % (1 << UInt64(22 + random.below(18)))
      let since = random.next() >> UInt64(17 + random.below(40))
      let due = schedule(parts, ticksPerSecond: ticks).dueTicks(1_000 + since)
      // Wider than 128 bits for the longest captures: quotient and remainder of the time first.
      let (whole, rest) = UInt128(since).quotientAndRemainder(dividingBy: UInt128(parts) * 1_000)
      let exact = whole * UInt128(ticks) + rest * UInt128(ticks) / (UInt128(parts) * 1_000) + 500
      if exact > UInt128(UInt64.max) {
        #expect(due == .max, "seed \(seed)")
        continue
      }
      let difference = Int128(exact) - Int128(due)
      #expect(difference >= -1 && difference <= 2 + Int128(exact >> 30), "seed \(seed): \(parts) \(ticks) \(since)")
      if difference < -1 || difference > 2 + Int128(exact >> 30) { return }
    }
  }

  @Test func realTimeOfATickANanosecondIsExact() {
    let schedule = schedule(1_000_000, ticksPerSecond: 1_000_000_000)
    #expect(schedule.dueTicks(1_000) == 500)
    #expect(schedule.dueTicks(1_001) == 501)
    #expect(schedule.dueTicks(86_400_000_001_000) == 86_400_000_000_500)
    // Before the first packet: at once.
    #expect(schedule.dueTicks(0) == 500)
  }

  @Test func whatIsDueAfterAllTimeIsNeverDue() {
    #expect(schedule(1, ticksPerSecond: 1 << 40).dueTicks(.max) == .max)
  }

  private func packets(_ times: [UInt64]) -> UnsafeMutableBufferPointer<Packet> {
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: times.count)
    for (index, time) in times.enumerated() {
      let packet = Packet(
        bytes: UnsafeRawPointer(burst.baseAddress!), captureNanoseconds: time, capturedLength: 0, wireLength: 0,
        recordIndex: UInt64(index), fileIndex: 0, linkType: .ethernet)
      burst.initializeElement(at: index, to: packet)
    }
    return burst
  }

  /// Of one capture time all are due at once, an hour later none: and each is stamped with when it was due.
  @Test func givesOutWhatIsDueAndNothingElse() {
    let clock = TickClock.calibrate(nanoseconds: 1_000_000)
    let burst = packets([7_000, 7_000, 7_000, 3_600_000_007_000])
    defer { burst.deallocate() }
    var pace = Pace(speed: .paced(partsPerMillion: 1_000_000), clock: clock)
    #expect(pace.schedule == nil)
    let before = TickClock.now
    let (end, received) = pace.release(burst, from: 0, to: 4)
    #expect(end == 3)
    #expect(received >= before && received <= TickClock.now)
    #expect(pace.schedule?.dueTicks(7_000) == received)
    let (next, due) = pace.release(burst, from: 3, to: 4)
    #expect(next == 3)
    #expect(due == pace.schedule?.dueTicks(3_600_000_007_000))
    #expect(due >= received + clock.ticks(nanoseconds: 3_599_999_000_000))
  }

  /// A wait of three milliseconds is one of three thousand probes, however the machine behaves meanwhile: what it takes
  /// away is recorded as lateness, not left out.
  @Test func everyProbeOfAWaitIsRecorded() {
    let clock = TickClock.calibrate(nanoseconds: 1_000_000)
    let burst = packets([0, 3_000_000])
    defer { burst.deallocate() }
    let jitter = LatencyHistogram()
    var pace = Pace(speed: .paced(partsPerMillion: 1_000_000), clock: clock, jitter: jitter)
    #expect(pace.release(burst, from: 0, to: 2).end == 1)
    let waiting = TickClock.now
    let due = pace.schedule!.dueTicks(3_000_000)
    while pace.release(burst, from: 1, to: 2).end == 1 {}
    let expected = Int(clock.nanoseconds(ticks: max(waiting, due) - waiting) / 1_000)
    // The last steps of a long absence may stand for some probes more than there were.
    #expect(Int(jitter.count) >= expected - 2)
    #expect(jitter.count <= UInt64(expected + 2) + clock.nanoseconds(ticks: jitter.maximum) / 1_000 + 100)
  }

  @Test func unpacedPacketsAreReceivedWhenTheyAreRead() {
    let burst = packets([0, 3_600_000_000_000])
    defer { burst.deallocate() }
    let jitter = LatencyHistogram()
    var pace = Pace(speed: .maximum, clock: .nanosecond, jitter: jitter)
    let before = TickClock.now
    let (end, received) = pace.release(burst, from: 0, to: 2)
    #expect(end == 2 && received >= before && received <= TickClock.now)
    #expect(pace.schedule == nil && jitter.count == 0)
  }
}
