@testable import FeedCore

/// Cross-venue arbitrage judged the slow way: at every publish point every symbol and every ordered pair of venues,
/// over the slow reference's books, with arithmetic of its own.
struct SlowCrossVenue {
  struct Opportunity: Equatable, Comparable, CustomStringConvertible {
    var stock: String
    var buy: Int
    var sell: Int
    var begin: UInt64
    var peak: UInt64
    var end: UInt64
    var reason: OpportunityRecord.End
    var edge: Int64
    var quantity: UInt64
    var notional: Int64
    var gain: Int64
    var buyPrice: Int64
    var sellPrice: Int64

    static func < (a: Self, b: Self) -> Bool {
      (a.begin, a.stock, a.buy, a.sell, a.end) < (b.begin, b.stock, b.buy, b.sell, b.end)
    }

    var description: String {
      "\(stock) \(buy)>\(sell) \(begin)-\(peak)-\(end) \(reason) edge \(edge) × \(quantity)"
        + " cost \(notional) gain \(gain) \(buyPrice)/\(sellPrice)"
    }
  }

  /// What a pair would bring now.
  struct Offer: Equatable {
    var edge: Int64
    var quantity: UInt64 = 0
    var notional: Int64 = 0
    var gain: Int64 = 0
    var buyPrice: Int64
    var sellPrice: Int64
  }

  let settings: CrossVenueSettings
  let fees: [FeeSchedule]
  /// Nanodollars in one unit of each venue's books.
  let units: [Int64]
  private var open: [String: Opportunity] = [:]
  private(set) var ended: [Opportunity] = []

  init(settings: CrossVenueSettings, fees: [FeeSchedule], units: [Int64]) {
    self.settings = settings
    self.fees = fees
    self.units = units
  }

  /// Dollars in 1e-9 for taking a share: the least whole number not below perShare + price × fraction.
  static func takerFee(_ fees: FeeSchedule, price: Int64) -> Int64 {
    let price = abs(price)
    let rate = price >= 1_000_000_000 ? fees.taker : fees.takerBelowDollar
    let (high, low) = price.multipliedFullWidth(by: rate.fraction)
    var (quotient, remainder) = Int64(1_000_000_000).dividingFullWidth((high, low))
    if remainder > 0 { quotient += 1 }
    return rate.perShare + quotient
  }

  /// Nil where a side is empty.
  func offer(asks: [ReferenceBook.Level], bids: [ReferenceBook.Level], buy: Int, sell: Int) -> Offer? {
    guard let bestAsk = asks.first, let bestBid = bids.first else { return nil }
    func edge(_ ask: Int64, _ bid: Int64) -> Int64 {
      bid - ask - Self.takerFee(fees[buy], price: ask) - Self.takerFee(fees[sell], price: bid)
    }
    var result = Offer(
      edge: edge(bestAsk.price * units[buy], bestBid.price * units[sell]), buyPrice: bestAsk.price * units[buy],
      sellPrice: bestBid.price * units[sell])
    // Share by share would be slower still; run by run is slow enough.
    var asks = asks.map { (price: $0.price * units[buy], left: $0.quantity) }
    var bids = bids.map { (price: $0.price * units[sell], left: $0.quantity) }
    while let ask = asks.first, let bid = bids.first, edge(ask.price, bid.price) >= settings.minimumEdge {
      let shares = min(ask.left, bid.left)
      result.quantity += shares
      result.notional += ask.price * Int64(shares)
      result.gain += edge(ask.price, bid.price) * Int64(shares)
      asks[0].left -= shares
      bids[0].left -= shares
      if asks[0].left == 0 { asks.removeFirst() }
      if bids[0].left == 0 { bids.removeFirst() }
    }
    return result
  }

  /// A publish point: books are consistent.
  mutating func publish(_ venues: [ReferenceVenue], channels: [BookState], at time: UInt64) {
    for stock in Set(venues.flatMap { $0.books.keys }) {
      for buy in venues.indices {
        for sell in venues.indices where sell != buy {
          judge(stock, buy, sell, venues, channels, time)
        }
      }
    }
  }

  private mutating func judge(
    _ stock: String, _ buy: Int, _ sell: Int, _ venues: [ReferenceVenue], _ channels: [BookState], _ time: UInt64
  ) {
    let key = "\(stock) \(buy) \(sell)"
    func isOk(_ venue: Int) -> Bool {
      guard let book = venues[venue].books[stock] else { return false }
      return channels[venue] == .ok && book.isTrading && !book.isHalted && !book.isUntrusted
    }
    guard isOk(buy), isOk(sell) else { return end(key, .bookNotOk, time) }
    let found = offer(
      asks: venues[buy].books[stock]!.levels(isSell: true), bids: venues[sell].books[stock]!.levels(isSell: false),
      buy: buy, sell: sell)
    guard let found, found.edge >= settings.minimumEdge, found.quantity >= UInt64(settings.minimumQuantity) else {
      return end(key, .edgeGone, time)
    }
    if let known = open[key] {
      if found.edge > known.edge { open[key] = opportunity(stock, buy, sell, found, begin: known.begin, peak: time) }
    } else {
      open[key] = opportunity(stock, buy, sell, found, begin: time, peak: time)
    }
  }

  private func opportunity(
    _ stock: String, _ buy: Int, _ sell: Int, _ offer: Offer, begin: UInt64, peak: UInt64
  ) -> Opportunity {
    Opportunity(
      stock: stock, buy: buy, sell: sell, begin: begin, peak: peak, end: 0, reason: .edgeGone, edge: offer.edge,
      quantity: offer.quantity, notional: offer.notional, gain: offer.gain, buyPrice: offer.buyPrice,
      sellPrice: offer.sellPrice)
  }

  private mutating func end(_ key: String, _ reason: OpportunityRecord.End, _ time: UInt64) {
    guard var opportunity = open.removeValue(forKey: key) else { return }
    opportunity.reason = reason
    opportunity.end = time
    ended.append(opportunity)
  }

  mutating func finish(at time: UInt64) {
    for key in open.keys.sorted() { end(key, .endOfInput, time) }
  }
}

extension SlowCrossVenue.Opportunity {
  init(_ record: OpportunityRecord) {
    self.init(
      stock: record.symbol.description, buy: Int(record.buyVenue), sell: Int(record.sellVenue),
      begin: record.beginNanoseconds, peak: record.peakNanoseconds, end: record.endNanoseconds, reason: record.end,
      edge: record.maximumEdge, quantity: record.quantity, notional: record.notional, gain: record.gain,
      buyPrice: record.buyPrice, sellPrice: record.sellPrice)
  }
}
