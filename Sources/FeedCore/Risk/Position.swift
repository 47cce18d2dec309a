/// What we hold and have open in one symbol, over all venues.
public struct Position: BitwiseCopyable, Sendable, Equatable {
  public var symbol = Symbol.unknown
  /// What risk judges by.
  var holding = Holding()
  /// Nanodollars received less paid, fees included: with `shares` valued at a price, this is the profit or loss.
  public var cash: Int128 = 0
  /// Nanodollars of fees paid, negative = rebates received. Contained in `cash`.
  public var fees: Int128 = 0
  public var sharesBought: UInt64 = 0
  public var sharesSold: UInt64 = 0
  public init() {}

  /// Shares, negative = short.
  public var shares: Int64 {
    get { holding.shares }
    set { holding.shares = newValue }
  }
  /// Shares of open orders.
  public var openBuy: UInt64 {
    get { holding.openBuy }
    set { holding.openBuy = newValue }
  }
  public var openSell: UInt64 {
    get { holding.openSell }
    set { holding.openSell = newValue }
  }
  /// Price of the last order admitted in this symbol, nanodollars: what exposure is valued at.
  public var exposurePrice: Nanodollars {
    get { holding.exposurePrice }
    set { holding.exposurePrice = newValue }
  }
  public var exposure: Int128 { holding.exposure }

  mutating func reserve(_ side: Side, quantity: UInt32, price: Nanodollars) {
    holding.reserve(side, quantity: quantity, price: price)
  }

  mutating func open(_ side: Side, quantity: UInt32) { holding.open(side, quantity: quantity) }

  /// Ends `quantity` open shares. At most what is open.
  mutating func release(_ side: Side, quantity: UInt32) {
    switch side {
    case .buy: openBuy -= min(openBuy, UInt64(quantity))
    case .sell: openSell -= min(openSell, UInt64(quantity))
    }
  }

  /// Books `quantity` shares traded at `price`, each at a fee of `fee`, all in nanodollars.
  mutating func trade(_ side: Side, quantity: UInt32, price: Nanodollars, fee: Nanodollars) {
    let notional = Int128(price) * Int128(quantity)
    let feeTotal = Int128(fee) * Int128(quantity)
    fees &+= feeTotal
    switch side {
    case .buy:
      shares &+= Int64(quantity)
      sharesBought &+= UInt64(quantity)
      cash &-= notional
    case .sell:
      shares &-= Int64(quantity)
      sharesSold &+= UInt64(quantity)
      cash &+= notional
    }
    cash &-= feeTotal
  }
}
