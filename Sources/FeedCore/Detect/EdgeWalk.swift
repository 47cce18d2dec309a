/// What buying at one venue and selling at another would bring now: both books walked from the touch while each pair
/// of levels keeps the minimum edge.
struct EdgeWalk: BitwiseCopyable {
  /// Edge per share after both taker fees at the two best prices, nanodollars; `.min` when a side is empty.
  var edge: Nanodollars = .min
  /// Best ask where we buy, best bid where we sell, nanodollars.
  var buyPrice: Nanodollars = 0
  var sellPrice: Nanodollars = 0
  /// Shares, cost and net gain over all level pairs with the minimum edge. Cost and gain saturate.
  var quantity: UInt64 = 0
  var notional: Nanodollars = 0
  var gain: Nanodollars = 0
  /// For an order of at most `maximumQuantity`: its shares and the worst prices it needs, in the units of each book.
  var orderQuantity: UInt32 = 0
  var buyLimit: Int32 = 0
  var sellLimit: Int32 = 0

  /// - Parameters:
  ///   - buy: the instrument whose asks we would take; `sell`: the one whose bids.
  ///   - fees: of the two venues.
  init(
    buy: InstrumentID, sell: InstrumentID, books: borrowing Books, buyFees: FeeSchedule, sellFees: FeeSchedule,
    settings: CrossVenueSettings
  ) {
    guard let askHeader = books.header(of: buy), let bidHeader = books.header(of: sell) else { return }
    let askVenue = books.venues + Int(buy.venue)
    let bidVenue = books.venues + Int(sell.venue)
    let asks = askHeader.pointee.asks
    let bids = bidHeader.pointee.bids
    var askIndex = Int(asks.count) - 1
    var bidIndex = Int(bids.count) - 1
    guard askIndex >= 0, bidIndex >= 0 else { return }
    let askLevels = askVenue.pointee.arena.levels.base + Int(asks.offset)
    let bidLevels = bidVenue.pointee.arena.levels.base + Int(bids.offset)
    var askLeft = askLevels[askIndex].quantity
    var bidLeft = bidLevels[bidIndex].quantity

    let askMultiplier = books.multiplier(of: buy)
    let bidMultiplier = books.multiplier(of: sell)
    while true {
      let askRaw = ~askLevels[askIndex].key
      let bidRaw = bidLevels[bidIndex].key
      let ask = Int64(askRaw).multipliedClamped(by: askMultiplier)
      let bid = Int64(bidRaw).multipliedClamped(by: bidMultiplier)
      let edge = bid.subtractingClamped(ask).subtractingClamped(sellFees.takerFee(price: bid))
        .subtractingClamped(buyFees.takerFee(price: ask))
      if self.edge == .min {
        self.edge = edge
        buyPrice = ask
        sellPrice = bid
      }
      if edge < settings.minimumEdge { return }
      let shares = min(askLeft, bidLeft)
      quantity &+= UInt64(shares)
      notional = notional.addingClamped(ask.multipliedClamped(by: Int64(shares)))
      gain = gain.addingClamped(edge.multipliedClamped(by: Int64(shares)))
      if orderQuantity < settings.maximumQuantity {
        orderQuantity = UInt32(min(UInt64(settings.maximumQuantity), quantity))
        buyLimit = askRaw
        sellLimit = bidRaw
      }
      askLeft &-= shares
      bidLeft &-= shares
      if askLeft == 0 {
        askIndex &-= 1
        if askIndex < 0 { return }
        askLeft = askLevels[askIndex].quantity
      }
      if bidLeft == 0 {
        bidIndex &-= 1
        if bidIndex < 0 { return }
        bidLeft = bidLevels[bidIndex].quantity
      }
    }
  }
}
