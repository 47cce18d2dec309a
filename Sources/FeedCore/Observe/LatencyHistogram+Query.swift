/// What reports ask: cold, each a walk over the counters (4,352, about a microsecond).
extension LatencyHistogram {
  /// Number of values recorded.
  public var count: UInt64 {
    var total: UInt64 = 0
    for index in 0..<Self.bucketCount { total &+= counter(index) }
    return total
  }

  /// Least value recorded, exactly; 0 where nothing was recorded.
  public var minimum: UInt64 {
    let value = storage[Header.minimum]
    return value == .max ? 0 : value
  }

  /// Greatest value recorded, exactly (at most `maximumValue`); 0 where nothing was recorded.
  public var maximum: UInt64 { storage[Header.maximum] }

  /// Mean of the values recorded, exactly (of their sum, not of bucket middles); 0 where nothing was recorded.
  public var mean: Double {
    let total = count
    return total == 0 ? 0 : Double(storage[Header.sum]) / Double(total)
  }

  /// Standard deviation over bucket middles, as HdrHistogram computes it.
  public var standardDeviation: Double {
    let mean = mean
    var squares = 0.0
    var total: UInt64 = 0
    forEachBucket { bucket in
      let deviation = Double(bucket.middle) - mean
      squares += deviation * deviation * Double(bucket.count)
      total &+= bucket.count
    }
    return total == 0 ? 0 : (squares / Double(total)).squareRoot()
  }

  /// Values greater than `maximumValue`, recorded as that one.
  public var clampedCount: UInt64 { storage[Header.clamped] }

  /// Intervals whose end came before their start, recorded as 0.
  public var backwardCount: UInt64 { storage[Header.backward] }

  /// The value that `percentile` per cent of the recorded ones do not exceed: the upper end of its bucket, but never
  /// outside `minimum` ... `maximum`. 0 where nothing was recorded.
  ///
  /// - Parameter percentile: 0 (the minimum) ... 100 (the maximum); values outside mean the nearer end.
  public func value(atPercentile percentile: Double) -> UInt64 {
    if !(percentile > 0) { return minimum }
    if percentile >= 100 { return maximum }
    let total = count
    // One step below: 99.9 % of 1,000 is 999 values, although the product in binary is a trifle more.
    let wanted = (percentile.nextDown * Double(total) / 100).rounded(.up)
    let rank = max(1, UInt64(wanted))
    var seen: UInt64 = 0
    for index in 0..<Self.bucketCount {
      seen &+= counter(index)
      if seen >= rank { return max(minimum, min(Self.bucket(index, count: 0).upperBound, maximum)) }
    }
    return maximum
  }

  /// A run of values that share one counter.
  public struct Bucket: Equatable, Sendable {
    /// Least value of the bucket.
    public var lowerBound: UInt64
    /// Greatest value of the bucket.
    public var upperBound: UInt64
    /// Values recorded in it.
    public var count: UInt64
    /// What stands for the bucket in sums, as in HdrHistogram.
    public var middle: UInt64 { lowerBound + (upperBound - lowerBound + 1) / 2 }
  }

  /// Visits the buckets that hold a value, in ascending order.
  public func forEachBucket(_ visit: (Bucket) -> Void) {
    for index in 0..<Self.bucketCount {
      let count = counter(index)
      if count > 0 { visit(Self.bucket(index, count: count)) }
    }
  }

  /// Adds what `other` has recorded: the report of all cores is the merge of theirs.
  public func merge(_ other: LatencyHistogram) {
    for index in 0..<Self.bucketCount { storage[Header.length + index] &+= other.counter(index) }
    storage[Header.sum] &+= other.storage[Header.sum]
    storage[Header.clamped] &+= other.clampedCount
    storage[Header.backward] &+= other.backwardCount
    storage[Header.maximum] = max(storage[Header.maximum], other.storage[Header.maximum])
    storage[Header.minimum] = min(storage[Header.minimum], other.storage[Header.minimum])
  }

  /// Forgets everything recorded. The owner's to call.
  public func reset() {
    storage.base.update(repeating: 0, count: storage.capacity)
    storage[Header.minimum] = .max
  }

  private func counter(_ index: Int) -> UInt64 { storage[Header.length + index] }

  /// The inverse of `bucketIndex(of:)`.
  private static func bucket(_ index: Int, count: UInt64) -> Bucket {
    let perDoubling = 1 << subBucketBits
    let shift = UInt64(max(0, index / perDoubling - 1))
    let lowerBound = UInt64(index - Int(shift) * perDoubling) << shift
    return Bucket(lowerBound: lowerBound, upperBound: lowerBound + (1 << shift) - 1, count: count)
  }
}
