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

  /// From now on every pair is refused.
  mutating func engageKillSwitch() { isKillSwitchEngaged = true }

  /// From now on every pair with a leg at `venue` is refused: our order state there cannot be trusted.
  mutating func distrust(_ venue: VenueIndex) {
    if venue < 8 { unsynchronizedVenues |= 1 << venue }
  }

  /// Decides. Of a pair that may leave, `orders` are the two legs then, and nothing has changed but the tokens' clock:
  /// `book` has to follow before anything else is asked. Nil: it may.
  ///
  /// - Parameters:
  ///   - nanoseconds: capture time.
  ///   - hasRoom: whether two more orders can be numbered and followed to their end.
  ///   - orders: two, the buy leg first.
  mutating func judge(
    _ pair: OrderPairIntent, at nanoseconds: UInt64, hasRoom: Bool, view: some MarketView,
    into orders: UnsafeMutablePointer<AdmittedOrder>
  ) -> PairRefusal? {
    OrderCode.judge.mark()
    let buyKey = RecentOrders.Key(pair.buy)
    let sellKey = RecentOrders.Key(pair.sell)
    recentOrders.prefetch(buyKey)
    recentOrders.prefetch(sellKey)
    if let killAt = limits.killAtNanoseconds, nanoseconds >= killAt { isKillSwitchEngaged = true }
    tokens.refill(at: nanoseconds)

    if unlikely(!limits.ordersEnabled) { return refuse(.ordersDisabled, pair.buy) }
    if unlikely(isKillSwitchEngaged) { return refuse(.killSwitch, pair.buy) }
    if unlikely(!isArmed) { return refuse(.disarmed, pair.buy) }
    if unlikely(!hasRoom || !recentOrders.makeRoom(for: 2, at: nanoseconds)) { return refuse(.capacity, pair.buy) }

    var trial = Trial(grossExposure: positions.grossExposure)
    if let reason = check(pair.buy, buyKey, &trial, tokensNeeded: 1, at: nanoseconds, view: view, into: orders) {
      return refuse(reason, pair.buy)
    }
    if let reason = check(pair.sell, sellKey, &trial, tokensNeeded: 2, at: nanoseconds, view: view, into: orders + 1) {
      return refuse(reason, pair.sell)
    }
    if unlikely(buyKey == sellKey) { return refuse(.duplicateOrder, pair.sell) }
    return nil
  }

  /// Books the pair that was just admitted: tokens taken, open shares reserved, both orders remembered.
  mutating func book(_ orders: UnsafeMutablePointer<AdmittedOrder>, at nanoseconds: UInt64) {
    _ = tokens.take(2)
    for leg in 0..<2 {
      let order = orders + leg
      recentOrders.remember(RecentOrders.Key(order.pointee.intent), at: nanoseconds)
      positions.update(order.pointee.intent.group) {
        $0.symbol = order.pointee.symbol
        $0.reserve(order.pointee.intent.side, quantity: order.pointee.intent.quantity, price: order.pointee.price)
      }
    }
  }

  @inline(never)
  private mutating func refuse(_ reason: RefusalReason, _ leg: OrderIntent) -> PairRefusal? {
    refusals.count(reason)
    return PairRefusal(reason: reason, leg: leg)
  }
}

extension RiskGate {
  /// What a pair's legs are judged by: of their symbol as the legs before left it, of all symbols.
  private struct Trial {
    /// Whose the rest is; no symbol's at first.
    var group = GroupIndex.max
    var holding = Holding()
    var exposure: Int128 = 0
    var best = ConsolidatedBest()
    var grossExposure: Int128

    init(grossExposure: Int128) { self.grossExposure = grossExposure }
  }

  /// All checks of one leg. Changes nothing but the trial; where it finds no reason against the leg, `order` is the leg.
  ///
  /// Called, not inlined: with the second leg its code is near. Mutating, although it changes nothing here: else the whole
  /// gate would be copied for `self`.
  ///
  /// - Parameter tokensNeeded: by this leg and those before it.
  @inline(never)
  private mutating func check(
    _ intent: OrderIntent, _ key: RecentOrders.Key, _ trial: inout Trial, tokensNeeded: UInt64,
    at nanoseconds: UInt64, view: some MarketView, into order: UnsafeMutablePointer<AdmittedOrder>
  ) -> RefusalReason? {
    OrderCode.check.mark()
    // What the view may be asked comes first: an index out of range must not reach it.
    if unlikely(Int(intent.venue) >= venueCount) { return .unknownInstrument }
    if unlikely(Int(intent.group) >= positions.groupCapacity) { return .capacity }
    let instrument = view.instrument(of: intent.group, at: intent.venue)
    if unlikely(instrument == .none) { return .unknownInstrument }
    order.pointee.symbol = view.symbol(of: intent.group)
    if unlikely(order.pointee.symbol == .unknown) { return .unknownInstrument }
    // An order carries the venue's own text, in a field of eight characters.
    order.pointee.venueSymbol = view.venueSymbol(of: instrument)
    if unlikely(order.pointee.venueSymbol == .unknown || !order.pointee.venueSymbol.isShort) {
      return .unknownInstrument
    }
    if unlikely(unsynchronizedVenues & (1 << intent.venue) != 0) { return .sessionUnsynchronized }
    if unlikely(intent.quantity == 0 || intent.quantity > limits.maximumOrderQuantity) { return .orderQuantity }

    let (price, overflowed) = Int64(intent.limitPrice).multipliedReportingOverflow(by: view.multiplier(of: instrument))
    let price4 = price / FixedPoint.perPrice4
    if unlikely(
      overflowed || price <= 0 || price4 &* FixedPoint.perPrice4 != price || price4 > OrderBounds.maximumPrice4)
    {
      return .orderPrice
    }
    // A purchase may meet any price up to its limit, and no order message can tell one of 0 or below.
    let isBuy = intent.side == .buy
    if isBuy {
      let top = view.top(of: instrument)
      if unlikely(top.askQuantity > 0 && top.askPrice <= 0) { return .orderPrice }
    }
    if unlikely(limits.marketHoursOnly && !view.isMarketOpen(intent.venue)) { return .marketClosed }
    let state = view.state(of: instrument)
    if unlikely(state != .ok) { return state == .halted ? .halted : .bookNotOk }

    if trial.group != intent.group {
      trial.group = intent.group
      trial.holding = positions.holding(of: intent.group)
      trial.exposure = trial.holding.exposure
      trial.best = view.consolidatedBest(of: intent.group)
    }
    guard let reference = isBuy ? trial.best.ask : trial.best.bid else { return .noReference }
    if unlikely(isBeyondCollar(price, of: reference, isBuy: isBuy)) { return .priceCollar }

    let side = Self.sideCharacter(intent, trial.holding)
    if side == UInt8(ascii: "T"), unlikely(view.isShortSaleRestricted(instrument)) {
      let top = view.top(of: instrument)
      if top.bidQuantity > 0 && intent.limitPrice <= top.bidPrice { return .shortSaleRestricted }
    }
    var after = trial.holding
    after.reserve(intent.side, quantity: intent.quantity, price: price)
    let exposure = after.exposure
    let grossExposure = trial.grossExposure - trial.exposure + exposure
    if let reason = checkExposure(intent, price: price, after, exposure, grossExposure) { return reason }
    if unlikely(recentOrders.contains(key, at: nanoseconds)) { return .duplicateOrder }
    if unlikely(tokens.available < tokensNeeded) { return .orderRate }
    trial.holding = after
    trial.exposure = exposure
    trial.grossExposure = grossExposure
    order.pointee.intent = intent
    order.pointee.price = price
    order.pointee.price4 = UInt64(price4)
    order.pointee.sideCharacter = side
    return nil
  }

  /// A buy may pay at most the consolidated best ask and the collar's share of it more, a sale must get at least the
  /// consolidated best bid less that share. The share is of what a best price is away from 0: spreads and options have
  /// prices at 0 and below. Exact: both sides of the comparison are multiplied by a million.
  @inline(__always)
  private func isBeyondCollar(_ price: Nanodollars, of best: Nanodollars, isBuy: Bool) -> Bool {
    let beyond = isBuy ? Int128(price) - Int128(best) : Int128(best) - Int128(price)
    // Nearly always it is not beyond it at all.
    if likely(beyond <= 0) { return false }
    return beyond * 1_000_000 > Int128(best.magnitude) * Int128(limits.collarPartsPerMillion)
  }

  /// Open orders count as filled: on their own side for the position limit, on both for the exposures.
  ///
  /// - Parameters:
  ///   - after: the symbol's holding with this order open, and its exposure.
  ///   - grossExposure: of all symbols, this order included.
  @inline(__always)
  private func checkExposure(
    _ intent: OrderIntent, price: Nanodollars, _ after: Holding, _ exposure: Int128, _ grossExposure: Int128
  ) -> RefusalReason? {
    if unlikely(Int128(price) * Int128(intent.quantity) > Int128(limits.maximumOrderNotional)) { return .orderNotional }
    let worst =
      intent.side == .buy
      ? Int128(after.shares) + Int128(after.openBuy) : Int128(after.openSell) - Int128(after.shares)
    if unlikely(worst > Int128(limits.maximumPosition)) { return .positionLimit }
    if unlikely(exposure > Int128(limits.maximumSymbolExposure)) { return .symbolExposure }
    if unlikely(grossExposure > Int128(limits.maximumGrossExposure)) { return .grossExposure }
    return nil
  }

  /// "B"; "S" when the shares held and not yet offered cover the whole sale; else "T", short.
  @inline(__always)
  private static func sideCharacter(_ intent: OrderIntent, _ holding: Holding) -> UInt8 {
    if intent.side == .buy { return UInt8(ascii: "B") }
    let isCovered = Int128(holding.shares) - Int128(holding.openSell) >= Int128(intent.quantity)
    return isCovered ? UInt8(ascii: "S") : UInt8(ascii: "T")
  }

  /// The OUCH side character an order would carry now: for the record of a refused one.
  func sideCharacter(_ intent: OrderIntent) -> UInt8 {
    let isKnown = Int(intent.group) < positions.groupCapacity
    return Self.sideCharacter(intent, isKnown ? positions.holding(of: intent.group) : Holding())
  }
}
