/// What a quantity in a book stands for: exact, from the wire's integer to nanounits (1e-9 of what the instrument is
/// counted in: shares, contracts, a currency).
///
/// A book keeps quantities in 32 bits, in *stored units*: raw = stored × `divisor`, nanounits = stored × `nanounits`.
/// Venues that count whole shares or contracts need no scale: there a stored unit is one (`whole`). Where amounts are
/// decimals (Deribit: 1e-8 of a currency) the divisor is a step that all amounts of the instrument have. An amount that
/// is no whole number of steps, is negative, or does not fit 32 bits has no stored quantity; nothing is ever rounded.
public struct QuantityScale: BitwiseCopyable, Sendable, Equatable {
  /// Nanounits in one stored unit, at least 1.
  public let nanounits: Int64
  /// Raw wire units in one stored unit, at least 1.
  public var divisor: Int64 { division.divisor }
  private let division: ExactDivision

  private init(nanounits: Int64, divisor: Int64) {
    self.nanounits = nanounits
    division = ExactDivision(by: divisor)
  }

  /// Whole shares or contracts, as they stand on the wire.
  public static var whole: QuantityScale { QuantityScale(nanounits: FixedPoint.one, divisor: 1) }
  /// It is `whole`: to be asked often, where making one to compare with would cost more than all the rest.
  @inline(__always)
  var isWhole: Bool { nanounits == FixedPoint.one && division.divisor == 1 }

  /// Raw units of 10^-`decimals`, `divisor` of them in a stored unit.
  ///
  /// Nil for decimals outside 0 ... 9, a divisor below 1, or a stored unit beyond 64 bits of nanounits.
  public init?(decimals: Int, divisor: Int64) {
    guard (0...9).contains(decimals), divisor >= 1 else { return nil }
    let unit = (decimals..<9).reduce(Int64(1)) { unit, _ in unit * 10 }
    let (nanounits, overflow) = unit.multipliedReportingOverflow(by: divisor)
    if overflow { return nil }
    self.init(nanounits: nanounits, divisor: divisor)
  }

  /// The stored quantity of a raw one; nil where it is not exact or does not fit 32 bits.
  @inline(__always)
  public func stored(raw: Int64) -> UInt32? {
    let quotient = division.quotient(raw)
    let stored = UInt32(truncatingIfNeeded: quotient)
    guard Int64(stored) == quotient, division.isExact(quotient, of: raw) else {
      return division.isNone ? UInt32(exactly: raw) : nil
    }
    return stored
  }

  /// The raw quantity of a stored one. Clamped to 64 bits.
  @inline(__always)
  public func raw(stored: UInt32) -> Int64 { Int64(stored).multipliedClamped(by: divisor) }

  /// The same of a sum of stored ones.
  public func raw(stored sum: UInt64) -> Int64 { Int64(clamping: sum).multipliedClamped(by: divisor) }
}
