// Decimal text from configuration files and venues: `FixedPoint.parse` takes any bytes, and what it accepts reads back.
import FeedCore

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFixedPoint(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let value = FixedPoint.parse(String(decoding: bytes, as: UTF8.self)) else { return 0 }
  precondition(FixedPoint.parse(FixedPoint.format(value)) == value, "\(value) does not read back")
  return 0
}
