import CPlatform
import FeedCore

/// Unix time by the counter of the core that polls: the system's clock is read again every so often, so that its
/// corrections are followed, and the counter in between.
struct CoreTime {
  private let clock: TickClock
  /// Ticks after which the system's clock is read again: 50 ms, in which a rate measured to some parts per million
  /// goes wrong by less than a microsecond.
  private let ticksMaximum: UInt64
  private var ticks: UInt64
  private var nanoseconds: UInt64

  init(_ clock: TickClock) {
    self.clock = clock
    ticksMaximum = clock.ticks(nanoseconds: 50_000_000)
    (ticks, nanoseconds) = Self.now()
  }

  /// Unix nanoseconds now. May go back by what the system's clock was corrected.
  @inline(__always)
  mutating func read() -> UInt64 {
    let elapsed = feedh_ticks() &- ticks
    if elapsed > ticksMaximum { return readAgain() }
    return nanoseconds &+ clock.nanoseconds(ticks: elapsed)
  }

  /// Through the vDSO: no system call where the counter is the system's clock source.
  @inline(never)
  private mutating func readAgain() -> UInt64 {
    (ticks, nanoseconds) = Self.now()
    return nanoseconds
  }

  private static func now() -> (UInt64, UInt64) {
    let before = feedh_ticks()
    let nanoseconds = SystemClock.unix
    let ticks = before &+ (feedh_ticks() &- before) / 2
    return (ticks, nanoseconds)
  }
}
