import CPlatform

/// One core's shards: decode → book → detect → risk → order, for the instruments it owns.
///
/// It is the sink of an `Ingest` on the same core (run to completion), or reads batches that another core filled.
struct Core: DeliverySink {
  var batch = DeliveryBatch()
  var books: Books
  var decoders: Decoders
  let channelVenues: Storage<VenueIndex>
  let messagesByType: Storage<UInt64>
  let events = Storage<BookEvent>(capacity: EventList.chunkMaximum, hugePages: false)
  var input: InputAhead
  var crossVenue: CrossVenueDetector?
  var imbalance: ImbalanceDetector?
  private let hasDetectors: Bool
  var desk: OrderDesk
  let stages: StageHistograms
  /// Deliveries of messages; counted on the core that counts for all.
  var messages: UInt64 = 0
  /// Messages with an exchange time beyond this are not applied: `feedh book --at`.
  let exchangeNanosecondsMaximum: UInt64
  /// The same, but 0 while a restart waits: then every message takes the rare path.
  var directMaximum: UInt64
  /// Bit c: channel c has come to a message beyond the time. What its session does later is not applied either.
  var channelsPastMaximum: UInt64 = 0
  /// Bit c: channel c began a new session, which counts once a message of it is in time.
  var restartsWaiting: UInt64 = 0
  /// Capture time of the last delivery.
  private(set) var clock: UInt64 = 0
  let countsMessages: Bool

  /// - Parameters:
  ///   - startsArmed: false: orders are refused until they are armed.
  ///   - needs: where it tells that what it keeps for instruments that wait found no room.
  init(
    plan: FeedPlan, settings: Settings, ownedShards: UInt64, countsMessages: Bool, exchangeNanosecondsMaximum: UInt64,
    startsArmed: Bool = true, needs: SnapshotNeeds? = nil
  ) {
    let memory = CoreMemory(
      plan: plan, settings: settings, ownedShards: ownedShards, countsMessages: countsMessages, needs: needs)
    books = memory.books
    decoders = memory.decoders
    messagesByType = memory.messagesByType
    channelVenues = Storage(capacity: max(1, plan.channels.count))
    for (index, channel) in plan.channels.enumerated() {
      channelVenues[index] = channel.venue
    }
    // Not `map`: Swift 6.3.1 tests such a struct for nil over all its words, but a generic function that returns nil
    // writes only one of them; the others are whatever the stack held.
    // One venue has nothing to be compared with.
    if let crossVenue = settings.crossVenue, plan.venues.count > 1 {
      self.crossVenue = CrossVenueDetector(
        settings: crossVenue, venues: plan.venues, capacity: settings.capacity, counters: memory.books.counters)
    } else {
      crossVenue = nil
    }
    if let imbalance = settings.imbalance {
      self.imbalance = ImbalanceDetector(
        settings: imbalance, venueCount: max(1, plan.venues.count), capacity: settings.capacity)
      if imbalance.depth > 1 { books.watchFlags.insert(.owned) }
    } else {
      imbalance = nil
    }
    hasDetectors = crossVenue != nil || imbalance != nil
    stages = StageHistograms()
    books.opensQueues = settings.orders.enabled && settings.crossVenue != nil && plan.venues.count > 1
    var named = settings
    named.venues = plan.venues
    desk = OrderDesk(settings: named, ownedShards: ownedShards, books: books, stages: stages)
    desk.setArmed(startsArmed)
    self.countsMessages = countsMessages
    self.exchangeNanosecondsMaximum = exchangeNanosecondsMaximum
    directMaximum = exchangeNanosecondsMaximum
    events.prefault()
    input = InputAhead(nearby: events.base)
  }

  // MARK: - DeliverySink

  /// Run to completion: works the batch off where it was filled.
  mutating func flush() {
    if batch.isSampled { batch.framedTicks = feedh_ticks() }
    process(batch)
    batch.clear()
  }

  // MARK: - A batch

  /// Works off a batch, in order: what changes how later messages are to be read alone, messages a chunk at a time.
  @inline(__always)
  mutating func process(_ batch: DeliveryBatch) {
    let deliveries = batch.deliveries.base
    let packets = batch.packets.base
    desk.receiveTicks = batch.receiveTicks
    var stamps = BurstStamps(isSampled: batch.isSampled)
    var position = 0
    while position < batch.count {
      if likely(deliveries[position].kind == .message) {
        let count = min(batch.count &- position, EventList.chunkMaximum)
        position &+= applyMessages(deliveries + position, count: count, packets: packets, stamps: &stamps)
      } else {
        applyControl(deliveries + position, packets: packets)
        position &+= 1
      }
    }
    if batch.isSampled { stamps.record(batch, in: stages) }
  }

  /// The capture clock goes on: what is due before happens first.
  @inline(__always)
  mutating func advance(to now: UInt64) {
    clock = now
    if unlikely(now >= desk.nextDue) {
      books.takeDepartures(desk: &desk)
      desk.advance(to: now)
    }
  }

  // MARK: - Publish points

  /// Books are consistent here: detectors see those that changed, and orders go out.
  @inline(__always)
  mutating func publish(_ now: UInt64) {
    if unlikely(books.midEventCount > 0) { return publishComplete(now) }
    for position in 0..<books.changedCount {
      let header = books.changedHeader(position)
      books.publish(header)
      if hasDetectors { detect(header, now) }
    }
    books.clearChanged()
  }

  /// The same while books are in the middle of a venue's event: those, and the other venues' books of their symbols,
  /// stay in the list.
  @inline(never)
  private mutating func publishComplete(_ now: UInt64) {
    var kept = 0
    for position in 0..<books.changedCount {
      let header = books.changedHeader(position)
      if books.isMidEvent(header) {
        books.keepChanged(header, at: kept)
        kept += 1
        continue
      }
      books.publish(header)
      if hasDetectors { detect(header, now) }
    }
    books.shortenChanged(to: kept)
  }

  @inline(__always)
  private mutating func detect(_ header: UnsafeMutablePointer<BookHeader>, _ now: UInt64) {
    let instrument = books.instrument(of: header)
    let group = books.venues[Int(instrument.venue)].directory.pointee.groups.base[instrument.index]
    let change = BookChange(instrument: instrument, group: group, captureNanoseconds: now)
    if header.pointee.flags.contains(.shared) { crossVenue?.bookChanged(change, books: &books, sink: &desk) }
    imbalance?.bookChanged(change, books: &books, sink: &desk)
  }

  // MARK: - Trust, sessions, market hours

  /// Whatever is no live message, one at a time: `Core+Control.swift`.
  @inline(never)
  private mutating func applyControl(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: UnsafeMutablePointer<DeliveredPacket>
  ) {
    let now = packets[Int(delivery.pointee.packet)].captureNanoseconds
    if now > clock || now >= desk.nextDue { advance(to: now) }
    // Before the next message is decoded, whether or not the books follow already.
    if delivery.pointee.kind == .sessionRestart { decoders.restart(channel: delivery.pointee.channel, now: now) }
    control(delivery, packets: packets, now: now)
    // Parts of a snapshot are no publish point.
    if books.changedCount > 0, delivery.pointee.kind != .snapshotMessage { publish(now) }
  }

  /// Books at a time: a message beyond it is not applied; the first one in time of a new session makes its restart
  /// count.
  @inline(never)
  mutating func isWithinTime(_ event: UnsafeMutablePointer<BookEvent>, now: UInt64) -> Bool {
    if event.pointee.kind == .none { return false }
    let channel: UInt64 = 1 << UInt64(event.pointee.channel & 63)
    guard event.pointee.exchangeNanoseconds <= exchangeNanosecondsMaximum else {
      channelsPastMaximum |= channel
      return false
    }
    if restartsWaiting & channel != 0 {
      restartsWaiting &= ~channel
      if restartsWaiting == 0 { directMaximum = exchangeNanosecondsMaximum }
      restart(channel: event.pointee.channel, now: now)
    }
    return true
  }

  mutating func trustChanged(of venue: VenueIndex, now: UInt64) {
    crossVenue?.trustChanged(of: venue, captureNanoseconds: now, books: &books, sink: &desk)
    imbalance?.trustChanged(of: venue, captureNanoseconds: now, books: &books, sink: &desk)
  }

  mutating func restart(channel: UInt8, now: UInt64) {
    let venue = channelVenues[Int(channel)]
    books.restart(channel: channel)
    desk.booksCleared(venue: venue)
    trustChanged(of: venue, now: now)
  }

  /// Start of messages in a file without numbers: from here on its books hold everything. A second one in the same
  /// file begins another day.
  @inline(never)
  mutating func applySystemEvent(_ event: UnsafeMutablePointer<BookEvent>, now: UInt64) {
    let channel = Int(event.pointee.channel)
    guard !books.channels[channel].isNumbered, event.pointee.quantity == UInt32(UInt8(ascii: "O")) else { return }
    if books.channels[channel].hasMessages {
      books.counters.add(.sessionRestarts)
      restart(channel: event.pointee.channel, now: now)
    }
    books.channels[channel].hasMessages = true
    books.setState(.ok, channel: event.pointee.channel)
    trustChanged(of: event.pointee.venue, now: now)
  }

  // MARK: - End

  /// The input ended at `now`: opportunities end, orders under way arrive.
  mutating func finish(at now: UInt64) {
    advance(to: max(now, clock))
    books.takeDepartures(desk: &desk)
    crossVenue?.finish(captureNanoseconds: now, books: &books)
    imbalance?.finish(captureNanoseconds: now, books: &books)
    desk.advance(to: .max)
  }
}

/// Ticks of one burst's stages. Without sampling every call is one predictable branch.
struct BurstStamps {
  let isSampled: Bool
  private var last: UInt64
  private var decodeTicks: UInt64 = 0
  private var applyTicks: UInt64 = 0
  private var detectTicks: UInt64 = 0

  @inline(__always)
  init(isSampled: Bool) {
    self.isSampled = isSampled
    last = isSampled ? feedh_ticks() : 0
  }

  @inline(__always)
  mutating func decoded() { if unlikely(isSampled) { Self.lap(&last, into: &decodeTicks) } }
  @inline(__always)
  mutating func applied() { if unlikely(isSampled) { Self.lap(&last, into: &applyTicks) } }
  @inline(__always)
  mutating func detected() { if unlikely(isSampled) { Self.lap(&last, into: &detectTicks) } }

  @inline(never)
  private static func lap(_ last: inout UInt64, into sum: inout UInt64) {
    let now = feedh_ticks()
    sum &+= now &- last
    last = now
  }

  @inline(never)
  func record(_ batch: DeliveryBatch, in stages: StageHistograms) {
    stages.framed.record(from: batch.receiveTicks, to: batch.framedTicks)
    stages.decoded.record(decodeTicks)
    stages.applied.record(applyTicks)
    stages.detected.record(detectTicks)
  }
}
