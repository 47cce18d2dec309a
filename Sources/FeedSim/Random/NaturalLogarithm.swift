/// −ln(x) for x in (0, 1] in fixed point, from a table that integer arithmetic fills. Exact to about 2^-18, which is
/// plenty for waiting times, and the same on every machine.
enum NaturalLogarithm {
  /// log2(1 + i/256) with 32 fraction bits.
  private static let table: [UInt64] = (0...256).map { index in
    if index == 256 { return 1 << 32 }
    // Squaring a value of [1, 2) doubles its logarithm: the carry into [2, 4) is the next binary digit.
    var value = UInt64(256 + index) << 54
    var digits: UInt64 = 0
    for _ in 0..<32 {
      let (high, low) = value.multipliedFullWidth(by: value)
      value = high << 2 | low >> 62
      digits <<= 1
      if value >= 1 << 63 {
        digits |= 1
        value >>= 1
      }
    }
    return digits
  }
  /// ln 2 with 32 fraction bits.
  private static let logarithmOfTwo: UInt64 = 2_977_044_472

  /// −ln((word + 1) / 2^64), about, with 32 fraction bits. At most 45.
  static func minusLogarithm(_ word: UInt64) -> UInt64 {
    let word = max(word, 1)
    let zeros = word.leadingZeroBitCount
    let mantissa = word << UInt64(zeros)
    let index = Int(mantissa >> 55) & 0xFF
    let rest = mantissa >> 23 & 0xFFFF_FFFF
    let low = table[index]
    let logarithm = low + ((table[index + 1] - low) &* rest) >> 32
    let binary = (UInt64(zeros + 1) << 32) - logarithm
    let (high, product) = binary.multipliedFullWidth(by: logarithmOfTwo)
    return high << 32 | product >> 32
  }
}
