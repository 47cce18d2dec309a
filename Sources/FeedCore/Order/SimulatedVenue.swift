/// The other end of an order session in a replay: decodes the bytes that were sent, answers with the bytes a venue
/// would send. One per venue and shard; nothing is shared.
///
/// Only immediate-or-cancel orders are taken. They fill against the recorded visible book as it stands when they
/// arrive: at resting prices, best price first, in queue order, one Order Executed per resting order, and what does
/// not fill is canceled with reason I. The recorded market itself does not react to us. Against a book that is not
/// `ok` nothing fills, because nobody knows what rested there.
///
/// Order reference numbers and match numbers count from 1 per venue and shard, marked by bit 63, which recorded
/// feeds do not use.
struct SimulatedVenue {
  /// Timer slots that an order needs at its arrival beside its executions: Accepted and Canceled.
  private static let frameReplies = 2

  let venue: VenueIndex
  let orderLatencyNanoseconds: UInt64
  let replyLatencyNanoseconds: UInt64
  /// Reject orders while the view says closed.
  private let marketHoursOnly: Bool
  private(set) var counters = SimulatedVenueCounters()
  private(set) var ledger: ConsumedLedger
  private var lastUserRefNum: UInt32 = 0
  private let numberBase: UInt64
  private var orderReferences: UInt64 = 0
  private var matches: UInt64 = 0
  private let reply: Storage<UInt8>

  init(settings: Settings, shard: Int, venue: VenueIndex, ledgerCapacity: Int) {
    self.venue = venue
    let isConfigured = settings.venues.indices.contains(Int(venue))
    let configured = isConfigured ? settings.venues[Int(venue)] : VenueSettings(name: "")
    orderLatencyNanoseconds = configured.orderLatencyNanoseconds
    replyLatencyNanoseconds = configured.replyLatencyNanoseconds
    marketHoursOnly = settings.risk.marketHoursOnly
    ledger = ConsumedLedger(capacity: ledgerCapacity)
    numberBase = 1 << 63 | UInt64(truncatingIfNeeded: shard & 0x7F) << 56 | UInt64(venue) << 48
    reply = Storage(capacity: OUCH50.maximumMessageLength, hugePages: false)
  }

  func prefaultBeginning() {
    ledger.prefaultBeginning()
    reply.prefaultBeginning()
  }

  /// A resting order left the recorded book.
  mutating func orderLeft(_ orderReferenceNumber: UInt64) { ledger.orderLeft(orderReferenceNumber) }

  /// All resting orders left the recorded book.
  mutating func bookCleared() { ledger.removeAll() }

  /// Takes one client message that arrives now and schedules the replies.
  ///
  /// - Parameters:
  ///   - reservedSlots: timer slots that must stay free for other messages under way.
  mutating func receive(
    _ message: UnsafeRawPointer, length: Int, at nanoseconds: UInt64, directory: SymbolDirectory,
    timers: inout TimerQueue, reservedSlots: Int, view: some MarketView
  ) {
    guard OUCH50.formOfClientMessage(message, length: length) == .wellFormed else {
      counters.malformed &+= 1
      return
    }
    switch message.byte(at: 0) {
    case OUCH50.EnterOrder.type:
      enter(
        OUCH50.EnterOrder(unchecked: message), at: nanoseconds, directory: directory, timers: &timers,
        reservedSlots: reservedSlots, view: view)
    case OUCH50.AccountQueryRequest.type:
      OUCH50.AccountQueryResponse(
        timestamp: EasternTime.nanosecondsSinceMidnight(captureNanoseconds: nanoseconds),
        nextUserRefNum: lastUserRefNum &+ 1
      ).encode(into: reply.base)
      send(OUCH50.AccountQueryResponse.length, at: nanoseconds, timers: &timers)
    default:
      // Cancel, Replace and Modify find a dead order: immediate or cancel leaves none alive. OUCH 5.0 ignores them
      // silently, and the number of such a Replace stays usable.
      counters.tooLate &+= 1
    }
  }

  private mutating func enter(
    _ order: OUCH50.EnterOrder, at nanoseconds: UInt64, directory: SymbolDirectory, timers: inout TimerQueue,
    reservedSlots: Int, view: some MarketView
  ) {
    if order.userRefNum <= lastUserRefNum {
      counters.repeatedUserRefNum &+= 1
      return
    }
    lastUserRefNum = order.userRefNum
    let timestamp = EasternTime.nanosecondsSinceMidnight(captureNanoseconds: nanoseconds)
    let instrument = directory.group(of: order.symbol, at: venue).map { view.instrument(of: $0, at: venue) } ?? .none
    if let reason = rejection(of: order, instrument: instrument, view: view) {
      counters.rejected &+= 1
      OUCH50.Rejected(
        timestamp: timestamp, userRefNum: order.userRefNum, reason: reason.rawValue, clOrdID: order.clOrdID
      ).encode(into: reply.base)
      send(OUCH50.Rejected.length, at: nanoseconds, timers: &timers)
      return
    }

    accept(order, timestamp: timestamp, at: nanoseconds, timers: &timers)
    let executionSlots = timers.room - reservedSlots - (Self.frameReplies - 1)
    var unfilled = order.quantity
    if view.state(of: instrument) == .ok {
      unfilled = fill(
        order, instrument, timestamp: timestamp, at: nanoseconds, timers: &timers, executionSlots: executionSlots,
        view: view)
    } else {
      counters.bookNotOk &+= 1
    }
    if unfilled > 0 {
      counters.canceled &+= 1
      OUCH50.OrderCanceled(
        timestamp: timestamp, userRefNum: order.userRefNum, quantity: unfilled,
        reason: OUCH50.CancelReason.immediateOrCancel
      ).encode(into: reply.base)
      send(OUCH50.OrderCanceled.length, at: nanoseconds, timers: &timers)
    }
  }

  /// Nil when the order may enter.
  private func rejection(
    of order: OUCH50.EnterOrder, instrument: InstrumentID, view: some MarketView
  ) -> OUCH50.RejectReason? {
    if instrument == .none || view.multiplier(of: instrument) <= 0 { return .invalidSymbol }
    switch order.side {
    case UInt8(ascii: "B"), UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "E"): break
    default: return .invalidSide
    }
    if order.quantity == 0 || order.quantity > OrderBounds.maximumQuantity { return .invalidQuantity }
    if order.price == 0 || order.price > UInt64(OrderBounds.maximumPrice4) { return .invalidPrice }
    switch order.display {
    case UInt8(ascii: "Y"), UInt8(ascii: "N"), UInt8(ascii: "A"): break
    default: return .invalidDisplay
    }
    if order.interMarketSweepEligibility != UInt8(ascii: "N") { return .isoNotAllowed }
    if order.crossType != UInt8(ascii: "N") { return .invalidCrossOrder }
    // Every other time in force would have to rest in the recorded book.
    if order.timeInForce != OUCH50.TimeInForce.immediateOrCancel { return .other }
    if marketHoursOnly && !view.isMarketOpen(venue) { return .destinationClosed }
    if view.state(of: instrument) == .halted { return .halted }
    if order.side == UInt8(ascii: "T") && view.isShortSaleRestricted(instrument) {
      let top = view.top(of: instrument)
      // The bid itself bounds what a sale may take, in raw units: compare there.
      if top.bidQuantity > 0 && rawLimit(order, multiplier: view.multiplier(of: instrument)) <= top.bidPrice {
        return .shortSellRestricted
      }
    }
    return nil
  }

  private mutating func accept(
    _ order: OUCH50.EnterOrder, timestamp: UInt64, at nanoseconds: UInt64, timers: inout TimerQueue
  ) {
    counters.accepted &+= 1
    orderReferences &+= 1
    OUCH50.OrderAccepted(
      timestamp: timestamp, userRefNum: order.userRefNum, side: order.side, quantity: order.quantity,
      symbol: order.symbol, price: order.price, timeInForce: order.timeInForce, display: order.display,
      orderReferenceNumber: numberBase &+ orderReferences, capacity: order.capacity,
      interMarketSweepEligibility: order.interMarketSweepEligibility, crossType: order.crossType,
      orderState: UInt8(ascii: "L"), clOrdID: order.clOrdID
    ).encode(into: reply.base)
    send(OUCH50.OrderAccepted.length, at: nanoseconds, timers: &timers)
  }

  /// Returns the shares that did not fill.
  private mutating func fill(
    _ order: OUCH50.EnterOrder, _ instrument: InstrumentID, timestamp: UInt64, at nanoseconds: UInt64,
    timers: inout TimerQueue, executionSlots: Int, view: some MarketView
  ) -> UInt32 {
    let isBuy = order.side == UInt8(ascii: "B")
    let multiplier = view.multiplier(of: instrument)
    var unfilled = order.quantity
    var slots = executionSlots
    var hasConsumed = false
    view.forEachRestingOrder(
      of: instrument, side: isBuy ? .sell : .buy, limit: rawLimit(order, multiplier: multiplier)
    ) { resting in
      let available = ledger.available(resting.orderReferenceNumber, displayed: resting.quantity)
      if available == 0 || resting.price <= 0 { return true }
      if slots <= 0 {
        counters.executionsCutShort &+= 1
        return false
      }
      let quantity = min(available, unfilled)
      if !ledger.consume(resting.orderReferenceNumber, quantity) {
        counters.ledgerFull &+= 1
        return true
      }
      hasConsumed = true
      unfilled -= quantity
      slots -= 1
      execute(
        order, quantity: quantity, price: price4(ofRaw: resting.price, multiplier: multiplier, roundUp: isBuy),
        timestamp: timestamp, at: nanoseconds, timers: &timers)
      return unfilled > 0
    }
    if hasConsumed { view.watchDepartures(of: instrument) }
    return unfilled
  }

  private mutating func execute(
    _ order: OUCH50.EnterOrder, quantity: UInt32, price: UInt64, timestamp: UInt64, at nanoseconds: UInt64,
    timers: inout TimerQueue
  ) {
    counters.executions &+= 1
    counters.sharesExecuted &+= UInt64(quantity)
    matches &+= 1
    OUCH50.OrderExecuted(
      timestamp: timestamp, userRefNum: order.userRefNum, quantity: quantity, price: price,
      liquidityFlag: UInt8(ascii: "R"), matchNumber: numberBase &+ matches
    ).encode(into: reply.base)
    send(OUCH50.OrderExecuted.length, at: nanoseconds, timers: &timers)
  }

  private mutating func send(_ length: Int, at nanoseconds: UInt64, timers: inout TimerQueue) {
    let (due, overflowed) = nanoseconds.addingReportingOverflow(replyLatencyNanoseconds)
    let isScheduled = timers.schedule(
      reply.base, length: length, venue: venue, direction: .fromVenue, at: overflowed ? .max : due)
    if !isScheduled { counters.repliesLost &+= 1 }
  }

  /// The order's limit in raw units of the instrument, rounded so that it admits nothing beyond the limit.
  private func rawLimit(_ order: OUCH50.EnterOrder, multiplier: Int64) -> Int32 {
    // At most 2 × 10^9 × 10^5: far inside 64 bits. A greater price was rejected.
    let limit = Int64(order.price) * FixedPoint.perPrice4
    let isExact = limit % multiplier == 0
    return Int32(clamping: limit / multiplier + (order.side == UInt8(ascii: "B") || isExact ? 0 : 1))
  }

  /// A resting price in 1/10,000 dollars. A finer price is rounded against us, which stays within our limit because
  /// the limit is a whole number.
  private func price4(ofRaw raw: Int32, multiplier: Int64, roundUp: Bool) -> UInt64 {
    let (price, remainder) = (Int128(raw) * Int128(multiplier)).quotientAndRemainder(
      dividingBy: Int128(FixedPoint.perPrice4))
    return UInt64(clamping: price + (roundUp && remainder != 0 ? 1 : 0))
  }
}
