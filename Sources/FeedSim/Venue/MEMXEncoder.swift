/// MEMX MEMOIR Depth 1.3, SBE schema 2. Big-endian.
///
/// There is no message for a changed price: the order is deleted and another one added.
struct MEMXEncoder: MessageEncoder {
  let listings: [Listing]
  let midnightNanoseconds: UInt64
  private var message: [UInt8] = []
  /// Schema version 1.3.
  private static let version: UInt16 = 1 << 8 | 3

  init(listings: [Listing], midnightNanoseconds: UInt64) {
    self.listings = listings
    self.midnightNanoseconds = midnightNanoseconds
  }

  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange { .newNumber }
  mutating func restart() {}

  mutating func encode(
    _ said: MarketMessage, at nanoseconds: UInt64, random: inout DeterministicRandom,
    into output: inout [EncodedMessage]
  ) {
    let unix = midnightNanoseconds + nanoseconds
    if case .replace(let old, let new) = said {
      encode(.delete(old), unix, into: &output)
      encode(.add(stock: Int(old.stock), new, participant: nil), unix, into: &output)
    } else {
      encode(said, unix, into: &output)
    }
  }

  private mutating func encode(_ said: MarketMessage, _ unix: UInt64, into output: inout [EncodedMessage]) {
    guard let template = Self.template(of: said) else { return }
    message.removeAll(keepingCapacity: true)
    put(0 as UInt16)
    message += [template, 2]
    put(Self.version)
    put(unix)
    put(said)
    message.store(bigEndian: UInt16(message.count - 6), at: 0)
    output.append(EncodedMessage(bytes: message, type: template))
  }

  private static func template(of said: MarketMessage) -> UInt8? {
    switch said {
    case .directory: 1
    case .regSHO: 2
    case .tradingAction, .operationalHalt: 3
    case .systemEvent(let code): tradingSession(code) == nil ? nil : 5
    case .add: 10
    case .delete: 11
    case .cancel: 12
    case .execute: 13
    case .hiddenTrade: 14
    case .brokenTrade: 15
    case .neverTrades, .coreSession, .participant, .declineLevels, .auctionCollar, .imbalance, .cross,
      .retailInterest, .replace, .modify:
      nil
    }
  }

  /// Opening, trading, post-market, closed.
  private static func tradingSession(_ code: UInt8) -> UInt8? {
    switch code {
    case UInt8(ascii: "S"): UInt8(ascii: "1")
    case UInt8(ascii: "Q"): UInt8(ascii: "2")
    case UInt8(ascii: "M"): UInt8(ascii: "3")
    case UInt8(ascii: "E"): UInt8(ascii: "4")
    default: nil
    }
  }

  private mutating func put<T: FixedWidthInteger>(_ value: T) { message.append(bigEndian: value) }
  private mutating func put(stock: Int) { put(UInt16(truncatingIfNeeded: listings[stock].identifier)) }
  /// Six decimals.
  private mutating func put(price4: UInt32) { put(Int64(price4) * 100) }

  private mutating func put(_ said: MarketMessage) {
    switch said {
    case .directory(let index, let stock):
      put(stock: index)
      let parts = listings[index].symbol.split(separator: 0x20, maxSplits: 1)
      message.append(text: Array(parts[0]), length: 6)
      message.append(text: parts.count > 1 ? Array(parts[1]) : [], length: 6)
      put(100 as UInt32)
      message += [0, 0]
      put(Int64(stock.tick) * 100)
    case .regSHO(let stock, let action):
      put(stock: stock)
      message.append(action == UInt8(ascii: "0") ? 0 : 1)
    case .tradingAction(let stock, let state, _, _):
      put(stock: stock)
      message += [state, UInt8(ascii: state == UInt8(ascii: "T") ? "X" : "R")]
    case .operationalHalt(let stock, let isHalted):
      put(stock: stock)
      message += isHalted ? [UInt8(ascii: "H"), UInt8(ascii: "A")] : [UInt8(ascii: "T"), UInt8(ascii: "X")]
    case .systemEvent(let code): message.append(Self.tradingSession(code) ?? 0)
    case .add(let stock, let order, _):
      put(stock: stock)
      put(order.orderReferenceNumber)
      message.append(UInt8(ascii: order.isBuy ? "B" : "S"))
      put(order.shares)
      put(price4: order.price4)
    case .delete(let order):
      put(stock: Int(order.stock))
      put(order.orderReferenceNumber)
    case .cancel(let order, let shares):
      put(stock: Int(order.stock))
      put(order.orderReferenceNumber)
      put(shares)
    case .execute(let order, let shares, let match, let price):
      put(stock: Int(order.stock))
      put(order.orderReferenceNumber)
      put(match)
      put(shares)
      put(price4: price?.price4 ?? order.price4)
    case .hiddenTrade(let trade), .brokenTrade(let trade):
      put(stock: trade.stock)
      put(trade.match)
      put(trade.shares)
      put(price4: trade.price4)
    default: break
    }
  }
}
