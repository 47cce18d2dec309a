/// Division of 64-bit integers by a number that stays, where only exact quotients of 32 bits count: a shift and two
/// multiplications instead of a division, which takes twenty cycles and more.
///
/// With the divisor 2^k × d, d odd, and d′ the inverse of d modulo 2^64: if raw is q × divisor, then raw >> k is q × d,
/// and times d′ it is q, modulo 2^64, so exactly, as q has 32 bits. The other way round, q × d is raw >> k modulo 2^64
/// for whatever comes out; where d has less than 32 bits and q no more than 32, that product has less than 64 bits, so
/// it is raw >> k, and raw is q × divisor if its lowest k bits are zero (`PlainDivision`): all divisors that venues have are
/// such, up to 10^13. Of others the product is looked at.
struct ExactDivision: BitwiseCopyable, Sendable, Equatable {
  /// At least 1; 0 in zeroed memory, which divides nothing: as 1 does.
  let divisor: Int64
  let plain: PlainDivision

  /// - Parameter divisor: at least 1.
  init(by divisor: Int64) {
    self.divisor = divisor
    plain = PlainDivision(by: divisor)
  }

  @inline(__always)
  func quotient(_ raw: Int64) -> Int64 { plain.quotient(raw) }

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
