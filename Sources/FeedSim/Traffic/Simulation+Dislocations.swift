/// Planted dislocations: one venue's quotes move across another's by a chosen edge, and back after a chosen time.
extension Simulation {
  /// Most orders that may stand in the way; their moves and the quotes fit into one packet.
  private func movedMax(_ venue: Int) -> Int {
    // There a move is two messages.
    venues[venue].feedProtocol == .memxDepth ? 16 : 24
  }

  /// Looks for a stock and two venues where a dislocation is possible now, and begins it. False = not now.
  func plant() -> Bool {
    for _ in 0..<16 {
      let stock = universe.pick(&random)
      let quoteVenue = random.below(venues.count)
      let otherVenue = (quoteVenue + 1 + random.below(venues.count - 1)) % venues.count
      let isBid = random.below(2) == 0
      let extra = universe.stocks[stock].tick == 1 ? 400_000 : 8_000_000
      let wanted = options.minimumEdge + min(Int64(random.exponential(mean: extra)), Int64(extra) * 8)
      let quiet = universe.stocks[stock].frozenVenues == 0 && pendingRestart == nil
      if quiet, isTrading(stock, quoteVenue), isTrading(stock, otherVenue),
        begin(stock, quoteVenue, otherVenue, isBid: isBid, wanted: wanted)
      {
        return true
      }
    }
    return false
  }

  private func begin(_ stock: Int, _ quoteVenue: Int, _ otherVenue: Int, isBid: Bool, wanted: Int64) -> Bool {
    let state = universe.stocks[stock]
    let least = UInt32(options.minimumQuantity)
    let other = venues[otherVenue].orders.books[stock]
    let own = venues[quoteVenue].orders.books[stock]
    // The price to cross: the other venue's best, or where its best would be.
    let behind = other.best(buy: isBid).map { Int($0.price4) / state.tick }
    var crossed = isBid ? state.fair + state.spread : state.fair - state.spread
    if let best = other.best(buy: !isBid) {
      crossed = Int(best.price4) / state.tick
    } else if let behind {
      crossed = isBid ? max(crossed, behind + 1) : min(crossed, behind - 1)
    }
    if let best = own.best(buy: isBid) {
      let ticks = Int(best.price4) / state.tick
      if isBid ? ticks > crossed : ticks < crossed { return false }
    }
    guard let ticks = crossingTicks(stock, quoteVenue, otherVenue, isBid: isBid, crossed: crossed, wanted: wanted),
      state.tickRange.contains(crossed), state.tickRange.contains(isBid ? ticks + 5 : ticks - 5),
      let inTheWay = venues[quoteVenue].orders.slots(
        stock: stock, buy: !isBid, atOrBetterThan: UInt32((isBid ? ticks + 1 : ticks - 1) * state.tick),
        maximum: movedMax(quoteVenue))
    else { return false }

    universe.stocks[stock].frozenVenues |= 1 << UInt8(quoteVenue) | 1 << UInt8(otherVenue)
    var dislocation = Dislocation(
      stock: stock, quoteVenue: quoteVenue, otherVenue: otherVenue, isBid: isBid, ticks: ticks,
      planted: PlantedDislocation(
        symbol: state.text, buyVenue: venues[isBid ? otherVenue : quoteVenue].name,
        sellVenue: venues[isBid ? quoteVenue : otherVenue].name, beginNanoseconds: 0, endNanoseconds: 0,
        edge: edge(stock, quoteVenue, otherVenue, isBid: isBid, crossed: crossed, ticks: ticks), quantity: 0))
    var available = other.best(buy: !isBid)?.shares ?? 0
    if available < UInt64(least) || other.best(buy: !isBid) == nil {
      let lent = max(least, 100)
      dislocation.lent = add(otherVenue, stock: stock, isBuy: !isBid, shares: lent, ticks: crossed)
      available += UInt64(lent)
    }
    // What both venues said before must be out and seen: an edge that just went must be gone first, and the
    // dislocation must not wait for a later packet of the other venue.
    flush(quoteVenue)
    flush(otherVenue)
    advance(to: now + 3_000)
    for slot in inTheWay {
      let order = order(quoteVenue, slot)
      let away = (isBid ? ticks + 2 + random.below(3) : ticks - 2 - random.below(3)) * state.tick
      let moved = replace(quoteVenue, slot, shares: order.shares, price4: UInt32(away))
      dislocation.moved.append((moved, order.price4))
    }
    let shares = max(least, drawShares())
    dislocation.quotes.append(add(quoteVenue, stock: stock, isBuy: isBid, shares: shares, ticks: ticks))
    if random.below(2) == 0 {
      let second = isBid ? ticks - 1 : ticks + 1
      dislocation.quotes.append(add(quoteVenue, stock: stock, isBuy: isBid, shares: drawShares(), ticks: second))
    }
    dislocation.planted.beginNanoseconds = flush(quoteVenue)
    dislocation.planted.quantity = Int(min(available, UInt64(shares)))
    scheduleEnd(&dislocation)
    dislocations.append(dislocation)
    return true
  }

  /// Lives are spread evenly over powers of two from 10 µs to 50 ms, or to a tenth of a short capture's trading.
  private func scheduleEnd(_ dislocation: inout Dislocation) {
    let octave = random.below(13)
    let longest = min(UInt64(50_000_000), incidentNanosecondsMax)
    let life = min(longest, (10_000 << octave) + random.below(UInt64(10_000 << octave)))
    dislocation.messagesReserved =
      dislocation.quotes.count + dislocation.moved.count + (dislocation.lent == nil ? 0 : 1)
    if life > 200_000 && random.below(2) == 0 {
      dislocation.messagesReserved += 2
      schedule.add(.improve(dislocation: dislocations.count), at: now + life * UInt64(30 + random.below(30)) / 100)
    }
    messagesReserved += dislocation.messagesReserved
    schedule.add(.revert(dislocation: dislocations.count), at: now + life)
  }

  /// One tick more, so that the peak comes after the beginning.
  func improve(_ index: Int) {
    let dislocation = dislocations[index]
    let better = dislocation.isBid ? dislocation.ticks + 1 : dislocation.ticks - 1
    let slot = add(
      dislocation.quoteVenue, stock: dislocation.stock, isBuy: dislocation.isBid, shares: drawShares(), ticks: better)
    flush(dislocation.quoteVenue)
    dislocations[index].quotes.append(slot)
    dislocations[index].messagesReserved -= 1
    messagesReserved -= 1
  }

  func revert(_ index: Int) {
    let dislocation = dislocations[index]
    let venue = dislocation.quoteVenue
    // Into one packet, which a pending one might be too full for.
    flush(venue)
    for slot in dislocation.quotes { delete(venue, slot) }
    for (slot, price4) in dislocation.moved {
      replace(venue, slot, shares: order(venue, slot).shares, price4: price4)
    }
    dislocations[index].planted.endNanoseconds = flush(venue)
    if let lent = dislocation.lent {
      // Not before the quotes are seen to be gone, so that they are what ends the opportunity.
      advance(to: now + 3_000)
      delete(dislocation.otherVenue, lent)
    }
    universe.stocks[dislocation.stock].frozenVenues = 0
    dislocations[index].isActive = false
    messagesReserved -= dislocation.messagesReserved
    planted.append(dislocations[index].planted)
  }

  /// The price nearest to the crossed one that has the wanted edge, or nil where it is absurdly far.
  private func crossingTicks(
    _ stock: Int, _ quoteVenue: Int, _ otherVenue: Int, isBid: Bool, crossed: Int, wanted: Int64
  ) -> Int? {
    var ticks = crossed
    for _ in 0..<2_000 {
      ticks += isBid ? 1 : -1
      if ticks < 1 { return nil }
      let edge = edge(stock, quoteVenue, otherVenue, isBid: isBid, crossed: crossed, ticks: ticks)
      if edge >= wanted { return ticks }
    }
    return nil
  }

  /// Edge per share after both taker fees, nanodollars.
  private func edge(
    _ stock: Int, _ quoteVenue: Int, _ otherVenue: Int, isBid: Bool, crossed: Int, ticks: Int
  ) -> Int64 {
    let tick = Int64(universe.stocks[stock].tick) * 100_000
    let quote = Int64(ticks) * tick
    let other = Int64(crossed) * tick
    let fees = options.takerFee(venue: quoteVenue).perShare(at: quote)
      + options.takerFee(venue: otherVenue).perShare(at: other)
    return (isBid ? quote - other : other - quote) - fees
  }
}
