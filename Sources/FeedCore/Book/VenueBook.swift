import CPlatform
import CSIMD

/// All books of one venue on one core: every order, price levels, trade statistics.
///
/// An order costs 20 bytes, a level 8, and the hot state of a book is three cache lines: its header and the best levels
/// of each side. The caller prefetches some messages ahead and then applies.
struct VenueBook {
  let venue: VenueIndex
  let directory: UnsafeMutablePointer<InstrumentDirectory>
  let counters: Counters
  /// Orphaned messages by type character.
  let orphansByType: Storage<UInt64>
  var orders: OrderTable
  let near: NearLevels
  var arena: LevelArena
  var farChanges = FarChanges()
  /// The routines that change `near`.
  let instructionSet: feedh_isa
  let headers: Storage<BookHeader>
  /// Instruments whose header is set up.
  var admitted = 0
  var trades: TradeLog
  /// Orders that left watched books since the last publish point; a chunk of events fits.
  var departures = Departures()
  /// Room to put one side's queue in order (`collectQueue`).
  let queueScratch: Storage<RestingOrder>
  /// Where to look for the orders of books whose queues were asked for.
  var queues: QueueIndex
  /// Number of the last order that arrived; wraps.
  var arrivals: UInt32 = 0
  /// Bit c: channel c brings snapshots of single instruments: a book is stale until its own.
  var recoveringChannels: UInt64 = 0
  /// Between system events Q and M.
  var isMarketOpen = false
  /// This core counts what every core sees.
  let countsMessages: Bool
  /// Bit c: the books of channel c hold every order, so an unknown reference shows damage.
  var completeChannels: UInt64 = 0
  /// Time of the last message applied, nanoseconds since midnight.
  var exchangeNanoseconds: UInt64 = 0

  init(
    venue: VenueIndex, directory: UnsafeMutablePointer<InstrumentDirectory>, counters: Counters,
    orphansByType: Storage<UInt64>, countsMessages: Bool, capacity: CapacitySettings
  ) {
    self.countsMessages = countsMessages
    self.venue = venue
    self.directory = directory
    self.counters = counters
    self.orphansByType = orphansByType
    orders = OrderTable(capacity: capacity.liveOrders, orders: directory.pointee.kind.orders)
    near = NearLevels(capacity: capacity.instruments)
    arena = LevelArena(capacity: capacity.priceLevels)
    instructionSet = feedh_isa_chosen()
    headers = Storage(capacity: capacity.instruments, hugePages: false)
    trades = TradeLog()
    queueScratch = Storage(capacity: capacity.liveOrders, hugePages: false)
    queues = QueueIndex(instruments: capacity.instruments)
  }

  /// Touches what the first messages would fault in otherwise.
  func prefault() {
    orders.prefault()
    headers.prefault()
    near.prefault()
    trades.prefault()
    directory.pointee.prefault()
    arena.levels.prefault(count: Self.touchedFarLevels(arena.levels.capacity))
  }

  /// Far levels are taken from the beginning of the arena on; as many as few days pass.
  private static func touchedFarLevels(_ capacity: Int) -> Int { min(capacity, 1 << 20) }

  /// Bytes that `prefault` touches, nearly.
  static func touchedBytes(capacity: CapacitySettings, _ orders: VenueKind.Orders) -> Int {
    OrderTable.touchedBytes(capacity: capacity.liveOrders, orders)
      + capacity.instruments * (MemoryLayout<BookHeader>.stride + 2 * NearLevels.count * MemoryLayout<Level>.stride)
      + touchedFarLevels(capacity.priceLevels) * MemoryLayout<Level>.stride
  }

  func recovers(_ channel: UInt8) -> Bool { recoveringChannels & (1 << UInt64(channel & 63)) != 0 }

  /// Sets up the header of the next instrument that was named.
  mutating func admitNext(symbols: UnsafeMutablePointer<SymbolTable>) {
    var header = BookHeader()
    header.shard = symbols.pointee.groups[Int(directory.pointee.groups[admitted])].shard
    header.channel = directory.pointee.channels[admitted]
    header.venue = venue
    if directory.pointee.owned[admitted] != 0 { header.flags.insert(.owned) }
    if directory.pointee.kind.allowsAnyPrice { header.flags.insert(.anyPrice) }
    if recovers(header.channel) { header.flags.insert(.stale) }
    headers[admitted] = header
    near.clear(admitted)
    admitted += 1
  }

  // MARK: - Prefetch

  /// What asking for a message's cache lines takes: held in registers over a run of messages.
  @inline(__always)
  var lines: Lines {
    Lines(orders: orders.homes, headers: headers.base, near: near, records: directory.pointee.records.base)
  }

  struct Lines {
    fileprivate let orders: OrderTable.Homes
    fileprivate let headers: UnsafeMutablePointer<BookHeader>
    fileprivate let near: NearLevels

    fileprivate let records: UnsafeMutablePointer<InstrumentRecord>

    /// Asks for the lines that applying the event will touch: the order's slot, the book's header, the best levels of
    /// both sides, because that of an order stands in its slot, and of a trade its statistics.
    @inline(__always)
    func prefetch(_ event: UnsafeMutablePointer<BookEvent>) {
      event.pointee.home = orders.prefetch(event.pointee.reference)
      let instrument = Int(truncatingIfNeeded: event.pointee.instrument & 0xFFFF)
      feedh_prefetch(headers + instrument)
      feedh_prefetch(near.side(instrument, isSell: false))
      feedh_prefetch(near.side(instrument, isSell: true))
      if event.pointee.kind.rawValue &- BookEvent.Kind.execute.rawValue < 2 {
        feedh_prefetch(UnsafeRawPointer(records + instrument) + MemoryLayout<Symbol>.size)
      }
    }

    /// The second look at an event that names only its order, once the order's slot has come: asks for the header and
    /// the levels of the book that the slot names.
    @inline(__always)
    func prefetchBook(ofOrderOf event: UnsafeMutablePointer<BookEvent>) {
      guard event.pointee.instrument == BookEvent.byReference,
        let (instrument, isSell) = orders.book(ofOrder: event.pointee.reference)
      else { return }
      feedh_prefetch(headers + instrument)
      feedh_prefetch(near.side(instrument, isSell: isSell))
    }
  }

  // MARK: - Events on orders. Each returns true when the best price or its size of a side may have changed.

  @inline(__always)
  mutating func add(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let header = headers.base + Int(event.pointee.instrument)
    return insert(
      event.pointee.reference, home: event.pointee.home, header: header, instrument: Int(event.pointee.instrument),
      isSell: event.pointee.isSell, price: event.pointee.price, quantity: event.pointee.quantity, event: event,
      place: place)
  }

  /// The order an event is about. A message whose locate is not the order's own finds nothing: an orphan.
  @inline(__always)
  func findOrder(of event: UnsafeMutablePointer<BookEvent>) -> OrderTable.Handle {
    orders.find(
      event.pointee.reference, instrument: Int(truncatingIfNeeded: event.pointee.instrument),
      home: event.pointee.home)
  }

  /// Takes `quantity` shares off an order; an order with none left is gone. Of an execution the trade is noted.
  @inline(never)
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
    return takeFromLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: quantity)
  }

  @inline(__always)
  mutating func delete(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let home = event.pointee.home
    let stands = orders.stands(
      event.pointee.reference, instrument: Int(truncatingIfNeeded: event.pointee.instrument), at: home)
    guard likely(stands) else { return deleteElsewhere(event, place: place) }
    let slot = orders.slot(Int(home))
    let header = headers.base + slot.instrument
    fold(header, event, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
    depart(Int(home), reference: event.pointee.reference, header: header)
    return takeFromLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
  }

  /// The same of an order that does not stand at its home, or not at all.
  @inline(never)
  private mutating func deleteElsewhere(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let handle = findOrder(of: event)
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    let header = headers.base + slot.instrument
    fold(header, event, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
    return removeOrder(handle, slot, event)
  }

  /// The old order leaves; the new one takes its side and stands at the end of its level.
  @inline(never)
  mutating func replace(_ event: UnsafeMutablePointer<BookEvent>, place: Place) -> Bool {
    let handle = findOrder(of: event)
    guard handle != OrderTable.none else { return recordOrphan(event, place: place) }
    let slot = orders.slot(handle)
    let header = headers.base + slot.instrument
    depart(handle, reference: event.pointee.reference, header: header)
    let left = takeFromLevel(
      header, instrument: slot.instrument, isSell: slot.isSell, price: slot.price, quantity: slot.quantity)
    let came = insert(
      event.pointee.second, home: orders.homes.home(event.pointee.second), header: header,
      instrument: slot.instrument, isSell: slot.isSell, price: event.pointee.price,
      quantity: event.pointee.quantity, event: event, place: place)
    return left || came
  }

  @inline(__always)
  private mutating func insert(
    _ reference: UInt64, home: UInt32, header: UnsafeMutablePointer<BookHeader>, instrument: Int, isSell: Bool,
    price: Int32, quantity: UInt32, event: UnsafeMutablePointer<BookEvent>, place: Place
  ) -> Bool {
    fold(header, event, isSell: isSell, price: price, quantity: quantity)
    if unlikely(quantity == 0) { return recordZeroQuantity(place: place) }
    if unlikely(price <= 0), refusesPrice(price, header: header, place: place) { return false }
    arrivals &+= 1
    switch orders.insert(
      reference, home: home, instrument: instrument, isSell: isSell, price: price, quantity: quantity,
      arrival: arrivals)
    {
    case .inserted: break
    case .duplicate:
      return replaceDuplicate(
        reference, header: header, instrument: instrument, isSell: isSell, price: price, quantity: quantity,
        mayModify: event.pointee.flags.contains(.mayModify), place: place)
    case .full: return recordFull(.ordersFull, header: header, place: place)
    }
    if unlikely(header.pointee.flags.contains(.watchQueue)) { noteArrival(reference, instrument: instrument, isSell: isSell) }
    return addToLevel(
      header, instrument: instrument, isSell: isSell, price: price, quantity: quantity, reference: reference,
      place: place)
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
    if unlikely(header.pointee.flags.contains(.watchDepartures)) { noteDeparture(reference, header: header) }
  }

  @inline(never)
  private mutating func noteDeparture(_ reference: UInt64, header: UnsafeMutablePointer<BookHeader>) {
    departures.append(Departure(reference: reference, shard: header.pointee.shard))
  }
}

/// A list of departures, emptied at every chunk end: two for each of its events fit.
struct Departures {
  private let storage = Storage<Departure>(
    capacity: 2 * (EventList.chunkMaximum + 4 * EventList.perMessageMaximum), hugePages: false)
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
