@testable import FeedCore

/// Compares what a core's books say with the slow reference. Nil: no difference.
struct BookComparison {
  let harness: CoreHarness
  let venue: Int
  let reference: ReferenceVenue
  /// What the channel of the venue is worth.
  var channel = BookState.ok

  /// These stocks' books: levels, queues, best, round lot, status, statistics.
  func difference(in stocks: some Sequence<String>) -> String? {
    for stock in stocks.sorted() {
      if let book = reference.books[stock], let difference = difference(book) { return "\(stock): \(difference)" }
    }
    return nil
  }

  /// These stocks' states alone, which look at no level.
  func stateDifference(in stocks: some Sequence<String>) -> String? {
    for stock in stocks.sorted() {
      if let book = reference.books[stock], let difference = stateDifference(book) { return "\(stock): \(difference)" }
    }
    return nil
  }

  /// Everything: all books, counters, message and orphan counts, live orders.
  func difference() -> String? {
    if harness.instrumentCount(venue: venue) != reference.books.count {
      return "instruments \(harness.instrumentCount(venue: venue)), not \(reference.books.count)"
    }
    if harness.liveOrders(venue: venue) != reference.orders.count {
      return "live orders \(harness.liveOrders(venue: venue)), not \(reference.orders.count)"
    }
    if harness.books.isMarketOpen(VenueIndex(venue)) != reference.isMarketOpen { return "market hours" }
    for type in "ECXDU" where harness.orphans(type, venue: venue) != reference.orphans[type] ?? 0 {
      return "orphans \(type): \(harness.orphans(type, venue: venue)), not \(reference.orphans[type] ?? 0)"
    }
    return difference(in: reference.books.keys)
  }

  private func stateDifference(_ book: ReferenceBook) -> String? {
    let own: BookState = book.isUntrusted ? .untrusted : book.isTrading && !book.isHalted ? .ok : .halted
    let state = harness.state(book.stock, venue: venue)
    return state == max(own, channel) ? nil : "state \(state), not \(max(own, channel))"
  }

  private func difference(_ book: ReferenceBook) -> String? {
    if let difference = stateDifference(book) { return difference }
    if let difference = statistics(book) { return difference }
    if harness.books.isShortSaleRestricted(harness.instrument(book.stock, venue: venue)) != book.isRestricted {
      return "short sale restriction"
    }
    // Shares beyond 2^32-1 at a price: the book is said to be untrusted, no more.
    if book.hasOverflowed { return nil }
    for side in [Side.buy, .sell] {
      let wanted = book.levels(isSell: side == .sell).map {
        CoreHarness.Level(
          price: Int32($0.price), quantity: UInt32($0.quantity),
          orders: $0.orders.map { CoreHarness.Order(reference: $0.reference, quantity: $0.quantity) })
      }
      let found = harness.levels(book.stock, side, venue: venue)
      if found != wanted { return "\(side) side\n  \(found)\n  not\n  \(wanted)" }
      let lot = harness.books.bestRoundLot(of: harness.instrument(book.stock, venue: venue), side: side)
      let wantedLot = book.bestRoundLot(isSell: side == .sell)
      if lot.map({ Int64($0.price) }) != wantedLot?.price || lot?.quantity != wantedLot?.shares {
        return "\(side) round lot \(String(describing: lot)), not \(String(describing: wantedLot))"
      }
    }
    let top = harness.top(book.stock, venue: venue)
    let found = [Int64(top.bidPrice), Int64(top.bidQuantity), Int64(top.askPrice), Int64(top.askQuantity)]
    return found == book.top ? nil : "best \(found), not \(book.top)"
  }

  private func statistics(_ book: ReferenceBook) -> String? {
    guard let record = harness.record(book.stock, venue: venue) else { return "not there" }
    if record.volume != book.volume { return "volume \(record.volume), not \(book.volume)" }
    if record.turnover != book.turnover { return "turnover \(record.turnover), not \(book.turnover)" }
    if record.lastPrice != Int32(truncatingIfNeeded: book.lastPrice) || record.lastQuantity != book.lastQuantity
      || record.lastTradeNanoseconds != book.lastTradeTime
    {
      return "last \(record.lastQuantity) at \(record.lastPrice), not \(book.lastQuantity) at \(book.lastPrice)"
    }
    if record.roundLot != book.roundLot || record.marketCategory != book.marketCategory { return "directory" }
    return nil
  }

  /// Counters that are the sum over all venues of a core.
  static func counterDifference(_ harness: CoreHarness, _ references: [ReferenceVenue]) -> String? {
    let counters: [Counter] = [
      .malformed, .unknownTypes, .emptyMessages, .badSide, .duplicateAdds, .overExecutions, .zeroQuantities,
      .zeroPrices, .pricesOutOfRange, .locateRemaps, .brokenTrades, .brokenTradesUnknown, .ordersFull, .levelsFull,
      .instrumentsFull,
    ]
    for counter in counters {
      let wanted = references.reduce(0) { $0 + ($1.counts[counter.name] ?? 0) }
      if harness.counted(counter) != wanted { return "\(counter) \(harness.counted(counter)), not \(wanted)" }
    }
    for type in ITCHBytes.lengths.keys.sorted() {
      let wanted = references.reduce(0) { $0 + ($1.types[type] ?? 0) }
      if harness.messages(type) != wanted { return "\(type) \(harness.messages(type)), not \(wanted)" }
    }
    return nil
  }
}
