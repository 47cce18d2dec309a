import CPlatform

/// One core's shards: decode → book → detect → risk → order, for the instruments it owns.
///
/// It is the sink of an `Ingest` on the same core (run to completion), or reads batches that another core filled.
struct Core: DeliverySink {
  var batch = DeliveryBatch()
  var books: Books
  private let decoders: UnsafeMutablePointer<ITCH50Decoder>
  private let channelVenues: Storage<VenueIndex>
  private let channelProtocols: Storage<FeedProtocol>
  let messagesByType: Storage<UInt64>
  private let events = Storage<BookEvent>(capacity: BookEvent.chunkMaximum, hugePages: false)
  var crossVenue: CrossVenueDetector?
  var imbalance: ImbalanceDetector?
  private let hasDetectors: Bool
  var desk: OrderDesk
  let stages: StageHistograms
  /// Deliveries of messages; counted on the core that counts for all.
  private(set) var messages: UInt64 = 0
  /// Messages with an exchange time beyond this are not applied: `feedh book --at`.
  let exchangeNanosecondsMaximum: UInt64
  /// The same, but 0 while a restart waits: then every message takes the rare path.
  private var directMaximum: UInt64
  /// Bit c: channel c has come to a message beyond the time. What its session does later is not applied either.
  private var channelsPastMaximum: UInt64 = 0
  /// Bit c: channel c began a new session, which counts once a message of it is in time.
  private var restartsWaiting: UInt64 = 0
  /// Capture time of the last delivery.
  private(set) var clock: UInt64 = 0
  let countsMessages: Bool

  init(
    plan: FeedPlan, settings: Settings, ownedShards: UInt64, countsMessages: Bool, exchangeNanosecondsMaximum: UInt64
  ) {
    let memory = CoreMemory(plan: plan, settings: settings, ownedShards: ownedShards, countsMessages: countsMessages)
    books = memory.books
    decoders = memory.decoders
    messagesByType = memory.messagesByType
    channelVenues = Storage(capacity: max(1, plan.channels.count))
    channelProtocols = Storage(capacity: max(1, plan.channels.count))
    for (index, channel) in plan.channels.enumerated() {
      channelVenues[index] = channel.venue
      channelProtocols[index] = channel.protocol
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
    var named = settings
    named.venues = plan.venues
    desk = OrderDesk(settings: named, ownedShards: ownedShards, books: books, stages: stages)
    self.countsMessages = countsMessages
    self.exchangeNanosecondsMaximum = exchangeNanosecondsMaximum
    directMaximum = exchangeNanosecondsMaximum
    events.prefault()
  }

  // MARK: - DeliverySink

  /// Run to completion: works the batch off where it was filled.
  mutating func flush() {
    if batch.isSampled { batch.framedTicks = feedh_ticks() }
    process(batch)
    batch.clear()
  }

  // MARK: - A batch, chunk by chunk

  /// Works off a batch: decodes a chunk of messages (asking for the cache lines they will need), applies it, and
  /// looks at the changed books at each publish point. Orders go out from there.
  @inline(__always)
  mutating func process(_ batch: DeliveryBatch) {
    var position = 0
    let deliveries = batch.deliveries.base
    let packets = batch.packets.base
    desk.receiveTicks = batch.receiveTicks
    var stamps = BurstStamps(isSampled: batch.isSampled)
    while position < batch.count {
      let start = position
      position = decodeChunk(deliveries, from: start, to: batch.count, packets: packets)
      stamps.decoded()
      applyChunk(deliveries + start, count: position &- start, packets: packets, stamps: &stamps)
    }
    if batch.isSampled { stamps.record(batch, in: stages) }
  }

  /// Decodes up to a chunk of deliveries into `events` and prefetches. Ends early behind anything that changes how
  /// later messages are to be read. Returns the position of the next delivery.
  @inline(__always)
  private mutating func decodeChunk(
    _ deliveries: UnsafeMutablePointer<Delivery>, from start: Int, to end: Int,
    packets: UnsafeMutablePointer<DeliveredPacket>
  ) -> Int {
    let limit = min(end, start &+ BookEvent.chunkMaximum)
    var position = start
    defer { if countsMessages { messages &+= UInt64(truncatingIfNeeded: position &- start) } }
    while position < limit {
      let delivery = deliveries[position]
      let event = events.base + (position &- start)
      position &+= 1
      guard delivery.kind == .message else {
        control(delivery, into: event)
        if countsMessages { messages &-= 1 }
        break
      }
      guard channelProtocols.base[Int(delivery.channel)] == .itch50 else {
        pass(delivery, into: event)
        continue
      }
      decoders[Int(delivery.channel)].decode(delivery, packets: packets, into: event)
      if event.pointee.kind == .none { continue }
      if event.pointee.kind == .system { break }
      books.venues[Int(event.pointee.venue)].prefetch(event)
    }
    books.admitNewInstruments()
    return position
  }

  /// A message of a protocol without a decoder here: counted, no effect.
  @inline(never)
  private func pass(_ delivery: Delivery, into event: UnsafeMutablePointer<BookEvent>) {
    event.pointee = BookEvent()
    event.pointee.channel = delivery.channel
    event.pointee.venue = channelVenues[Int(delivery.channel)]
    event.pointee.packet = delivery.packet
    event.pointee.endsPacket = delivery.endsPacket
  }

  private func control(_ delivery: Delivery, into event: UnsafeMutablePointer<BookEvent>) {
    event.pointee = BookEvent()
    event.pointee.kind = delivery.kind == .sessionRestart ? .sessionRestart : .channelState
    event.pointee.quantity = UInt32(delivery.detail)
    event.pointee.channel = delivery.channel
    event.pointee.venue = channelVenues[Int(delivery.channel)]
    event.pointee.packet = delivery.packet
    event.pointee.endsPacket = true
  }

  @inline(__always)
  private mutating func applyChunk(
    _ deliveries: UnsafeMutablePointer<Delivery>, count: Int, packets: UnsafeMutablePointer<DeliveredPacket>,
    stamps: inout BurstStamps
  ) {
    // How far ahead the level lines are asked for; Docs/decisions/0003-look-ahead.md.
    let ahead = 6
    for index in 0..<min(ahead, count) { prefetchLevels(index) }
    for index in 0..<count {
      if index &+ ahead < count { prefetchLevels(index &+ ahead) }
      let event = events.base + index
      let packet = packets + Int(event.pointee.packet)
      let now = packet.pointee.captureNanoseconds
      // Of two packets of one time the second waits for what the first let out without latency.
      if now > clock || now >= desk.nextDue { advance(to: now) }
      switch event.pointee.kind {
      case .none: break
      case .channelState, .sessionRestart: applyControl(event, now: now)
      default:
        if event.pointee.exchangeNanoseconds <= directMaximum {
          books.apply(event, place: Place(delivery: packet, bytes: deliveries[index].bytes))
          if event.pointee.kind == .system { applySystemEvent(event, now: now) }
        } else {
          applyWithinTime(event, place: Place(delivery: packet, bytes: deliveries[index].bytes), now: now)
        }
      }
      if event.pointee.endsPacket, books.changedCount > 0 {
        stamps.applied()
        publish(now)
        stamps.detected()
      }
    }
    stamps.applied()
    books.takeDepartures(desk: &desk)
  }

  @inline(__always)
  private func prefetchLevels(_ index: Int) {
    let event = events.base + index
    if event.pointee.kind == .none { return }
    books.venues[Int(event.pointee.venue)].prefetchLevels(event)
  }

  /// The capture clock goes on: what is due before happens first.
  @inline(__always)
  private mutating func advance(to now: UInt64) {
    clock = now
    if now >= desk.nextDue {
      books.takeDepartures(desk: &desk)
      desk.advance(to: now)
    }
  }

  // MARK: - Publish points

  /// Books are consistent here: detectors see those that changed, and orders go out.
  @inline(__always)
  private mutating func publish(_ now: UInt64) {
    for position in 0..<books.changedCount {
      let instrument = books.changedInstrument(position)
      let venue = books.venues + Int(instrument.venue)
      let header = venue.pointee.headers.base + instrument.index
      books.publish(header)
      if hasDetectors { detect(instrument, header, now) }
    }
    books.clearChanged()
  }

  @inline(__always)
  private mutating func detect(_ instrument: InstrumentID, _ header: UnsafeMutablePointer<BookHeader>, _ now: UInt64) {
    let change = BookChange(instrument: instrument, group: header.pointee.group, captureNanoseconds: now)
    if header.pointee.flags.contains(.shared) { crossVenue?.bookChanged(change, books: &books, sink: &desk) }
    imbalance?.bookChanged(change, books: &books, sink: &desk)
  }

  // MARK: - Trust, sessions, market hours

  @inline(never)
  private mutating func applyControl(_ event: UnsafeMutablePointer<BookEvent>, now: UInt64) {
    let channel: UInt64 = 1 << UInt64(event.pointee.channel & 63)
    if channelsPastMaximum & channel != 0 { return }
    if event.pointee.kind == .sessionRestart, exchangeNanosecondsMaximum != .max {
      restartsWaiting |= channel
      directMaximum = 0
      return
    }
    if event.pointee.kind == .sessionRestart {
      restart(channel: event.pointee.channel, event: event, now: now)
      return
    }
    books.setState(
      BookState(closed: UInt8(truncatingIfNeeded: event.pointee.quantity)), channel: event.pointee.channel)
    trustChanged(of: event.pointee.venue, now: now)
  }

  /// Books at a time: a message beyond it is not applied; the first one in time of a new session makes its restart
  /// count.
  @inline(never)
  private mutating func applyWithinTime(_ event: UnsafeMutablePointer<BookEvent>, place: Place, now: UInt64) {
    let channel: UInt64 = 1 << UInt64(event.pointee.channel & 63)
    guard event.pointee.exchangeNanoseconds <= exchangeNanosecondsMaximum else {
      channelsPastMaximum |= channel
      return
    }
    if restartsWaiting & channel != 0 {
      restartsWaiting &= ~channel
      if restartsWaiting == 0 { directMaximum = exchangeNanosecondsMaximum }
      var first = event.pointee
      restart(channel: first.channel, event: &first, now: now)
    }
    books.apply(event, place: place)
    if event.pointee.kind == .system { applySystemEvent(event, now: now) }
  }

  private mutating func trustChanged(of venue: VenueIndex, now: UInt64) {
    crossVenue?.trustChanged(of: venue, captureNanoseconds: now, books: &books, sink: &desk)
    imbalance?.trustChanged(of: venue, captureNanoseconds: now, books: &books, sink: &desk)
  }

  private mutating func restart(channel: UInt8, event: UnsafeMutablePointer<BookEvent>, now: UInt64) {
    books.restart(channel: channel, event: event)
    desk.booksCleared(venue: event.pointee.venue)
    trustChanged(of: event.pointee.venue, now: now)
  }

  /// Start of messages in a file without numbers: from here on its books hold everything. A second one in the same
  /// file begins another day.
  @inline(never)
  private mutating func applySystemEvent(_ event: UnsafeMutablePointer<BookEvent>, now: UInt64) {
    let channel = Int(event.pointee.channel)
    guard !books.channels[channel].isNumbered, event.pointee.quantity == UInt32(UInt8(ascii: "O")) else { return }
    if books.channels[channel].hasMessages {
      books.counters.add(.sessionRestarts)
      restart(channel: event.pointee.channel, event: event, now: now)
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
  mutating func decoded() { if isSampled { Self.lap(&last, into: &decodeTicks) } }
  @inline(__always)
  mutating func applied() { if isSampled { Self.lap(&last, into: &applyTicks) } }
  @inline(__always)
  mutating func detected() { if isSampled { Self.lap(&last, into: &detectTicks) } }

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
