// Any sequence of records: counts add up, percentiles rise and stay between minimum and maximum.
import FeedCore

private let histogram = LatencyHistogram()
private let other = LatencyHistogram()

func fuzzLatencyHistogram(_ input: UnsafeRawBufferPointer) {
  let bytes = Array(input)
  histogram.reset()
  other.reset()
  var recorded: UInt64 = 0
  bytes.withUnsafeBytes { raw in
    for offset in stride(from: 0, to: raw.count - 8, by: 9) {
      let value = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      switch raw[offset + 8] & 3 {
      case 0: histogram.record(value)
      case 1: other.record(value >> UInt64(raw[offset + 8] >> 2))
      case 2: histogram.record(from: value, to: value.byteSwapped)
      default: histogram.record(value, count: 1)
      }
      recorded += 1
    }
  }
  histogram.merge(other)
  precondition(histogram.count == recorded, "\(recorded) recorded, \(histogram.count) counted")
  var last = histogram.minimum
  for percentile in [0.001, 1, 50, 90, 99, 99.9, 99.9999] {
    let value = histogram.value(atPercentile: percentile)
    precondition(value >= last && value <= histogram.maximum, "\(percentile) % is \(value), before it \(last)")
    last = value
  }
}
