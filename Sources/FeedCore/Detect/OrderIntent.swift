/// What a detector wants: one immediate-or-cancel order. Nothing is checked yet; `RiskGate` does that.
public struct OrderIntent: BitwiseCopyable, Sendable, Equatable {
  public var group: GroupIndex
  /// Limit price in units of the book at `venue` (`PriceScale`); admitted from 1 on.
  public var limitPrice: Int32
  /// Shares; admitted from 1 to `RiskSettings.maximumOrderQuantity`.
  public var quantity: UInt32
  public var venue: VenueIndex
  public var side: Side
  /// The opportunity it belongs to (number within the shard), 0 = none.
  public var opportunity: UInt64

  public init(
    group: GroupIndex, venue: VenueIndex, side: Side, quantity: UInt32, limitPrice: Int32, opportunity: UInt64 = 0
  ) {
    self.group = group
    self.venue = venue
    self.side = side
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.opportunity = opportunity
  }
}
