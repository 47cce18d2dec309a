import FeedCore
import Histogram
import Testing

@testable import FeedObserve

/// Our recorder against HdrHistogram, given the same values.
@Suite("Latency histogram against HdrHistogram")
struct LatencyOracleTests {
  enum Shape: String, CaseIterable, Sendable {
    /// Each magnitude as likely as any other.
    case logarithmic
    /// All values up to a bound as likely.
    case uniform
    /// A busy core: most near 300, a long tail.
    case longTail
    /// Two modes and nothing between.
    case bimodal
    /// Small values, each in a bucket of its own.
    case small
    /// One value only.
    case constant
  }

  static let seeds: [UInt64] = [1, 0xFEED, 0x9E37_79B9]

  private func values(_ shape: Shape, seed: UInt64) -> [UInt64] {
    var state = seed
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return Mix.spread(state)
    }
    let count = 1 + Int(next() % 40_000)
    return (0..<count).map { _ in
      let random = next()
      switch shape {
      case .logarithmic: return random >> (24 + next() % 40)
      case .uniform: return random % 1_000_000
      case .longTail:
        let tail = UInt64(next().leadingZeroBitCount)
        return 250 + random % 100 + (tail * tail * tail * (random >> 40 & 0xFFF)) / 64
      case .bimodal: return random & 1 == 0 ? 180 + random % 9 : 90_000 + random % 5_000
      case .small: return random % 256
      case .constant: return 123_457
      }
    }
  }

  /// Two significant digits: 128 buckets to a doubling, as ours.
  private func oracle(_ values: [UInt64]) -> Histogram<UInt64> {
    var histogram = Histogram<UInt64>(
      highestTrackableValue: LatencyHistogram.maximumValue, numberOfSignificantValueDigits: .two)
    for value in values {
      let recorded = histogram.record(value)
      #expect(recorded)
    }
    return histogram
  }

  private func recorder(_ values: [UInt64]) -> LatencyHistogram {
    let histogram = LatencyHistogram()
    for value in values { histogram.record(value) }
    return histogram
  }

  private static let percentiles: [Double] = [0, 0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100]

  @Test(arguments: Shape.allCases, seeds)
  func percentilesEqualThoseOfTheSameBuckets(shape: Shape, seed: UInt64) {
    let values = values(shape, seed: seed)
    let (ours, theirs) = (recorder(values), oracle(values))
    #expect(ours.count == theirs.totalCount)
    #expect(ours.maximum == theirs.maxRecorded)
    #expect(ours.minimum == values.min())
    for percentile in Self.percentiles where percentile > 0 {
      #expect(
        ours.value(atPercentile: percentile) == theirs.valueAtPercentile(percentile),
        "\(percentile) %, \(shape), seed \(seed)")
    }
    // Theirs sums bucket middles, ours the values themselves.
    #expect(abs(ours.mean - theirs.mean) <= theirs.mean / 128 + 1, "\(shape), seed \(seed)")
    #expect(abs(ours.standardDeviation - theirs.stdDeviation) <= theirs.mean / 64 + 1, "\(shape), seed \(seed)")
  }

  @Test(arguments: Shape.allCases, seeds)
  func percentilesStayWithinTheBucketErrorOfTheSortedValues(shape: Shape, seed: UInt64) {
    let values = values(shape, seed: seed)
    let ours = recorder(values)
    let sorted = values.sorted()
    for percentile in Self.percentiles {
      let rank = max(1, Int((percentile.nextDown * Double(sorted.count) / 100).rounded(.up)))
      let exact = sorted[percentile > 0 ? rank - 1 : 0]
      let value = ours.value(atPercentile: percentile)
      #expect(value >= exact && value - exact <= exact / 128, "\(percentile) %, \(shape), seed \(seed)")
    }
  }

  @Test(arguments: Shape.allCases, seeds)
  func hgrmTextEqualsTheirs(shape: Shape, seed: UInt64) throws {
    let values = values(shape, seed: seed)
    let ours = HgrmText(clock: .nanosecond, unit: .nanoseconds).render(recorder(values))
    var theirs = ""
    oracle(values).outputPercentileDistribution(to: &theirs, outputValueUnitScalingRatio: 1)
    let (a, b) = (try HgrmFile(ours), try HgrmFile(theirs))
    #expect(a.rows == b.rows, "\(shape), seed \(seed)")
    #expect(a.rows.count >= 2)
    #expect(a.header == b.header)
    for key in ["Max", "Total count", "Buckets", "SubBuckets"] {
      #expect(a.closing[key] == b.closing[key], "\(key), \(shape), seed \(seed)")
    }
    let (mean, theirMean) = (try #require(a.closing["Mean"]), try #require(b.closing["Mean"]))
    #expect(abs(mean - theirMean) <= theirMean / 128 + 1, "\(shape), seed \(seed)")
  }

  @Test func hgrmLinesAreLaidOutAsTheirs() {
    let values: [UInt64] = [3, 90, 90, 250, 7_000, 123_456]
    let ours = HgrmText(clock: .nanosecond, unit: .microseconds).render(recorder(values))
    var theirs = ""
    // Three digits print three decimals; nanoseconds to microseconds by the scaling ratio.
    var oracle = Histogram<UInt64>(
      highestTrackableValue: LatencyHistogram.maximumValue, numberOfSignificantValueDigits: .three)
    for value in values { oracle.record(value) }
    oracle.outputPercentileDistribution(to: &theirs, outputValueUnitScalingRatio: 1_000)
    let (ourLines, theirLines) = (ours.split(separator: "\n"), theirs.split(separator: "\n"))
    #expect(ourLines.count == theirLines.count)
    for (a, b) in zip(ourLines, theirLines) {
      #expect(a.count == b.count)
      // Columns end at the same place, though the finer buckets of three digits give other values.
      #expect(a.indices.filter { a[$0] == "." }.map { a.distance(from: a.startIndex, to: $0) }
        == b.indices.filter { b[$0] == "." }.map { b.distance(from: b.startIndex, to: $0) })
    }
  }

  @Test func emptyHistogramIsHeaderAndClosingBlock() throws {
    let file = try HgrmFile(HgrmText(clock: .nanosecond).render(LatencyHistogram()))
    #expect(file.rows.isEmpty)
    #expect(file.closing["Total count"] == 0)
    #expect(file.closing["Max"] == 0)
  }
}
