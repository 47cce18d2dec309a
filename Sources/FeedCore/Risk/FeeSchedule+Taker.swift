extension FeeSchedule {
  /// What taking one share at `price` costs, in nanodollars, negative = a rebate to us: the fixed part plus the
  /// fraction of the price, rounded up (against us). The sub-dollar tier applies below one dollar. Clamped to `Int64`.
  public func takerFee(price: Nanodollars) -> Nanodollars {
    let rate = price < FixedPoint.one ? takerBelowDollar : taker
    let product = Int128(rate.fraction) * Int128(price)
    // Division truncates towards zero, which is already upwards for a negative product.
    let roundedUp = product / 1_000_000_000 + (product > 0 && product % 1_000_000_000 != 0 ? 1 : 0)
    return Nanodollars(clamping: Int128(rate.perShare) + roundedUp)
  }
}
