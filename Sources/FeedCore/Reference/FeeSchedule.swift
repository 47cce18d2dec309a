extension FeeRate {
  /// Fee of one share at `price`, nanodollars: the fixed part plus the fraction of the price, rounded up (against us).
  /// A price below 0 (a spread) costs what its opposite does. Clamped to `Int64`.
  func perShare(at price: Nanodollars) -> Nanodollars {
    if fraction == 0 { return perShare }
    let product = Int128(fraction) * Int128(price.magnitude)
    // Division truncates towards zero, which is already upwards for a negative product.
    let roundedUp = product / 1_000_000_000 + (product > 0 && product % 1_000_000_000 != 0 ? 1 : 0)
    return Nanodollars(clamping: Int128(perShare) + roundedUp)
  }
}

extension FeeSchedule {
  /// What taking one share at `price` costs, nanodollars; negative = a rebate to us. Below one dollar the sub-dollar
  /// tier applies.
  @inline(__always)
  public func takerFee(price: Nanodollars) -> Nanodollars {
    (price.magnitude < FixedPoint.one ? takerBelowDollar : taker).perShare(at: price)
  }

  /// What one share of ours costs when another takes it at `price`, nanodollars.
  public func makerFee(price: Nanodollars) -> Nanodollars {
    (price.magnitude < FixedPoint.one ? makerBelowDollar : maker).perShare(at: price)
  }
}
