/// Best prices of any size, in units of the book (`PriceScale`). A side with quantity 0 is empty.
public struct TopOfBook: Equatable, Sendable, BitwiseCopyable {
  public var bidPrice: Int32 = 0
  public var bidQuantity: UInt32 = 0
  public var askPrice: Int32 = 0
  public var askQuantity: UInt32 = 0
  @inlinable public init() {}
  @inlinable
  public init(bidPrice: Int32, bidQuantity: UInt32, askPrice: Int32, askQuantity: UInt32) {
    self.bidPrice = bidPrice
    self.bidQuantity = bidQuantity
    self.askPrice = askPrice
    self.askQuantity = askQuantity
  }
}

/// Best over the venues whose book of the symbol is `ok`, in nanodollars; nil where no such venue has the side.
public struct ConsolidatedBest: Equatable, Sendable, BitwiseCopyable {
  public var bid: Nanodollars?
  public var ask: Nanodollars?
  @inlinable public init(bid: Nanodollars? = nil, ask: Nanodollars? = nil) {
    self.bid = bid
    self.ask = ask
  }
}

/// One resting order as the book keeps it.
public struct RestingOrder: Equatable, Sendable, BitwiseCopyable {
  public var orderReferenceNumber: UInt64
  /// Raw price units of the venue.
  public var price: Int32
  public var quantity: UInt32
  /// Place in time: a smaller number stands before a greater one at the same price.
  public var arrival: UInt32
  @inlinable public init(orderReferenceNumber: UInt64, price: Int32, quantity: UInt32, arrival: UInt32) {
    self.orderReferenceNumber = orderReferenceNumber
    self.price = price
    self.quantity = quantity
    self.arrival = arrival
  }
}

/// What detection, risk, orders and the simulated venue may ask of one core's books. Always live: nothing is cached.
public protocol MarketView {
  func state(of instrument: InstrumentID) -> BookState
  func top(of instrument: InstrumentID) -> TopOfBook
  /// The instrument of `group` at `venue`, or `.none`.
  func instrument(of group: GroupIndex, at venue: VenueIndex) -> InstrumentID
  /// Canonical, the same at every venue.
  func symbol(of group: GroupIndex) -> Symbol
  /// The symbol as its venue writes it.
  func venueSymbol(of instrument: InstrumentID) -> Symbol
  func consolidatedBest(of group: GroupIndex) -> ConsolidatedBest
  /// Nanodollars in one price unit of the instrument's book (ITCH: 100,000).
  func multiplier(of instrument: InstrumentID) -> Int64
  /// Reg SHO action 1 or 2 is in effect.
  func isShortSaleRestricted(_ instrument: InstrumentID) -> Bool
  /// Between system events Q and M of the venue.
  func isMarketOpen(_ venue: VenueIndex) -> Bool
  /// Nanoseconds since the venue's midnight of the last message applied.
  func exchangeNanoseconds(of venue: VenueIndex) -> UInt64
  /// Visits the resting orders of one side priced at `limit` or better: best price first, then in queue order, until
  /// `visit` returns false. Cold: cost grows with how deep it has to look.
  func forEachRestingOrder(
    of instrument: InstrumentID, side: Side, limit: Int32, _ visit: (RestingOrder) -> Bool)
  /// From now on the owner reports orders of this instrument that leave the book.
  func watchDepartures(of instrument: InstrumentID)
}
