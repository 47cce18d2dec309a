import CPlatform
import FeedCore
import FeedObserve
import Glibc

/// How long a CPU was taken away from a thread that does nothing but read the cycle counter: gaps between two reads,
/// in ticks. On a CPU that is left alone all gaps are tens of nanoseconds; interrupts show as microseconds, other tasks
/// as milliseconds.
public struct JitterMeasurement: Sendable {
  public let cpu: Int
  /// Errno value of pinning, 0 for success. Nothing was measured otherwise.
  public let pinError: Int32
  /// Gaps in ticks.
  public let histogram: LatencyHistogram
  public let clock: TickClock
  /// How long it took.
  public let nanoseconds: UInt64

  /// Gaps up to these many nanoseconds, for reports; the last group has no bound.
  public static let bounds: [UInt64] = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

  public var summary: LatencySummary { LatencySummary(histogram, clock: clock) }

  /// Gaps in each group of `bounds`, and above the last.
  public var groups: [UInt64] {
    var counts = [UInt64](repeating: 0, count: Self.bounds.count + 1)
    histogram.forEachBucket { bucket in
      let nanoseconds = clock.nanoseconds(ticks: bucket.upperBound)
      let index = Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count
      counts[index] &+= bucket.count
    }
    return counts
  }

  /// How long each of `cpus` CPUs is measured, nanoseconds: as long as wanted, all of them within 20 s, and within 28 s
  /// of a look at the machine that took `spent` already. 1 ms at least.
  public static func share(of wanted: UInt64, cpus: Int, spent: UInt64) -> UInt64 {
    let left = min(20_000_000_000, 28_000_000_000 - min(28_000_000_000, spent))
    return max(1_000_000, min(wanted, left / UInt64(max(1, cpus))))
  }

  /// Measures one CPU on a thread of its own, which ends afterwards.
  ///
  /// - Parameters:
  ///   - nanoseconds: how long, 1 ms ... 10 s.
  public static func measure(cpu: Int, nanoseconds: UInt64, clock: TickClock) -> JitterMeasurement {
    let probe = Probe(cpu: cpu, ticks: clock.ticks(nanoseconds: min(max(nanoseconds, 1_000_000), 10_000_000_000)))
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, Probe.main, Unmanaged.passRetained(probe).toOpaque())
    if result == 0 {
      pthread_join(thread, nil)
    } else {
      Unmanaged.passUnretained(probe).release()
      probe.pinError = result
    }
    return JitterMeasurement(
      cpu: cpu, pinError: probe.pinError, histogram: probe.histogram, clock: clock,
      nanoseconds: clock.nanoseconds(ticks: probe.elapsed))
  }

  /// What the measuring thread works on. The thread that made it waits, so it is one thread's at a time.
  private final class Probe {
    let cpu: Int
    let ticks: UInt64
    let histogram = LatencyHistogram()
    var elapsed: UInt64 = 0
    var pinError: Int32 = 0

    init(cpu: Int, ticks: UInt64) {
      self.cpu = cpu
      self.ticks = ticks
    }

    static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
      // SAFETY: `measure` retains the probe for this thread.
      let probe = Unmanaged<Probe>.fromOpaque(context!).takeRetainedValue()
      probe.pinError = feedh_pin_thread(Int32(truncatingIfNeeded: probe.cpu))
      if probe.pinError == 0 { probe.elapsed = spin(for: probe.ticks, into: probe.histogram) }
      return nil
    }

    /// Reads the counter for so many ticks and records each gap. A counter that goes back ends it early.
    private static func spin(for ticks: UInt64, into histogram: LatencyHistogram) -> UInt64 {
      let start = feedh_ticks()
      var last = start
      while last &- start < ticks {
        let now = feedh_ticks()
        histogram.record(from: last, to: now)
        // Recording is part of the next gap, some nanoseconds each time: nothing falls between two gaps.
        last = now
      }
      return last &- start
    }
  }
}
