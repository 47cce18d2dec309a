import CPlatform

/// Carries order bytes to simulated venues and their replies back, each after its latency. Replay only: with live
/// venues a session takes its place behind the same encoder and order state.
struct ReplayTransport {
  /// Timer slots one order may need at once: its own arrival, then Accepted, one execution, Canceled.
  private static let slotsPerOrder = 4
  /// More slots per open order, for orders that many resting orders fill.
  private static let spareSlotsPerOrder = 4
  /// Entries of a ledger of consumed quantity per open order.
  private static let ledgerEntriesPerOrder = 16

  private(set) var timers: TimerQueue
  private var directory: SymbolDirectory
  /// SAFETY: allocated for `venueCount` in `init`, initialized there, never freed: shards live as long as the run.
  private let venues: UnsafeMutablePointer<SimulatedVenue>
  let venueCount: Int
  /// Orders on their way to a venue.
  private var outboundCount = 0

  init(settings: Settings, shard: Int, venueCount: Int, groupCapacity: Int) {
    let openOrders = settings.capacity.openOrders
    timers = TimerQueue(capacity: openOrders * (Self.slotsPerOrder + Self.spareSlotsPerOrder))
    // A pair more than symbols at all venues, so that `hasRoom` never refuses symbols that are in it already.
    directory = SymbolDirectory(capacity: max(1, groupCapacity) * max(1, venueCount) + 2)
    self.venueCount = venueCount
    venues = .allocate(capacity: venueCount)
    for venue in 0..<venueCount {
      (venues + venue).initialize(
        to: SimulatedVenue(
          settings: settings, shard: shard, venue: VenueIndex(venue),
          ledgerCapacity: openOrders * Self.ledgerEntriesPerOrder))
    }
  }

  func prefaultBeginning() {
    timers.prefaultBeginning()
    directory.prefaultBeginning()
    for venue in 0..<venueCount { venues[venue].prefaultBeginning() }
  }

  /// Asks for what sending touches, whatever the order.
  @inline(__always)
  func prefetchNext() {
    timers.prefetchNext()
    for venue in 0..<venueCount { feedh_prefetch(venues + venue) }
  }

  var nextDue: UInt64 { timers.nextDue }

  /// Whether that many more orders can be carried, with at least one execution each.
  func hasRoom(for orders: Int) -> Bool {
    directory.hasRoom(for: orders)
      && timers.room >= (Self.slotsPerOrder - 1) * outboundCount + Self.slotsPerOrder * orders
  }

  func counters(of venue: VenueIndex) -> SimulatedVenueCounters { venues[Int(venue)].counters }

  /// Resting orders of which we consumed a part and which are still in the book.
  func consumedOrderCount(at venue: VenueIndex) -> Int { venues[Int(venue)].ledger.count }

  /// Sends an order; it arrives after the venue's order latency. Before any time passes `note` has to say which group its
  /// symbol is.
  ///
  /// - Returns: false when there was no room.
  mutating func send(
    _ message: UnsafeRawPointer, length: Int, venue: VenueIndex, at nanoseconds: UInt64
  ) -> Bool {
    let (due, overflowed) = nanoseconds.addingReportingOverflow(venues[Int(venue)].orderLatencyNanoseconds)
    let isScheduled = timers.schedule(
      message, length: length, venue: venue, direction: .toVenue, at: overflowed ? .max : due)
    if isScheduled { outboundCount += 1 }
    return isScheduled
  }

  /// What the symbol of an order that was sent means at its venue. Apart from `send`, because the table is a large one
  /// and cold, and nobody needs it before the order arrives.
  ///
  /// - Returns: false when there was no room (`hasRoom`).
  mutating func note(_ symbol: Symbol, at venue: VenueIndex, _ group: GroupIndex) -> Bool {
    directory.add(symbol, at: venue, group)
  }

  /// Sends a cancel of an order that is known there. Takes one timer slot, and needs no room for replies: the order
  /// has its own.
  ///
  /// - Returns: false when there was no room.
  mutating func sendCancel(
    _ message: UnsafeRawPointer, length: Int, venue: VenueIndex, at nanoseconds: UInt64
  ) -> Bool {
    if timers.room <= (Self.slotsPerOrder - 1) * outboundCount { return false }
    let (due, overflowed) = nanoseconds.addingReportingOverflow(venues[Int(venue)].orderLatencyNanoseconds)
    return timers.schedule(message, length: length, venue: venue, direction: .toVenue, at: overflowed ? .max : due)
  }

  /// Takes the next message due at `nanoseconds` or before. One that arrives at a venue is worked off there; one that
  /// arrives here is left in `buffer` for the caller.
  mutating func popDue(
    at nanoseconds: UInt64, into buffer: UnsafeMutableRawPointer, view: some MarketView
  ) -> TimerQueue.Arrival? {
    guard let arrival = timers.popDue(at: nanoseconds, into: buffer) else { return nil }
    if arrival.direction == .toVenue {
      // A cancel reserves nothing.
      if UnsafeRawPointer(buffer).byte(at: 0) != OUCH50.CancelOrderRequest.type { outboundCount -= 1 }
      venues[Int(arrival.venue)].receive(
        buffer, length: arrival.length, at: arrival.dueNanoseconds, directory: directory, timers: &timers,
        reservedSlots: (Self.slotsPerOrder - 1) * outboundCount, view: view)
    }
    return arrival
  }

  mutating func orderLeft(venue: VenueIndex, reference: UInt64) {
    if Int(venue) < venueCount { venues[Int(venue)].orderLeft(reference) }
  }

  mutating func bookCleared(venue: VenueIndex) {
    if Int(venue) < venueCount { venues[Int(venue)].bookCleared() }
  }
}
