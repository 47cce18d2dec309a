import CPlatform

/// From an order intent to its fills, for one shard: risk → order state → encode → transport, and back.
///
/// One owner; never copied while in use, because copies share their memory. Everything is sized in `init`; nothing
/// allocates, locks or throws afterwards. In a replay the transport leads to simulated venues.
///
/// The owner calls `advance(to:view:)` before it applies any packet with capture time ≥ `nextDue`, and reports the
/// departures from the books that it was told to watch (`MarketView.watchDepartures`). All times are capture times
/// and never go back.
public struct ShardExecutor {
  /// Bytes of the wire log per order record: an event is one message of about this length, header included.
  private static let wireBytesPerRecord = 64
  private static let leastLogRecords = 1_024

  public let shard: Int
  private var gate: RiskGate
  private var encoder: OrderEncoder
  private var tracker: OrderTracker
  private var transport: ReplayTransport
  /// Every event of every order, in order.
  public private(set) var orderLog: BoundedLog<OrderRecord>
  /// Every message in both directions, in order.
  public private(set) var wireLog: WireLog
  /// Folded over the content of every event, whether the log had room for it or not.
  public private(set) var orderDigest: UInt64 = 0
  /// Orders handed to the transport.
  public private(set) var ordersSent: UInt64 = 0
  /// Cancels sent for open orders when a live run ended, and those that found no room.
  public private(set) var cancelsSent: UInt64 = 0
  public private(set) var cancelsUnsent: UInt64 = 0
  /// One message for each leg of a pair.
  private let buffer: Storage<UInt8>
  /// The legs of the pair that is being sent.
  private let orders: Storage<AdmittedOrder>
  /// When the last pair had been handed to the transport, ticks.
  private(set) var sentTicks: UInt64 = 0

  /// - Parameters:
  ///   - shard: 0 ..< `settings.shardCount`.
  ///   - venueCount: 1 ... 8; a venue beyond `settings.venues` has default latencies and no fees.
  ///   - groupCapacity: symbols the core can know.
  public init(settings: Settings, shard: Int, venueCount: Int, groupCapacity: Int) {
    self.shard = shard
    let limits = ShardLimits(settings: settings, shard: shard)
    gate = RiskGate(limits: limits, venueCount: venueCount, groupCapacity: groupCapacity)
    encoder = OrderEncoder(shard: shard, venueCount: venueCount, firm: settings.orders.firm)
    tracker = OrderTracker(
      settings: settings, shard: shard, venueCount: venueCount, capacity: settings.capacity.openOrders)
    transport = ReplayTransport(
      settings: settings, shard: shard, venueCount: venueCount, groupCapacity: groupCapacity)
    let records = max(Self.leastLogRecords, settings.capacity.records / max(1, settings.shardCount))
    orderLog = BoundedLog(capacity: records)
    wireLog = WireLog(capacityBytes: records * Self.wireBytesPerRecord)
    buffer = Storage(capacity: 2 * OUCH50.maximumMessageLength, hugePages: false)
    orders = Storage(capacity: 2, hugePages: false)
    if settings.orders.enabled { prefaultBeginning() }
  }

  /// The first order shall find its memory there.
  private func prefaultBeginning() {
    gate.prefaultBeginning()
    tracker.prefaultBeginning()
    transport.prefaultBeginning()
    orderLog.prefaultBeginning()
    wireLog.prefaultBeginning()
    buffer.prefaultBeginning()
    orders.prefaultBeginning()
  }

  /// When the next message under way arrives; `UInt64.max` = none.
  @inline(__always)
  public var nextDue: UInt64 { transport.nextDue }

  /// Runs everything due at `nanoseconds` or before, each stamped with its own time, in order of (time, creation).
  /// `UInt64.max` drains: for the end of the input.
  ///
  /// Ends: an arrival at a venue makes a bounded number of replies, and a reply makes nothing new.
  public mutating func advance(to nanoseconds: UInt64, view: some MarketView) {
    while let arrival = transport.popDue(at: nanoseconds, into: buffer.base, view: view) {
      if arrival.direction == .fromVenue {
        receive(buffer.base, length: arrival.length, venue: arrival.venue, at: arrival.dueNanoseconds)
      }
    }
  }

  /// Sends the pair now if risk admits both legs. Returns whether it was sent.
  ///
  /// Of a refused pair the order log gets one record, for the leg that failed: records and counters agree.
  /// What is due at `nanoseconds` or before must have run (`advance`).
  @discardableResult
  public mutating func submit(_ pair: OrderPairIntent, at nanoseconds: UInt64, view: some MarketView) -> Bool {
    OrderCode.submit.mark()
    let orders = orders.base
    if let refusal = gate.judge(pair, at: nanoseconds, hasRoom: hasRoom(for: pair), view: view, into: orders) {
      recordRefusal(refusal.reason, refusal.leg, at: nanoseconds, view: view)
      return false
    }
    let sellBuffer = buffer.base + OUCH50.maximumMessageLength
    let first = send(orders, buffer.base, at: nanoseconds)
    let second = send(orders + 1, sellBuffer, at: nanoseconds)
    sentTicks = feedh_ticks()
    // Both are out: now there is time to book them and to write them down, before anything comes back.
    gate.book(orders, at: nanoseconds)
    follow(orders, first, buffer.base, at: nanoseconds)
    follow(orders + 1, second, sellBuffer, at: nanoseconds)
    return true
  }

  /// Takes one server message of a venue that arrives now. In a replay `advance` calls it; a live session would.
  ///
  /// A message that contradicts the order state makes risk refuse every further order to that venue.
  ///
  /// - Parameter venue: 0 ..< the venue count.
  public mutating func receive(
    _ message: UnsafeRawPointer, length: Int, venue: VenueIndex, at nanoseconds: UInt64
  ) {
    precondition(Int(venue) < transport.venueCount, "no session with such a venue")
    wireLog.append(message, length: length, venue: venue, direction: .fromVenue, at: nanoseconds)
    let outcome = tracker.apply(message, length: length, venue: venue, at: nanoseconds, positions: &gate.positions)
    if !outcome.isConsistent { gate.distrust(venue) }
    if let record = outcome.record { log(record) }
  }

  /// Refuses every order from now on. Nothing needs to be called back: every order is immediate or cancel.
  public mutating func engageKillSwitch() { gate.engageKillSwitch() }

  public var isKillSwitchEngaged: Bool { gate.isKillSwitchEngaged }

  /// False: every order pair is refused by the name `disarmed` from now on; true: no longer.
  public mutating func setArmed(_ isArmed: Bool) { gate.isArmed = isArmed }

  /// Sends a cancel for every open order, in order of venue and number: the end of a live run. The replies arrive as
  /// ever. Cold: it allocates.
  public mutating func cancelOpenOrders(at nanoseconds: UInt64) {
    var open: [(venue: VenueIndex, userRefNum: UInt32)] = []
    tracker.forEachOpenOrder { open.append(($0.venue, $0.userRefNum)) }
    open.sort { ($0.venue, $0.userRefNum) < ($1.venue, $1.userRefNum) }
    for order in open {
      // Quantity 0: all of it.
      let length = OUCH50.CancelOrderRequest(userRefNum: order.userRefNum, quantity: 0).encode(into: buffer.base)
      guard transport.sendCancel(buffer.base, length: length, venue: order.venue, at: nanoseconds) else {
        cancelsUnsent &+= 1
        continue
      }
      wireLog.append(buffer.base, length: length, venue: order.venue, direction: .toVenue, at: nanoseconds)
      cancelsSent &+= 1
    }
  }

  /// A resting order left the recorded book of a watched instrument: whatever it filled us with may come again.
  public mutating func orderLeft(venue: VenueIndex, reference: UInt64) {
    transport.orderLeft(venue: venue, reference: reference)
  }

  /// All resting orders of a venue left its recorded books.
  public mutating func booksCleared(venue: VenueIndex) { transport.bookCleared(venue: venue) }
}

extension ShardExecutor {
  /// Refused order pairs by reason.
  public var refusals: RefusalCounters { gate.refusals }
  public var replies: OrderTrackerCounters { tracker.counters }
  public var openOrderCount: Int { tracker.openOrderCount }
  /// Positions in order of each symbol's first order; `Position.symbol` names it.
  public var positions: PositionTable { gate.positions }

  /// - Parameter venue: 0 ..< the venue count.
  public func venueCounters(of venue: VenueIndex) -> SimulatedVenueCounters { transport.counters(of: venue) }

  /// Resting orders of `venue` that filled us and are still in its book.
  func consumedOrderCount(at venue: VenueIndex) -> Int { transport.consumedOrderCount(at: venue) }

  func forEachOpenOrder(_ visit: (OpenOrder) -> Void) { tracker.forEachOpenOrder(visit) }
}

/// What the next pair will touch, so that it can be asked for ahead. An order of a shard comes seldom enough for all of
/// it to be cold.
extension ShardExecutor {
  /// Asks for the executor itself.
  @inline(__always)
  static func prefetch(_ executor: UnsafeMutablePointer<ShardExecutor>) {
    var offset = 0
    while offset < MemoryLayout<ShardExecutor>.size {
      feedh_prefetch(UnsafeRawPointer(executor) + offset)
      offset &+= 64
    }
  }

  /// Asks for what the next pair takes, whatever its symbol.
  @inline(__always)
  func prefetchNext() {
    gate.prefetchNext()
    transport.prefetchNext()
    for venue in 0..<transport.venueCount {
      tracker.prefetch(venue: VenueIndex(venue), userRefNum: encoder.nextUserRefNum(at: VenueIndex(venue)))
    }
    for offset in stride(from: 0, to: buffer.capacity, by: 64) { feedh_prefetch(buffer.base + offset) }
  }

  @inline(__always)
  func prefetchPosition(of group: GroupIndex) { gate.prefetchPosition(of: group) }
}

extension ShardExecutor {
  private func hasRoom(for pair: OrderPairIntent) -> Bool {
    tracker.hasRoom(for: 2) && transport.hasRoom(for: 2) && hasNumbers(pair.buy) && hasNumbers(pair.sell)
  }

  private func hasNumbers(_ leg: OrderIntent) -> Bool {
    // A venue that does not exist is refused by name, not for its numbers.
    Int(leg.venue) >= transport.venueCount || encoder.hasNumbers(at: leg.venue)
  }

  private struct SentMessage: BitwiseCopyable {
    let length: Int
    let userRefNum: UInt32
  }

  /// Encodes the order into `message` and hands it to the transport.
  @inline(never)
  private mutating func send(
    _ order: UnsafeMutablePointer<AdmittedOrder>, _ message: UnsafeMutablePointer<UInt8>, at nanoseconds: UInt64
  ) -> SentMessage {
    OrderCode.sendOrder.mark()
    let (length, userRefNum) = encoder.encodeEnter(order.pointee, into: message)
    let isSent = transport.send(message, length: length, venue: order.pointee.intent.venue, at: nanoseconds)
    // `hasRoom` was asked first: an order that never travels would be booked as open, and stay open for ever.
    precondition(isSent, "risk admitted an order for which the transport has no room")
    ordersSent &+= 1
    return SentMessage(length: length, userRefNum: userRefNum)
  }

  /// Follows an order that was sent, and logs it.
  @inline(never)
  private mutating func follow(
    _ order: UnsafeMutablePointer<AdmittedOrder>, _ sent: SentMessage, _ message: UnsafeMutablePointer<UInt8>,
    at nanoseconds: UInt64
  ) {
    tracker.orderSent(order.pointee, userRefNum: sent.userRefNum)
    let intent = order.pointee.intent
    let isKnown = transport.note(order.pointee.venueSymbol, at: intent.venue, intent.group)
    precondition(isKnown, "risk admitted an order in a symbol for which the transport has no room")
    wireLog.append(message, length: sent.length, venue: intent.venue, direction: .toVenue, at: nanoseconds)
    var record = OrderRecord()
    record.captureNanoseconds = nanoseconds
    record.symbol = order.pointee.symbol
    record.opportunity = intent.opportunity
    record.price = order.pointee.price
    record.quantity = intent.quantity
    record.userRefNum = sent.userRefNum
    record.kind = .sent
    record.shard = UInt8(truncatingIfNeeded: shard)
    record.venue = intent.venue
    record.side = order.pointee.sideCharacter
    log(record)
  }

  @inline(never)
  private mutating func recordRefusal(
    _ reason: RefusalReason, _ leg: OrderIntent, at nanoseconds: UInt64, view: some MarketView
  ) {
    var record = OrderRecord()
    record.captureNanoseconds = nanoseconds
    record.opportunity = leg.opportunity
    record.quantity = leg.quantity
    record.reason = UInt16(reason.rawValue)
    record.kind = .refused
    record.shard = UInt8(truncatingIfNeeded: shard)
    record.venue = leg.venue
    record.side = gate.sideCharacter(leg)
    // Only indices in range may reach the view.
    if Int(leg.group) < gate.positions.groupCapacity && Int(leg.venue) < transport.venueCount {
      record.symbol = view.symbol(of: leg.group)
      let instrument = view.instrument(of: leg.group, at: leg.venue)
      if instrument != .none {
        record.price = Nanodollars(clamping: Int128(leg.limitPrice) * Int128(view.multiplier(of: instrument)))
      }
    }
    log(record)
  }

  private mutating func log(_ record: OrderRecord) {
    orderLog.append(record)
    var digest = Mix.fold(orderDigest, record.captureNanoseconds, record.symbol.word)
    digest = Mix.fold(digest, record.opportunity, UInt64(bitPattern: record.price))
    digest = Mix.fold(digest, record.matchNumber, UInt64(record.quantity) << 32 | UInt64(record.userRefNum))
    orderDigest = Mix.fold(
      digest, UInt64(record.reason) << 16 | UInt64(record.kind.rawValue) << 8 | UInt64(record.side),
      UInt64(record.shard) << 8 | UInt64(record.venue))
  }
}
