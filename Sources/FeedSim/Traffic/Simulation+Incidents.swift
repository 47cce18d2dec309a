/// Incidents of the day, due at counts of messages: dislocations, restarts, pauses, operational halts.
extension Simulation {
  /// Spreads the incidents over the trading that is left. Called once, when all venues trade.
  func planIncidents() {
    let span = max(1, options.messageCount - messageCount - 3 * venues.count)
    let from = messageCount
    /// Times spread evenly over the first 93 % of trading, each drawn within its own part.
    func spread(_ count: Int) -> [Int] {
      (0..<count).map { index in from + (span * 93 / 100 * index + random.below(span * 93 / 100)) / count }.reversed()
    }
    dislocationsDue = spread(options.dislocationCount)
    restartsDue = (0..<options.restartCount).map { from + span * ($0 + 1) / (options.restartCount + 1) }.reversed()
    let incidents = options.symbolCount < 3 || options.messageCount < 5_000
      ? 0 : min(100, 1 + options.messageCount / 150_000)
    pausesDue = spread(incidents)
    pausesLeft = incidents
    operationalHaltsDue = spread(incidents)
  }

  /// A tenth of the time that trading is to take, at least 20 µs: no incident of a short capture lasts longer, or the
  /// restarts and dislocations that wait for its end would stretch the capture.
  var incidentNanosecondsMax: UInt64 {
    max(20_000, UInt64(options.messageCount) * options.intervalNanoseconds / 10)
  }

  /// Starts what is due and possible; what is not possible now is tried again at the next event.
  func startDueIncidents() {
    if let due = restartsDue.last, due <= messageCount, pendingRestart == nil {
      restartsDue.removeLast()
      pendingRestart = restartsDone % venues.count
    }
    if let venue = pendingRestart, canRestart(venue) {
      pendingRestart = nil
      restart(venue)
    }
    if let due = dislocationsDue.last, due <= messageCount, plant() { dislocationsDue.removeLast() }
    if let due = pausesDue.last, due <= messageCount, pause() { pausesDue.removeLast() }
    if let due = operationalHaltsDue.last, due <= messageCount, haltOperation() { operationalHaltsDue.removeLast() }
  }

  /// Trading is over: what is under way ends at its own time, and nothing begins.
  func finishIncidents() {
    isClosing = true
    while let due = schedule.nextNanoseconds, let action = schedule.pop() {
      if case .fade = action { continue }
      advance(to: due)
      perform(action)
    }
  }

  private func canRestart(_ venue: Int) -> Bool {
    venues.allSatisfy { $0.phase == .trading } && activePauses == 0 && activeOperationalHalts == 0
      && !dislocations.contains { $0.isActive && ($0.quoteVenue == venue || $0.otherVenue == venue) }
  }

  /// A stock that trades everywhere and that nothing else holds.
  private func pickQuietStock() -> Int? {
    guard pendingRestart == nil, venues.allSatisfy({ $0.phase == .trading }) else { return nil }
    let stock = universe.pick(&random)
    let state = universe.stocks[stock]
    return state.isTradable && !state.isPaused && state.operationalHalts == 0 && state.frozenVenues == 0 ? stock : nil
  }

  /// A limit-up-limit-down pause: all venues, 1 to 20 ms, then quotation only, then a cross where it is listed. The
  /// last pause of the day is not lifted, where there are stocks enough to spare one.
  private func pause() -> Bool {
    guard let stock = pickQuietStock() else { return false }
    universe.stocks[stock].isPaused = true
    for venue in venues.indices {
      advance(to: now + 400)
      tradingAction(stock, venue, state: "P", reason: "LUDP")
    }
    auctionCollar(stock, 0)
    pausesLeft -= 1
    if pausesLeft == 0 && options.symbolCount >= 10 {
      universe.stocks[stock].staysPaused = true
      return true
    }
    activePauses += 1
    messagesReserved += 2 * venues.count + 2
    let resume = now + min(1_000_000 + random.below(UInt64(19_000_000)), incidentNanosecondsMax)
    schedule.add(.resumeQuotation(stock: stock), at: resume)
    schedule.add(.resumeTrading(stock: stock), at: resume + 300_000)
    return true
  }

  func resumeQuotation(_ stock: Int) {
    for venue in venues.indices {
      advance(to: now + 400)
      tradingAction(stock, venue, state: "Q", reason: "T7  ")
    }
    imbalance(stock, 0, crossType: "H")
    messagesReserved -= venues.count + 1
  }

  func resumeTrading(_ stock: Int) {
    cross(stock, 0, crossType: "H")
    for venue in venues.indices {
      advance(to: now + 400)
      tradingAction(stock, venue, state: "T", reason: "    ")
    }
    universe.stocks[stock].isPaused = false
    activePauses -= 1
    messagesReserved -= venues.count + 1
  }

  /// An operational halt of one stock at one venue, 0.5 to 10 ms.
  private func haltOperation() -> Bool {
    guard let stock = pickQuietStock() else { return false }
    let venue = random.below(venues.count)
    universe.stocks[stock].operationalHalts |= 1 << UInt8(venue)
    operationalHalt(stock, venue, action: "H")
    activeOperationalHalts += 1
    messagesReserved += 1
    let resume = now + min(500_000 + random.below(UInt64(9_500_000)), incidentNanosecondsMax)
    schedule.add(.resumeOperation(venue: venue, stock: stock), at: resume)
    return true
  }

  func resumeOperation(_ venue: Int, _ stock: Int) {
    operationalHalt(stock, venue, action: "T")
    universe.stocks[stock].operationalHalts &= ~(1 << UInt8(venue))
    activeOperationalHalts -= 1
    messagesReserved -= 1
  }
}
