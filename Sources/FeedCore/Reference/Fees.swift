extension FeeRate {
  /// Fee for one share at `price`, nanodollars; the fraction is rounded up, against us. Saturates.
  @inlinable
  public func perShare(at price: Nanodollars) -> Nanodollars {
    if fraction == 0 { return perShare }
    let product = fraction.multipliedFullWidth(by: price)
    let (quotient, remainder) = FixedPoint.one.dividingFullWidthClamped(product)
    let (sum, overflow) = perShare.addingReportingOverflow(remainder > 0 ? quotient + 1 : quotient)
    return overflow ? (quotient < 0 ? .min : .max) : sum
  }
}

extension FeeSchedule {
  /// What taking one share at `price` costs, nanodollars; negative = a rebate.
  @inlinable
  public func takerFee(at price: Nanodollars) -> Nanodollars {
    (price < FixedPoint.one ? takerBelowDollar : taker).perShare(at: price)
  }

  /// What one of our shares costs when it is taken from the book at `price`, nanodollars.
  @inlinable
  public func makerFee(at price: Nanodollars) -> Nanodollars {
    (price < FixedPoint.one ? makerBelowDollar : maker).perShare(at: price)
  }
}

extension Int64 {
  /// `self` divides a full-width product; quotients outside `Int64` are clamped, the remainder then counts as 0.
  @inlinable
  func dividingFullWidthClamped(_ dividend: (high: Int64, low: UInt64)) -> (quotient: Int64, remainder: Int64) {
    let wide = Int128(dividend.high) << 64 | Int128(dividend.low)
    let quotient = wide / Int128(self)
    if quotient >= Int128(Int64.max) { return (.max - 1, 0) }
    if quotient <= Int128(Int64.min) { return (.min + 1, 0) }
    return (Int64(quotient), Int64(wide % Int128(self)))
  }
}
