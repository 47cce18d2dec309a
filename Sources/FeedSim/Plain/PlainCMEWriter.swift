import FeedCore

/// CME MDP 3.0, market by price: levels by position, ten on a side; each message is an event.
struct PlainCMEWriter: PlainWriter {
  private static let depth = 10
  private let midnight: UInt64
  /// One entry, and two where a level leaves and another comes into sight.
  private var books: [PlainTemplate]
  private var sequence = [UInt64](repeating: 0, count: PlainMarket.instrumentCount)

  init(midnightNanoseconds: UInt64) {
    midnight = midnightNanoseconds
    books = [1, 2].map {
      PlainTemplate(
        CMELayouts.description, code: 46, ["MatchEventIndicator": .unsigned(0x84)], entries: ["NoMDEntries": $0])
    }
  }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] {
    (0..<PlainMarket.instrumentCount).map { instrument in
      PlainTemplate(
        CMELayouts.description, code: 54,
        [
          "MatchEventIndicator": .unsigned(0x80), "SecurityUpdateAction": .text("A"),
          "LastUpdateTime": .unsigned(midnight + nanoseconds), "MDSecurityTradingStatus": .unsigned(17),
          "Symbol": .text(PlainWriters.symbol(instrument)), "SecurityID": .signed(Int64(instrument + 1)),
          "MinPriceIncrement": .signed(10_000_000), "DisplayFactor": .signed(1_000_000_000),
          "MDFeedType": .text("GBX"), "MarketDepth": .signed(Int64(Self.depth)),
        ], entries: ["NoMDFeedTypes": 1]).bytes
    }
  }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    guard change.level < Self.depth else { return [] }
    // 0 new, 1 change, 2 delete.
    let action = change.levelQuantity == 0 ? 2 : change.isNewLevel ? 0 : 1
    let message = change.tenth == nil ? 0 : 1
    books[message].set(books[message].place("TransactTime"), midnight + nanoseconds)
    write(
      message, 0, change, cents: change.cents, quantity: change.levelQuantity, orders: change.levelOrders,
      level: change.level + 1, action: UInt64(action))
    if let tenth = change.tenth {
      write(
        message, 1, change, cents: tenth.cents, quantity: tenth.quantity, orders: 1, level: Self.depth, action: 0)
    }
    return [books[message].bytes]
  }

  private mutating func write(
    _ message: Int, _ entry: Int, _ change: PlainMarket.Change, cents: Int, quantity: UInt32, orders: UInt32,
    level: Int, action: UInt64
  ) {
    func set(_ title: String, _ value: UInt64) { books[message].set(books[message].place("\(title) \(entry)"), value) }
    sequence[change.instrument] += 1
    set("MDEntryPx", UInt64(cents) * 10_000_000)
    set("MDEntrySize", UInt64(quantity))
    set("SecurityID", UInt64(change.instrument + 1))
    set("RptSeq", sequence[change.instrument])
    set("NumberOfOrders", UInt64(orders))
    set("MDPriceLevel", UInt64(level))
    set("MDUpdateAction", action)
    set("MDEntryType", UInt64(UInt8(ascii: change.isBuy ? "0" : "1")))
  }
}
