import FeedCore

/// One simulated venue: its protocol, its orders, its numbering of stocks and orders, its session and its programme of
/// the day.
struct SimulatedVenue {
  enum Phase {
    /// Only the programme speaks.
    case closed
    /// Before the open, or after a restart: mostly adds.
    case quoting
    case trading
  }

  let index: Int
  let name: String
  let feedProtocol: FeedProtocol
  /// By stock index.
  let listings: [Listing]
  /// Stock locate or other number by stock index; every venue numbers the stocks its own way, from 1.
  let locates: [UInt32]
  var phase = Phase.closed
  var orders: VenueOrders
  /// Quotes still to be added before a restarted venue trades again.
  var quotesToRebuild = 0
  /// The programme, next step last.
  var script: [ScriptStep] = []
  /// When the next message of ordinary traffic or the next step of the programme is due, nanoseconds of the day.
  var nextNanoseconds: UInt64
  /// Mean time between messages of ordinary traffic.
  var intervalNanoseconds: UInt64 = 50_000
  /// Messages left in the burst under way.
  var burstLeft = 0
  var burstStock = 0
  private(set) var nextOrderReference: UInt64
  private(set) var nextMatchNumber: UInt64
  private(set) var lastMessageNanoseconds: UInt64 = 0
  private(set) var sessionNumber = 1
  private(set) var messageCounts = Array(repeating: 0, count: 256)
  private(set) var dataPacketCount = 0
  /// The last trades, for those protocols whose trade breaks repeat them.
  private var recentTrades: [MarketMessage.Trade] = []

  /// Packets of line A, and of line B where it does not cut its own.
  var packetiser: Packetiser
  /// Line B's own, if its framing differs.
  var packetiserB: Packetiser?
  var random: DeterministicRandom
  private var encoder: any MessageEncoder
  private let date: (year: Int, month: Int, day: Int)
  private var encoded: [EncodedMessage] = []

  init(index: Int, stocks: [Stock], options: GeneratorOptions) {
    let stockCount = stocks.count
    self.index = index
    name = options.name(ofVenue: index)
    let feedProtocol = options.feedProtocol(ofVenue: index)
    self.feedProtocol = feedProtocol
    random = DeterministicRandom(seed: options.seed, stream: 100 + UInt64(index))
    var locates = (0..<stockCount).map { UInt32($0 + 1) }
    // Two venues list the same stocks in different orders, as venues with other listings do.
    if index > 0 {
      for i in stride(from: stockCount - 1, to: 0, by: -1) { locates.swapAt(i, random.below(i + 1)) }
      if stockCount > 1 && locates == (0..<stockCount).map({ UInt32($0 + 1) }) { locates.swapAt(0, stockCount - 1) }
    }
    // Symbol indices below and beyond sixteen bits.
    if feedProtocol == .nyseIntegrated { locates = locates.map { 65_000 + 17 * $0 } }
    self.locates = locates
    listings = zip(stocks, locates).map { Self.listing($0, identifier: $1, feedProtocol) }
    orders = VenueOrders(stockCount: stockCount)
    nextNanoseconds = options.start.nanosecondsOfDay + UInt64(index) * 731_003
    nextOrderReference = 1_000 + random.below(4_000 as UInt64)
    nextMatchNumber = 10_000 + random.below(9_000 as UInt64)
    date = StartTime.civil(days: options.start.midnightUnixSeconds / 86_400)
    let midnight = UInt64(options.start.midnightUnixSeconds) * 1_000_000_000
    encoder = Self.encoder(feedProtocol, listings, venue: index, midnightNanoseconds: midnight)
    let format = PacketFormat(
      feedProtocol, stream: Self.stream(of: feedProtocol, venue: index) ?? 0,
      session: Self.session(feedProtocol, venue: index, date: date, number: 1), midnightNanoseconds: midnight)
    packetiser = Packetiser(format, random: DeterministicRandom(seed: options.seed, stream: 200 + UInt64(index)))
    if options.lineBFramesDiffer && options.lineCount == 2 {
      packetiserB = Packetiser(format, random: DeterministicRandom(seed: options.seed, stream: 300 + UInt64(index)))
    }
  }

  private static func encoder(
    _ feedProtocol: FeedProtocol, _ listings: [Listing], venue: Int, midnightNanoseconds: UInt64
  ) -> any MessageEncoder {
    switch feedProtocol {
    case .pitch: PITCHEncoder(listings: listings)
    case .nyseIntegrated: XDPEncoder(listings: listings, midnightNanoseconds: midnightNanoseconds)
    case .memxDepth: MEMXEncoder(listings: listings, midnightNanoseconds: midnightNanoseconds)
    case .deepPlus: DEEPPlusEncoder(listings: listings, midnightNanoseconds: midnightNanoseconds)
    default: ITCHEncoder(listings: listings, venue: venue)
    }
  }

  private static func listing(_ stock: Stock, identifier: UInt32, _ feedProtocol: FeedProtocol) -> Listing {
    switch feedProtocol {
    case .nyseIntegrated, .memxDepth:
      let suffix = stock.suffix.map { " " + $0.cms } ?? ""
      let decimals = feedProtocol == .memxDepth || stock.hasSixDecimals ? 6 : 4
      return Listing(symbol: stock.root + Array(suffix.utf8), identifier: identifier, priceDecimals: decimals)
    default: return Listing(symbol: Array(stock.text.utf8), identifier: identifier, priceDecimals: 4)
    }
  }

  /// What packets call the flow: PITCH unit, IEX channel; nil where they do not.
  static func stream(of feedProtocol: FeedProtocol, venue: Int) -> UInt32? {
    switch feedProtocol {
    case .pitch: UInt32(venue + 1)
    case .deepPlus: 1
    default: nil
    }
  }

  private static func session(
    _ feedProtocol: FeedProtocol, venue: Int, date: (year: Int, month: Int, day: Int), number: Int
  ) -> [UInt8] {
    func two(_ value: Int) -> [UInt8] { [UInt8(48 + value / 10 % 10), UInt8(48 + value % 10)] }
    var session: [UInt8] = []
    switch feedProtocol {
    case .pitch, .nyseIntegrated: break
    case .memxDepth:
      // Four letters and a number that grows.
      session = [UInt8(ascii: "S"), UInt8(ascii: "I"), UInt8(ascii: "M"), UInt8(49 + venue)]
      session.append(bigEndian: UInt32((date.year * 100 + date.month) * 100 + date.day) << 6 + UInt32(number))
    case .deepPlus:
      session.append(littleEndian: UInt32((date.year * 100 + date.month) * 100 + date.day) << 6 + UInt32(number))
    default:
      session = [UInt8(ascii: "V"), UInt8(49 + venue)] + two(date.year) + two(date.month) + two(date.day) + two(number)
    }
    return session
  }

  /// Oldest message that has not left yet, over both packetisers.
  var pendingSince: UInt64? {
    guard let a = packetiser.pendingSince else { return packetiserB?.pendingSince }
    return min(a, packetiserB?.pendingSince ?? a)
  }

  /// A new session: books empty, numbers from 1. Order references go on, so they stay unique for the capture.
  mutating func restart() {
    sessionNumber += 1
    let session = Self.session(feedProtocol, venue: index, date: date, number: sessionNumber)
    packetiser.restart(session: session)
    packetiserB?.restart(session: session)
    encoder.restart()
    orders.removeAll()
    recentTrades = []
    phase = .closed
    burstLeft = 0
  }

  /// References are nearly dense: some numbers go to orders that are never displayed.
  mutating func takeOrderReference() -> UInt64 {
    defer {
      nextOrderReference += random.chance(partsPerMillion: 720_000) ? 1 : 2 + random.below(4 as UInt64)
    }
    return nextOrderReference
  }

  mutating func takeMatchNumber() -> UInt64 {
    defer { nextMatchNumber += 1 }
    return nextMatchNumber
  }

  /// An earlier trade, for a trade break. ITCH names the match number alone, and a stock.
  mutating func pickTrade(stock: Int) -> MarketMessage.Trade? {
    if feedProtocol == .itch50 {
      guard nextMatchNumber >= 20_000 else { return nil }
      let match = nextMatchNumber - 1 - random.below(50 as UInt64)
      return MarketMessage.Trade(stock: stock, match: match, shares: 0, price4: 0)
    }
    return recentTrades.isEmpty ? nil : recentTrades.remove(at: random.below(recentTrades.count))
  }

  private mutating func remember(_ message: MarketMessage) {
    switch message {
    case .execute(let order, let shares, let match, let price):
      recentTrades.append(
        MarketMessage.Trade(
          stock: Int(order.stock), match: match, shares: shares, price4: price?.price4 ?? order.price4))
    case .hiddenTrade(let trade): recentTrades.append(trade)
    default: return
    }
    if recentTrades.count > 50 { recentTrades.removeFirst() }
  }

  /// What becomes of an order whose price and shares change, in this protocol.
  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange {
    encoder.change(of: order, shares: shares, price4: price4)
  }

  /// Hands the messages that say it to the packetisers; full or overdue packets are handed back. Times never go back.
  /// Returns the number of messages: none where the protocol has no word for it.
  mutating func say(_ message: MarketMessage, at nanoseconds: UInt64, _ emit: (Departure) -> Void) -> Int {
    lastMessageNanoseconds = max(lastMessageNanoseconds, nanoseconds)
    encoded.removeAll(keepingCapacity: true)
    encoder.encode(message, at: lastMessageNanoseconds, random: &random, into: &encoded)
    if feedProtocol != .itch50 { remember(message) }
    for message in encoded { put(message, emit) }
    return encoded.count
  }

  private mutating func put(_ message: EncodedMessage, _ emit: (Departure) -> Void) {
    messageCounts[Int(message.type)] += 1
    let length = message.bytes.count
    if message.standsAlone || packetiser.needsFlush(before: length, at: lastMessageNanoseconds) { flushA(emit) }
    packetiser.append(message.bytes, at: lastMessageNanoseconds)
    if packetiserB != nil {
      if message.standsAlone || packetiserB!.needsFlush(before: length, at: lastMessageNanoseconds) { flushB(emit) }
      packetiserB!.append(message.bytes, at: lastMessageNanoseconds)
    }
    if message.standsAlone { flush(emit) }
  }

  /// A packet that leaves the venue: on line A, on line B, or the same one on both.
  struct Departure {
    var output: Packetiser.Output
    var isOnA: Bool
    var isOnB: Bool
  }

  /// Sends what is pending; returns when line A's last packet left.
  @discardableResult
  mutating func flush(_ emit: (Departure) -> Void) -> UInt64 {
    flushA(emit)
    flushB(emit)
    return packetiser.sentNanoseconds
  }

  /// Sends packets that have waited their time, and heartbeats of an idle channel.
  mutating func settle(at nanoseconds: UInt64, _ emit: (Departure) -> Void) {
    if packetiser.isDue(at: nanoseconds) { flushA(emit) }
    if packetiserB?.isDue(at: nanoseconds) ?? false { flushB(emit) }
    while packetiser.pendingSince == nil && packetiser.sentNanoseconds > 0
      && packetiser.sentNanoseconds + 1_000_000_000 < nanoseconds
    {
      let output = packetiser.control(.heartbeat, at: packetiser.sentNanoseconds + 1_000_000_000)
      emit(Departure(output: output, isOnA: true, isOnB: packetiserB == nil))
    }
    while let b = packetiserB, b.pendingSince == nil, b.sentNanoseconds > 0,
      b.sentNanoseconds + 1_000_000_000 < nanoseconds
    {
      let output = packetiserB!.control(.heartbeat, at: b.sentNanoseconds + 1_000_000_000)
      emit(Departure(output: output, isOnA: false, isOnB: true))
    }
  }

  mutating func endOfSession(at nanoseconds: UInt64, _ emit: (Departure) -> Void) {
    flush(emit)
    let output = packetiser.control(.endOfSession, at: nanoseconds)
    emit(Departure(output: output, isOnA: true, isOnB: packetiserB == nil))
    if packetiserB != nil {
      let outputB = packetiserB!.control(.endOfSession, at: nanoseconds)
      emit(Departure(output: outputB, isOnA: false, isOnB: true))
    }
  }

  private mutating func flushA(_ emit: (Departure) -> Void) {
    guard let output = packetiser.flush() else { return }
    dataPacketCount += 1
    emit(Departure(output: output, isOnA: true, isOnB: packetiserB == nil))
  }

  private mutating func flushB(_ emit: (Departure) -> Void) {
    guard let output = packetiserB?.flush() else { return }
    emit(Departure(output: output, isOnA: false, isOnB: true))
  }
}
