import FeedCore

/// Deribit: changes of levels, each naming the one before it, behind an empty snapshot of every instrument.
struct PlainDeribitWriter: PlainWriter {
  private let midnight: UInt64
  private var book = PlainTemplate(
    DeribitLayouts.description, code: 1_001, ["isLast": .unsigned(1)], entries: ["changesList": 1])
  private var changes = [UInt64](repeating: 1, count: PlainMarket.instrumentCount)

  init(midnightNanoseconds: UInt64) { midnight = midnightNanoseconds }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    for instrument in 0..<PlainMarket.instrumentCount {
      let id = FieldValue.unsigned(UInt64(instrument + 1))
      var definition: [String: FieldValue] = ["instrumentId": id, "instrumentState": .unsigned(1)]
      definition["instrumentName"] = .text(PlainWriters.symbol(instrument) + "-PERPETUAL")
      definition["tickSize"] = .real(0.01)
      definition["minTradeAmount"] = .real(100)
      definition["contractSize"] = .real(100)
      definition["instrumentType"] = .unsigned(2)
      messages.append(PlainTemplate(DeribitLayouts.description, code: 1_000, definition).bytes)
      var snapshot: [String: FieldValue] = ["instrumentId": id, "changeId": .unsigned(1)]
      snapshot["timestampMs"] = .unsigned((midnight + nanoseconds) / 1_000_000)
      snapshot["isBookComplete"] = .unsigned(1)
      snapshot["isLastInBook"] = .unsigned(1)
      messages.append(PlainTemplate(DeribitLayouts.description, code: 1_004, snapshot).bytes)
    }
    return messages
  }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    book.set(book.place("instrumentId"), UInt64(change.instrument + 1))
    book.set(book.place("timestampMs"), (midnight + nanoseconds) / 1_000_000)
    book.set(book.place("prevChangeId"), changes[change.instrument])
    changes[change.instrument] += 1
    book.set(book.place("changeId"), changes[change.instrument])
    book.set(book.place("side 0"), change.isBuy ? 1 : 0)
    book.set(book.place("change 0"), change.levelQuantity == 0 ? 2 : change.isNewLevel ? 0 : 1)
    book.set(book.place("price 0"), real: Double(change.cents) / 100)
    book.set(book.place("amount 0"), real: Double(change.levelQuantity))
    return [book.bytes]
  }
}
