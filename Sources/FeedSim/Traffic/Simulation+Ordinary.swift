/// Ordinary traffic: when, on which stock, which message, at what price.
extension Simulation {
  /// Draws when the venue speaks next: bursts of a few messages, some of many, with long and short pauses between.
  func scheduleTraffic(_ venue: Int) {
    if venues[venue].burstLeft > 0 {
      venues[venue].burstLeft -= 1
      venues[venue].nextNanoseconds = now + 80 + random.exponential(mean: UInt64(220))
      return
    }
    let draw = random.below(100)
    let extra = draw < 70 ? 2 : draw < 95 ? 5 : 14
    venues[venue].burstLeft = random.exponential(mean: extra)
    // About 3.9 messages a burst; the pauses are hyper-exponential with the mean that makes the rate come out.
    let pause = venues[venue].intervalNanoseconds * 39 / 10
    let mean = random.below(10) < 6 ? pause / 10 : pause * 47 / 20
    venues[venue].nextNanoseconds = now + 120 + random.exponential(mean: mean)
    venues[venue].burstStock = universe.pick(&random)
  }

  /// One message of ordinary traffic; rarely none, where what was drawn cannot happen.
  func ordinaryTraffic(_ venue: Int) {
    if venues[venue].phase == .quoting {
      quotePreOpen(venue)
      return
    }
    guard let stock = pickStock(venue) else { return }
    let isFull = venues[venue].orders.liveCount > 1_500_000
    switch random.below(100_000) {
    case ..<43_000 where !isFull: addQuote(venue, stock)
    case ..<86_400: deleteSome(venue, stock)
    case ..<94_800: replaceSome(venue, stock)
    case ..<97_550: executeBest(venue, stock, withPrice: false)
    case ..<98_600: cancelSome(venue, stock)
    case ..<99_130: addQuote(venue, stock, isAttributed: true)
    case ..<99_780: hiddenTrade(stock, venue)
    case ..<99_840: executeBest(venue, stock, withPrice: true)
    case ..<99_890: rareMessage(venue, stock)
    default: addQuote(venue, stock)
    }
  }

  private func quotePreOpen(_ venue: Int) {
    if venues[venue].quotesToRebuild > 0 {
      venues[venue].quotesToRebuild -= 1
      if venues[venue].quotesToRebuild == 0 { beginTrading(venue) }
    }
    guard let stock = pickStock(venue) else { return }
    switch random.below(100) {
    case ..<88: addQuote(venue, stock)
    case ..<95: deleteSome(venue, stock)
    default: replaceSome(venue, stock)
    }
  }

  /// A stock no dislocation holds still; within a burst mostly the burst's own.
  private func pickStock(_ venue: Int) -> Int? {
    for _ in 0..<8 {
      let inBurst = venues[venue].burstLeft > 0 && random.chance(partsPerMillion: 600_000)
      let stock = inBurst ? venues[venue].burstStock : universe.pick(&random)
      if !isFrozen(stock, venue) { return stock }
    }
    return nil
  }

  func isFrozen(_ stock: Int, _ venue: Int) -> Bool { universe.stocks[stock].frozenVenues >> UInt8(venue) & 1 == 1 }

  func isTrading(_ stock: Int, _ venue: Int) -> Bool {
    let state = universe.stocks[stock]
    return venues[venue].phase == .trading && state.isTradable && !state.isPaused
      && state.operationalHalts >> UInt8(venue) & 1 == 0
  }

  private func addQuote(_ venue: Int, _ stock: Int, isAttributed: Bool = false) {
    var isBuy = random.below(2) == 0
    if random.chance(partsPerMillion: 25_000) { moveFair(stock, by: random.below(2) == 0 ? 1 : -1) }
    var quote = drawQuote(venue, stock, isBuy: isBuy, mayCross: true)
    if quote == nil {
      isBuy.toggle()
      quote = drawQuote(venue, stock, isBuy: isBuy, mayCross: false)
    }
    guard let quote else { return }
    let slot = add(
      venue, stock: stock, isBuy: isBuy, shares: drawShares(), ticks: quote.ticks, isAttributed: isAttributed)
    if quote.isCrossing {
      // Whoever crosses another venue notices soon.
      let life = 5_000 + random.exponential(mean: UInt64(300_000))
      schedule.add(
        .fade(venue: venue, slot: slot, reference: order(venue, slot).orderReferenceNumber), at: now + life)
    }
  }

  func fade(_ venue: Int, _ slot: UInt32, _ reference: UInt64) {
    guard !isClosing, let order = venues[venue].orders.live(slot, reference: reference) else { return }
    if isFrozen(Int(order.stock), venue) {
      schedule.add(.fade(venue: venue, slot: slot, reference: reference), at: now + 1_000_000)
    } else {
      delete(venue, slot)
    }
  }

  private func victim(_ venue: Int, leastShares: UInt32 = 1) -> UInt32? {
    guard let slot = venues[venue].orders.pickByAge(leastShares: leastShares, random: &random) else { return nil }
    return isFrozen(Int(order(venue, slot).stock), venue) ? nil : slot
  }

  private func deleteSome(_ venue: Int, _ stock: Int) {
    guard let slot = victim(venue) else { return addQuote(venue, stock) }
    delete(venue, slot)
  }

  private func cancelSome(_ venue: Int, _ stock: Int) {
    guard let slot = victim(venue, leastShares: 2) else { return addQuote(venue, stock) }
    cancel(venue, slot, shares: 1 + UInt32(random.below(UInt64(order(venue, slot).shares - 1))))
  }

  private func replaceSome(_ venue: Int, _ stock: Int) {
    guard let slot = victim(venue) else { return addQuote(venue, stock) }
    let old = order(venue, slot)
    let shares = random.chance(partsPerMillion: 600_000) ? old.shares : drawShares()
    let quote = drawQuote(venue, Int(old.stock), isBuy: old.isBuy, mayCross: false)
    let tick = UInt32(universe.stocks[Int(old.stock)].tick)
    replace(venue, slot, shares: shares, price4: quote.map { UInt32($0.ticks) * tick } ?? old.price4)
  }

  /// Executes the front order of the side that the fair value has run into.
  private func executeBest(_ venue: Int, _ stock: Int, withPrice: Bool) {
    let book = venues[venue].orders.books[stock]
    guard isTrading(stock, venue), let bid = book.bids.last, let ask = book.asks.last else {
      return addQuote(venue, stock)
    }
    let tick = universe.stocks[stock].tick
    let middle = (Int(bid.price4) + Int(ask.price4)) / tick
    let fair = 2 * universe.stocks[stock].fair
    let hitsBid = fair + 1 < middle ? true : fair - 1 > middle ? false : random.below(2) == 0
    let level = hitsBid ? bid : ask
    let order = order(venue, level.head)
    let shares =
      order.shares == 1 || random.chance(partsPerMillion: 760_000)
      ? order.shares : 1 + UInt32(random.below(UInt64(order.shares)))
    if withPrice {
      // One tick better for the other side, or the displayed price.
      let better = Int(order.price4) + (hitsBid ? -tick : tick) * random.below(2)
      execute(venue, level.head, shares: shares, atPrice4: UInt32(max(better, tick)))
    } else {
      execute(venue, level.head, shares: shares)
    }
    if level.orderCount == 1 && shares == order.shares && random.chance(partsPerMillion: 550_000) {
      moveFair(stock, by: hitsBid ? -1 : 1)
    }
  }

  private func rareMessage(_ venue: Int, _ stock: Int) {
    switch random.below(100) {
    case ..<35: imbalance(stock, venue, crossType: "H")
    case ..<60: regSHO(stock, venue, action: random.below(2) == 0 ? "1" : "0")
    case ..<70: auctionCollar(stock, venue)
    case ..<85: participant(stock, venue)
    case ..<95 where venue == 1: retailInterest(stock, venue)
    default: brokenTrade(stock, venue)
    }
  }

  func moveFair(_ stock: Int, by ticks: Int) {
    let range = universe.stocks[stock].tickRange
    let fair = universe.stocks[stock].fair + ticks
    universe.stocks[stock].fair = min(max(fair, range.lowerBound + 50), range.upperBound - 50)
  }

  /// Best bid and ask over all venues but `except`, in ticks.
  func consolidated(_ stock: Int, except: Int? = nil) -> (bid: Int?, ask: Int?) {
    let tick = universe.stocks[stock].tick
    var bid: Int?
    var ask: Int?
    for index in venues.indices where index != except {
      if let level = venues[index].orders.books[stock].bids.last {
        bid = max(bid ?? 0, Int(level.price4) / tick)
      }
      if let level = venues[index].orders.books[stock].asks.last {
        ask = min(ask ?? .max, Int(level.price4) / tick)
      }
    }
    return (bid, ask)
  }

  /// A price near the touch: mostly at the quote or a few ticks behind it, sometimes better, rarely far away. It
  /// stays behind the best opposite price of all venues, except where it is meant to cross another venue.
  private func drawQuote(
    _ venue: Int, _ stock: Int, isBuy: Bool, mayCross: Bool
  ) -> (ticks: Int, isCrossing: Bool)? {
    let market = consolidated(stock)
    if let bid = market.bid, let ask = market.ask, bid < ask {
      let fair = universe.stocks[stock].fair
      moveFair(stock, by: min(max(fair, bid - 2), ask + 2) - fair)
    }
    let state = universe.stocks[stock]
    let book = venues[venue].orders.books[stock]
    if mayCross, random.below(600) == 0, state.frozenVenues == 0, venues.count > 1 {
      let others = consolidated(stock, except: venue)
      if let target = isBuy ? others.ask : others.bid {
        let ticks = isBuy ? target + 1 + random.below(2) : target - 1 - random.below(2)
        if state.tickRange.contains(ticks), isBehind(ticks, isBuy, book, state.tick) { return (ticks, true) }
      }
    }
    var ticks = isBuy ? state.fair - state.spread / 2 : state.fair + (state.spread + 1) / 2
    let offset = drawOffset(state, isBuy: isBuy)
    ticks += isBuy ? -offset : offset
    if isBuy, let ask = market.ask { ticks = min(ticks, ask - 1) }
    if !isBuy, let bid = market.bid { ticks = max(ticks, bid + 1) }
    ticks = min(max(ticks, state.tickRange.lowerBound), state.tickRange.upperBound)
    return isBehind(ticks, isBuy, book, state.tick) ? (ticks, false) : nil
  }

  /// True if the price does not meet the venue's own opposite side.
  private func isBehind(_ ticks: Int, _ isBuy: Bool, _ book: SimulatedBook, _ tick: Int) -> Bool {
    if isBuy { return book.asks.last.map { ticks * tick < Int($0.price4) } ?? true }
    return book.bids.last.map { ticks * tick > Int($0.price4) } ?? true
  }

  /// Ticks behind the quote; negative = better.
  private func drawOffset(_ stock: Stock, isBuy: Bool) -> Int {
    switch random.below(1_000) {
    case ..<340: 0
    case ..<450: -random.below(stock.spread / 2 + 1)
    case ..<955: 1 + random.exponential(mean: 1 + stock.scale * 13 / 5_000)
    case ..<997: 15 + random.exponential(mean: stock.scale * 7 / 100)
    default: stock.fair * random.below(isBuy ? 70 : 300) / 100
    }
  }

  /// Mostly one round lot, a quarter odd lots, a few large.
  func drawShares() -> UInt32 {
    let draw = random.below(100)
    let shares =
      switch draw {
      case ..<52: 100
      case ..<78: random.within(1...99)
      case ..<88: 200
      case ..<95: 100 * random.within(3...10)
      case ..<99: random.within(100...999)
      default: 100 * random.within(10...99)
      }
    return UInt32(shares)
  }
}
