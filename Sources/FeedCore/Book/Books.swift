/// What the core knows of a channel: whose it is, and whether it can be trusted.
struct ChannelRecord: BitwiseCopyable {
  var venue: VenueIndex = 0
  var state = BookState.gap
  /// False: the transport has no numbers (length-prefixed files); a start-of-messages event begins its trust.
  var isNumbered = true
  /// A message was applied in this session.
  var hasMessages = false
}

/// All books of one core, over its venues: applies events, remembers which books changed until the next publish point.
///
/// A value made of pointers: copies share the same books. One core owns them.
struct Books {
  let venues: UnsafeMutablePointer<VenueBook>
  let venueCount: Int
  let symbols: UnsafeMutablePointer<SymbolTable>
  let channels: Storage<ChannelRecord>
  let counters: Counters
  /// Instruments changed since the last publish point.
  private let changed: Storage<InstrumentID>
  private(set) var changedCount = 0
  /// A book with one of these flags is looked at after every event, not only when its best price changed. A detector
  /// that judges depth everywhere adds `owned`.
  var watchFlags: BookHeader.Flags = [.watchDepth, .untrusted]

  init(
    venues: UnsafeMutablePointer<VenueBook>, venueCount: Int, symbols: UnsafeMutablePointer<SymbolTable>,
    channels: Storage<ChannelRecord>, counters: Counters, instrumentCapacity: Int
  ) {
    self.venues = venues
    self.venueCount = venueCount
    self.symbols = symbols
    self.channels = channels
    self.counters = counters
    changed = Storage(capacity: venueCount * instrumentCapacity, hugePages: false)
    changed.prefault(count: 1_024)
  }

  /// Applies one event and notes whether its book is to be looked at when the packet ends.
  @inline(__always)
  mutating func apply(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    let venue = venues + Int(event.pointee.venue)
    let changedBest: Bool
    switch event.pointee.kind {
    case .add: changedBest = venue.pointee.add(event, place: place)
    case .delete: changedBest = venue.pointee.delete(event, place: place)
    case .replace: changedBest = venue.pointee.replace(event, place: place)
    case .execute, .executeWithPrice, .reduce: changedBest = venue.pointee.reduce(event, place: place)
    case .none: return
    default: return applyStatus(event, place: place)
    }
    venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    let index = Int(truncatingIfNeeded: event.pointee.instrument)
    if index >= venue.pointee.admitted { return }
    let flags = venue.pointee.headers.base[index].flags
    if changedBest || !flags.isDisjoint(with: watchFlags) {
      markChanged(event.pointee.venue, index, flags)
    }
  }

  @inline(__always)
  private mutating func markChanged(_ venue: VenueIndex, _ index: Int, _ flags: BookHeader.Flags) {
    if flags.contains(.dirty) { return }
    venues[Int(venue)].headers.base[index].flags.insert(.dirty)
    changed.base[changedCount] = InstrumentID(venue: venue, index: index)
    changedCount &+= 1
  }

  @inline(never)
  private mutating func applyStatus(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    let venue = venues + Int(event.pointee.venue)
    venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    let isSet = event.pointee.quantity == 1
    switch event.pointee.kind {
    case .trade:
      venue.pointee.foldTrade(event)
      return venue.pointee.recordTrade(event, price: event.pointee.price, quantity: event.pointee.quantity)
    case .tradeBreak:
      venue.pointee.foldTrade(event)
      return venue.pointee.breakTrade(event, place: place)
    case .tradingStatus: venue.pointee.setStatus(.trading, isSet, event: event)
    case .operationalHalt: venue.pointee.setStatus(.operationallyHalted, isSet, event: event)
    case .shortSale: venue.pointee.setStatus(.shortSaleRestricted, isSet, event: event)
    case .system: return applySystemEvent(event)
    default: return
    }
    let index = Int(event.pointee.instrument)
    markChanged(event.pointee.venue, index, venue.pointee.headers[index].flags)
  }

  /// System events: market hours; and the beginning of trust where the transport has no numbers.
  private mutating func applySystemEvent(_ event: UnsafeMutablePointer<BookEvent>) {
    let venue = venues + Int(event.pointee.venue)
    switch UInt8(truncatingIfNeeded: event.pointee.quantity) {
    case UInt8(ascii: "Q"): venue.pointee.isMarketOpen = true
    case UInt8(ascii: "M"): venue.pointee.isMarketOpen = false
    default: break
    }
  }

  // MARK: - Publish points

  func changedInstrument(_ position: Int) -> InstrumentID { changed.base[position] }

  /// The book's best prices now; notes when they differ from those of the last publish point.
  @inline(__always)
  mutating func publish(_ instrument: InstrumentID) -> Bool {
    let venue = venues + Int(instrument.venue)
    let header = venue.pointee.headers.base + instrument.index
    header.pointee.flags.remove(.dirty)
    let top = venue.pointee.top(header)
    if top == header.pointee.publishedTop { return false }
    header.pointee.publishedTop = top
    counters.add(.topChanges)
    return true
  }

  @inline(__always)
  mutating func clearChanged() { changedCount = 0 }

  // MARK: - Channels

  /// The channel's trust changed. From `ok` on an unknown reference shows damage.
  mutating func setState(_ state: BookState, channel: UInt8) {
    channels[Int(channel)].state = state
    venues[Int(channels[Int(channel)].venue)].isComplete = state == .ok
  }

  /// A new session: numbers and books begin again.
  mutating func restart(channel: UInt8, event: UnsafeMutablePointer<BookEvent>) {
    channels[Int(channel)].state = .gap
    let venue = Int(channels[Int(channel)].venue)
    venues[venue].isComplete = false
    venues[venue].clear(channel: channel, event: event)
  }
}

extension VenueBook {
  @inline(__always)
  func top(_ header: UnsafeMutablePointer<BookHeader>) -> TopOfBook {
    var top = TopOfBook()
    let bids = header.pointee.bids
    if bids.count > 0 {
      let best = arena.levels.base[Int(bids.offset) &+ Int(bids.count) &- 1]
      top.bidPrice = best.key
      top.bidQuantity = best.quantity
    }
    let asks = header.pointee.asks
    if asks.count > 0 {
      let best = arena.levels.base[Int(asks.offset) &+ Int(asks.count) &- 1]
      top.askPrice = ~best.key
      top.askQuantity = best.quantity
    }
    return top
  }
}
