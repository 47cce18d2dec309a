import CPlatform

/// Gives packets out when they are due: at once, or at the capture's pace.
///
/// A paced packet's receive stamp is the time it was due, not the time the core got to it: waiting behind slow work
/// counts as latency.
struct Pace {
  private let partsPerMillion: UInt64?
  private let clock: TickClock
  private var firstCapture: UInt64?
  private var startTicks: UInt64 = 0

  init(speed: ReplaySpeed, clock: TickClock) {
    self.clock = clock
    if case .paced(let parts) = speed { partsPerMillion = max(1, parts) } else { partsPerMillion = nil }
  }

  /// How long it waits for a packet before it lets its core look after other things.
  private static let patienceNanoseconds: UInt64 = 50_000

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
    if firstCapture == nil {
      firstCapture = burst[position].captureNanoseconds
      startTicks = feedh_ticks()
    }
    let due = dueTicks(burst[position].captureNanoseconds)
    var now = feedh_ticks()
    let giveUp = now &+ clock.ticks(nanoseconds: Self.patienceNanoseconds)
    while now < due {
      if now > giveUp { return (position, due) }
      feedh_pause()
      now = feedh_ticks()
    }
    var end = position + 1
    while end < count, dueTicks(burst[end].captureNanoseconds) <= now { end += 1 }
    return (end, due)
  }

  private func dueTicks(_ capture: UInt64) -> UInt64 {
    let since = capture &- (firstCapture ?? capture)
    let scaled = UInt64(clamping: UInt128(since) * 1_000_000 / UInt128(partsPerMillion ?? 1_000_000))
    return startTicks &+ clock.ticks(nanoseconds: scaled)
  }
}
