/// The fixed parts of the day: start of day, open, restart, close. TotalView-ITCH 5.0, "System Event Codes".
extension Simulation {
  /// Symbols whose auction is shown, at most.
  private var auctionCount: Int { min(options.symbolCount, max(4, options.messageCount / 500)) }

  func loadStartOfDay(_ venue: Int) {
    var steps = startOfDaySteps(venue)
    let participants = venues[venue].feedProtocol != .itch50 ?
      0 : min(options.symbolCount * 2, options.messageCount / (100 * venues.count))
    for number in 0..<participants { steps.append(.participant(number * options.symbolCount / participants)) }
    steps += [.declineLevels, .systemEvent(UInt8(ascii: "S"))]
    steps += [.waitUntil(options.start.nanosecondsOfDay + Self.quotingAfterNanoseconds), .beginQuoting]
    venues[venue].script = steps.reversed()
    let startOfDay = venues.count * (steps.count + 10)
    let quotes = min(100_000, max(0, options.messageCount - startOfDay) / 12)
    let share = max(1, UInt64(quotes) * Self.weights[venue] / totalWeight)
    venues[venue].intervalNanoseconds =
      (Self.openAfterNanoseconds - Self.quotingAfterNanoseconds - 50_000_000) / share
    schedule.add(.open(venue: venue), at: openNanoseconds - 40_000_000)
  }

  var totalWeight: UInt64 { Self.weights[..<venues.count].reduce(0, +) }

  private func startOfDaySteps(_ venue: Int) -> [ScriptStep] {
    var steps = [ScriptStep.systemEvent(UInt8(ascii: "O"))]
    let stocks = universe.stocks.indices
    steps += stocks.map { .directory($0) }
    steps += stocks.filter { universe.stocks[$0].isTradable }.map { .tradingAction($0) }
    // PITCH has no directory; its stocks are named by their status, in which the short-sale restriction stands, too.
    if venues[venue].feedProtocol == .pitch {
      return steps + stocks.filter { !universe.stocks[$0].isTradable }.map { .neverTrades($0) }
    }
    // XDP tells restrictions only where there are any, in the course of the day.
    if venues[venue].feedProtocol == .nyseIntegrated { return steps }
    return steps + stocks.map { .regSHO($0) }
  }

  /// Stocks whose core session begins one by one (XDP); elsewhere a system event opens the venue.
  private func coreSessionSteps(_ venue: Int) -> [ScriptStep] {
    guard venues[venue].feedProtocol == .nyseIntegrated else { return [] }
    return universe.stocks.indices.filter { universe.stocks[$0].isTradable }.map { .coreSession($0) }
  }

  func loadOpening(_ venue: Int) {
    var steps: [ScriptStep] = []
    // Auctions happen where stocks are listed; the other venues just open.
    if venue == 0 { steps += universe.byRank.prefix(auctionCount).map { .imbalance($0) } }
    steps += [.waitUntil(openNanoseconds), .systemEvent(UInt8(ascii: "Q"))] + coreSessionSteps(venue)
    if venue == 0 { steps += universe.byRank.prefix(auctionCount).map { .openingCross($0) } }
    steps.append(.beginTrading)
    venues[venue].script = steps.reversed()
    venues[venue].nextNanoseconds = now
    venues[venue].phase = .closed
  }

  /// Ends the venue's session and starts the next: new name, numbers from 1, the whole start of day, empty books.
  func restart(_ venue: Int) {
    venues[venue].endOfSession(at: now + 20_000) { self.send($0, venue: venue) }
    venues[venue].restart()
    var steps = startOfDaySteps(venue)
    steps += [.declineLevels, .systemEvent(UInt8(ascii: "S")), .systemEvent(UInt8(ascii: "Q")), .beginQuoting]
    venues[venue].script = steps.reversed()
    venues[venue].quotesToRebuild = min(options.symbolCount * 3, max(10, options.messageCount / 40))
    venues[venue].intervalNanoseconds = 400
    venues[venue].nextNanoseconds = now + 2_000_000
    restartsDone += 1
  }

  func perform(_ step: ScriptStep, venue: Int) {
    venues[venue].nextNanoseconds = now + 300 + random.below(UInt64(2_000))
    switch step {
    case .systemEvent(let code): say(venue, .systemEvent(code))
    case .directory(let stock): say(venue, .directory(stock: stock, universe.stocks[stock]))
    case .neverTrades(let stock): say(venue, .neverTrades(stock: stock))
    case .coreSession(let stock): say(venue, .coreSession(stock: stock))
    case .tradingAction(let stock):
      tradingAction(
        stock, venue, state: universe.stocks[stock].isPaused ? "P" : "T",
        reason: universe.stocks[stock].isPaused ? "LUDP" : "    ")
    case .regSHO(let stock):
      regSHO(stock, venue, action: random.chance(partsPerMillion: 30_000) ? "2" : "0")
    case .participant(let stock): participant(stock, venue)
    case .declineLevels: say(venue, .declineLevels)
    case .imbalance(let stock): imbalance(stock, venue, crossType: "O")
    case .openingCross(let stock): cross(stock, venue, crossType: "O")
    case .waitUntil(let nanoseconds):
      venues[venue].nextNanoseconds = max(now, nanoseconds + random.below(20_000 as UInt64))
    case .beginQuoting: venues[venue].phase = .quoting
    case .beginTrading: beginTrading(venue)
    }
  }

  func beginTrading(_ venue: Int) {
    venues[venue].phase = .trading
    venues[venue].burstLeft = 0
    venues[venue].intervalNanoseconds =
      max(1, options.intervalNanoseconds * totalWeight / Self.weights[venue])
  }

  /// Close of the market, end of system hours, last message, end of session, with idle seconds between.
  func close() {
    isClosing = true
    advance(to: now + 200_000)
    for code in ["M", "E", "C"] as [Unicode.Scalar] {
      for venue in venues.indices {
        advance(to: now + 1_000)
        say(venue, .systemEvent(UInt8(ascii: code)))
      }
      if code != "C" { advance(to: now + 1_300_000_000) }
    }
    advance(to: now + 100_000)
    for seconds in [0, 1] as [UInt64] {
      for venue in venues.indices {
        venues[venue].endOfSession(at: now + seconds * 1_000_000_000) { self.send($0, venue: venue) }
      }
    }
  }
}
