import FeedCore
import Foundation

/// A histogram as HdrHistogram's percentile distribution (`.hgrm`), which its plotters and `hgrm` readers take.
///
/// One line for each percentile level: the upper end of the bucket that reaches it, the level as a fraction, the
/// number of values up to there, and 1/(1 - level). Levels draw closer together with each halving of the distance to
/// 100 %, `ticksPerHalfDistance` to a halving. A closing block names mean, deviation, maximum and the bucket layout.
/// Layout and rounding are HdrHistogram's (`outputPercentileDistribution`), so that files of both can be compared.
public struct HgrmText {
  public enum Unit: Sendable {
    case nanoseconds
    case microseconds
    var nanoseconds: Double { self == .nanoseconds ? 1 : 1_000 }
    var decimals: Int { self == .nanoseconds ? 0 : 3 }
  }

  /// What the histogram's values are ticks of; `.nanosecond` where they are nanoseconds already.
  public var clock: TickClock
  /// Unit of the value column and of the closing block.
  public var unit: Unit
  /// Lines per halving of the distance to 100 %; at least 1.
  public var ticksPerHalfDistance: Int

  public init(clock: TickClock, unit: Unit = .microseconds, ticksPerHalfDistance: Int = 5) {
    self.clock = clock
    self.unit = unit
    self.ticksPerHalfDistance = max(1, ticksPerHalfDistance)
  }

  /// The whole text, newline at its end. Of an empty histogram: header and closing block, no line between.
  public func render(_ histogram: LatencyHistogram) -> String {
    var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
    let total = histogram.count
    var lastUpperBound: UInt64 = 0
    var seen: UInt64 = 0
    var level = 0.0
    histogram.forEachBucket { bucket in
      seen &+= bucket.count
      lastUpperBound = bucket.upperBound
      let reached = 100 * Double(seen) / Double(total)
      // A bucket gets a line for each level it reaches; the last bucket only for its first, for 100 % follows.
      while reached >= level && level < 100 {
        text += line(bucket.upperBound, level: level, seen: seen)
        level = nextLevel(after: level)
        if seen == total { return }
      }
    }
    if total > 0 { text += line(lastUpperBound, level: 100, seen: seen) }
    let nanosecondsPerValue = 1e9 / Double(clock.ticksPerSecond)
    text += "#[Mean    = \(number(histogram.mean * nanosecondsPerValue)),"
    text += " StdDeviation   = \(number(histogram.standardDeviation * nanosecondsPerValue))]\n"
    text += "#[Max     = \(number(nanoseconds(lastUpperBound))), Total count    = \(padded(total, 12))]\n"
    let subBuckets = UInt64(2 << LatencyHistogram.subBucketBits)
    let buckets = UInt64(LatencyHistogram.bucketCount >> LatencyHistogram.subBucketBits) - 1
    text += "#[Buckets = \(padded(buckets, 12)), SubBuckets     = \(padded(subBuckets, 12))]\n"
    return text
  }

  private func line(_ value: UInt64, level: Double, seen: UInt64) -> String {
    let fraction = level / 100
    let start = "\(number(nanoseconds(value))) \(String(format: "%2.12f", fraction)) \(padded(seen, 10))"
    return start + (level == 100 ? "\n" : String(format: " %14.2f\n", 1 / (1 - fraction)))
  }

  /// A tick is the 1/`ticksPerHalfDistance` part of a half distance, and the half distance is what it was when the
  /// level entered it.
  private func nextLevel(after level: Double) -> Double {
    let halvings = Int(log2(100 / (100 - level))) + 1
    return level + 100 / (Double(ticksPerHalfDistance) * exp2(Double(halvings)))
  }

  private func nanoseconds(_ value: UInt64) -> Double { Double(clock.nanoseconds(ticks: value)) }

  private func number(_ nanoseconds: Double) -> String {
    String(format: "%12.\(unit.decimals)f", nanoseconds / unit.nanoseconds)
  }

  private func padded(_ value: UInt64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: " ", count: max(0, width - digits.count)) + digits
  }
}
