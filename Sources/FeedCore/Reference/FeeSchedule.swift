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
  /// Whether taking a share here and one there, at whatever prices, never costs less than nothing in all: no rebate of
  /// one outweighs the fee of the other, and none is a fraction of the price.
  func costsSomething(with other: FeeSchedule) -> Bool {
    let fractions = [taker.fraction, takerBelowDollar.fraction, other.taker.fraction, other.takerBelowDollar.fraction]
    return fractions.allSatisfy { $0 >= 0 }
      && min(taker.perShare, takerBelowDollar.perShare)
        .addingClamped(min(other.taker.perShare, other.takerBelowDollar.perShare)) >= 0
  }

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
