/// What a venue charges the taker: one tier from one dollar on, one below. Negative = a rebate.
public struct TakerFee: Sendable, Equatable {
  public struct Tier: Sendable, Equatable {
    /// Nanodollars per share.
    public var perShare: Int64
    /// Parts of 1e-9 of the notional.
    public var fraction: Int64
    public init(perShare: Int64 = 0, fraction: Int64 = 0) {
      self.perShare = perShare
      self.fraction = fraction
    }
  }
  public var fromDollar: Tier
  public var belowDollar: Tier

  /// - Parameters: nanodollars per share from one dollar on, and billionths of the notional below it.
  public init(perShare: Int64 = 3_000_000, belowDollarFraction: Int64 = 3_000_000) {
    fromDollar = Tier(perShare: perShare)
    belowDollar = Tier(fraction: belowDollarFraction)
  }

  /// Nanodollars for one share at `price` nanodollars: the fixed part plus the fraction, rounded up to a nanodollar.
  public func perShare(at price: Int64) -> Int64 {
    let tier = price < 1_000_000_000 ? belowDollar : fromDollar
    let product = Int128(tier.fraction) * Int128(price)
    let (quotient, remainder) = product.quotientAndRemainder(dividingBy: 1_000_000_000)
    return tier.perShare + Int64(quotient) + (remainder > 0 ? 1 : 0)
  }
}
