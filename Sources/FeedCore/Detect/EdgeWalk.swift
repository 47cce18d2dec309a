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

  /// What the two best prices say; `takeLevels` is to follow where they have the minimum edge.
  ///
  /// - Parameters:
  ///   - buy: the instrument whose asks we would take; `sell`: the one whose bids.
  ///   - fees: of the two venues.
  @inline(__always)
  init(
    buy: InstrumentID, sell: InstrumentID, books: borrowing Books, buyFees: borrowing FeeSchedule,
    sellFees: borrowing FeeSchedule
  ) {
    guard let askHeader = books.header(of: buy), let bidHeader = books.header(of: sell) else { return }
    // Shares are compared, and traded, as they stand in the books: only where both count whole ones.
    guard books.hasWholeQuantities(buy), books.hasWholeQuantities(sell) else { return }
    // Nearly always the two best prices, which the headers show, say that there is no edge: then no level is touched.
    let (bestAsk, bestBid) = (askHeader.pointee.bestAsk, bidHeader.pointee.bestBid)
    if bestAsk.quantity == 0 || bestBid.quantity == 0 { return }
    let askMultiplier = books.multiplier(of: buy)
    let bidMultiplier = books.multiplier(of: sell)
    buyPrice = Int64(0 &- bestAsk.key).multipliedClamped(by: askMultiplier)
    sellPrice = Int64(bestBid.key).multipliedClamped(by: bidMultiplier)
    edge = sellPrice.subtractingClamped(buyPrice).subtractingClamped(sellFees.takerFee(price: sellPrice))
      .subtractingClamped(buyFees.takerFee(price: buyPrice))
  }

  /// Takes level after level of both books, as far as their pairs have the minimum edge. Instruments and fees as above.
  mutating func takeLevels(
    buy: InstrumentID, sell: InstrumentID, books: borrowing Books, buyFees: borrowing FeeSchedule,
    sellFees: borrowing FeeSchedule, settings: borrowing CrossVenueSettings
  ) {
    OrderCode.takeLevels.mark()
    let askMultiplier = books.multiplier(of: buy)
    let bidMultiplier = books.multiplier(of: sell)
    let askVenue = books.venues + Int(buy.venue)
    let bidVenue = books.venues + Int(sell.venue)
    var asks = LevelCursor(askVenue, instrument: buy.index, isSell: true)
    var bids = LevelCursor(bidVenue, instrument: sell.index, isSell: false)
    var askLeft = asks.level.quantity
    var bidLeft = bids.level.quantity
    while askLeft > 0, bidLeft > 0 {
      let askRaw = 0 &- asks.level.key
      let bidRaw = bids.level.key
      let ask = Int64(askRaw).multipliedClamped(by: askMultiplier)
      let bid = Int64(bidRaw).multipliedClamped(by: bidMultiplier)
      let edge = bid.subtractingClamped(ask).subtractingClamped(sellFees.takerFee(price: bid))
        .subtractingClamped(buyFees.takerFee(price: ask))
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
        asks.advance()
        askLeft = asks.level.quantity
      }
      if bidLeft == 0 {
        bids.advance()
        bidLeft = bids.level.quantity
      }
    }
  }
}
