/// Records how long things took: a fixed-range log-linear histogram for one owner thread, in ticks or in nanoseconds.
///
/// Buckets are exact up to 255 and then at most 1/128 of their value wide (0.78 %), which are HdrHistogram's buckets
/// at two significant digits: percentiles agree with that library's to the bit. The range is 0 ... 2^40 - 1
/// (18 minutes in nanoseconds, 3 minutes in ticks of a 6 GHz counter); greater values are recorded as the greatest
/// one and counted (`clampedCount`).
///
/// Recording costs about 1 ns and touches two cache lines; it never allocates. The memory (34 KiB, from `Storage`)
/// is touched by `init`, so that no page fault is left for the hot path. Copies share the memory: a copy is another
/// handle on the same histogram.
///
/// - Important: one thread records. Another thread may read while it does so: each word it sees is a whole one, but
///   words may be some records apart. A report that has to add up is made after the owner has stopped.
public struct LatencyHistogram: @unchecked Sendable {
  /// Each power of two is divided into 2^7 buckets.
  public static let subBucketBits = 7
  /// Greatest value that is told apart from greater ones.
  public static let maximumValue: UInt64 = (1 << 40) - 1
  /// Values that share one counter form a bucket: 33 doublings of 128, and 128 one unit wide below the first.
  public static let bucketCount = 34 << subBucketBits

  /// Words before the counters: one cache line that every record touches.
  enum Header {
    static let sum = 0
    static let minimum = 1
    static let maximum = 2
    static let clamped = 3
    static let backward = 4
    static let length = 8
  }

  let storage: Storage<UInt64>

  public init() {
    storage = Storage(capacity: Header.length + Self.bucketCount, hugePages: false)
    storage.prefault()
    storage[Header.minimum] = .max
  }

  /// Records one value. Greater than `maximumValue`: as `maximumValue`, and counted.
  @inline(__always)
  public func record(_ value: UInt64) { add(value, count: 1) }

  /// Records `count` equal values: a burst whose messages share one measurement. A `count` of 0 records nothing.
  @inline(__always)
  public func record(_ value: UInt64, count: UInt64) {
    if count == 0 { return }
    add(value, count: count)
  }

  /// Records the time from one stamp of a counter to a later one.
  ///
  /// A counter read is not serialising, and counters of two sockets may differ by some ticks: an end before its start
  /// is recorded as 0 and counted (`backwardCount`), where a plain difference would be the greatest value there is.
  @inline(__always)
  public func record(from start: UInt64, to end: UInt64) {
    if end >= start { add(end &- start, count: 1) } else { recordBackward() }
  }

  @inline(__always)
  private func add(_ value: UInt64, count: UInt64) {
    var value = value
    if value > Self.maximumValue {
      noteClamped(count)
      value = Self.maximumValue
    }
    // SAFETY: a value of at most `maximumValue` has an index below `bucketCount`, and the storage holds that many
    // counters behind the header.
    let words = storage.base
    words[Header.length &+ Self.bucketIndex(of: value)] &+= count
    words[Header.sum] &+= value &* count
    if value > words[Header.maximum] { words[Header.maximum] = value }
    if value < words[Header.minimum] { words[Header.minimum] = value }
  }

  @inline(never)
  private func noteClamped(_ count: UInt64) { storage[Header.clamped] &+= count }

  @inline(never)
  private func recordBackward() {
    storage[Header.backward] &+= 1
    add(0, count: 1)
  }

  /// Position of the counter of `value`: the value itself up to 255; then 128 for each doubling, selected by the seven
  /// bits after the leading one.
  @inline(__always)
  static func bucketIndex(of value: UInt64) -> Int {
    // The leading bit is taken to be at least bit 7, which makes the first 256 buckets one unit wide.
    let shift = 63 &- subBucketBits &- (value | (1 << UInt64(subBucketBits))).leadingZeroBitCount
    return (shift &<< subBucketBits) &+ Int(truncatingIfNeeded: value &>> UInt64(truncatingIfNeeded: shift))
  }
}
