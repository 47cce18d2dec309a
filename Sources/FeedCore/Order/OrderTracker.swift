/// State of the open orders of one shard, from what the venues answer; books executions into positions.
///
/// A reply that contradicts our state is counted and applied as far as it can be, never for more shares than are
/// open. Its venue is reported as one whose session cannot be trusted any more, so that risk lets no further order
/// out to it: positions may be wrong.
struct OrderTracker {
  /// What a reply came to.
  struct Outcome: BitwiseCopyable {
    /// For the order log; nil when nothing happened to an order.
    var record: OrderRecord?
    /// False when the reply contradicts our state.
    var isConsistent = true
  }

  private let shard: UInt8
  private(set) var counters = OrderTrackerCounters()
  private var orders: FixedTable<UInt64, OpenOrder>
  private let fees: Storage<FeeSchedule>

  /// - Parameter capacity: orders open at once.
  init(settings: Settings, shard: Int, venueCount: Int, capacity: Int) {
    self.shard = UInt8(truncatingIfNeeded: shard)
    orders = FixedTable(capacity: max(1, capacity))
    fees = Storage(capacity: venueCount, hugePages: false)
    for venue in 0..<venueCount where settings.venues.indices.contains(venue) {
      fees[venue] = settings.venues[venue].fees
    }
  }

  func prefaultBeginning() { orders.prefaultBeginning() }

  /// Asks for where an order of that number would stand.
  @inline(__always)
  func prefetch(venue: VenueIndex, userRefNum: UInt32) { orders.prefetch(Self.key(venue, userRefNum)) }

  var openOrderCount: Int { orders.count }

  func hasRoom(for count: Int) -> Bool { orders.count + count <= orders.capacity }

  func openOrder(venue: VenueIndex, userRefNum: UInt32) -> OpenOrder? {
    orders.value(of: Self.key(venue, userRefNum))
  }

  /// Visits the open orders, in no useful order. For checks and tests.
  func forEachOpenOrder(_ visit: (OpenOrder) -> Void) { orders.forEach { visit($1) } }

  private static func key(_ venue: VenueIndex, _ userRefNum: UInt32) -> UInt64 {
    UInt64(venue) << 32 | UInt64(userRefNum)
  }

  /// Follows an order that is sent now; its shares are booked as open already (`RiskGate.book`).
  /// - Precondition: `hasRoom(for: 1)`, and the number was not used before.
  mutating func orderSent(_ order: borrowing AdmittedOrder, userRefNum: UInt32) {
    let intent = order.intent
    let open = OpenOrder(
      symbol: order.symbol, venueSymbol: order.venueSymbol, opportunity: intent.opportunity, price: order.price,
      group: intent.group,
      userRefNum: userRefNum, openQuantity: intent.quantity, venue: intent.venue, side: intent.side,
      sideCharacter: order.sideCharacter)
    let isInserted = orders.insert(Self.key(intent.venue, userRefNum), open)
    // Going on would send an order that nobody follows.
    precondition(isInserted, "risk admitted an order for which the order state has no room")
  }

  /// Applies one reply of `venue` that arrived at `nanoseconds`.
  mutating func apply(
    _ message: UnsafeRawPointer, length: Int, venue: VenueIndex, at nanoseconds: UInt64,
    positions: inout PositionTable
  ) -> Outcome {
    switch OUCH50.formOfServerMessage(message, length: length) {
    case .wellFormed: break
    case .malformed:
      counters.malformed &+= 1
      return Outcome(isConsistent: false)
    case .unknownType:
      counters.unknownTypes &+= 1
      return Outcome()
    }
    switch message.byte(at: 0) {
    case OUCH50.OrderAccepted.type:
      return applyAccepted(OUCH50.OrderAccepted(unchecked: message), venue, nanoseconds, &positions)
    case OUCH50.OrderExecuted.type:
      return applyExecuted(OUCH50.OrderExecuted(unchecked: message), venue, nanoseconds, &positions)
    case OUCH50.OrderCanceled.type:
      let message = OUCH50.OrderCanceled(unchecked: message)
      return applyCanceled(message.userRefNum, message.quantity, message.reason, venue, nanoseconds, &positions)
    case OUCH50.AIQCanceled.type:
      let message = OUCH50.AIQCanceled(unchecked: message, messageLength: length)
      return applyCanceled(message.userRefNum, message.decrementShares, message.reason, venue, nanoseconds, &positions)
    case OUCH50.Rejected.type:
      return applyRejected(OUCH50.Rejected(unchecked: message), venue, nanoseconds, &positions)
    case OUCH50.OrderReplaced.type:
      return applyReplaced(OUCH50.OrderReplaced(unchecked: message), venue, &positions)
    case OUCH50.OrderModified.type:
      return applyModified(OUCH50.OrderModified(unchecked: message), venue, &positions)
    case OUCH50.BrokenTrade.type:
      counters.brokenTrades &+= 1
      return Outcome(isConsistent: false)
    default:
      counters.informational &+= 1
      return Outcome()
    }
  }

  // MARK: One function per message that changes an order

  private mutating func applyAccepted(
    _ message: OUCH50.OrderAccepted, _ venue: VenueIndex, _ nanoseconds: UInt64, _ positions: inout PositionTable
  ) -> Outcome {
    let slot = orders.find(Self.key(venue, message.userRefNum))
    if slot < 0 { return unknownOrder() }
    var order = orders[slot: slot]
    if order.state != .pendingNew {
      counters.outOfOrder &+= 1
      return Outcome(isConsistent: false)
    }
    counters.accepted &+= 1
    var isConsistent = true
    let price = Self.nanodollars(price4: message.price)
    let isWorse = price.map { order.side == .buy ? $0 > order.price : $0 < order.price } ?? true
    if message.quantity > order.openQuantity || message.quantity == 0 || isWorse || message.symbol != order.venueSymbol
      || message.side != order.sideCharacter
    {
      counters.acceptedBeyondOrder &+= 1
      isConsistent = false
    } else {
      // The venue may take an order at a better price or for fewer shares: its values hold from now on.
      order.price = price ?? order.price
      let dropped = order.openQuantity - message.quantity
      positions.update(order.group) { $0.release(order.side, quantity: dropped) }
      order.openQuantity = message.quantity
    }
    order.state = .live
    var record = record(of: order, .accepted, nanoseconds)
    record.quantity = order.openQuantity
    if message.orderState == UInt8(ascii: "D") {
      // Accepted and canceled at once: no more messages come.
      record.reason = UInt16(message.orderState)
      order.state = .canceled
      positions.update(order.group) { $0.release(order.side, quantity: order.openQuantity) }
    }
    store(order, in: slot)
    return Outcome(record: record, isConsistent: isConsistent)
  }

  private mutating func applyExecuted(
    _ message: OUCH50.OrderExecuted, _ venue: VenueIndex, _ nanoseconds: UInt64, _ positions: inout PositionTable
  ) -> Outcome {
    let slot = orders.find(Self.key(venue, message.userRefNum))
    if slot < 0 { return unknownOrder() }
    var order = orders[slot: slot]
    guard let price = Self.nanodollars(price4: message.price) else {
      counters.impossiblePrice &+= 1
      return Outcome(isConsistent: false)
    }
    var isConsistent = true
    if order.side == .buy ? price > order.price : price < order.price {
      counters.impossiblePrice &+= 1
      isConsistent = false
    }
    if order.state == .pendingNew {
      counters.outOfOrder &+= 1
      isConsistent = false
    }
    let quantity = min(message.quantity, order.openQuantity)
    if quantity != message.quantity || quantity == 0 {
      counters.impossibleQuantity &+= 1
      isConsistent = false
    }
    if quantity == 0 { return Outcome(isConsistent: false) }
    counters.executed &+= 1
    let fee = fees[Int(venue)].takerFee(price: price)
    positions.update(order.group) {
      $0.release(order.side, quantity: quantity)
      $0.trade(order.side, quantity: quantity, price: price, fee: fee)
    }
    order.openQuantity -= quantity
    order.state = order.openQuantity == 0 ? .filled : .partiallyFilled
    var record = record(of: order, .executed, nanoseconds)
    record.price = price
    record.quantity = quantity
    record.matchNumber = message.matchNumber
    store(order, in: slot)
    return Outcome(record: record, isConsistent: isConsistent)
  }

  private mutating func applyCanceled(
    _ userRefNum: UInt32, _ decrement: UInt32, _ reason: UInt8, _ venue: VenueIndex, _ nanoseconds: UInt64,
    _ positions: inout PositionTable
  ) -> Outcome {
    let slot = orders.find(Self.key(venue, userRefNum))
    if slot < 0 { return unknownOrder() }
    var order = orders[slot: slot]
    let quantity = min(decrement, order.openQuantity)
    let isConsistent = quantity == decrement && quantity > 0
    if !isConsistent { counters.impossibleQuantity &+= 1 }
    if quantity == 0 { return Outcome(isConsistent: false) }
    counters.canceled &+= 1
    positions.update(order.group) { $0.release(order.side, quantity: quantity) }
    order.openQuantity -= quantity
    if order.openQuantity == 0 { order.state = .canceled }
    var record = record(of: order, .canceled, nanoseconds)
    record.quantity = quantity
    record.reason = UInt16(reason)
    store(order, in: slot)
    return Outcome(record: record, isConsistent: isConsistent)
  }

  private mutating func applyRejected(
    _ message: OUCH50.Rejected, _ venue: VenueIndex, _ nanoseconds: UInt64, _ positions: inout PositionTable
  ) -> Outcome {
    let slot = orders.find(Self.key(venue, message.userRefNum))
    if slot < 0 { return unknownOrder() }
    var order = orders[slot: slot]
    if order.state != .pendingNew {
      counters.outOfOrder &+= 1
      return Outcome(isConsistent: false)
    }
    counters.rejected &+= 1
    positions.update(order.group) { $0.release(order.side, quantity: order.openQuantity) }
    order.state = .rejected
    var record = record(of: order, .rejected, nanoseconds)
    record.quantity = order.openQuantity
    record.reason = message.reason
    store(order, in: slot)
    return Outcome(record: record)
  }

  /// The order goes on under its new number, with a new open quantity and price. Not in the order log, which has no
  /// kind for it: this executor sends no Replace.
  private mutating func applyReplaced(
    _ message: OUCH50.OrderReplaced, _ venue: VenueIndex, _ positions: inout PositionTable
  ) -> Outcome {
    let slot = orders.find(Self.key(venue, message.origUserRefNum))
    if slot < 0 || orders.find(Self.key(venue, message.userRefNum)) >= 0 { return unknownOrder() }
    var order = orders[slot: slot]
    guard let price = Self.nanodollars(price4: message.price), message.quantity > 0,
      message.quantity <= OrderBounds.maximumQuantity
    else {
      counters.impossibleQuantity &+= 1
      return Outcome(isConsistent: false)
    }
    counters.replaced &+= 1
    let isLive = message.orderState != UInt8(ascii: "D")
    positions.update(order.group) {
      $0.release(order.side, quantity: order.openQuantity)
      if isLive { $0.open(order.side, quantity: message.quantity) }
    }
    orders.remove(Self.key(venue, message.origUserRefNum))
    order.userRefNum = message.userRefNum
    order.price = price
    order.openQuantity = message.quantity
    order.state = .live
    // The old entry left its room to the new one.
    if isLive { _ = orders.insert(Self.key(venue, message.userRefNum), order) }
    return Outcome()
  }

  private mutating func applyModified(
    _ message: OUCH50.OrderModified, _ venue: VenueIndex, _ positions: inout PositionTable
  ) -> Outcome {
    let slot = orders.find(Self.key(venue, message.userRefNum))
    if slot < 0 { return unknownOrder() }
    var order = orders[slot: slot]
    if message.quantity == 0 || message.quantity > OrderBounds.maximumQuantity {
      counters.impossibleQuantity &+= 1
      return Outcome(isConsistent: false)
    }
    counters.modified &+= 1
    positions.update(order.group) {
      $0.release(order.side, quantity: order.openQuantity)
      $0.open(order.side, quantity: message.quantity)
    }
    order.openQuantity = message.quantity
    order.sideCharacter = message.side
    store(order, in: slot)
    return Outcome()
  }

  // MARK: Helpers

  private mutating func unknownOrder() -> Outcome {
    counters.unknownOrder &+= 1
    return Outcome(isConsistent: false)
  }

  private mutating func store(_ order: OpenOrder, in slot: Int) {
    if order.state.isDead {
      orders.remove(Self.key(order.venue, order.userRefNum))
    } else {
      orders[slot: slot] = order
    }
  }

  private func record(of order: OpenOrder, _ kind: OrderRecord.Kind, _ nanoseconds: UInt64) -> OrderRecord {
    var record = OrderRecord()
    record.captureNanoseconds = nanoseconds
    record.symbol = order.symbol
    record.opportunity = order.opportunity
    record.price = order.price
    record.userRefNum = order.userRefNum
    record.kind = kind
    record.shard = shard
    record.venue = order.venue
    record.side = order.sideCharacter
    return record
  }

  /// Nil for a price that no order or execution can have.
  private static func nanodollars(price4: UInt64) -> Nanodollars? {
    price4 == 0 || price4 > UInt64(OrderBounds.maximumPrice4) ? nil : Int64(price4) * FixedPoint.perPrice4
  }
}
