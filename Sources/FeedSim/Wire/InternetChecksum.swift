/// The one's-complement sum of 16-bit words (RFC 1071).
enum InternetChecksum {
  /// Adds `bytes[from ..< to]`, an odd last byte padded with zero, to a running sum.
  static func sum(_ bytes: [UInt8], from: Int, to: Int, initial: UInt64) -> UInt64 {
    var sum = initial
    var index = from
    while index + 1 < to {
      sum += UInt64(bytes[index]) << 8 | UInt64(bytes[index + 1])
      index += 2
    }
    if index < to { sum += UInt64(bytes[index]) << 8 }
    return sum
  }

  static func complement(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
    return ~UInt16(sum)
  }
}
