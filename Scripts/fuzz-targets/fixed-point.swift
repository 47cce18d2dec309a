// Decimal text from configuration files and venues: `FixedPoint.parse` takes any bytes, and what it accepts reads back.
import FeedCore

func fuzzFixedPoint(_ input: UnsafeRawBufferPointer) {
  let bytes = Array(input)
  guard let value = FixedPoint.parse(String(decoding: bytes, as: UTF8.self)) else { return }
  precondition(FixedPoint.parse(FixedPoint.format(value)) == value, "\(value) does not read back")
}
