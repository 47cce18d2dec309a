/// Where an event came from, found only when something is to be counted.
struct Place {
  let delivery: UnsafeMutablePointer<DeliveredPacket>
  let bytes: UnsafeRawPointer

  var occurrence: Occurrence { delivery.pointee.occurrence(of: bytes) }
}

/// The rare paths: one function per thing that should not happen, each counted under its name.
extension VenueBook {
  /// An order nobody added. On a book that should be complete it shows damage, and the book is no longer trusted.
  @inline(never)
  mutating func recordOrphan(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    orphansByType[Int(event.pointee.type)] &+= 1
    let instrument = Int(event.pointee.instrument)
    guard completeChannels & (1 << UInt64(event.pointee.channel)) != 0, instrument < admitted else { return false }
    headers[instrument].flags.insert(.untrusted)
    return true
  }

  /// An order nobody added, of a message that names no instrument: any book of the channel may be the damaged one.
  @inline(never)
  mutating func recordOrphanOfChannel(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    if countsMessages { orphansByType[Int(event.pointee.type)] &+= 1 }
    guard completeChannels & (1 << UInt64(event.pointee.channel)) != 0 else { return }
    for instrument in 0..<admitted where headers[instrument].channel == event.pointee.channel {
      headers[instrument].flags.insert(.untrusted)
    }
  }

  /// A position that the side of a level book does not have.
  @inline(never)
  mutating func recordMissingLevel(_ header: UnsafeMutablePointer<BookHeader>, place: Place) -> Bool {
    counters.note(.levelsMissing, at: place.occurrence)
    header.pointee.flags.insert(.untrusted)
    return true
  }

  @inline(never)
  mutating func recordZeroQuantity(place: Place) -> Bool {
    counters.note(.zeroQuantities, at: place.occurrence)
    return false
  }

  /// Prices that no displayed order can have. Zero is kept as the feed says, but its book is not trusted; a raw price
  /// of 2^31 or more (over 200,000 dollars, ITCH 5.0 "Price(4)") cannot be kept. Where any price may be, all but the
  /// least, whose key stands for no level.
  @inline(never)
  func refusesPrice(_ price: Int32, header: UnsafeMutablePointer<BookHeader>, place: Place) -> Bool {
    if header.pointee.flags.contains(.anyPrice), price != .min { return false }
    header.pointee.flags.insert(.untrusted)
    counters.note(price == 0 ? .zeroPrices : .pricesOutOfRange, at: place.occurrence)
    return price < 0
  }

  @inline(never)
  mutating func recordFull(_ counter: Counter, header: UnsafeMutablePointer<BookHeader>, place: Place) -> Bool {
    counters.note(counter, at: place.occurrence)
    header.pointee.flags.insert(.untrusted)
    return false
  }

  @inline(never)
  func recordLevelOverflow(_ level: UnsafeMutablePointer<Level>, header: UnsafeMutablePointer<BookHeader>, place: Place) {
    level.pointee.quantity = .max
    header.pointee.flags.insert(.untrusted)
    counters.note(.levelQuantityOverflows, at: place.occurrence)
  }

  /// The new order takes the place of the one with the same reference; where the feed adds and modifies with the same
  /// message, it is that order.
  @inline(never)
  mutating func replaceDuplicate(
    _ reference: UInt64, header: UnsafeMutablePointer<BookHeader>, instrument: Int, isSell: Bool, price: Int32,
    quantity: UInt32, mayModify: Bool, place: Place
  ) -> Bool {
    let handle = orders.find(reference, instrument: instrument)
    let old = orders.slot(handle)
    if mayModify, old.isSell == isSell {
      let keepsPlace = old.price == price && quantity <= old.quantity
      orders.set(handle, price: price, quantity: quantity, arrival: keepsPlace ? nil : arrivals)
      let left = takeFromLevel(
        header, instrument: instrument, isSell: isSell, price: old.price, quantity: old.quantity)
      let came = addToLevel(
        header, instrument: instrument, isSell: isSell, price: price, quantity: quantity, reference: reference,
        place: place)
      return left || came
    }
    counters.note(.duplicateAdds, at: place.occurrence)
    depart(handle, reference: reference, header: header)
    _ = takeFromLevel(header, instrument: instrument, isSell: old.isSell, price: old.price, quantity: old.quantity)
    _ = orders.insert(
      reference, instrument: instrument, isSell: isSell, price: price, quantity: quantity, arrival: arrivals)
    _ = addToLevel(
      header, instrument: instrument, isSell: isSell, price: price, quantity: quantity, reference: reference,
      place: place)
    return true
  }

  // MARK: - Trades

  /// An execution of a resting order: at the message's price where it has one.
  @inline(never)
  mutating func recordExecution(_ event: UnsafeMutablePointer<BookEvent>, price: Int32, quantity: UInt32) {
    if event.pointee.kind == .executeWithPrice {
      let header = headers.base + Int(event.pointee.instrument)
      fold(
        header, event, isSell: false, price: event.pointee.price, quantity: event.pointee.isPrintable ? 1 : 0)
    }
    guard event.pointee.isPrintable else { return }
    recordTrade(
      event, price: event.pointee.kind == .executeWithPrice ? event.pointee.price : price, quantity: quantity)
  }

  /// Volume, turnover and last trade. A cross of zero shares changes nothing.
  @inline(never)
  mutating func recordTrade(_ event: UnsafeMutablePointer<BookEvent>, price: Int32, quantity: UInt32) {
    if quantity == 0 { return }
    addToTotals(event, price: price, quantity: quantity)
    logTrade(event, price: price, quantity: quantity)
  }

  /// A trade beside a snapshot that tells the statistics: one that was told before, or one that they have already.
  @inline(never)
  mutating func recordJoinedTrade(_ event: UnsafeMutablePointer<BookEvent>) {
    let (price, quantity) = (event.pointee.price, event.pointee.quantity)
    if quantity == 0 { return }
    if !event.pointee.flags.contains(.isInTotals) { addToTotals(event, price: price, quantity: quantity) }
    if !event.pointee.flags.contains(.wasTold) { logTrade(event, price: price, quantity: quantity) }
  }

  @inline(__always)
  private func addToTotals(_ event: UnsafeMutablePointer<BookEvent>, price: Int32, quantity: UInt32) {
    let instrument = Int(event.pointee.instrument)
    let record = directory.pointee.records.base + instrument
    record.pointee.volume &+= UInt64(quantity)
    record.pointee.turnover = record.pointee.turnover.addingClamped(
      turnover(price, quantity, headers.base + instrument))
    record.pointee.lastPrice = price
    record.pointee.lastQuantity = quantity
    record.pointee.lastTradeNanoseconds = event.pointee.exchangeNanoseconds
  }

  @inline(__always)
  private mutating func logTrade(_ event: UnsafeMutablePointer<BookEvent>, price: Int32, quantity: UInt32) {
    trades.append(
      TradeLog.Trade(
        matchNumber: event.pointee.second, instrument: event.pointee.instrument, quantity: quantity, price: price))
  }

  /// Folds a trade that touches no order, or the end of one, into its instrument's digest.
  @inline(never)
  func foldTrade(_ event: UnsafeMutablePointer<BookEvent>) {
    fold(
      headers.base + Int(event.pointee.instrument), event, isSell: false,
      price: event.pointee.kind == .trade ? event.pointee.price : 0,
      quantity: event.pointee.kind == .trade ? event.pointee.quantity : 0)
  }

  /// Takes a broken trade out of the statistics.
  @inline(never)
  mutating func breakTrade(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    // A number of another stock's trade is not known, whether or not this core owns that stock too.
    let (number, instrument) = (event.pointee.reference, event.pointee.instrument)
    let wasTold = event.pointee.flags.contains(.wasTold)
    guard
      let trade = wasTold
        ? trades.taken(matchNumber: number, instrument: instrument)
        : trades.take(matchNumber: number, instrument: instrument)
    else {
      if !wasTold { counters.note(.brokenTradesUnknown, at: place.occurrence) }
      return
    }
    if !wasTold { counters.add(.brokenTrades) }
    if event.pointee.flags.contains(.isInTotals) { return }
    let record = directory.pointee.records.base + Int(trade.instrument)
    record.pointee.volume &-= min(record.pointee.volume, UInt64(trade.quantity))
    let turnover = turnover(trade.price, trade.quantity, headers.base + Int(trade.instrument))
    record.pointee.turnover = record.pointee.turnover.addingClamped(0 - turnover)
  }

  /// A snapshot's statistics take the place of those of what was heard.
  @inline(never)
  func setTotals(_ event: UnsafeMutablePointer<BookEvent>) {
    let instrument = Int(event.pointee.instrument)
    if instrument >= admitted { return }
    let record = directory.pointee.records.base + instrument
    if event.pointee.kind == .tradeTotals {
      record.pointee.volume = UInt64(event.pointee.quantity)
      record.pointee.turnover = Int64(bitPattern: event.pointee.reference)
    } else {
      record.pointee.lastPrice = event.pointee.price
      record.pointee.lastQuantity = event.pointee.quantity
      record.pointee.lastTradeNanoseconds = event.pointee.second
    }
  }

  /// Price × quantity: below 0 only where prices may be.
  private func turnover(_ price: Int32, _ quantity: UInt32, _ header: UnsafeMutablePointer<BookHeader>) -> Int64 {
    let price = header.pointee.flags.contains(.anyPrice) ? Int64(price) : Int64(UInt32(bitPattern: price))
    return price.multipliedClamped(by: Int64(quantity))
  }

  // MARK: - Status

  /// Sets or clears a status flag and folds the event into the digest.
  @inline(never)
  mutating func setStatus(_ flag: BookHeader.Flags, _ isSet: Bool, event: UnsafeMutablePointer<BookEvent>) -> Bool {
    let header = headers.base + Int(event.pointee.instrument)
    if isSet { header.pointee.flags.insert(flag) } else { header.pointee.flags.remove(flag) }
    fold(header, event, isSell: false, price: 0, quantity: isSet ? 1 : 0)
    return true
  }

  /// The book is not to be trusted; `quantity` 1: whatever snapshots may come.
  mutating func damage(_ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    if event.pointee.quantity == 1 { headers[Int(event.pointee.instrument)].flags.insert(.damagedForGood) }
    return setStatus(.untrusted, true, event: event)
  }

  /// The instrument's changes come on the event's channel.
  func assignChannel(_ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    assign(Int(event.pointee.instrument), to: event.pointee.channel)
    return true
  }

  /// What came before its channel was known is not in the book, unless its snapshots' channel says otherwise.
  func assign(_ instrument: Int, to channel: UInt8) {
    if recovers(channel), !recovers(headers[instrument].channel) { headers[instrument].flags.insert(.stale) }
    headers[instrument].channel = channel
  }

  /// A new session: the books of `channel` are empty, nothing is known of trading states.
  @inline(never)
  mutating func clear(channel: UInt8) {
    let headers = headers
    var blank = BookEvent()
    orders.removeAll { Self.stands($0, $1, in: channel, headers) }
    for instrument in 0..<admitted where headers[instrument].channel == channel {
      let header = headers.base + instrument
      clearSide(instrument, isSell: false)
      clearSide(instrument, isSell: true)
      header.pointee.flags.formIntersection([.owned, .shared, .dirty, .watchDepth, .anyPrice])
      if recovers(channel) { header.pointee.flags.insert(.stale) }
      fold(header, &blank, isSell: false, price: 0, quantity: 0)
    }
    isMarketOpen = false
    if !directory.pointee.kind.keepsIdentifiers { directory.pointee.forgetLocates() }
    directory.pointee.releaseScales(channel: channel)
  }
}
