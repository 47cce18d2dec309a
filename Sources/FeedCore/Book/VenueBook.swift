import CPlatform
import CSIMD

/// All books of one venue on one core: every order, price levels, trade statistics.
///
/// An order costs 20 bytes, a level 8, and the hot state of a book is one cache line. The caller prefetches
/// (`prefetch`, `prefetchLevels`) some messages ahead and then applies.
struct VenueBook {
  let venue: VenueIndex
  let directory: UnsafeMutablePointer<InstrumentDirectory>
  /// Nanodollars in one raw price unit.
  let multiplier: Int64
  let counters: Counters
  /// Orphaned messages by type character.
  let orphansByType: Storage<UInt64>
  var orders: OrderTable
  var arena: LevelArena
  let headers: Storage<BookHeader>
  /// Instruments whose header is set up.
  var admitted = 0
  var trades: TradeLog
  /// Orders that left watched books since the last publish point; a chunk of events fits.
  var departures = Departures()
  /// Room to put one side's queue in order (`forEachRestingOrder`).
  let queueScratch: Storage<RestingOrder>
  /// Number of the last order that arrived; wraps.
  var arrivals: UInt32 = 0
  /// Between system events Q and M.
  var isMarketOpen = false
  /// Bit c: the books of channel c hold every order, so an unknown reference shows damage.
  var completeChannels: UInt64 = 0
  /// Time of the last message applied, nanoseconds since midnight.
  var exchangeNanoseconds: UInt64 = 0

  init(
    venue: VenueIndex, directory: UnsafeMutablePointer<InstrumentDirectory>, multiplier: Int64, counters: Counters,
    orphansByType: Storage<UInt64>, capacity: CapacitySettings
  ) {
    self.venue = venue
    self.directory = directory
    self.multiplier = multiplier
    self.counters = counters
    self.orphansByType = orphansByType
    orders = OrderTable(capacity: capacity.liveOrders)
    arena = LevelArena(capacity: capacity.priceLevels)
    headers = Storage(capacity: capacity.instruments, hugePages: false)
    trades = TradeLog()
    queueScratch = Storage(capacity: capacity.liveOrders, hugePages: false)
  }

  /// Touches what the first messages would fault in otherwise.
  func prefault() {
    orders.prefault()
    headers.prefault()
    arena.levels.prefault(count: min(arena.levels.capacity, 1 << 20))
  }

  /// Sets up the header of the next instrument that was named.
  mutating func admitNext(symbols: UnsafeMutablePointer<SymbolTable>) {
    var header = BookHeader()
    header.group = directory.pointee.groups[admitted]
    header.shard = symbols.pointee.groups[Int(header.group)].shard
    header.channel = directory.pointee.channels[admitted]
    if directory.pointee.owned[admitted] != 0 { header.flags.insert(.owned) }
    headers[admitted] = header
    admitted += 1
  }

  // MARK: - Prefetch

  /// First stage: the order's slot and the book's header.
  @inline(__always)
  func prefetch(_ event: UnsafeMutablePointer<BookEvent>) {
    event.pointee.home = orders.prefetch(event.pointee.reference)
    feedh_prefetch(headers.base + Int(truncatingIfNeeded: event.pointee.instrument & 0xFFFF))
  }

  /// Second stage, when the first has arrived: the lines where the side's best levels are.
  @inline(__always)
  func prefetchLevels(_ event: UnsafeMutablePointer<BookEvent>) {
    let index = Int(truncatingIfNeeded: event.pointee.instrument)
    guard index < admitted else { return }
    // Both sides: which one it will be stands in the order's slot, and waiting for that line here would cost more than
    // two lines asked for in vain.
    let header = headers.base + index
    let bids = arena.levels.base + (Int(header.pointee.bids.offset) + Int(header.pointee.bids.count))
    let asks = arena.levels.base + (Int(header.pointee.asks.offset) + Int(header.pointee.asks.count))
    feedh_prefetch(bids - 1)
    feedh_prefetch(asks - 1)
    feedh_prefetch(bids - LevelArena.smallestBlock)
    feedh_prefetch(asks - LevelArena.smallestBlock)
  }

  // MARK: - Events on orders. Each returns true when the best price or its size of a side may have changed.

  @inline(__always)
  mutating func add(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let header = headers.base + Int(event.pointee.instrument)
    return insert(
      event.pointee.reference, header: header, instrument: Int(event.pointee.instrument),
      isSell: event.pointee.isSell, price: event.pointee.price, quantity: event.pointee.quantity, event: event,
      place: place)
  }

  /// The order an event is about. A message whose locate is not the order's own finds nothing: an orphan.
  @inline(__always)
  private func findOrder(of event: UnsafeMutablePointer<BookEvent>) -> OrderTable.Handle {
    orders.find(
      event.pointee.reference, instrument: Int(truncatingIfNeeded: event.pointee.instrument),
      home: event.pointee.home)
  }

  /// Takes `quantity` shares off an order; an order with none left is gone. Of an execution the trade is noted.
  @inline(__always)
  mutating func reduce(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let handle = findOrder(of: event)
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    var quantity = event.pointee.quantity
    if quantity == 0 { return recordZeroQuantity(place: place) }
    if quantity > slot.quantity {
      counters.note(.overExecutions, at: place.occurrence)
      quantity = slot.quantity
    }
    let header = headers.base + slot.instrument
    fold(header, event, isSell: slot.isSell, price: slot.price, quantity: quantity)
    if event.pointee.kind != .reduce { recordExecution(event, price: slot.price, quantity: quantity) }
    if quantity == slot.quantity {
      depart(handle, reference: event.pointee.reference, header: header)
    } else {
      orders.setQuantity(handle, slot.quantity &- quantity)
    }
    return takeFromLevel(header, isSell: slot.isSell, price: slot.price, quantity: quantity)
  }

  @inline(__always)
  mutating func delete(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let handle = findOrder(of: event)
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    let header = headers.base + slot.instrument
    fold(header, event, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
    depart(handle, reference: event.pointee.reference, header: header)
    return takeFromLevel(header, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
  }

  /// The old order leaves; the new one takes its side and stands at the end of its level.
  @inline(__always)
  mutating func replace(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let handle = findOrder(of: event)
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    let header = headers.base + slot.instrument
    depart(handle, reference: event.pointee.reference, header: header)
    let left = takeFromLevel(header, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
    let came = insert(
      event.pointee.second, header: header, instrument: slot.instrument, isSell: slot.isSell,
      price: event.pointee.price, quantity: event.pointee.quantity, event: event, place: place)
    return left || came
  }

  @inline(__always)
  private mutating func insert(
    _ reference: UInt64, header: UnsafeMutablePointer<BookHeader>, instrument: Int, isSell: Bool, price: Int32,
    quantity: UInt32, event: UnsafeMutablePointer<BookEvent>, place: Place
  ) -> Bool {
    fold(header, event, isSell: isSell, price: price, quantity: quantity)
    if quantity == 0 { return recordZeroQuantity(place: place) }
    if price <= 0, refusesPrice(price, header: header, place: place) { return false }
    arrivals &+= 1
    switch orders.insert(
      reference, instrument: instrument, isSell: isSell, price: price, quantity: quantity, arrival: arrivals)
    {
    case .inserted: break
    case .duplicate:
      return replaceDuplicate(
        reference, header: header, instrument: instrument, isSell: isSell, price: price, quantity: quantity,
        place: place)
    case .full: return recordFull(.ordersFull, header: header, place: place)
    }
    return addToLevel(header, isSell: isSell, price: price, quantity: quantity, reference: reference, place: place)
  }

  // MARK: - Levels

  @inline(__always)
  func sidePointer(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> UnsafeMutablePointer<BookSide> {
    // SAFETY: a header begins with its bids and then its asks (`BookHeader`, asserted in the tests).
    UnsafeMutableRawPointer(header).assumingMemoryBound(to: BookSide.self) + (isSell ? 1 : 0)
  }

  /// Position of the last level whose key is not greater than `key`, -1 when there is none: eight levels at once at
  /// the touch, where most of the work is; a search by halves beyond.
  @inline(__always)
  private func position(of key: Int32, in levels: UnsafeMutablePointer<Level>, count: Int) -> Int {
    let near = max(0, count &- LevelArena.smallestBlock)
    // SAFETY: every block holds at least eight levels, so eight are there from `near` on.
    let words = UnsafeRawPointer(levels + near).assumingMemoryBound(to: Int32.self)
    let atMost = Int(feedh_levels_at_most(words, key, Int32(truncatingIfNeeded: count &- near)))
    if atMost > 0 || near == 0 { return near &+ atMost &- 1 }
    return Self.farPosition(of: key, in: levels, count: near)
  }

  @inline(never)
  private static func farPosition(of key: Int32, in levels: UnsafeMutablePointer<Level>, count: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if levels[middle].key <= key { low = middle &+ 1 } else { high = middle }
    }
    return low &- 1
  }

  @inline(__always)
  mutating func addToLevel(
    _ header: UnsafeMutablePointer<BookHeader>, isSell: Bool, price: Int32, quantity: UInt32, reference: UInt64,
    place: Place
  ) -> Bool {
    let side = sidePointer(header, isSell: isSell)
    let key = Level.key(price: price, isSell: isSell)
    let count = Int(side.pointee.count)
    var levels = arena.levels.base + Int(side.pointee.offset)
    let found = position(of: key, in: levels, count: count)
    if found >= 0, levels[found].key == key {
      let (sum, overflow) = levels[found].quantity.addingReportingOverflow(quantity)
      levels[found].quantity = sum
      if overflow { recordLevelOverflow(levels + found, header: header, place: place) }
      noteBest(header, isSell: isSell, levels, count: count)
      return found == count &- 1
    }
    if count & (count &- 1) == 0, count == 0 || count >= LevelArena.smallestBlock {
      guard grow(header, isSell: isSell) else {
        orders.remove(orders.find(reference, instrument: header - headers.base))
        return recordFull(.levelsFull, header: header, place: place)
      }
      levels = arena.levels.base + Int(side.pointee.offset)
    }
    var index = count
    while index > found &+ 1 {
      levels[index] = levels[index &- 1]
      index &-= 1
    }
    levels[index] = Level(key: key, quantity: quantity)
    side.pointee.count = UInt32(truncatingIfNeeded: count &+ 1)
    noteBest(header, isSell: isSell, levels, count: count &+ 1)
    return index == count
  }

  @inline(__always)
  mutating func takeFromLevel(
    _ header: UnsafeMutablePointer<BookHeader>, isSell: Bool, price: Int32, quantity: UInt32
  ) -> Bool {
    let side = sidePointer(header, isSell: isSell)
    let key = Level.key(price: price, isSell: isSell)
    let count = Int(side.pointee.count)
    let levels = arena.levels.base + Int(side.pointee.offset)
    let found = position(of: key, in: levels, count: count)
    // A level is missing only where its quantity overflowed or storage ran out: the book is untrusted already.
    guard found >= 0, levels[found].key == key else { return false }
    if levels[found].quantity > quantity {
      levels[found].quantity &-= quantity
      noteBest(header, isSell: isSell, levels, count: count)
      return found == count &- 1
    }
    var index = found
    while index < count &- 1 {
      levels[index] = levels[index &+ 1]
      index &+= 1
    }
    side.pointee.count = UInt32(truncatingIfNeeded: count &- 1)
    noteBest(header, isSell: isSell, levels, count: count &- 1)
    return found == count &- 1
  }

  /// Keeps the side's best level in the header, where readers find it without touching the levels. Without a branch:
  /// an empty side reads the level before its block, or the spare one before the first, and drops it.
  @inline(__always)
  private func noteBest(
    _ header: UnsafeMutablePointer<BookHeader>, isSell: Bool, _ levels: UnsafeMutablePointer<Level>, count: Int
  ) {
    // SAFETY: the two best levels stand one after the other in a header (asserted in the tests).
    let best = (UnsafeMutableRawPointer(header) + BookHeader.bestOffset).assumingMemoryBound(to: Level.self)
    let last = levels[count &- 1]
    best[isSell ? 1 : 0] = Level(key: last.key, quantity: count == 0 ? 0 : last.quantity)
  }

  /// Makes room for one more level: the first block, or one of twice the size. False when the arena is full.
  ///
  /// A side whose count is 8, 16, 32, … may have room left from larger times; then nothing moves.
  @inline(never)
  private mutating func grow(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> Bool {
    let side = sidePointer(header, isSell: isSell)
    let stored = isSell ? header.pointee.askSizeClass : header.pointee.bidSizeClass  // size class + 1, 0 = no block
    let count = Int(side.pointee.count)
    if stored > 0, count < LevelArena.smallestBlock << Int(stored - 1) { return true }
    guard let offset = arena.allocate(sizeClass: Int(stored)) else { return false }
    if stored > 0 {
      let old = arena.levels.base + Int(side.pointee.offset)
      (arena.levels.base + Int(offset)).update(from: old, count: count)
      arena.release(side.pointee.offset, sizeClass: Int(stored - 1))
    }
    side.pointee.offset = offset
    if isSell { header.pointee.askSizeClass = stored + 1 } else { header.pointee.bidSizeClass = stored + 1 }
    return true
  }

  // MARK: - What every event leaves behind

  /// Folds an event into the instrument's digest: what it did and the exchange's time, nothing of this machine.
  @inline(__always)
  func fold(
    _ header: UnsafeMutablePointer<BookHeader>, _ event: UnsafeMutablePointer<BookEvent>, isSell: Bool, price: Int32,
    quantity: UInt32
  ) {
    header.pointee.digest = Mix.fold(
      header.pointee.digest ^ UInt64(event.pointee.type) << 1 ^ (isSell ? 1 : 0),
      event.pointee.reference &+ event.pointee.second &* 3,
      event.pointee.exchangeNanoseconds << 16 ^ UInt64(UInt32(bitPattern: price)) << 32 ^ UInt64(quantity))
  }

  /// The order leaves the book.
  @inline(__always)
  mutating func depart(
    _ handle: OrderTable.Handle, reference: UInt64, header: UnsafeMutablePointer<BookHeader>
  ) {
    orders.remove(handle)
    if header.pointee.flags.contains(.watchDepartures) { noteDeparture(reference, header: header) }
  }

  @inline(never)
  private mutating func noteDeparture(_ reference: UInt64, header: UnsafeMutablePointer<BookHeader>) {
    departures.append(Departure(reference: reference, shard: header.pointee.shard))
  }
}

/// A short list of departures, emptied at every publish point and chunk end.
struct Departures {
  private let storage = Storage<Departure>(capacity: 2 * BookEvent.chunkMaximum, hugePages: false)
  private(set) var count = 0

  mutating func append(_ departure: Departure) {
    storage[count] = departure
    count += 1
  }

  subscript(index: Int) -> Departure { storage[index] }
  mutating func removeAll() { count = 0 }
}

/// An order that left a book which somebody watches.
struct Departure: BitwiseCopyable {
  var reference: UInt64
  var shard: UInt8
}
