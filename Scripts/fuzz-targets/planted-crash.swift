// Crashes on inputs that begin with "Bug!": what Scripts/fuzz --self-test must find.
import FeedCore

func fuzzPlantedCrash(_ input: UnsafeRawBufferPointer) {
  let bytes = Array(input)
  if bytes.count > 3, bytes[0] == 0x42, bytes[1] == 0x75, bytes[2] == 0x67, bytes[3] == 0x21 {
    fatalError("planted: \(FixedPoint.format(Int64(bytes.count)))")
  }
}
