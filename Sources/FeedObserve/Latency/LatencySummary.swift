import FeedCore

/// The figures of one stage that the report carries, in nanoseconds; all 0 where nothing was recorded.
public struct LatencySummary: Codable, Sendable, Equatable {
  public var count: UInt64
  public var p50: UInt64
  public var p90: UInt64
  public var p99: UInt64
  /// 99.9 %.
  public var p999: UInt64
  public var max: UInt64

  /// - Parameter clock: what the histogram's values are ticks of; `.nanosecond` where they are nanoseconds already.
  public init(_ histogram: LatencyHistogram, clock: TickClock) {
    func nanoseconds(_ percentile: Double) -> UInt64 {
      clock.nanoseconds(ticks: histogram.value(atPercentile: percentile))
    }
    count = histogram.count
    p50 = nanoseconds(50)
    p90 = nanoseconds(90)
    p99 = nanoseconds(99)
    p999 = nanoseconds(99.9)
    max = clock.nanoseconds(ticks: histogram.maximum)
  }
}
