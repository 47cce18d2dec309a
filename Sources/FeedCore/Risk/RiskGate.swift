/// Decides whether an order pair may leave, and keeps what the decision rests on: positions, open orders, tokens,
/// recent orders, the kill switch.
///
/// It fails closed: whatever is unknown (an instrument, its symbol, a book, a reference price) refuses. A pair is
/// admitted only if both legs are; a refused pair consumes nothing and is counted once, for the first check that
/// failed, the buy leg's checks before the sell leg's. The sell leg is checked as if the buy leg were already open.
struct RiskGate {
  let limits: ShardLimits
  let venueCount: Int
  var positions: PositionTable
  private(set) var refusals = RefusalCounters()
  private(set) var isKillSwitchEngaged: Bool
  /// False: every pair is refused.
  var isArmed = true
  private var tokens: TokenBucket
  private var recentOrders: RecentOrders
  /// Bit per venue whose replies contradicted our order state.
  private var unsynchronizedVenues: UInt8 = 0

  /// - Parameters:
  ///   - venueCount: 1 ... 8.
  ///   - groupCapacity: symbols; a greater group index is refused as `capacity`.
  init(limits: ShardLimits, venueCount: Int, groupCapacity: Int) {
    precondition((1...OrderBounds.maximumVenueCount).contains(venueCount), "a shard has 1 to 8 venues")
    self.limits = limits
    self.venueCount = venueCount
    positions = PositionTable(groupCapacity: groupCapacity)
    isKillSwitchEngaged = limits.killSwitch
    tokens = TokenBucket(tokensPerSecond: limits.ordersPerSecond, burst: limits.orderBurst)
    recentOrders = RecentOrders(
      windowNanoseconds: limits.duplicateWindowNanoseconds, capacity: RecentOrders.capacity(for: limits))
  }

  func prefaultBeginning() {
    positions.prefaultBeginning()
    recentOrders.prefaultBeginning()
  }

  /// Asks for what admitting a pair touches, whatever its symbol.
  @inline(__always)
  func prefetchNext() { recentOrders.prefetchNext() }

  @inline(__always)
  func prefetchPosition(of group: GroupIndex) { positions.prefetch(group) }

  /// Asks for where a pair's orders would stand if they were repeated.
  @inline(__always)
  func prefetch(_ pair: OrderPairIntent) {
    recentOrders.prefetch(RecentOrders.Key(pair.buy))
    recentOrders.prefetch(RecentOrders.Key(pair.sell))
  }

  /// From now on every pair is refused.
  mutating func engageKillSwitch() { isKillSwitchEngaged = true }

  /// From now on every pair with a leg at `venue` is refused: our order state there cannot be trusted.
  mutating func distrust(_ venue: VenueIndex) {
    if venue < 8 { unsynchronizedVenues |= 1 << venue }
  }

  /// Decides, and books the pair as open when it is admitted.
  ///
  /// - Parameters:
  ///   - nanoseconds: capture time.
  ///   - hasRoom: whether two more orders can be numbered and followed to their end.
  mutating func admit(
    _ pair: OrderPairIntent, at nanoseconds: UInt64, hasRoom: Bool, view: some MarketView
  ) -> PairDecision {
    if let killAt = limits.killAtNanoseconds, nanoseconds >= killAt { isKillSwitchEngaged = true }
    tokens.refill(at: nanoseconds)
    recentOrders.expire(at: nanoseconds)

    if !limits.ordersEnabled { return refuse(.ordersDisabled, pair.buy) }
    if isKillSwitchEngaged { return refuse(.killSwitch, pair.buy) }
    if !isArmed { return refuse(.disarmed, pair.buy) }
    if !hasRoom || !recentOrders.hasRoom(for: 2) { return refuse(.capacity, pair.buy) }

    let buy: AdmittedOrder
    var position = Position()
    var grossExposure = positions.grossExposure
    switch check(pair.buy, nil, grossExposure: grossExposure, tokensNeeded: 1, view: view) {
    case .refused(let reason): return refuse(reason, pair.buy)
    case .passed(let order, let newPosition, let newGrossExposure):
      (buy, position, grossExposure) = (order, newPosition, newGrossExposure)
    }
    let sell: AdmittedOrder
    let held = pair.sell.group == pair.buy.group ? position : nil
    switch check(pair.sell, held, grossExposure: grossExposure, tokensNeeded: 2, view: view) {
    case .refused(let reason): return refuse(reason, pair.sell)
    case .passed(let order, _, _): sell = order
    }
    if RecentOrders.Key(pair.buy) == RecentOrders.Key(pair.sell) { return refuse(.duplicateOrder, pair.sell) }

    _ = tokens.take(2)
    book(buy, at: nanoseconds)
    book(sell, at: nanoseconds)
    return .admitted(buy: buy, sell: sell)
  }

  private mutating func book(_ order: AdmittedOrder, at nanoseconds: UInt64) {
    let intent = order.intent
    recentOrders.remember(RecentOrders.Key(intent), at: nanoseconds)
    positions.update(intent.group) {
      $0.symbol = order.symbol
      $0.reserve(intent.side, quantity: intent.quantity, price: order.price)
    }
  }

  @inline(never)
  private mutating func refuse(_ reason: RefusalReason, _ leg: OrderIntent) -> PairDecision {
    refusals.count(reason)
    return .refused(reason, leg: leg)
  }
}

extension RiskGate {
  private enum LegCheck: BitwiseCopyable {
    case refused(RefusalReason)
    /// The position and the gross exposure are those with this order open.
    case passed(AdmittedOrder, Position, grossExposure: Int128)
  }

  /// All checks of one leg. Changes nothing.
  ///
  /// - Parameters:
  ///   - trial: the position to judge by; nil = the one in the table.
  ///   - tokensNeeded: by this leg and those before it.
  private func check(
    _ intent: OrderIntent, _ trial: Position?, grossExposure: Int128, tokensNeeded: UInt64, view: some MarketView
  ) -> LegCheck {
    // What the view may be asked comes first: an index out of range must not reach it.
    if Int(intent.venue) >= venueCount { return .refused(.unknownInstrument) }
    if Int(intent.group) >= positions.groupCapacity { return .refused(.capacity) }
    let instrument = view.instrument(of: intent.group, at: intent.venue)
    let symbol = view.symbol(of: intent.group)
    if instrument == .none || symbol == .unknown { return .refused(.unknownInstrument) }
    // An order carries the venue's own text, in a field of eight characters.
    let venueSymbol = view.venueSymbol(of: instrument)
    if venueSymbol == .unknown || !venueSymbol.isShort { return .refused(.unknownInstrument) }
    if unsynchronizedVenues & (1 << intent.venue) != 0 { return .refused(.sessionUnsynchronized) }
    if intent.quantity == 0 || intent.quantity > limits.maximumOrderQuantity { return .refused(.orderQuantity) }

    let (price, overflowed) = Int64(intent.limitPrice).multipliedReportingOverflow(by: view.multiplier(of: instrument))
    let price4 = price / FixedPoint.perPrice4
    if overflowed || price <= 0 || price % FixedPoint.perPrice4 != 0 || price4 > OrderBounds.maximumPrice4 {
      return .refused(.orderPrice)
    }
    // A purchase may meet any price up to its limit, and no order message can tell one of 0 or below.
    if intent.side == .buy {
      let top = view.top(of: instrument)
      if top.askQuantity > 0, top.askPrice <= 0 { return .refused(.orderPrice) }
    }
    if limits.marketHoursOnly && !view.isMarketOpen(intent.venue) { return .refused(.marketClosed) }
    switch view.state(of: instrument) {
    case .ok: break
    case .halted: return .refused(.halted)
    case .silent, .lateStart, .gap, .untrusted: return .refused(.bookNotOk)
    }
    if let reason = checkCollar(intent, price: price, view: view) { return .refused(reason) }

    let position = trial ?? positions.position(of: intent.group)
    let side = sideCharacter(intent, position)
    if side == UInt8(ascii: "T") && view.isShortSaleRestricted(instrument) {
      let top = view.top(of: instrument)
      if top.bidQuantity > 0 && intent.limitPrice <= top.bidPrice { return .refused(.shortSaleRestricted) }
    }
    var after = position
    after.reserve(intent.side, quantity: intent.quantity, price: price)
    let grossAfter = grossExposure - position.exposure + after.exposure
    if let reason = checkExposure(intent, price: price, after: after, grossAfter: grossAfter) {
      return .refused(reason)
    }
    if recentOrders.contains(RecentOrders.Key(intent)) { return .refused(.duplicateOrder) }
    if tokens.available < tokensNeeded { return .refused(.orderRate) }
    let order = AdmittedOrder(
      intent: intent, symbol: symbol, venueSymbol: venueSymbol, price: price, price4: UInt64(price4),
      sideCharacter: side)
    return .passed(order, after, grossExposure: grossAfter)
  }

  /// A buy may pay at most the consolidated best ask and the collar's share of it more, a sale must get at least the
  /// consolidated best bid less that share. The share is of what a best price is away from 0: spreads and options have
  /// prices at 0 and below. Exact: both sides of the comparison are multiplied by a million.
  private func checkCollar(_ intent: OrderIntent, price: Nanodollars, view: some MarketView) -> RefusalReason? {
    let best = view.consolidatedBest(of: intent.group)
    let scaled = Int128(price) * 1_000_000
    let collar = Int128(limits.collarPartsPerMillion)
    switch intent.side {
    case .buy:
      guard let ask = best.ask else { return .noReference }
      return scaled > Int128(ask) * 1_000_000 + Int128(ask.magnitude) * collar ? .priceCollar : nil
    case .sell:
      guard let bid = best.bid else { return .noReference }
      return scaled < Int128(bid) * 1_000_000 - Int128(bid.magnitude) * collar ? .priceCollar : nil
    }
  }

  /// Open orders count as filled: on their own side for the position limit, on both for the exposures.
  private func checkExposure(
    _ intent: OrderIntent, price: Nanodollars, after: Position, grossAfter: Int128
  ) -> RefusalReason? {
    if Int128(price) * Int128(intent.quantity) > Int128(limits.maximumOrderNotional) { return .orderNotional }
    let worst =
      switch intent.side {
      case .buy: Int128(after.shares) + Int128(after.openBuy)
      case .sell: Int128(after.openSell) - Int128(after.shares)
      }
    if worst > Int128(limits.maximumPosition) { return .positionLimit }
    if after.exposure > Int128(limits.maximumSymbolExposure) { return .symbolExposure }
    if grossAfter > Int128(limits.maximumGrossExposure) { return .grossExposure }
    return nil
  }

  /// "B"; "S" when the shares held and not yet offered cover the whole sale; else "T", short.
  private func sideCharacter(_ intent: OrderIntent, _ position: Position) -> UInt8 {
    switch intent.side {
    case .buy: return UInt8(ascii: "B")
    case .sell:
      let isCovered = Int128(position.shares) - Int128(position.openSell) >= Int128(intent.quantity)
      return isCovered ? UInt8(ascii: "S") : UInt8(ascii: "T")
    }
  }

  /// The OUCH side character an order would carry now: for the record of a refused one.
  func sideCharacter(_ intent: OrderIntent) -> UInt8 {
    let isKnown = Int(intent.group) < positions.groupCapacity
    return sideCharacter(intent, isKnown ? positions.position(of: intent.group) : Position())
  }
}
