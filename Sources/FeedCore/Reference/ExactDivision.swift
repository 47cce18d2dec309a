/// Division of 64-bit integers by a number that stays, where only exact quotients of 32 bits count: a shift and two
/// multiplications instead of a division, which takes twenty cycles and more.
///
/// With the divisor 2^k × d, d odd, and d′ the inverse of d modulo 2^64: if raw is q × divisor, then raw >> k is q × d,
/// and times d′ it is q, modulo 2^64, so exactly, as q has 32 bits. Any other raw gives some number that does not
/// multiply back.
struct ExactDivision: BitwiseCopyable, Sendable, Equatable {
  /// At least 1; 0 in zeroed memory, which divides nothing: as 1 does.
  let divisor: Int64
  /// d′; 0 in zeroed memory.
  private let inverse: Int64
  private let shift: UInt8

  /// - Parameter divisor: at least 1.
  init(by divisor: Int64) {
    precondition(divisor >= 1)
    self.divisor = divisor
    shift = UInt8(divisor.trailingZeroBitCount)
    let odd = divisor >> Int64(shift)
    // Newton's iteration: d is its own inverse modulo 8, and each step doubles the bits that are right.
    var inverse = odd
    for _ in 0..<5 { inverse &*= 2 &- odd &* inverse }
    self.inverse = inverse
  }

  /// raw ÷ divisor where that is exact and has 32 bits; else some number that `isExact` refuses, or that has more.
  @inline(__always)
  func quotient(_ raw: Int64) -> Int64 { (raw &>> Int64(shift)) &* inverse }

  /// Whether a quotient multiplies back.
  @inline(__always)
  func isExact(_ quotient: Int64, of raw: Int64) -> Bool {
    let (product, overflow) = quotient.multipliedReportingOverflow(by: divisor)
    return product == raw && !overflow
  }

  /// Zeroed memory: an instrument there is not.
  @inline(__always)
  var isNone: Bool { divisor == 0 }
}
