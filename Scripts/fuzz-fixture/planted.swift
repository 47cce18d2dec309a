// Crashes on inputs that begin with "Bug!": what Scripts/fuzz --self-test must find.
import FeedCore

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPlanted(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if bytes.count > 3, bytes[0] == 0x42, bytes[1] == 0x75, bytes[2] == 0x67, bytes[3] == 0x21 {
    fatalError("planted: \(FixedPoint.format(Int64(bytes.count)))")
  }
  return 0
}
