/// What the everyday way takes of an `ExactDivision`: of divisors with less than 32 odd bits the lowest bits alone tell
/// whether a quotient of 32 bits is exact.
struct PlainDivision: BitwiseCopyable, Sendable, Equatable {
  /// d′; 0 in zeroed memory.
  private let inverse: Int64
  /// 2^k; 0 where d has more than 31 bits or k is more than 31, and in zeroed memory.
  private let unit: UInt32
  private let shift: UInt8

  /// - Parameter divisor: at least 1.
  init(by divisor: Int64) {
    precondition(divisor >= 1)
    shift = UInt8(divisor.trailingZeroBitCount)
    let odd = divisor >> Int64(shift)
    unit = odd < 1 << 31 && shift < 32 ? 1 << UInt32(shift) : 0
    // Newton's iteration: d is its own inverse modulo 8, and each step doubles the bits that are right.
    var inverse = odd
    for _ in 0..<5 { inverse &*= 2 &- odd &* inverse }
    self.inverse = inverse
  }

  /// raw ÷ divisor where that is exact and has 32 bits; else some number that `ExactDivision.isExact` refuses, or that
  /// has more.
  @inline(__always)
  func quotient(_ raw: Int64) -> Int64 { (raw &>> Int64(shift)) &* inverse }

  /// True where a quotient of 32 bits is exact; false where it is not, and where only the product tells.
  @inline(__always)
  func isPlain(_ raw: Int64) -> Bool {
    // Of a unit of 0 all bits, and so 0 alone.
    raw & (Int64(unit) &- 1) == 0
  }

  /// What a raw number is multiplied by, modulo 2^64, for its quotient: exact where that has 32 bits. Nil of even
  /// divisors and of great ones.
  var factor: Int64? { unit == 1 ? inverse : nil }

  /// The quotient as a stored price; nil, too, for some that `PriceScale.stored` finds: of divisors that no venue has.
  @inline(__always)
  func price(raw: Int64) -> Int32? {
    let quotient = quotient(raw)
    let stored = Int32(truncatingIfNeeded: quotient)
    return Int64(stored) == quotient && isPlain(raw) ? stored : nil
  }
}
