import FeedCore

/// The slow reference of the cross-venue detector: every opportunity of a stream of packets, with its beginning,
/// peak and end.
///
/// A stock is looked at after each packet that touches its book or status at a venue. Between a venue to buy at and
/// another to sell at there is an opportunity while both books are trading, the best bid where we sell exceeds the
/// best ask where we buy by both taker fees and the minimum edge, and the depth that keeps this edge has the minimum
/// quantity.
public struct ReferenceMarket {
  private struct Pair: Hashable {
    var symbol: String
    var buyVenue: Int
    var sellVenue: Int
  }
  private struct Finding {
    var edge: Int64
    var quantity: UInt64
    var notional: Int128
    var gain: Int128
    var buyPrice: Int64
    var sellPrice: Int64
  }

  let venueNames: [String]
  let fees: [TakerFee]
  let minimumEdge: Int64
  let minimumQuantity: UInt64
  private(set) var venues: [ReferenceVenue]
  /// Per venue: canonical symbol → what its messages call it.
  private var keys: [[String: ReferenceVenue.Key]]
  /// What venues write → canonical symbol, where that is another.
  private var canonical: [String: String] = [:]
  private var open: [Pair: TruthOpportunity] = [:]
  private var finished: [TruthOpportunity] = []

  /// - Parameters:
  ///   - protocols: one per venue, or none: ITCH everywhere.
  ///   - minimumEdge: nanodollars per share after fees.
  init(
    venueNames: [String], protocols: [FeedProtocol] = [], fees: [TakerFee], minimumEdge: Int64, minimumQuantity: Int
  ) {
    self.venueNames = venueNames
    self.fees = fees
    self.minimumEdge = minimumEdge
    self.minimumQuantity = UInt64(minimumQuantity)
    venues = venueNames.indices.map { ReferenceVenue(protocols.isEmpty ? .itch50 : protocols[$0]) }
    keys = Array(repeating: [:], count: venueNames.count)
  }

  /// What some venue writes for the stock that is called `symbol` across venues.
  mutating func alias(_ written: String, is symbol: String) {
    if written != symbol { canonical[written] = symbol }
  }

  private func canonicalSymbol(_ written: String) -> String { canonical[written] ?? written }

  /// Applies one packet of a venue, captured at a time not before that of the packet before it.
  mutating func apply(_ payload: ArraySlice<UInt8>, venue: Int, captureNanoseconds: UInt64) {
    let symbolsBefore = venues[venue].symbols.count
    let restartsBefore = venues[venue].restartCount
    let touched = venues[venue].apply(payload)
    if venues[venue].restartCount != restartsBefore { endAll(of: venue, at: captureNanoseconds) }
    if venues[venue].symbols.count != symbolsBefore {
      for (key, symbol) in venues[venue].symbols { keys[venue][canonicalSymbol(symbol)] = key }
    }
    if touched.isEmpty || venues.count == 1 { return }
    for key in touched {
      guard let symbol = venues[venue].symbols[key].map(canonicalSymbol) else { continue }
      for other in venues.indices where other != venue {
        evaluate(Pair(symbol: symbol, buyVenue: venue, sellVenue: other), at: captureNanoseconds)
        evaluate(Pair(symbol: symbol, buyVenue: other, sellVenue: venue), at: captureNanoseconds)
      }
    }
  }

  /// Ends what is still open and returns all opportunities in order of beginning, symbol, venue names.
  mutating func finish(lastCaptureNanoseconds: UInt64) -> [TruthOpportunity] {
    for (_, opportunity) in open {
      var ended = opportunity
      ended.endNanoseconds = lastCaptureNanoseconds
      ended.end = .endOfInput
      finished.append(ended)
    }
    open = [:]
    return finished.sorted {
      ($0.beginNanoseconds, $0.symbol, $0.buyVenue, $0.sellVenue)
        < ($1.beginNanoseconds, $1.symbol, $1.buyVenue, $1.sellVenue)
    }
  }

  /// A new session takes all books of the venue away, even if its first packet makes them trade again.
  private mutating func endAll(of venue: Int, at nanoseconds: UInt64) {
    for (pair, opportunity) in open where pair.buyVenue == venue || pair.sellVenue == venue {
      var ended = opportunity
      ended.endNanoseconds = nanoseconds
      ended.end = .bookNotOk
      finished.append(ended)
      open[pair] = nil
    }
  }

  private func book(_ symbol: String, _ venue: Int) -> ReferenceBook? {
    keys[venue][symbol].flatMap { venues[venue].books[$0] }
  }

  private mutating func evaluate(_ pair: Pair, at nanoseconds: UInt64) {
    let buy = book(pair.symbol, pair.buyVenue)
    let sell = book(pair.symbol, pair.sellVenue)
    let isTrading = (buy?.isOK ?? false) && (sell?.isOK ?? false)
    var finding: Finding?
    if isTrading, let buy, let sell { finding = walk(buy: buy, sell: sell, pair) }
    if finding == nil && open.isEmpty { return }
    if var opportunity = open[pair] {
      guard let finding else {
        opportunity.endNanoseconds = nanoseconds
        opportunity.end = isTrading ? .edgeGone : .bookNotOk
        finished.append(opportunity)
        open[pair] = nil
        return
      }
      if finding.edge > opportunity.maximumEdge {
        Self.setPeak(&opportunity, finding, at: nanoseconds)
        open[pair] = opportunity
      }
    } else if let finding {
      var opportunity = TruthOpportunity(
        symbol: pair.symbol, buyVenue: venueNames[pair.buyVenue], sellVenue: venueNames[pair.sellVenue],
        beginNanoseconds: nanoseconds)
      Self.setPeak(&opportunity, finding, at: nanoseconds)
      open[pair] = opportunity
    }
  }

  private static func setPeak(_ opportunity: inout TruthOpportunity, _ finding: Finding, at nanoseconds: UInt64) {
    opportunity.peakNanoseconds = nanoseconds
    opportunity.maximumEdge = finding.edge
    opportunity.quantity = finding.quantity
    opportunity.notional = finding.notional
    opportunity.gain = finding.gain
    opportunity.buyPrice = finding.buyPrice
    opportunity.sellPrice = finding.sellPrice
  }

  /// Matches asks where we buy with bids where we sell, best first, while the edge holds.
  private func walk(buy: ReferenceBook, sell: ReferenceBook, _ pair: Pair) -> Finding? {
    var askIndex = 0
    var bidIndex = 0
    var askLeft: UInt64 = 0
    var bidLeft: UInt64 = 0
    var finding: Finding?
    while askIndex < buy.asks.count && bidIndex < sell.bids.count {
      let ask = Int64(buy.asks[askIndex].price4) * 100_000
      let bid = Int64(sell.bids[bidIndex].price4) * 100_000
      let edge = bid - ask - fees[pair.sellVenue].perShare(at: bid) - fees[pair.buyVenue].perShare(at: ask)
      if edge < minimumEdge { break }
      if askLeft == 0 { askLeft = buy.asks[askIndex].shares }
      if bidLeft == 0 { bidLeft = sell.bids[bidIndex].shares }
      let quantity = min(askLeft, bidLeft)
      var sum = finding ?? Finding(edge: edge, quantity: 0, notional: 0, gain: 0, buyPrice: ask, sellPrice: bid)
      sum.quantity += quantity
      sum.notional += Int128(ask) * Int128(quantity)
      sum.gain += Int128(edge) * Int128(quantity)
      finding = sum
      askLeft -= quantity
      bidLeft -= quantity
      if askLeft == 0 { askIndex += 1 }
      if bidLeft == 0 { bidIndex += 1 }
    }
    guard let finding, finding.quantity >= minimumQuantity else { return nil }
    return finding
  }

  /// Final best prices of every instrument in order of venue, number and symbol. Numbers beyond 32 bits are symbols,
  /// and shown as 0.
  func bookRows() -> [BookRow] {
    var rows: [BookRow] = []
    for (index, venue) in venues.enumerated() {
      let listed = venue.symbols.map { (locate: UInt32(exactly: $0.key) ?? 0, symbol: $0.value, key: $0.key) }
      for (locate, symbol, key) in listed.sorted(by: { ($0.locate, $0.symbol) < ($1.locate, $1.symbol) }) {
        let book = venue.books[key] ?? ReferenceBook()
        rows.append(
          BookRow(
            venue: venueNames[index], locate: locate, symbol: symbol, bid: book.bids.first, ask: book.asks.first,
            rawPerPrice4: venue.rawPerPrice4[key] ?? 1, isOK: book.isOK))
      }
    }
    return rows
  }
}
