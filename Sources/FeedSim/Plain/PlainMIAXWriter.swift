import FeedCore

/// MIAX Pearl Depth of Market: orders, with seconds in a message of their own.
struct PlainMIAXWriter: PlainWriter {
  private let midnight: UInt64
  private var second: UInt64 = .max
  private var time = PlainTemplate(MIAXPearlLayouts.description, code: 49)
  private var add = PlainTemplate(MIAXPearlLayouts.description, code: 20)
  private var delete = PlainTemplate(MIAXPearlLayouts.description, code: 23)
  private var execute = PlainTemplate(MIAXPearlLayouts.description, code: 24, ["Flags": .unsigned(1)])
  private var trade: UInt64 = 1

  init(midnightNanoseconds: UInt64) { midnight = midnightNanoseconds }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] {
    var messages = seconds(at: nanoseconds)
    for instrument in 0..<PlainMarket.instrumentCount {
      let id = FieldValue.unsigned(UInt64(instrument + 1))
      var symbol: [String: FieldValue] = ["Symbol ID": id, "Lot Size": .unsigned(100), "Test Security": .text("N")]
      symbol["Ticker Symbol"] = .text(PlainWriters.symbol(instrument))
      messages.append(PlainTemplate(MIAXPearlLayouts.description, code: 1, symbol).bytes)
      var status: [String: FieldValue] = ["Symbol ID": id, "Short Sale Restriction": .text("N")]
      status["Trading Status"] = .text("2")
      status["Market State"] = .text("3")
      messages.append(PlainTemplate(MIAXPearlLayouts.description, code: 4, status).bytes)
    }
    return messages
  }

  private mutating func seconds(at nanoseconds: UInt64) -> [[UInt8]] {
    let now = (midnight + nanoseconds) / 1_000_000_000
    if now == second { return [] }
    second = now
    time.set(time.place("Time Stamp"), now)
    return [time.bytes]
  }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    let before = seconds(at: nanoseconds)
    let rest = (midnight + nanoseconds) % 1_000_000_000
    func head(_ message: inout PlainTemplate) {
      message.set(message.place("Timestamp"), rest)
      message.set(message.place("Symbol ID"), UInt64(change.instrument + 1))
      message.set(message.place("Order ID"), change.reference)
    }
    switch change.kind {
    case .add:
      head(&add)
      add.set(add.place("Order Side"), UInt64(UInt8(ascii: change.isBuy ? "B" : "S")))
      add.set(add.place("Price"), UInt64(change.cents * 10_000))
      add.set(add.place("Size"), UInt64(change.quantity))
      return before + [add.bytes]
    case .delete:
      head(&delete)
      return before + [delete.bytes]
    case .execute:
      head(&execute)
      trade += 1
      execute.set(execute.place("Trade ID"), trade)
      execute.set(execute.place("Price"), UInt64(change.cents * 10_000))
      execute.set(execute.place("Size"), UInt64(change.quantity))
      return before + [execute.bytes]
    }
  }
}
