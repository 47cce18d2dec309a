/// Two orders that make sense only together: both are admitted, or neither is.
public struct OrderPairIntent: BitwiseCopyable, Sendable, Equatable {
  /// Checked, numbered and sent first.
  public var buy: OrderIntent
  public var sell: OrderIntent

  public init(buy: OrderIntent, sell: OrderIntent) {
    self.buy = buy
    self.sell = sell
  }
}
