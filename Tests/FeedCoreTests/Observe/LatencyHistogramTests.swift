import Testing

@testable import FeedCore

@Suite("LatencyHistogram")
struct LatencyHistogramTests {
  @Test func emptyHistogramAnswersZero() {
    let histogram = LatencyHistogram()
    #expect(histogram.count == 0)
    #expect(histogram.minimum == 0)
    #expect(histogram.maximum == 0)
    #expect(histogram.mean == 0)
    #expect(histogram.standardDeviation == 0)
    #expect(histogram.value(atPercentile: 99.9) == 0)
  }

  @Test func valuesUpTo255AreExact() {
    let histogram = LatencyHistogram()
    for value: UInt64 in 0...255 { histogram.record(value) }
    var values: [UInt64] = []
    histogram.forEachBucket { bucket in
      #expect(bucket.lowerBound == bucket.upperBound)
      values.append(bucket.lowerBound)
    }
    #expect(values == Array(0...255))
  }

  @Test func bucketsCoverTheRangeWithoutHoleOrOverlap() {
    let histogram = LatencyHistogram()
    // The edges of every doubling, which is where an index could slip.
    for shift in 0..<40 {
      let value: UInt64 = 1 << UInt64(shift)
      for near in [value - 1, value, value + 1] where near <= LatencyHistogram.maximumValue { histogram.record(near) }
    }
    histogram.record(LatencyHistogram.maximumValue)
    var next: UInt64 = 0
    histogram.forEachBucket { bucket in
      #expect(bucket.lowerBound >= next)
      #expect(LatencyHistogram.bucketIndex(of: bucket.lowerBound) == LatencyHistogram.bucketIndex(of: bucket.upperBound))
      if bucket.lowerBound > 0 {
        let before = LatencyHistogram.bucketIndex(of: bucket.lowerBound - 1)
        #expect(before + 1 == LatencyHistogram.bucketIndex(of: bucket.lowerBound))
      }
      #expect((bucket.upperBound - bucket.lowerBound) * 128 <= bucket.lowerBound)
      next = bucket.upperBound + 1
    }
    #expect(next == LatencyHistogram.maximumValue + 1)
  }

  @Test func lastBucketHoldsTheMaximumValue() {
    #expect(LatencyHistogram.bucketIndex(of: LatencyHistogram.maximumValue) == LatencyHistogram.bucketCount - 1)
  }

  @Test func rangeHoldsAHundredSecondsOfTheFastestCounter() {
    #expect(LatencyHistogram.maximumValue > 100 * 10_000_000_000)
  }

  @Test(arguments: [LatencyHistogram.maximumValue + 1, UInt64.max])
  func greaterValuesAreRecordedAsTheGreatestAndCounted(value: UInt64) {
    let histogram = LatencyHistogram()
    histogram.record(value)
    histogram.record(value, count: 4)
    #expect(histogram.clampedCount == 5)
    #expect(histogram.count == 5)
    #expect(histogram.maximum == LatencyHistogram.maximumValue)
    #expect(histogram.minimum == LatencyHistogram.maximumValue)
  }

  @Test func endBeforeStartIsRecordedAsZeroAndCounted() {
    let histogram = LatencyHistogram()
    histogram.record(from: 1_000, to: 1_040)
    histogram.record(from: 1_000, to: 1_000)
    histogram.record(from: 1_000, to: 999)
    #expect(histogram.backwardCount == 1)
    #expect(histogram.clampedCount == 0)
    #expect(histogram.count == 3)
    #expect(histogram.minimum == 0)
    #expect(histogram.maximum == 40)
  }

  @Test func countedRecordEqualsThatManyRecords() {
    let one = LatencyHistogram()
    let many = LatencyHistogram()
    for value: UInt64 in [0, 7, 300, 5_000_000] {
      one.record(value, count: 3)
      one.record(value * 2 + 1, count: 0)
      for _ in 0..<3 { many.record(value) }
    }
    #expect(contents(one) == contents(many))
    #expect(one.mean == many.mean)
    #expect(one.maximum == 5_000_000)
  }

  @Test func countMinimumMaximumAndMeanAreExact() {
    let histogram = LatencyHistogram()
    let values: [UInt64] = [1_000_003, 17, 999_999_999, 256, 12_345]
    for value in values { histogram.record(value) }
    #expect(histogram.count == 5)
    #expect(histogram.minimum == 17)
    #expect(histogram.maximum == 999_999_999)
    #expect(histogram.mean == Double(values.reduce(0, +)) / 5)
  }

  @Test func percentilesAreNearestRank() {
    let histogram = LatencyHistogram()
    for value: UInt64 in 1...200 { histogram.record(value) }
    #expect(histogram.value(atPercentile: 0) == 1)
    #expect(histogram.value(atPercentile: 0.5) == 1)
    #expect(histogram.value(atPercentile: 50) == 100)
    #expect(histogram.value(atPercentile: 90) == 180)
    #expect(histogram.value(atPercentile: 99) == 198)
    #expect(histogram.value(atPercentile: 99.5) == 199)
    #expect(histogram.value(atPercentile: 99.9) == 200)
    #expect(histogram.value(atPercentile: 100) == 200)
    #expect(histogram.value(atPercentile: -1) == 1)
    #expect(histogram.value(atPercentile: 101) == 200)
    #expect(histogram.value(atPercentile: .nan) == 1)
  }

  @Test func percentileStaysWithinMinimumAndMaximum() {
    let histogram = LatencyHistogram()
    histogram.record(1_000_001, count: 10)
    for percentile in [0.1, 50, 99.9] { #expect(histogram.value(atPercentile: percentile) == 1_000_001) }
  }

  @Test func mergeEqualsRecordingEverythingInOne() {
    let parts = (0..<4).map { _ in LatencyHistogram() }
    let all = LatencyHistogram()
    let seed: UInt64 = 0x5EED_0001
    var state = seed
    for step in 0..<20_000 {
      state = Mix.spread(state &+ 0x9E37_79B9_7F4A_7C15)
      // Some values beyond the range, so that the clamp counter merges too.
      let value = state >> (20 + UInt64(step % 44))
      parts[step % 4].record(value)
      all.record(value)
    }
    parts[0].record(from: 9, to: 8)
    all.record(from: 9, to: 8)
    let merged = LatencyHistogram()
    for part in parts { merged.merge(part) }
    merged.merge(LatencyHistogram())
    #expect(contents(merged) == contents(all), "seed \(seed)")
    #expect(merged.clampedCount == all.clampedCount)
    #expect(all.clampedCount > 0)
    #expect(merged.backwardCount == 1)
    #expect(merged.mean == all.mean)
    #expect(merged.minimum == all.minimum)
    #expect(merged.maximum == all.maximum)
  }

  @Test func resetForgetsEverything() {
    let histogram = LatencyHistogram()
    histogram.record(.max)
    histogram.record(from: 2, to: 1)
    histogram.reset()
    #expect(contents(histogram) == contents(LatencyHistogram()))
    #expect(histogram.clampedCount == 0)
    #expect(histogram.backwardCount == 0)
    #expect(histogram.maximum == 0)
    histogram.record(500)
    #expect(histogram.minimum == 500)
  }

  private func contents(_ histogram: LatencyHistogram) -> [LatencyHistogram.Bucket] {
    var buckets: [LatencyHistogram.Bucket] = []
    histogram.forEachBucket { buckets.append($0) }
    return buckets
  }
}
