/// What the feeds beyond ITCH do to books: absolute changes of orders, levels without orders, books that are emptied.
///
/// Each returns true when the best price or its size of a side may have changed.
extension VenueBook {
  // MARK: - Orders

  /// Sets the instrument of an event that names only its order. False where no book of this core is concerned: another
  /// core's order, which is followed here, or none at all.
  @inline(never)
  mutating func resolve(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    if event.pointee.kind == .tradeBreak { return resolveBreak(event) }
    // Of no instrument here, and not to be found by an order's reference.
    if event.pointee.kind == .addForeign || event.pointee.kind == .tradeForeign { return true }
    let handle = orders.find(anyInstrument: event.pointee.reference)
    guard handle != OrderTable.none else {
      recordOrphanOfChannel(event, place: place)
      return false
    }
    let slot = orders.slot(handle)
    if slot.instrument != OrderTable.foreignInstrument {
      event.pointee.instrument = UInt32(slot.instrument)
      return true
    }
    switch event.pointee.kind {
    case .trade, .execute, .executeWithPrice:
      if event.pointee.isPrintable, event.pointee.quantity > 0 {
        trades.appendForeign(matchNumber: event.pointee.second)
      }
    default: break
    }
    switch event.pointee.kind {
    case .delete: orders.remove(handle)
    case .reduce, .execute, .executeWithPrice:
      if event.pointee.quantity >= slot.quantity {
        orders.remove(handle)
      } else {
        orders.setQuantity(handle, slot.quantity - event.pointee.quantity)
      }
    case .modify, .setQuantity:
      if event.pointee.quantity == 0 { orders.remove(handle) } else { orders.setQuantity(handle, event.pointee.quantity) }
    default: break
    }
    return false
  }

  /// Finds the instrument of a broken trade that only its number tells. False where this core does not know the trade:
  /// it may be another core's, so that is not counted.
  private mutating func resolveBreak(_ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    guard let instrument = trades.instrument(matchNumber: event.pointee.reference) else { return false }
    if instrument == TradeLog.foreignInstrument {
      _ = trades.take(matchNumber: event.pointee.reference, instrument: instrument)
      return false
    }
    event.pointee.instrument = instrument
    return true
  }

  /// Keeps another core's order, so that later messages find it.
  mutating func addForeign(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    if event.pointee.quantity == 0 { return }
    let outcome = orders.insert(
      event.pointee.reference, instrument: OrderTable.foreignInstrument, isSell: false,
      price: Int32(event.pointee.channel), quantity: event.pointee.quantity, arrival: arrivals)
    switch outcome {
    case .inserted: break
    case .duplicate:
      // As in a book: the new order takes the place of the old one.
      let handle = orders.find(event.pointee.reference, instrument: OrderTable.foreignInstrument)
      orders.setQuantity(handle, event.pointee.quantity)
    case .full: counters.note(.ordersFull, at: place.occurrence)
    }
  }

  /// An order's new price and quantity.
  mutating func modify(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    // Not among the everyday kinds, whose home slot was asked for ahead.
    let handle = orders.find(event.pointee.reference, instrument: Int(truncatingIfNeeded: event.pointee.instrument))
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    let price = event.pointee.price
    let quantity = event.pointee.quantity
    let header = headers.base + slot.instrument
    fold(header, event, isSell: slot.isSell, price: price, quantity: quantity)
    if quantity == 0 { return removeOrder(handle, slot, event) }
    if price <= 0, refusesPrice(price, header: header, place: place) { return removeOrder(handle, slot, event) }
    let flags = event.pointee.flags
    let keepsPlace =
      price == slot.price
      && (flags.contains(.keepsPlace) || flags.contains(.keepsPlaceUnlessMore) && quantity <= slot.quantity)
    if !keepsPlace { arrivals &+= 1 }
    orders.set(handle, price: price, quantity: quantity, arrival: keepsPlace ? nil : arrivals)
    let left = takeFromLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
    let came = addToLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: price, quantity: quantity,
      reference: event.pointee.reference, place: place)
    return left || came
  }

  /// An order's new quantity; it keeps its place.
  mutating func setQuantity(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    // Not among the everyday kinds, whose home slot was asked for ahead.
    let handle = orders.find(event.pointee.reference, instrument: Int(truncatingIfNeeded: event.pointee.instrument))
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    let quantity = event.pointee.quantity
    let header = headers.base + slot.instrument
    fold(header, event, isSell: slot.isSell, price: slot.price, quantity: quantity)
    if quantity == 0 { return removeOrder(handle, slot, event) }
    orders.setQuantity(handle, quantity)
    if quantity < slot.quantity {
      return takeFromLevel(
        header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: slot.quantity - quantity)
    }
    if quantity == slot.quantity { return false }
    return addToLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: quantity - slot.quantity,
      reference: event.pointee.reference, place: place)
  }

  mutating func removeOrder(
    _ handle: OrderTable.Handle, _ slot: OrderTable.Slot, _ event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    let header = headers.base + slot.instrument
    depart(handle, reference: event.pointee.reference, header: header)
    return takeFromLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
  }

  // MARK: - Levels without orders

  /// A level's quantity, absolute.
  mutating func setLevel(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let header = headers.base + Int(event.pointee.instrument)
    fold(header, event, isSell: event.pointee.isSell, price: event.pointee.price, quantity: event.pointee.quantity)
    return set(event.pointee.price, event.pointee.quantity, side: event, place: place)
  }

  /// The side has this level and no other.
  mutating func setTop(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let instrument = Int(event.pointee.instrument)
    let header = headers.base + instrument
    fold(header, event, isSell: event.pointee.isSell, price: event.pointee.price, quantity: event.pointee.quantity)
    clearSide(instrument, isSell: event.pointee.isSell)
    if event.pointee.quantity > 0 { _ = set(event.pointee.price, event.pointee.quantity, side: event, place: place) }
    return true
  }

  private mutating func set(
    _ price: Int32, _ quantity: UInt32, side event: UnsafeMutablePointer<BookEvent>, place: Place
  ) -> Bool {
    let instrument = Int(event.pointee.instrument)
    let header = headers.base + instrument
    if price <= 0, refusesPrice(price, header: header, place: place) { return false }
    let left = takeFromLevel(
      header, instrument: instrument, isSell: event.pointee.isSell, price: price, quantity: .max)
    if quantity == 0 { return left }
    let came = addToLevel(
      header, instrument: instrument, isSell: event.pointee.isSell, price: price, quantity: quantity,
      reference: 0, place: place)
    return left || came
  }

  /// Changes by position. A position that the side does not have is counted, and damages the book.
  mutating func changeLevels(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let instrument = Int(event.pointee.instrument)
    let header = headers.base + instrument
    let isSell = event.pointee.isSell
    let position = Int(clamping: event.pointee.second)
    fold(header, event, isSell: isSell, price: event.pointee.price, quantity: event.pointee.quantity)
    let there = level(instrument, isSell: isSell, position: position)
    let isThere = there != nil || event.pointee.kind == .insertLevelAt || event.pointee.kind == .deleteLevelsThrough
    if !isThere || position < 1 { return recordMissingLevel(header, place: place) }
    switch event.pointee.kind {
    case .insertLevelAt:
      let changed = set(event.pointee.price, event.pointee.quantity, side: event, place: place)
      // What is pushed beyond the depth that the feed shows is gone without a message.
      let depth = Int(clamping: event.pointee.reference)
      if depth > 0 { removeLevels(instrument, isSell: isSell, from: depth + 1) }
      return changed
    case .changeLevelAt:
      if there!.price != event.pointee.price { _ = remove(there!.price, instrument, isSell: isSell) }
      return set(event.pointee.price, event.pointee.quantity, side: event, place: place)
    case .deleteLevelAt: return remove(there!.price, instrument, isSell: isSell)
    case .deleteLevelsThrough:
      for _ in 0..<position {
        guard let best = level(instrument, isSell: isSell, position: 1) else { break }
        _ = remove(best.price, instrument, isSell: isSell)
      }
      return true
    default:
      removeLevels(instrument, isSell: isSell, from: position)
      return true
    }
  }

  /// The level at a 1-based position from the best; nil where the side has fewer.
  private mutating func level(_ instrument: Int, isSell: Bool, position: Int) -> (price: Int32, quantity: UInt32)? {
    var cursor = LevelCursor(&self, instrument: instrument, isSell: isSell)
    var left = position
    while left > 1, !cursor.level.isNone {
      cursor.advance()
      left -= 1
    }
    if cursor.level.isNone { return nil }
    return (Level.price(key: cursor.level.key, isSell: isSell), cursor.level.quantity)
  }

  private mutating func removeLevels(_ instrument: Int, isSell: Bool, from position: Int) {
    while let level = level(instrument, isSell: isSell, position: position) {
      _ = remove(level.price, instrument, isSell: isSell)
    }
  }

  private mutating func remove(_ price: Int32, _ instrument: Int, isSell: Bool) -> Bool {
    takeFromLevel(headers.base + instrument, instrument: instrument, isSell: isSell, price: price, quantity: .max)
  }

  // MARK: - Emptied

  /// The instrument's book is empty. Where the venue has orders, its table is walked: this is rare.
  mutating func clearBook(_ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    let instrument = Int(event.pointee.instrument)
    fold(headers.base + instrument, event, isSell: false, price: 0, quantity: 0)
    let header = headers.base + instrument
    if orders.count > 0, header.pointee.bestBid.quantity > 0 || header.pointee.bestAsk.quantity > 0 {
      orders.removeAll { owner, _ in owner == instrument }
    }
    clearSide(instrument, isSell: false)
    clearSide(instrument, isSell: true)
    return true
  }

  /// Whether an order is of a channel: by its instrument, another core's by what stands in place of its price.
  static func stands(_ instrument: Int, _ price: Int32, in channel: UInt8, _ headers: Storage<BookHeader>) -> Bool {
    instrument == OrderTable.foreignInstrument ? price == Int32(channel) : headers[instrument].channel == channel
  }

  /// All books of a channel are empty, for a snapshot to fill: whatever was wrong with them is gone. Trading states
  /// stay, for not every snapshot tells them.
  mutating func emptyForSnapshot(channel: UInt8) {
    let headers = headers
    var blank = BookEvent()
    orders.removeAll { Self.stands($0, $1, in: channel, headers) }
    for instrument in 0..<admitted where headers[instrument].channel == channel {
      headers[instrument].flags.subtract([.untrusted, .stale])
      fold(headers.base + instrument, &blank, isSell: false, price: 0, quantity: 0)
      clearSide(instrument, isSell: false)
      clearSide(instrument, isSell: true)
    }
  }

  /// The instrument's book is empty, for its snapshot to fill. True where the table of orders had to be walked for it:
  /// then all books of its channel and shard that wait for a snapshot are empty, so that a loss costs one walk a shard,
  /// not one a book. (Of its shard: what such a book still shows must not depend on who else is on this core.)
  mutating func emptyForSnapshot(instrument: Int) -> Bool {
    let headers = headers
    let header = headers.base + instrument
    let channel = header.pointee.channel
    let shard = header.pointee.shard
    header.pointee.flags.insert(.stale)
    let holdsOrders = orders.count > 0 && (header.pointee.bestBid.quantity > 0 || header.pointee.bestAsk.quantity > 0)
    if holdsOrders {
      orders.removeAll { owner, price in
        Self.stands(owner, price, in: channel, headers) && owner != OrderTable.foreignInstrument
          && headers[owner].shard == shard && headers[owner].flags.contains(.stale)
      }
      for other in 0..<admitted
      where headers[other].channel == channel && headers[other].shard == shard && headers[other].flags.contains(.stale)
        && other != instrument {
        clearSide(other, isSell: false)
        clearSide(other, isSell: true)
      }
    }
    var blank = BookEvent()
    header.pointee.flags.remove(.untrusted)
    fold(header, &blank, isSell: false, price: 0, quantity: 0)
    clearSide(instrument, isSell: false)
    clearSide(instrument, isSell: true)
    return holdsOrders
  }

  /// All books of the event's channel are empty; trading states stay.
  mutating func clearChannel(_ event: UnsafeMutablePointer<BookEvent>) {
    let channel = event.pointee.channel
    let headers = headers
    orders.removeAll { Self.stands($0, $1, in: channel, headers) }
    for instrument in 0..<admitted where headers[instrument].channel == channel {
      // A book without an event yet may have been admitted by the look-ahead, or not: the clear is none of its events.
      if headers[instrument].digest != 0 {
        fold(headers.base + instrument, event, isSell: false, price: 0, quantity: 0)
      }
      clearSide(instrument, isSell: false)
      clearSide(instrument, isSell: true)
    }
  }
}
