/// Division of 64-bit integers by a number that stays, where only exact quotients of 32 bits count: a shift and two
/// multiplications instead of a division, which takes twenty cycles and more.
///
/// With the divisor 2^k × d, d odd, and d′ the inverse of d modulo 2^64: if raw is q × divisor, then raw >> k is q × d,
/// and times d′ it is q, modulo 2^64, so exactly, as q has 32 bits. Any other raw gives some number that does not
/// multiply back; the product of 32 bits by a divisor of 31 cannot wrap around to it.
struct ExactDivision: BitwiseCopyable, Sendable, Equatable {
  /// At least 1; 0 in zeroed memory, which divides nothing: as 1 does.
  let divisor: Int64
  /// d′; 0 where the division itself has to be made.
  private let inverse: Int64
  private let shift: UInt8

  /// - Parameter divisor: at least 1.
  init(by divisor: Int64) {
    self.divisor = divisor
    guard divisor >= 1, divisor <= Int64(Int32.max) else {
      (inverse, shift) = (0, 0)
      return
    }
    shift = UInt8(divisor.trailingZeroBitCount)
    let odd = divisor >> shift
    // Newton's iteration: d is its own inverse modulo 8, and each step doubles the bits that are right.
    var inverse = odd
    for _ in 0..<5 { inverse &*= 2 &- odd &* inverse }
    self.inverse = inverse
  }

  /// raw ÷ divisor where that is exact and has 32 bits; else some number for which `isExact` fails, or that has more.
  @inline(__always)
  func quotient(_ raw: Int64) -> Int64 { (raw &>> Int64(shift)) &* inverse }

  /// Whether a quotient of 32 bits, signed or not, multiplies back. Without an inverse only 0 does, which is right.
  @inline(__always)
  func isExact(_ quotient: Int64, of raw: Int64) -> Bool { quotient &* divisor == raw }

  /// The multiplications cannot tell: zeroed memory, or a divisor beyond 31 bits.
  @inline(__always)
  var isPlain: Bool { inverse == 0 }

  @inline(never)
  func slowQuotient<Stored: FixedWidthInteger>(_ raw: Int64, _: Stored.Type) -> Stored? {
    if divisor <= 1 { return Stored(exactly: raw) }
    let quotient = raw / divisor
    return quotient &* divisor == raw ? Stored(exactly: quotient) : nil
  }
}
