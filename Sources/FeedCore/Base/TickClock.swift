import CPlatform
import Glibc

/// Turns ticks of the CPU's counter (`feedh_ticks`) into nanoseconds, in integers.
///
/// It measures the handler itself and changes no result: the timers of a run go by capture time.
public struct TickClock: Sendable, Equatable, BitwiseCopyable {
  /// Ticks of the counter in one second: 4,000,000 ... 2^40.
  public let ticksPerSecond: UInt64
  /// Nanoseconds in one tick, in units of 2^-56. The range of `ticksPerSecond` makes it fit a word, with at least
  /// 46 significant bits: an error below 0.1 ns in an hour.
  private let nanosecondsPerTick56: UInt64

  static let ticksPerSecondRange: ClosedRange<UInt64> = 4_000_000...(1 << 40)

  /// A clock whose tick is a nanosecond: for histograms that already hold nanoseconds.
  public static let nanosecond = TickClock(ticksPerSecond: 1_000_000_000)

  /// A clock of a known rate; rates outside 4 MHz ... 2^40 Hz mean the nearer end.
  public init(ticksPerSecond: UInt64) {
    let range = Self.ticksPerSecondRange
    self.ticksPerSecond = min(max(ticksPerSecond, range.lowerBound), range.upperBound)
    // 10^9 · 2^56 as high and low word. The quotient fits: 10^9 · 2^56 / 4 · 10^6 < 2^64.
    let scaled = (UInt64(1_000_000_000).multipliedFullWidth(by: 1 << 56))
    nanosecondsPerTick56 = self.ticksPerSecond.dividingFullWidth(scaled).quotient
  }

  /// Measures the counter against CLOCK_MONOTONIC, spinning for `nanoseconds` (1 ... 20 ms).
  ///
  /// Each end is the tightest of several readings of both clocks, so a preempted one does no harm: over 10 ms the
  /// error is some parts per million. The rate that CPUID leaf 15h or CNTFRQ names is not used: it is the nominal
  /// one, virtual machines leave it out or pass on another machine's, and the measurement is as good.
  public static func calibrate(nanoseconds: UInt64 = 10_000_000) -> TickClock {
    let wanted = min(max(nanoseconds, 1_000_000), 20_000_000)
    let start = Reading.tightest()
    var end = start
    repeat {
      feedh_pause()
      end = Reading.tightest()
    } while end.nanoseconds &- start.nanoseconds < wanted
    let ticks = (end.ticks &- start.ticks).multipliedFullWidth(by: 1_000_000_000)
    let elapsed = end.nanoseconds &- start.nanoseconds
    // A quotient past a word would be a counter that jumped; the range of the initialiser is the answer then.
    let rate = ticks.high < elapsed ? elapsed.dividingFullWidth(ticks).quotient : .max
    return TickClock(ticksPerSecond: rate)
  }

  /// The counter now.
  @inlinable @inline(__always)
  public static var now: UInt64 { feedh_ticks() }

  /// Nanoseconds of so many ticks, rounded down; past `UInt64.max`: `UInt64.max`.
  public func nanoseconds(ticks: UInt64) -> UInt64 {
    let product = ticks.multipliedFullWidth(by: nanosecondsPerTick56)
    return product.high >> 56 == 0 ? product.high << 8 | product.low >> 56 : .max
  }

  /// Ticks of so many nanoseconds, rounded down; past `UInt64.max`: `UInt64.max`.
  public func ticks(nanoseconds: UInt64) -> UInt64 {
    let product = nanoseconds.multipliedFullWidth(by: ticksPerSecond)
    return product.high < 1_000_000_000 ? UInt64(1_000_000_000).dividingFullWidth(product).quotient : .max
  }

  /// Both clocks at one moment.
  private struct Reading {
    var ticks: UInt64
    var nanoseconds: UInt64

    /// Of eight attempts the one whose two counter reads lie closest around the system clock's; the middle of the two
    /// is its time.
    static func tightest() -> Reading {
      var best = Reading(ticks: 0, nanoseconds: 0)
      var least = UInt64.max
      for _ in 0..<8 {
        var time = timespec()
        let before = feedh_ticks()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let width = feedh_ticks() &- before
        if width < least {
          least = width
          best = Reading(
            ticks: before &+ width / 2, nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
        }
      }
      return best
    }
  }
}
