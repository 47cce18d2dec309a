import CPlatform

/// What the core knows of a channel: whose it is, and whether it can be trusted.
struct ChannelRecord: BitwiseCopyable {
  var venue: VenueIndex = 0
  var state = BookState.gap
  /// False: the transport has no numbers (length-prefixed files); a start-of-messages event begins its trust.
  var isNumbered = true
  /// A message was applied in this session.
  var hasMessages = false
  /// Snapshots of single instruments come within the feed: what is missing is each instrument's own affair
  /// (`Numbering.instrumentsRecover`).
  var instrumentsRecover = false
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
  /// Books changed since the last publish point.
  private let changed: Storage<UnsafeMutablePointer<BookHeader>>
  private(set) var changedCount = 0
  /// Books in the middle of a venue's event.
  private(set) var midEventCount = 0
  /// Events of messages that have several.
  private let list: UnsafeMutablePointer<EventList>
  /// A book with one of these flags is looked at after every event, not only when its best price changed. A detector
  /// that judges depth everywhere adds `owned`.
  var watchFlags: BookHeader.Flags = [.watchDepth, .untrusted]
  /// Orders are sent: books of symbols that several venues list have lists of their queues from the start.
  var opensQueues = false

  init(
    venues: UnsafeMutablePointer<VenueBook>, venueCount: Int, symbols: UnsafeMutablePointer<SymbolTable>,
    channels: Storage<ChannelRecord>, counters: Counters, list: UnsafeMutablePointer<EventList>,
    instrumentCapacity: Int
  ) {
    self.list = list
    self.venues = venues
    self.venueCount = venueCount
    self.symbols = symbols
    self.channels = channels
    self.counters = counters
    // One more than can change: `markChanged` writes before it knows whether the entry counts.
    changed = Storage(capacity: venueCount * instrumentCapacity + 1, hugePages: false)
    changed.prefault(count: 1_024)
  }

  /// Sets up the books of instruments named since the last call.
  @inline(__always)
  func admitNewInstruments() {
    for venue in 0..<venueCount where venues[venue].admitted != venues[venue].directory.pointee.count {
      Self.admit(venues, venue, symbols, opensQueues: opensQueues)
    }
  }

  @inline(never)
  private static func admit(
    _ venues: UnsafeMutablePointer<VenueBook>, _ venue: Int, _ symbols: UnsafeMutablePointer<SymbolTable>,
    opensQueues: Bool
  ) {
    while venues[venue].admitted < venues[venue].directory.pointee.count {
      let group = symbols.pointee.groups[Int(venues[venue].directory.pointee.groups[venues[venue].admitted])]
      venues[venue].admitNext(symbols: symbols)
      if group.venueMask & (group.venueMask &- 1) == 0 { continue }
      for other in 0..<VenueIndex(8) {
        guard let index = group.listing(at: other), index < venues[Int(other)].admitted else { continue }
        if venues[Int(other)].headers[index].flags.contains(.shared) { continue }
        venues[Int(other)].headers[index].flags.insert(.shared)
        if opensQueues, venues[Int(other)].headers[index].flags.contains(.owned) {
          venues[Int(other)].openQueues(index)
        }
      }
    }
  }

  /// Applies an event that changes one order of a book here, as nearly all do, and notes whether the book is to be
  /// looked at when the packet ends. False, and nothing done, where it is another: `apply` takes those.
  ///
  /// - Parameter venue: the event's.
  @inline(__always)
  mutating func applyEveryday(
    _ event: UnsafeMutablePointer<BookEvent>, of venue: UnsafeMutablePointer<VenueBook>, place: Place
  ) -> Bool {
    let index = Int(truncatingIfNeeded: event.pointee.instrument)
    // Neither an instrument nobody named nor one that only the order tells.
    guard likely(index < venue.pointee.admitted), likely(!event.pointee.flags.contains(.isPartial)),
      likely(midEventCount == 0)
    else { return false }
    let changedBest: Bool
    // The most frequent first, as branches: a jump by a table costs 2 to 3 % of all.
    let kind = event.pointee.kind.rawValue
    if kind == BookEvent.Kind.add.rawValue {
      changedBest = venue.pointee.add(event, place: place)
    } else if feedh_unknown(kind) == BookEvent.Kind.delete.rawValue {
      changedBest = venue.pointee.delete(event, place: place)
    } else {
      switch event.pointee.kind {
      case .replace: changedBest = venue.pointee.replace(event, place: place)
      case .execute, .executeWithPrice, .reduce: changedBest = venue.pointee.reduce(event, place: place)
      case .none: return true
      default: return false
      }
    }
    venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    markChanged(venue.pointee.headers.base + index, if: changedBest)
    return true
  }

  /// Applies any event.
  @inline(never)
  mutating func apply(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    let venue = venues + Int(event.pointee.venue)
    let changedBest: Bool
    if event.pointee.instrument == BookEvent.byReference, !venue.pointee.resolve(event, place: place) { return }
    switch event.pointee.kind {
    case .add: changedBest = venue.pointee.add(event, place: place)
    case .delete: changedBest = venue.pointee.delete(event, place: place)
    case .replace: changedBest = venue.pointee.replace(event, place: place)
    case .execute, .executeWithPrice, .reduce: changedBest = venue.pointee.reduce(event, place: place)
    case .none: return
    default: return applyOther(event, place: place)
    }
    venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    let index = Int(truncatingIfNeeded: event.pointee.instrument)
    if index >= venue.pointee.admitted { return }
    markChanged(event.pointee.venue, index, if: changedBest)
    if midEventCount > 0 || event.pointee.flags.contains(.isPartial) { noteProgress(of: event) }
  }

  private mutating func markChanged(_ venue: VenueIndex, _ index: Int, if changedBest: Bool) {
    markChanged(venues[Int(venue)].headers.base + index, if: changedBest)
  }

  /// Puts the book in the list of changed ones, once, if its best changed or something watches it. That is written
  /// without branches: every other event changes the best, and nobody can tell which. A book that is in the list already
  /// is rare.
  @inline(__always)
  private mutating func markChanged(_ header: UnsafeMutablePointer<BookHeader>, if changedBest: Bool) {
    let flags = header.pointee.flags.rawValue
    if unlikely(flags & BookHeader.Flags.dirty.rawValue != 0) { return }
    let isNew: UInt16 = (changedBest ? 1 : 0) | (flags & watchFlags.rawValue != 0 ? 1 : 0)
    header.pointee.flags = BookHeader.Flags(rawValue: flags | isNew << BookHeader.Flags.dirtyBit)
    changed.base[changedCount] = header
    changedCount &+= Int(isNew)
  }

  /// Whatever is not an everyday change of an order.
  @inline(never)
  private mutating func applyOther(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    let venue = venues + Int(event.pointee.venue)
    let instrument = Int(event.pointee.instrument)
    let changedBest: Bool
    switch event.pointee.kind {
    case .group: return applyGroup(event, place: place)
    case .addForeign: return venue.pointee.addForeign(event, place: place)
    case .tradeForeign: return venue.pointee.trades.appendForeign(matchNumber: event.pointee.second)
    case .clearChannel:
      venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
      return clearChannel(event)
    case .channelGap: return suspectChannel(event)
    case .giveUp: return giveUp(event)
    case .endOfChannelEvent: return endEvents(ofChannel: event.pointee.channel)
    case .modify, .setQuantity, .setLevel, .setTop, .insertLevelAt, .changeLevelAt, .deleteLevelAt,
      .deleteLevelsThrough, .deleteLevelsFrom, .clearBook, .damage, .instrumentGap, .assignChannel, .endOfEvent:
      break
    default: return applyStatus(event, place: place)
    }
    if event.pointee.kind == .modify || event.pointee.kind == .setQuantity {
      // An instrument nobody named: an orphan, which both count.
    } else if instrument >= venue.pointee.admitted {
      return
    }
    venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    switch event.pointee.kind {
    case .modify: changedBest = venue.pointee.modify(event, place: place)
    case .setQuantity: changedBest = venue.pointee.setQuantity(event, place: place)
    case .setLevel: changedBest = venue.pointee.setLevel(event, place: place)
    case .setTop: changedBest = venue.pointee.setTop(event, place: place)
    case .clearBook: changedBest = venue.pointee.clearBook(event)
    case .damage: changedBest = venue.pointee.damage(event)
    case .instrumentGap: changedBest = venue.pointee.setStatus(.stale, event.pointee.quantity == 1, event: event)
    case .assignChannel: changedBest = venue.pointee.assignChannel(event)
    case .endOfEvent: changedBest = false
    default: changedBest = venue.pointee.changeLevels(event, place: place)
    }
    if instrument >= venue.pointee.admitted { return }
    markChanged(event.pointee.venue, instrument, if: changedBest)
    if midEventCount > 0 || event.pointee.flags.contains(.isPartial) { noteProgress(of: event) }
  }

  /// All events of one message, in order.
  private mutating func applyGroup(_ group: UnsafeMutablePointer<BookEvent>, place: Place) {
    let first = list.pointee.events.base + Int(group.pointee.reference)
    for position in 0..<Int(group.pointee.quantity) { apply(member: first + position, place: place) }
  }

  mutating func apply(member event: UnsafeMutablePointer<BookEvent>, place: Place) {
    if event.pointee.kind == .group { return }
    if event.pointee.changesOrders {
      event.pointee.home = venues[Int(event.pointee.venue)].orders.homes.home(event.pointee.reference)
    }
    apply(event, place: place)
  }

  private mutating func clearChannel(_ event: UnsafeMutablePointer<BookEvent>) {
    let venue = venues + Int(event.pointee.venue)
    venue.pointee.clearChannel(event)
    let isKnown = channels[Int(event.pointee.channel)].instrumentsRecover
    for instrument in 0..<venue.pointee.admitted
    where venue.pointee.headers[instrument].channel == event.pointee.channel {
      // An empty book misses nothing.
      if isKnown { venue.pointee.headers[instrument].flags.remove(.stale) }
      markChanged(event.pointee.venue, instrument, if: true)
    }
  }

  /// Changes of the channel's books may be missing. What was under way of an event does not end it.
  private mutating func suspectChannel(_ event: UnsafeMutablePointer<BookEvent>) {
    suspect(channel: event.pointee.channel, venue: event.pointee.venue)
  }

  /// The book is stale, for good or until its snapshot.
  mutating func suspect(_ instrument: UInt32, venue: VenueIndex) {
    let index = Int(instrument)
    if index >= venues[Int(venue)].admitted { return }
    venues[Int(venue)].headers[index].flags.insert(.stale)
    markChanged(venue, index, if: true)
  }

  /// Every book of the channel is stale.
  mutating func suspect(channel: UInt8, venue index: VenueIndex) {
    endEvents(ofChannel: channel)
    let venue = venues + Int(index)
    for instrument in 0..<venue.pointee.admitted where venue.pointee.headers[instrument].channel == channel {
      venue.pointee.headers[instrument].flags.insert(.stale)
      markChanged(index, instrument, if: true)
    }
  }

  /// The stale books of one shard and channel got no snapshot in time.
  private mutating func giveUp(_ event: UnsafeMutablePointer<BookEvent>) {
    let venue = venues + Int(event.pointee.venue)
    for instrument in 0..<venue.pointee.admitted {
      let header = venue.pointee.headers.base + instrument
      guard header.pointee.channel == event.pointee.channel, header.pointee.flags.contains(.stale),
        UInt32(header.pointee.shard) == event.pointee.quantity
      else { continue }
      header.pointee.flags.insert(.untrusted)
      markChanged(event.pointee.venue, instrument, if: true)
    }
  }

  // MARK: - Events of several messages

  /// A book is in the middle of the venue's event while its last change said so.
  @inline(never)
  private mutating func noteProgress(of event: UnsafeMutablePointer<BookEvent>) {
    let header = venues[Int(event.pointee.venue)].headers.base + Int(event.pointee.instrument)
    let isPartial = event.pointee.flags.contains(.isPartial)
    if header.pointee.flags.contains(.midEvent) == isPartial { return }
    if isPartial {
      header.pointee.flags.insert(.midEvent)
      midEventCount &+= 1
      markChanged(event.pointee.venue, Int(event.pointee.instrument), if: true)
    } else {
      header.pointee.flags.remove(.midEvent)
      midEventCount &-= 1
    }
  }

  private mutating func endEvents(ofChannel channel: UInt8) {
    if midEventCount == 0 { return }
    // Every such book is in the list of changed ones.
    for position in 0..<changedCount {
      let header = changed[position]
      guard header.pointee.channel == channel, header.pointee.flags.contains(.midEvent) else { continue }
      header.pointee.flags.remove(.midEvent)
      midEventCount &-= 1
    }
  }

  /// True while a book of the same symbol is in the middle of an event: then none of them is looked at.
  func isMidEvent(_ header: UnsafeMutablePointer<BookHeader>) -> Bool {
    let instrument = instrument(of: header)
    let group = symbols.pointee.groups[Int(venues[Int(instrument.venue)].directory.pointee.groups[instrument.index])]
    for venue in 0..<VenueIndex(venueCount) {
      guard let index = group.listing(at: venue), index < venues[Int(venue)].admitted else { continue }
      if venues[Int(venue)].headers[index].flags.contains(.midEvent) { return true }
    }
    return false
  }

  /// Leaves the first `count` of the changed books, which the caller put there, for the next publish point.
  mutating func keepChanged(_ header: UnsafeMutablePointer<BookHeader>, at position: Int) { changed[position] = header }
  mutating func shortenChanged(to count: Int) { changedCount = count }

  @inline(never)
  private mutating func applyStatus(_ event: UnsafeMutablePointer<BookEvent>, place: Place) {
    let venue = venues + Int(event.pointee.venue)
    venue.pointee.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    let isSet = event.pointee.quantity == 1
    switch event.pointee.kind {
    case .trade:
      if !event.pointee.flags.contains(.wasTold) { venue.pointee.foldTrade(event) }
      if !event.pointee.flags.isDisjoint(with: [.wasTold, .isInTotals]) {
        return venue.pointee.recordJoinedTrade(event)
      }
      return venue.pointee.recordTrade(event, price: event.pointee.price, quantity: event.pointee.quantity)
    case .tradeBreak:
      if !event.pointee.flags.contains(.wasTold) { venue.pointee.foldTrade(event) }
      return venue.pointee.breakTrade(event, place: place)
    case .tradingStatus: _ = venue.pointee.setStatus(.trading, isSet, event: event)
    case .operationalHalt: _ = venue.pointee.setStatus(.operationallyHalted, isSet, event: event)
    case .shortSale: _ = venue.pointee.setStatus(.shortSaleRestricted, isSet, event: event)
    case .system: return applySystemEvent(event)
    case .tradeTotals, .lastTrade: return venue.pointee.setTotals(event)
    default: return
    }
    let index = Int(event.pointee.instrument)
    markChanged(event.pointee.venue, index, if: true)
  }

  /// System events: market hours. What begins trust is the core's (`Core.applySystemEvent`).
  private mutating func applySystemEvent(_ event: UnsafeMutablePointer<BookEvent>) {
    let venue = venues + Int(event.pointee.venue)
    switch UInt8(truncatingIfNeeded: event.pointee.quantity) {
    case UInt8(ascii: "Q"): venue.pointee.isMarketOpen = true
    case UInt8(ascii: "M"): venue.pointee.isMarketOpen = false
    default: break
    }
  }

  // MARK: - Publish points

  @inline(__always)
  func changedHeader(_ position: Int) -> UnsafeMutablePointer<BookHeader> { changed.base[position] }

  /// Whose book a header of one of the venues is.
  @inline(__always)
  func instrument(of header: UnsafeMutablePointer<BookHeader>) -> InstrumentID {
    let venue = header.pointee.venue
    return InstrumentID(venue: venue, index: header - venues[Int(venue)].headers.base)
  }

  /// Takes the book off the list of changed ones, and counts it when its top differs from that of the last publish
  /// point.
  @inline(__always)
  func publish(_ header: UnsafeMutablePointer<BookHeader>) {
    header.pointee.flags = BookHeader.Flags(
      rawValue: header.pointee.flags.rawValue & ~BookHeader.Flags.dirty.rawValue)
    let signature = header.pointee.topSignature
    counters.add(.topChanges, signature == header.pointee.publishedSignature ? 0 : 1)
    header.pointee.publishedSignature = signature
  }

  @inline(__always)
  mutating func clearChanged() { changedCount = 0 }

  // MARK: - Channels

  /// The channel's trust changed. From `ok` on an unknown reference shows damage.
  ///
  /// A late start is none where the feed brings snapshots: each book is stale until its own.
  mutating func setState(_ told: BookState, channel: UInt8) {
    let state = told == .lateStart && channels[Int(channel)].instrumentsRecover ? .ok : told
    channels[Int(channel)].state = state
    setComplete(state == .ok, channel: channel)
  }

  private func setComplete(_ isComplete: Bool, channel: UInt8) {
    let venue = venues + Int(channels[Int(channel)].venue)
    let bit = UInt64(1) << UInt64(channel)
    if isComplete { venue.pointee.completeChannels |= bit } else { venue.pointee.completeChannels &= ~bit }
  }

  /// A snapshot of all of the channel's books begins: they are empty, and what damaged them is gone with their content.
  @inline(never)
  mutating func beginSnapshot(channel: UInt8) {
    let venue = Int(channels[Int(channel)].venue)
    // What is under way is no state to be trusted, whatever the session layer said last.
    if channels[Int(channel)].state == .ok { setState(.gap, channel: channel) }
    endEvents(ofChannel: channel)
    venues[venue].emptyForSnapshot(channel: channel)
    markChanged(channel: channel)
  }

  /// The snapshot is whole. Its books are trusted when the session layer says so.
  @inline(never)
  mutating func endSnapshot(channel: UInt8) { endEvents(ofChannel: channel) }

  /// The snapshot of one instrument begins: its book is empty, and what damaged it is gone.
  @inline(never)
  mutating func beginSnapshot(of index: Int, venue: VenueIndex) {
    if index >= venues[Int(venue)].admitted { return }
    if venues[Int(venue)].emptyForSnapshot(instrument: index) {
      // Others that wait for theirs were emptied with it.
      markChanged(channel: venues[Int(venue)].headers[index].channel)
    }
    venues[Int(venue)].headers[index].flags.insert(.stale)
    markChanged(venue, index, if: true)
  }

  /// The instrument's book is whole.
  @inline(never)
  mutating func endSnapshot(of index: Int, venue: VenueIndex) {
    if index >= venues[Int(venue)].admitted { return }
    venues[Int(venue)].headers[index].flags.remove(.stale)
    markChanged(venue, index, if: true)
  }

  private mutating func markChanged(channel: UInt8) {
    let venue = channels[Int(channel)].venue
    for instrument in 0..<venues[Int(venue)].admitted
    where venues[Int(venue)].headers[instrument].channel == channel {
      markChanged(venue, instrument, if: true)
    }
  }

  /// A new session: numbers and books begin again.
  mutating func restart(channel: UInt8) {
    channels[Int(channel)].state = .gap
    let venue = Int(channels[Int(channel)].venue)
    setComplete(false, channel: channel)
    // Their flags go with the books.
    endEvents(ofChannel: channel)
    venues[venue].clear(channel: channel)
  }
}
