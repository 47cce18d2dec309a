/// The simulated day: venues that trade the same stocks, one clock, one merged stream of packets.
///
/// Start here to read the generator: `run` takes the next event in time (a venue's programme or traffic, or a
/// scheduled action) until the wanted number of messages is out, then closes the day. Everything the venues say
/// goes through `say`, `send` and `release`, in this order, to the capture and to the truth.
final class Simulation {
  /// Pre-open: the start of day takes the first part of this time, quoting the last.
  static let openAfterNanoseconds: UInt64 = 2_000_000_000
  static let quotingAfterNanoseconds: UInt64 = 1_300_000_000
  /// Share of traffic by venue.
  static let weights: [UInt64] = [10, 4, 3, 3, 2, 2, 1, 1]

  let options: GeneratorOptions
  let sink: any CaptureSink
  let openNanoseconds: UInt64
  let midnightNanoseconds: UInt64
  var universe: StockUniverse
  var venues: [SimulatedVenue]
  var lines: [[SimulatedLine]]
  var merger = CaptureMerger()
  var schedule = Schedule()
  var truth: ReferenceMarket
  var random: DeterministicRandom
  /// Nanoseconds of the exchange's day.
  var now: UInt64
  var messageCount = 0

  var dislocations: [Dislocation] = []
  var planted: [PlantedDislocation] = []
  /// Message counts at which the next of each kind is due, last first.
  var dislocationsDue: [Int] = []
  var restartsDue: [Int] = []
  var pausesDue: [Int] = []
  var operationalHaltsDue: [Int] = []
  var activePauses = 0
  var activeOperationalHalts = 0
  var pendingRestart: Int?
  var restartsDone = 0
  var pausesLeft = 0
  /// Messages that are still to come for certain: reverts and resumptions.
  var messagesReserved = 0
  var isClosing = false
  private var firstCaptureNanoseconds: UInt64?
  private var lastCaptureNanoseconds: UInt64 = 0
  private var capturedPackets = 0
  private var capturedBytes: UInt64 = 0

  /// - Precondition: `options` passed `validate`.
  init(_ options: GeneratorOptions, sink: any CaptureSink) {
    self.options = options
    self.sink = sink
    random = DeterministicRandom(seed: options.seed, stream: 1)
    var universeRandom = DeterministicRandom(seed: options.seed, stream: 2)
    // Symbols with suffixes only where venues may differ in how they write them.
    universe = StockUniverse(
      count: options.symbolCount, random: &universeRandom,
      suffixes: options.isITCHAlone ? nil : DeterministicRandom(seed: options.seed, stream: 3))
    if !options.isITCHAlone { universe.limitToPriceScales() }
    let stocks = universe.stocks
    venues = (0..<options.venueCount).map { SimulatedVenue(index: $0, stocks: stocks, options: options) }
    lines = (0..<options.venueCount).map { venue in
      (0..<options.lineCount).map { SimulatedLine(venue: venue, line: $0, options: options) }
    }
    truth = ReferenceMarket(
      venueNames: venues.map(\.name), protocols: venues.map(\.feedProtocol),
      fees: (0..<options.venueCount).map(options.takerFee), minimumEdge: options.minimumEdge,
      minimumQuantity: options.minimumQuantity)
    for venue in venues {
      for (stock, listing) in venue.listings.enumerated() {
        truth.alias(String(decoding: listing.symbol, as: UTF8.self), is: stocks[stock].text)
      }
    }
    now = options.start.nanosecondsOfDay
    openNanoseconds = now + Self.openAfterNanoseconds
    midnightNanoseconds = UInt64(options.start.midnightUnixSeconds) * 1_000_000_000
  }

  func run() throws(GeneratorError) -> GeneratorResult {
    for venue in venues.indices { loadStartOfDay(venue) }
    var turn = 0
    var isPlanned = false
    while !isTradingDone || !isPlanned {
      takeNextEvent()
      if !isPlanned && venues.allSatisfy({ $0.phase == .trading }) {
        isPlanned = true
        planIncidents()
      }
      if isPlanned { startDueIncidents() }
      turn += 1
      if turn & 31 == 0 { try release() }
    }
    finishIncidents()
    close()
    try release(everything: true)
    return result()
  }

  /// True when only the reverts under way and the close are missing from the wanted number of messages.
  private var isTradingDone: Bool {
    messageCount + messagesReserved + 3 * venues.count >= options.messageCount && dislocationsDue.isEmpty
      && restartsDue.isEmpty && pendingRestart == nil && venues.allSatisfy { $0.phase == .trading }
  }

  private func takeNextEvent() {
    var venue = 0
    for index in venues.indices where venues[index].nextNanoseconds < venues[venue].nextNanoseconds { venue = index }
    if let due = schedule.nextNanoseconds, due <= venues[venue].nextNanoseconds, let action = schedule.pop() {
      advance(to: due)
      perform(action)
      return
    }
    advance(to: venues[venue].nextNanoseconds)
    if let step = venues[venue].script.popLast() {
      perform(step, venue: venue)
    } else {
      ordinaryTraffic(venue)
      scheduleTraffic(venue)
    }
  }

  /// Moves the clock; packets that waited long enough leave, idle channels beat.
  func advance(to nanoseconds: UInt64) {
    now = max(now, nanoseconds)
    for venue in venues.indices { venues[venue].settle(at: now) { self.send($0, venue: venue) } }
  }

  func perform(_ action: Schedule.Action) {
    switch action {
    case .open(let venue): loadOpening(venue)
    case .improve(let dislocation): improve(dislocation)
    case .revert(let dislocation): revert(dislocation)
    case .resumeQuotation(let stock): resumeQuotation(stock)
    case .resumeTrading(let stock): resumeTrading(stock)
    case .resumeOperation(let venue, let stock): resumeOperation(venue, stock)
    case .fade(let venue, let slot, let reference): fade(venue, slot, reference)
    }
  }

  /// A venue says something, in the messages of its protocol.
  func say(_ venue: Int, _ message: MarketMessage) {
    messageCount += venues[venue].say(message, at: now) { self.send($0, venue: venue) }
  }

  /// Sends what a venue has pending; returns the capture time of line A's last packet, Unix nanoseconds.
  @discardableResult
  func flush(_ venue: Int) -> UInt64 {
    midnightNanoseconds + venues[venue].flush { self.send($0, venue: venue) }
  }

  /// Puts a packet on its lines, each with its own fate.
  func send(_ departure: SimulatedVenue.Departure, venue: Int) {
    let sent = midnightNanoseconds + departure.output.nanoseconds
    for line in lines[venue].indices where line == 0 ? departure.isOnA : departure.isOnB {
      let frame = lines[venue][line].framer.frame(departure.output.payload)
      let arrivals = lines[venue][line].impairment.arrivals(sentAt: sent)
      // The truth sees line A as sent. Where line A delivers exactly that, one entry serves both.
      let isTruthAlone = line == 0 && arrivals.nanoseconds != sent
      if isTruthAlone { merger.push(frame, at: sent, venue: venue, line: line, isCaptured: false, isTruth: true) }
      if let arrival = arrivals.nanoseconds {
        merger.push(
          frame, at: arrival, venue: venue, line: line, isCaptured: true, isTruth: line == 0 && !isTruthAlone)
      }
      if let copy = arrivals.copyNanoseconds {
        merger.push(frame, at: copy, venue: venue, line: line, isCaptured: true, isTruth: false)
      }
    }
  }

  /// Hands on the packets that nothing can precede any more: a packet to come leaves after its first message, and
  /// no message to come is older than the clock or than the oldest one pending.
  private func release(everything: Bool = false) throws(GeneratorError) {
    var watermark = everything ? UInt64.max : midnightNanoseconds + now
    if !everything {
      for venue in venues {
        if let pending = venue.pendingSince { watermark = min(watermark, midnightNanoseconds + pending) }
      }
    }
    while let entry = merger.pop(before: watermark) {
      if entry.isTruth {
        truth.apply(
          entry.frame[UDPFramer.headerLength...], venue: entry.venue, captureNanoseconds: entry.nanoseconds)
      }
      if !entry.isCaptured { continue }
      if firstCaptureNanoseconds == nil { firstCaptureNanoseconds = entry.nanoseconds }
      lastCaptureNanoseconds = entry.nanoseconds
      capturedPackets += 1
      capturedBytes += UInt64(entry.frame.count)
      try sink.write(
        frame: entry.frame, captureNanoseconds: entry.nanoseconds, venue: entry.venue, line: entry.line)
    }
  }

  private func result() -> GeneratorResult {
    let rows = truth.finish(lastCaptureNanoseconds: lastCaptureNanoseconds)
    return GeneratorResult(
      opportunities: GeneratorResult.mark(rows, planted: planted), planted: planted, books: truth.bookRows(),
      venues: venues.indices.map { venue in
        VenueStatistics(
          name: venues[venue].name, feedProtocol: venues[venue].feedProtocol,
          messageCounts: venues[venue].messageCounts,
          dataPackets: venues[venue].dataPacketCount, sessions: venues[venue].sessionNumber,
          liveOrders: venues[venue].orders.liveCount, lines: lines[venue].map { $0.impairment.statistics })
      },
      messageCount: messageCount, capturedPackets: capturedPackets, capturedBytes: capturedBytes,
      firstCaptureNanoseconds: firstCaptureNanoseconds ?? 0, lastCaptureNanoseconds: lastCaptureNanoseconds)
  }
}
