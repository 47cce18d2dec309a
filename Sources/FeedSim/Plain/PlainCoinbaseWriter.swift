import FeedCore

/// Coinbase Derivatives: orders put and deleted; each message is a transaction. Instruments are known by number.
struct PlainCoinbaseWriter: PlainWriter {
  private let midnight: UInt64
  private var put = PlainTemplate(CoinbaseDerivativesLayouts.description, code: 20, ["flags": .unsigned(3)])
  private var delete = PlainTemplate(CoinbaseDerivativesLayouts.description, code: 21, ["flags": .unsigned(3)])
  private var sequence = [UInt64](repeating: 0, count: PlainMarket.instrumentCount)

  init(midnightNanoseconds: UInt64) { midnight = midnightNanoseconds }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] {
    (0..<PlainMarket.instrumentCount).map { instrument in
      PlainTemplate(
        CoinbaseDerivativesLayouts.description, code: 17,
        [
          "flags": .unsigned(3), "instrumentId": .signed(Int64(instrument + 1)),
          "transactTime": .signed(Int64(midnight + nanoseconds)), "tradingStatus": .signed(1),
        ]).bytes
    }
  }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    sequence[change.instrument] += 1
    func head(_ message: inout PlainTemplate) {
      message.set(message.place("side"), change.isBuy ? 1 : 0xFF)
      message.set(message.place("instrumentId"), UInt64(change.instrument + 1))
      message.set(message.place("instrSeqNum"), sequence[change.instrument])
      message.set(message.place("transactTime"), midnight + nanoseconds)
      message.set(message.place("orderId"), change.reference)
    }
    if change.kind != .add, change.left == 0 {
      head(&delete)
      return [delete.bytes]
    }
    // An order that was hit in part is put again with what is left.
    head(&put)
    put.set(put.place("price"), UInt64(change.cents) * 10_000_000)
    put.set(put.place("quantity"), UInt64(change.left))
    return [put.bytes]
  }
}
