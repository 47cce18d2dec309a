import CPlatform

/// When a paced replay owes its packets: the capture's times, stretched or squeezed, on the counter of this machine.
struct PaceSchedule: BitwiseCopyable {
  /// Capture time of the first packet, and when it was given out.
  private let firstCapture: UInt64
  private let startTicks: UInt64
  /// Ticks in a nanosecond of capture time, in units of 2^-`shift`.
  private let factor: UInt64
  private let shift: UInt64

  /// - Parameter partsPerMillion: of the capture's pace, 1 ... 10^12.
  init(partsPerMillion: UInt64, clock: TickClock, firstCapture: UInt64, startTicks: UInt64) {
    self.firstCapture = firstCapture
    self.startTicks = startTicks
    // At most 2^40 ticks × 10^6 × 2^60: inside 128 bits. As many places as leave the factor within one word.
    let ticks = UInt128(clock.ticksPerSecond) * 1_000_000
    let nanoseconds = UInt128(max(1, partsPerMillion)) * 1_000_000_000
    var shift: UInt64 = 60
    while (ticks << UInt128(shift)) / nanoseconds > UInt128(UInt64.max) { shift -= 1 }
    self.shift = shift
    factor = UInt64(truncatingIfNeeded: (ticks << UInt128(shift)) / nanoseconds)
  }

  /// When a packet of that capture time is due, ticks. One multiplication: it is asked for every packet.
  @inline(__always)
  func dueTicks(_ captureNanoseconds: UInt64) -> UInt64 {
    if captureNanoseconds <= firstCapture { return startTicks }
    let product = (captureNanoseconds &- firstCapture).multipliedFullWidth(by: factor)
    let high = shift == 0 ? 0 : product.high << (64 &- shift)
    let (due, overflowed) = startTicks.addingReportingOverflow(high | product.low >> shift)
    // What is due in more than 2^64 ticks is never due.
    return overflowed || product.high >> shift != 0 ? .max : due
  }
}

/// Gives packets out when they are due: at once, or at the capture's pace.
///
/// A paced packet's receive stamp is the time it was due, not the time the core got to it: waiting behind slow work
/// counts as latency, the handler's own as well as what other programs and the hypervisor take from its core. How much
/// these take is measured beside it, whenever it waits: a probe is due each microsecond, and how late the core notices
/// goes into a histogram (`StageHistograms.jitter`).
struct Pace {
  private let partsPerMillion: UInt64?
  private let clock: TickClock
  private let jitter: LatencyHistogram?
  private let patienceTicks: UInt64
  private let probeTicks: UInt64
  /// Nil before the first packet, and where packets are given out at once.
  private(set) var schedule: PaceSchedule?
  /// When the next probe is due; 0: it does not wait.
  private var nextProbe: UInt64 = 0

  init(speed: ReplaySpeed, clock: TickClock, jitter: LatencyHistogram? = nil) {
    self.clock = clock
    self.jitter = jitter
    patienceTicks = clock.ticks(nanoseconds: Self.patienceNanoseconds)
    probeTicks = max(1, clock.ticks(nanoseconds: Self.probeNanoseconds))
    if case .paced(let parts) = speed { partsPerMillion = max(1, parts) } else { partsPerMillion = nil }
  }

  /// How long it waits for a packet before it lets its core look after other things.
  private static let patienceNanoseconds: UInt64 = 1_000
  private static let probeNanoseconds: UInt64 = 1_000

  /// The end of the packets that are due, from `position` on, and when the first was received. Waits a little for the
  /// first; the end is `position` where it is not due even then.
  @inline(__always)
  mutating func release(
    _ burst: UnsafeMutableBufferPointer<Packet>, from position: Int, to count: Int
  ) -> (end: Int, receiveTicks: UInt64) {
    guard partsPerMillion != nil, position < count else { return (count, feedh_ticks()) }
    return releasePaced(burst, from: position, to: count)
  }

  @inline(never)
  private mutating func releasePaced(
    _ burst: UnsafeMutableBufferPointer<Packet>, from position: Int, to count: Int
  ) -> (end: Int, receiveTicks: UInt64) {
    var now = feedh_ticks()
    let schedule = started(at: now, with: burst[position])
    let due = schedule.dueTicks(burst[position].captureNanoseconds)
    if now < due {
      if nextProbe == 0 { nextProbe = now }
      let giveUp = now &+ patienceTicks
      repeat {
        if now > giveUp { return (position, due) }
        feedh_pause()
        now = feedh_ticks()
        if now >= nextProbe { noteProbes(until: now) }
      } while now < due
    }
    nextProbe = 0
    var end = position + 1
    while end < count, schedule.dueTicks(burst[end].captureNanoseconds) <= now { end += 1 }
    return (end, due)
  }

  private mutating func started(at now: UInt64, with packet: Packet) -> PaceSchedule {
    if let schedule { return schedule }
    let begun = PaceSchedule(
      partsPerMillion: partsPerMillion ?? 1_000_000, clock: clock, firstCapture: packet.captureNanoseconds,
      startTicks: now)
    schedule = begun
    return begun
  }

  /// Records how late each probe that fell due was noticed. After a long absence in steps that grow with the lateness,
  /// each for as many probes as it stands for: the packet that is due shall not wait for the bookkeeping.
  @inline(never)
  private mutating func noteProbes(until now: UInt64) {
    while nextProbe <= now {
      let late = now &- nextProbe
      let probes = 1 &+ late / (32 &* probeTicks)
      jitter?.record(late, count: probes)
      nextProbe &+= probes &* probeTicks
    }
  }
}
