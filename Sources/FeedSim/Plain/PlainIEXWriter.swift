import FeedCore

/// IEX TOPS (a quote where the best changed) and DEEP 1.0 (the level's new size).
struct PlainIEXWriter: PlainWriter {
  private let isTop: Bool
  private let midnight: UInt64
  private let description: ProtocolDescription
  private var quote: PlainTemplate
  private var levels: [PlainTemplate]
  private var last = [(bid: UInt64, ask: UInt64)](repeating: (0, 0), count: PlainMarket.instrumentCount)

  init(_ feedProtocol: FeedProtocol, midnightNanoseconds: UInt64) {
    isTop = feedProtocol != .deep10
    midnight = midnightNanoseconds
    description =
      feedProtocol == .tops15 ? IEXLayouts.tops15 : feedProtocol == .tops16 ? IEXLayouts.tops16 : IEXLayouts.deep
    quote = PlainTemplate(isTop ? description : IEXLayouts.tops16, code: UInt32(UInt8(ascii: "Q")))
    levels = [UInt8(ascii: "8"), UInt8(ascii: "5")].map {
      PlainTemplate(IEXLayouts.deep, code: UInt32($0), ["Event Flags": .unsigned(1)])
    }
  }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] {
    // TOPS 1.5 has quotes and trades alone.
    if description.layout(ofType: UInt8(ascii: "H")) == nil { return [] }
    return (0..<PlainMarket.instrumentCount).map { instrument in
      PlainTemplate(
        description, code: UInt32(UInt8(ascii: "H")),
        [
          "Trading Status": .text("T"), "Timestamp": .signed(Int64(midnight + nanoseconds)),
          "Symbol": .text(PlainWriters.symbol(instrument)),
        ]).bytes
    }
  }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    if isTop { return quote(change, at: nanoseconds) }
    let side = change.isBuy ? 0 : 1
    write(change.instrument, into: &levels[side], at: nanoseconds)
    levels[side].set(levels[side].place("Size"), UInt64(change.levelQuantity))
    levels[side].set(levels[side].place("Price"), UInt64(change.cents * 100))
    return [levels[side].bytes]
  }

  private mutating func quote(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    let bid = UInt64(change.bid.cents) << 32 | UInt64(change.bid.quantity)
    let ask = UInt64(change.ask.cents) << 32 | UInt64(change.ask.quantity)
    if last[change.instrument] == (bid, ask) { return [] }
    last[change.instrument] = (bid, ask)
    write(change.instrument, into: &quote, at: nanoseconds)
    quote.set(quote.place("Bid Size"), UInt64(change.bid.quantity))
    quote.set(quote.place("Bid Price"), UInt64(change.bid.cents * 100))
    quote.set(quote.place("Ask Price"), UInt64(change.ask.cents * 100))
    quote.set(quote.place("Ask Size"), UInt64(change.ask.quantity))
    return [quote.bytes]
  }

  private func write(_ instrument: Int, into message: inout PlainTemplate, at nanoseconds: UInt64) {
    message.set(message.place("Timestamp"), midnight + nanoseconds)
    var symbol: UInt64 = 0
    let text = Array(PlainWriters.symbol(instrument).utf8) + [UInt8](repeating: 0x20, count: 5)
    for index in (0..<8).reversed() { symbol = symbol << 8 | UInt64(text[index]) }
    message.set(message.place("Symbol"), symbol)
  }
}
