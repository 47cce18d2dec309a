/// Reads of little-endian and big-endian integers from arrays; the servers' own, so that no test of a request leans on
/// what encoded it.
extension Array where Element == UInt8 {
  func little(_ offset: Int, _ length: Int) -> UInt64 {
    (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(self[offset + $1]) }
  }
  func big(_ offset: Int, _ length: Int) -> UInt64 {
    (0..<length).reduce(0) { $0 << 8 | UInt64(self[offset + $1]) }
  }
  mutating func appendLittle(_ value: UInt64, _ length: Int) {
    for index in 0..<length { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }
  mutating func appendBig(_ value: UInt64, _ length: Int) {
    for index in (0..<length).reversed() { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }
}
