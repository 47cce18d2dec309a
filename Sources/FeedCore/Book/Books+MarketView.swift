extension Books: MarketView {
  @inline(__always)
  func header(of instrument: InstrumentID) -> UnsafeMutablePointer<BookHeader>? {
    guard Int(instrument.venue) < venueCount, instrument.index < venues[Int(instrument.venue)].admitted else {
      return nil
    }
    return venues[Int(instrument.venue)].headers.base + instrument.index
  }

  /// The worse of the book's own state and its channel's; `untrusted` for an instrument there is not.
  @inline(__always)
  func state(of instrument: InstrumentID) -> BookState {
    guard let header = header(of: instrument) else { return .untrusted }
    return state(of: header)
  }

  @inline(__always)
  func state(of header: UnsafeMutablePointer<BookHeader>) -> BookState {
    max(header.pointee.ownState, channels.base[Int(header.pointee.channel)].state)
  }

  @inline(__always)
  func top(of instrument: InstrumentID) -> TopOfBook {
    header(of: instrument)?.pointee.top ?? TopOfBook()
  }

  @inline(__always)
  func instrument(of group: GroupIndex, at venue: VenueIndex) -> InstrumentID {
    guard Int(group) < symbols.pointee.count, let index = symbols.pointee.groups[Int(group)].listing(at: venue) else {
      return .none
    }
    return InstrumentID(venue: venue, index: index)
  }

  @inline(__always)
  func symbol(of group: GroupIndex) -> Symbol {
    Int(group) < symbols.pointee.count ? symbols.pointee.groups[Int(group)].symbol : .unknown
  }

  @inline(__always)
  func venueSymbol(of instrument: InstrumentID) -> Symbol {
    guard header(of: instrument) != nil else { return .unknown }
    return venues[Int(instrument.venue)].directory.pointee.records[instrument.index].symbol
  }

  /// Scans at most eight venues: nothing is cached, so no venue can stay in it after it lost its trust.
  func consolidatedBest(of group: GroupIndex) -> ConsolidatedBest {
    OrderCode.consolidatedBest.mark()
    var best = ConsolidatedBest()
    if Int(group) >= symbols.pointee.count { return best }
    let symbol = symbols.pointee.groups.base + Int(group)
    var listed = symbol.pointee.venueMask
    while listed != 0 {
      let venue = VenueIndex(listed.trailingZeroBitCount)
      listed &= listed &- 1
      guard let index = symbol.pointee.listing(at: venue) else { continue }
      let instrument = InstrumentID(venue: venue, index: index)
      guard let header = header(of: instrument), state(of: header) == .ok else { continue }
      let top = header.pointee.top
      let multiplier = multiplier(of: instrument)
      if top.bidQuantity > 0 { best.bid = max(best.bid ?? .min, Int64(top.bidPrice).multipliedClamped(by: multiplier)) }
      if top.askQuantity > 0 { best.ask = min(best.ask ?? .max, Int64(top.askPrice).multipliedClamped(by: multiplier)) }
    }
    return best
  }

  @inline(__always)
  func multiplier(of instrument: InstrumentID) -> Int64 {
    guard Int(instrument.venue) < venueCount else { return 0 }
    let directory = venues[Int(instrument.venue)].directory
    // The scales' lines are seldom near.
    if directory.pointee.hasOnlyStandardScales { return directory.pointee.standardScale.nanounits }
    return instrument.index < directory.pointee.count
      ? directory.pointee.scales.base[instrument.index].scale.nanounits : directory.pointee.standardScale.nanounits
  }

  /// Prices of both venues stand in the same units, of whatever instrument: they may be compared as they are.
  @inline(__always)
  func haveOneScale(_ venue: VenueIndex, _ other: VenueIndex) -> Bool {
    let (mine, theirs) = (venues[Int(venue)].directory, venues[Int(other)].directory)
    return mine.pointee.hasOnlyStandardScales && theirs.pointee.hasOnlyStandardScales
      && mine.pointee.standardScale.nanounits == theirs.pointee.standardScale.nanounits
  }

  /// Its quantities are whole shares or contracts, not multiples of a step (`QuantityScale`).
  @inline(__always)
  func hasWholeQuantities(_ instrument: InstrumentID) -> Bool {
    let directory = venues[Int(instrument.venue)].directory
    return directory.pointee.hasOnlyStandardScales
      || directory.pointee.scales.base[instrument.index].quantity.isWhole
  }

  @inline(__always)
  func isShortSaleRestricted(_ instrument: InstrumentID) -> Bool {
    header(of: instrument)?.pointee.flags.contains(.shortSaleRestricted) ?? true
  }

  func isMarketOpen(_ venue: VenueIndex) -> Bool { Int(venue) < venueCount && venues[Int(venue)].isMarketOpen }

  func exchangeNanoseconds(of venue: VenueIndex) -> UInt64 {
    Int(venue) < venueCount ? venues[Int(venue)].exchangeNanoseconds : 0
  }

  func watchDepartures(of instrument: InstrumentID) {
    header(of: instrument)?.pointee.flags.insert(.watchDepartures)
  }

  /// Levels of one side, best first: price and shares.
  func forEachLevel(of instrument: InstrumentID, side: Side, _ visit: (_ price: Int32, _ quantity: UInt32) -> Bool) {
    guard header(of: instrument) != nil else { return }
    let isSell = side == .sell
    var cursor = LevelCursor(venues + Int(instrument.venue), instrument: instrument.index, isSell: isSell)
    while !cursor.level.isNone {
      if !visit(Level.price(key: cursor.level.key, isSell: isSell), cursor.level.quantity) { return }
      cursor.advance()
    }
  }

  /// The best price at which the displayed shares from the touch add up to a round lot; nil when they do not.
  func bestRoundLot(of instrument: InstrumentID, side: Side) -> (price: Int32, quantity: UInt64)? {
    guard instrument.index < venues[Int(instrument.venue)].admitted else { return nil }
    let roundLot = UInt64(venues[Int(instrument.venue)].directory.pointee.records[instrument.index].roundLot)
    var sum: UInt64 = 0
    var found: (Int32, UInt64)?
    forEachLevel(of: instrument, side: side) { price, quantity in
      sum += UInt64(quantity)
      if sum >= roundLot { found = (price, sum) }
      return found == nil
    }
    return found
  }

  /// Orders have no links: `VenueBook.collectQueue` finds those that make up the levels' displayed shares.
  func forEachRestingOrder(
    of instrument: InstrumentID, side: Side, limit: Int32, _ visit: (RestingOrder) -> Bool
  ) {
    guard header(of: instrument) != nil else { return }
    let venue = venues + Int(instrument.venue)
    let isSell = side == .sell
    let limitKey = Level.key(price: limit, isSell: isSell)
    var wanted: UInt64 = 0
    forEachLevel(of: instrument, side: side) { price, quantity in
      guard Level.key(price: price, isSell: isSell) >= limitKey else { return false }
      wanted += UInt64(quantity)
      return true
    }
    if wanted == 0 { return }
    let count = venue.pointee.collectQueue(
      instrument: instrument.index, isSell: isSell, limitKey: limitKey, shares: wanted)
    let scratch = venue.pointee.queueScratch
    for index in 0..<count where !visit(scratch[index]) { return }
  }
}
