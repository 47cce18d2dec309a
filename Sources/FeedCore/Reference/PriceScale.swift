/// What a price in a book stands for: exact, from the wire's integer to nanounits (1e-9 of the currency unit).
///
/// A book keeps prices in 32 bits, in *stored units*: raw = stored × `divisor`, nanounits = stored × `nanounits`. The
/// divisor is 1 where the feed's integers fit; where they are finer or wider (CME PRICE9 mantissas, 1e-8 of Deribit)
/// it is a step that all prices of the instrument have in raw units, its tick: 32 bits hold two thousand million. A raw price
/// that is no whole number of stored units, or does not fit, has no stored price; nothing is ever rounded.
public struct PriceScale: BitwiseCopyable, Sendable, Equatable {
  /// Nanounits in one stored unit, at least 1.
  public let nanounits: Int64
  /// Raw wire units in one stored unit, at least 1.
  public var divisor: Int64 { division.divisor }
  private let division: ExactDivision

  private init(nanounits: Int64, divisor: Int64) {
    self.nanounits = nanounits
    division = ExactDivision(by: divisor)
  }

  /// ITCH "Price(4)": 1/10,000 of a dollar.
  public static var price4: PriceScale { PriceScale(nanounits: FixedPoint.perPrice4, divisor: 1) }

  /// Raw units of 10^-`decimals`, `divisor` of them in a stored unit. NYSE PriceScaleCode, PITCH 4 (short prices 2),
  /// MEMX and MIAX 6, Eurex and Deribit 8, CME PRICE9 and Coinbase Derivatives 9.
  ///
  /// Nil for decimals outside 0 ... 18, a divisor below 1, or a stored unit that is no whole number of nanounits.
  public init?(decimals: Int, divisor: Int64 = 1) {
    guard let unit = Self.powerOfTen(decimals) else { return nil }
    self.init(numerator: FixedPoint.one, denominator: unit, divisor: divisor)
  }

  /// Raw units of `numerator` / `denominator` nanounits each, `divisor` of them in a stored unit.
  ///
  /// Nil unless all are at least 1 and a stored unit is a whole number of nanounits that fits 64 bits.
  public init?(numerator: Int64, denominator: Int64, divisor: Int64) {
    guard numerator >= 1, denominator >= 1, divisor >= 1 else { return nil }
    let (quotient, remainder) = (Int128(numerator) * Int128(divisor)).quotientAndRemainder(
      dividingBy: Int128(denominator))
    guard remainder == 0, let nanounits = Int64(exactly: quotient) else { return nil }
    self.init(nanounits: nanounits, divisor: divisor)
  }

  /// CME: price = mantissa × 1e-9 × displayFactor. `displayFactor` and `tick` (MinPriceIncrement) are PRICE9 mantissas
  /// as in the definition; a tick of 0 or below (none given) stores mantissas as they are, where that is exact.
  public init?(displayFactor: Int64, tick: Int64) {
    self.init(numerator: displayFactor, denominator: FixedPoint.one, divisor: max(1, tick))
  }

  private static func powerOfTen(_ exponent: Int) -> Int64? {
    guard (0...18).contains(exponent) else { return nil }
    return (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  /// The scale of a venue's prices until its directory says otherwise: books in 1/10,000 of the currency unit, the
  /// step of US equities, which reaches to 214,748.
  static func standard(of feedProtocol: FeedProtocol) -> PriceScale {
    let divisor: Int64 =
      switch feedProtocol {
      // 6, 8 and 9 decimals on the wire.
      case .memxDepth, .miaxPearlDepth: 100
      case .eobi, .deribit: 10_000
      case .cmeMDP3, .coinbaseDerivatives: 100_000
      // XDP until the symbol's mapping names its PriceScaleCode.
      case .itch50, .tops15, .tops16, .deep10, .deepPlus, .pitch, .nyseIntegrated: 1
      }
    return PriceScale(nanounits: FixedPoint.perPrice4, divisor: divisor)
  }

  /// The stored price of a raw one; nil where it is not exact or does not fit 32 bits.
  @inline(__always)
  public func stored(raw: Int64) -> Int32? {
    let quotient = division.quotient(raw)
    let stored = Int32(truncatingIfNeeded: quotient)
    guard Int64(stored) == quotient, division.isExact(quotient, of: raw) else {
      return division.isNone ? Int32(exactly: raw) : nil
    }
    return stored
  }

  /// What finds the same in fewer steps (`PlainDivision.price`).
  var plain: PlainDivision { division.plain }

  /// The raw price of a stored one. Clamped to 64 bits.
  @inline(__always)
  public func raw(stored: Int32) -> Int64 { Int64(stored).multipliedClamped(by: divisor) }

  /// Nanounits of a stored price. Clamped to 64 bits.
  @inline(__always)
  public func nanounits(stored: Int32) -> Nanodollars { Int64(stored).multipliedClamped(by: nanounits) }
}
