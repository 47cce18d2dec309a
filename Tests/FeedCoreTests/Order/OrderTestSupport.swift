import Foundation

@testable import FeedCore

/// SplitMix64: a seed that reproduces.
struct OrderTestRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Books kept as plain arrays in queue order, changed by hand.
final class OrderTestMarket: MarketView {
  struct Book {
    var state = BookState.ok
    var bids: [RestingOrder] = []
    var asks: [RestingOrder] = []
    var multiplier: Int64 = 100_000
    var isShortSaleRestricted = false
  }
  var books: [UInt32: Book] = [:]
  var symbols: [Symbol]
  /// Where a venue writes a symbol in its own way.
  var venueSymbols: [UInt32: Symbol] = [:]
  var isOpen: [Bool]
  var bestOverride: ConsolidatedBest?
  private(set) var watched: Set<UInt32> = []
  private var arrivals: UInt32 = 0

  /// An empty, trusted book of every group at every venue.
  init(groups: Int = 1, venues: Int = 2) {
    symbols = (0..<groups).map { Symbol("SYM\($0)")! }
    isOpen = Array(repeating: true, count: venues)
    for venue in 0..<venues {
      for group in 0..<groups { books[InstrumentID(venue: VenueIndex(venue), index: group).raw] = Book() }
    }
  }

  /// The book of group 0 at `venue`, or another.
  subscript(venue: Int, group: Int = 0) -> Book {
    get { books[InstrumentID(venue: VenueIndex(venue), index: group).raw]! }
    set { books[InstrumentID(venue: VenueIndex(venue), index: group).raw] = newValue }
  }

  func add(
    _ venue: Int, group: Int = 0, _ side: Side, _ quantity: UInt32, at price: Int32, reference: UInt64
  ) {
    arrivals += 1
    let order = RestingOrder(
      orderReferenceNumber: reference, price: price, quantity: quantity, arrival: arrivals)
    if side == .buy { self[venue, group].bids.append(order) } else { self[venue, group].asks.append(order) }
  }

  func remove(_ venue: Int, group: Int = 0, reference: UInt64) {
    self[venue, group].bids.removeAll { $0.orderReferenceNumber == reference }
    self[venue, group].asks.removeAll { $0.orderReferenceNumber == reference }
  }

  func sorted(_ venue: Int, _ group: Int, _ side: Side) -> [RestingOrder] {
    let book = self[venue, group]
    return side == .buy
      ? book.bids.sorted { ($1.price, $0.arrival) < ($0.price, $1.arrival) }
      : book.asks.sorted { ($0.price, $0.arrival) < ($1.price, $1.arrival) }
  }

  // MARK: MarketView

  func state(of instrument: InstrumentID) -> BookState { books[instrument.raw]!.state }

  func top(of instrument: InstrumentID) -> TopOfBook {
    let bid = sorted(Int(instrument.venue), instrument.index, .buy)
    let ask = sorted(Int(instrument.venue), instrument.index, .sell)
    func quantity(_ side: [RestingOrder]) -> UInt32 {
      side.filter { $0.price == side[0].price }.reduce(0) { $0 + $1.quantity }
    }
    return TopOfBook(
      bidPrice: bid.first?.price ?? 0, bidQuantity: quantity(bid), askPrice: ask.first?.price ?? 0,
      askQuantity: quantity(ask))
  }

  func instrument(of group: GroupIndex, at venue: VenueIndex) -> InstrumentID {
    let id = InstrumentID(venue: venue, index: Int(group))
    return books[id.raw] == nil ? .none : id
  }

  func symbol(of group: GroupIndex) -> Symbol { symbols[Int(group)] }
  func venueSymbol(of instrument: InstrumentID) -> Symbol {
    venueSymbols[instrument.raw] ?? symbols[instrument.index]
  }

  func consolidatedBest(of group: GroupIndex) -> ConsolidatedBest {
    if let bestOverride { return bestOverride }
    var best = ConsolidatedBest()
    for (raw, book) in books where InstrumentID(raw: raw).index == Int(group) && book.state == .ok {
      for bid in book.bids { best.bid = max(best.bid ?? .min, Int64(bid.price) * book.multiplier) }
      for ask in book.asks { best.ask = min(best.ask ?? .max, Int64(ask.price) * book.multiplier) }
    }
    return best
  }

  func multiplier(of instrument: InstrumentID) -> Int64 { books[instrument.raw]!.multiplier }
  func isShortSaleRestricted(_ instrument: InstrumentID) -> Bool { books[instrument.raw]!.isShortSaleRestricted }
  func isMarketOpen(_ venue: VenueIndex) -> Bool { isOpen[Int(venue)] }
  func exchangeNanoseconds(of venue: VenueIndex) -> UInt64 { 0 }

  func forEachRestingOrder(of instrument: InstrumentID, side: Side, limit: Int32, _ visit: (RestingOrder) -> Bool) {
    for order in sorted(Int(instrument.venue), instrument.index, side) {
      if side == .buy ? order.price < limit : order.price > limit { return }
      if !visit(order) { return }
    }
  }

  func watchDepartures(of instrument: InstrumentID) { watched.insert(instrument.raw) }
}

enum OrderTest {
  /// One shard, two venues without fees; order and reply latencies 1,000 and 2,000 ns at venue 0, 500 and 700 at 1.
  static func settings(_ change: (inout Settings) -> Void = { _ in }) -> Settings {
    var settings = Settings()
    settings.shardCount = 1
    settings.orders.enabled = true
    settings.venues = [VenueSettings(name: "ALFA"), VenueSettings(name: "BRAVO")]
    settings.venues[0].orderLatencyNanoseconds = 1_000
    settings.venues[0].replyLatencyNanoseconds = 2_000
    settings.venues[1].orderLatencyNanoseconds = 500
    settings.venues[1].replyLatencyNanoseconds = 700
    settings.capacity.records = 16_384
    change(&settings)
    return settings
  }

  /// Buy at venue 0 for 10.00, sell at venue 1 for 10.02, unless said otherwise.
  static func pair(
    _ quantity: UInt32 = 100, group: GroupIndex = 0, buy: Int32 = 100_000, sell: Int32 = 100_200,
    buyVenue: VenueIndex = 0, sellVenue: VenueIndex = 1, opportunity: UInt64 = 7
  ) -> OrderPairIntent {
    OrderPairIntent(
      buy: OrderIntent(
        group: group, venue: buyVenue, side: .buy, quantity: quantity, limitPrice: buy, opportunity: opportunity),
      sell: OrderIntent(
        group: group, venue: sellVenue, side: .sell, quantity: quantity, limitPrice: sell, opportunity: opportunity))
  }

  /// Venue 0 shows 9.99 / 10.00, venue 1 shows 10.02 / 10.03, 500 shares each.
  static func crossedMarket(groups: Int = 1) -> OrderTestMarket {
    let market = OrderTestMarket(groups: groups)
    for group in 0..<groups {
      let base = UInt64(group) * 100
      market.add(0, group: group, .buy, 500, at: 99_900, reference: base + 1)
      market.add(0, group: group, .sell, 500, at: 100_000, reference: base + 2)
      market.add(1, group: group, .buy, 500, at: 100_200, reference: base + 3)
      market.add(1, group: group, .sell, 500, at: 100_300, reference: base + 4)
    }
    return market
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).map {
      let start = digits.index(digits.startIndex, offsetBy: $0)
      return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
    }
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  /// What `write` puts into a buffer, of the length it returns; the byte after it must stay untouched.
  static func encoded(_ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 8)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0xEE, count: 256)
    let length = write(buffer)
    let all = Array(UnsafeRawBufferPointer(start: buffer, count: 256))
    precondition(all[length...].allSatisfy { $0 == 0xEE }, "wrote beyond its length")
    return Array(all[..<length])
  }

  /// The shared fact sheets, beside the checkout unless FEEDH_SHARED says otherwise; nil where absent.
  static let vectorsFile: URL? = {
    let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["FEEDH_SHARED"].map { URL(fileURLWithPath: $0, relativeTo: checkout) }
      ?? checkout.appendingPathComponent("../shared")
    let file = shared.appendingPathComponent("specs/vectors.jsonl")
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
  }()
}
