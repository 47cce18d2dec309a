/// What the books hold at the end, apart from how they came to it: equal for a run whose books were joined from a
/// snapshot and one that lost nothing.
extension Replay {
  /// Per instrument a digest of its content: every level of both sides, every order of each level in queue order with
  /// its number and shares, and what the venue says of its trading. In order of venue name and symbol.
  ///
  /// Walks each venue's table of orders once, and sorts what it finds.
  public func contents(of summary: ReplaySummary) -> [(instrument: InstrumentSummary, digest: UInt64)] {
    var orders: [[[(isSell: Bool, order: RestingOrder)]]] = []
    for core in threads.compactMap(\.shards) {
      var byVenue: [[(isSell: Bool, order: RestingOrder)]] = []
      for venue in 0..<core.pointee.books.venueCount {
        byVenue += Self.orders(core.pointee.books.venues + venue)
      }
      orders.append(byVenue)
    }
    let cores = threads.indices.filter { threads[$0].shards != nil }
    let sorted = summary.instruments.sorted { ($0.venueName, $0.symbol) < ($1.venueName, $1.symbol) }
    return sorted.compactMap { instrument in
      guard let place = cores.firstIndex(of: instrument.core), let core = threads[instrument.core].shards else {
        return nil
      }
      let base = (0..<Int(instrument.venue)).reduce(0) { $0 + core.pointee.books.venues[$1].admitted }
      return (instrument, digest(of: instrument, core, orders[place][base + instrument.id.index]))
    }
  }

  /// All instruments' contents, folded in order of venue name and symbol.
  public func contentsDigest(of summary: ReplaySummary) -> UInt64 {
    contents(of: summary).reduce(0) { digest, entry in
      let name = entry.instrument.venueName.utf8.reduce(0) { Mix.fold($0, UInt64($1), 1) }
      return Mix.fold(Mix.fold(digest, name, entry.instrument.symbol.word), entry.digest, 3)
    }
  }

  /// Per instrument of a venue its orders: best price first, then in queue order.
  private static func orders(_ venue: UnsafeMutablePointer<VenueBook>) -> [[(isSell: Bool, order: RestingOrder)]] {
    var found = [[(isSell: Bool, order: RestingOrder)]](repeating: [], count: venue.pointee.admitted)
    venue.pointee.orders.forEach { instrument, isSell, order in
      if found.indices.contains(instrument) { found[instrument].append((isSell, order)) }
      return true
    }
    for instrument in found.indices {
      found[instrument].sort {
        ($0.isSell ? 1 : 0, $0.order.price, $0.order.arrival) < ($1.isSell ? 1 : 0, $1.order.price, $1.order.arrival)
      }
    }
    return found
  }

  private func digest(
    of instrument: InstrumentSummary, _ core: UnsafeMutablePointer<Core>,
    _ orders: [(isSell: Bool, order: RestingOrder)]
  ) -> UInt64 {
    let header = core.pointee.books.venues[Int(instrument.venue)].headers[instrument.id.index]
    let told: BookHeader.Flags = [.trading, .operationallyHalted, .shortSaleRestricted]
    var digest = Mix.spread(UInt64(header.flags.intersection(told).rawValue))
    for side in [Side.buy, Side.sell] {
      core.pointee.books.forEachLevel(of: instrument.id, side: side) { price, quantity in
        digest = Mix.fold(digest, UInt64(UInt32(bitPattern: price)), UInt64(quantity) << 1 | (side == .sell ? 1 : 0))
        return true
      }
    }
    for (isSell, order) in orders {
      digest = Mix.fold(digest, order.orderReferenceNumber, UInt64(order.quantity))
      digest = Mix.fold(digest, UInt64(UInt32(bitPattern: order.price)), isSell ? 1 : 0)
    }
    return digest
  }
}
