/// What a venue has to say, before its protocol gives it bytes. Prices are 1/10,000 dollar.
enum MarketMessage {
  /// ITCH "System Event Codes": O S Q M E C.
  case systemEvent(UInt8)
  case directory(stock: Int, Stock)
  /// ITCH trading states: T trading, P paused, Q quotation only. `isEarly`: before the venue's core session.
  case tradingAction(stock: Int, state: UInt8, reason: String, isEarly: Bool)
  /// Start of day of a stock that never trades.
  case neverTrades(stock: Int)
  /// The venue's core session begins for a stock.
  case coreSession(stock: Int)
  /// ITCH "Reg SHO Action": 0 none, 1 a new restriction, 2 one that goes on.
  case regSHO(stock: Int, action: UInt8)
  case participant(stock: Int, name: [UInt8], isPrimary: Bool)
  case declineLevels
  case operationalHalt(stock: Int, isHalted: Bool)
  case auctionCollar(stock: Int, price4: UInt32)
  case imbalance(stock: Int, Imbalance)
  case cross(stock: Int, shares: UInt64, price4: UInt32, match: UInt64, crossType: UInt8)
  case hiddenTrade(Trade)
  case brokenTrade(Trade)
  /// B, S, A both, N none.
  case retailInterest(stock: Int, side: UInt8)
  /// `participant`: four characters, where the order shows whose it is.
  case add(stock: Int, RestingOrder, participant: [UInt8]?)
  case delete(RestingOrder)
  case cancel(RestingOrder, shares: UInt32)
  /// The old order leaves, the new one stands at the end of its level.
  case replace(RestingOrder, by: RestingOrder)
  /// The order's new price and size; it keeps its number.
  case modify(RestingOrder, shares: UInt32, price4: UInt32, keepsPlace: Bool)
  case execute(RestingOrder, shares: UInt32, match: UInt64, at: ExecutionPrice?)

  struct Imbalance {
    var paired: UInt64
    var shares: UInt64
    var side: UInt8
    var price4: UInt32
    var crossType: UInt8
    var variation: UInt8
  }
  struct Trade {
    var stock: Int
    var match: UInt64
    var shares: UInt32
    var price4: UInt32
  }
  /// Of a trade that is not at the order's price.
  struct ExecutionPrice {
    var price4: UInt32
    var isPrintable: Bool
  }
}
