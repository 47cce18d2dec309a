/// IEX DEEP+ 1.04. Little-endian; the symbol stands in each message.
struct DEEPPlusEncoder: MessageEncoder {
  let listings: [Listing]
  let midnightNanoseconds: UInt64
  private var message: [UInt8] = []

  init(listings: [Listing], midnightNanoseconds: UInt64) {
    self.listings = listings
    self.midnightNanoseconds = midnightNanoseconds
  }

  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange {
    .sameNumber(keepsPlace: price4 == order.price4 && shares < order.shares)
  }

  mutating func restart() {}

  mutating func encode(
    _ said: MarketMessage, at nanoseconds: UInt64, random: inout DeterministicRandom,
    into output: inout [EncodedMessage]
  ) {
    guard let (type, detail) = Self.head(of: said) else { return }
    message.removeAll(keepingCapacity: true)
    message += [type, detail]
    put(midnightNanoseconds + nanoseconds)
    if !putOrder(said) { putStatus(said) }
    output.append(EncodedMessage(bytes: message, type: type))
  }

  /// Message Type and the byte behind it.
  private static func head(of said: MarketMessage) -> (type: UInt8, detail: UInt8)? {
    switch said {
    // The market opens with R, not Q.
    case .systemEvent(let code): (UInt8(ascii: "S"), code == UInt8(ascii: "Q") ? UInt8(ascii: "R") : code)
    case .directory(_, let stock): (UInt8(ascii: "D"), stock.isFund ? 0x20 : 0)
    // O: order acceptance before trading goes on.
    case .tradingAction(_, let state, _, _):
      (UInt8(ascii: "H"), state == UInt8(ascii: "Q") ? UInt8(ascii: "O") : state)
    case .regSHO(_, let action): (UInt8(ascii: "P"), action == UInt8(ascii: "0") ? 0 : 1)
    case .operationalHalt(_, let isHalted): (UInt8(ascii: "O"), UInt8(ascii: isHalted ? "O" : "N"))
    case .cross(_, _, _, _, UInt8(ascii: "O")): (UInt8(ascii: "E"), UInt8(ascii: "O"))
    case .hiddenTrade(let trade): (UInt8(ascii: "T"), saleCondition(trade.shares))
    case .brokenTrade(let trade): (UInt8(ascii: "B"), saleCondition(trade.shares))
    case .retailInterest(_, let side): (UInt8(ascii: "I"), retailInterest(side))
    case .add(_, let order, _): (UInt8(ascii: "a"), UInt8(ascii: order.isBuy ? "8" : "5"))
    case .modify(_, _, _, let keepsPlace): (UInt8(ascii: "M"), keepsPlace ? 1 : 0)
    case .cancel: (UInt8(ascii: "M"), 1)
    case .delete: (UInt8(ascii: "R"), 0)
    case .execute(_, let shares, _, _): (UInt8(ascii: "L"), saleCondition(shares))
    case .neverTrades, .coreSession, .participant, .declineLevels, .auctionCollar, .imbalance, .cross, .replace: nil
    }
  }

  /// 0x20: odd lot.
  private static func saleCondition(_ shares: UInt32) -> UInt8 { shares < 100 ? 0x20 : 0 }

  private static func retailInterest(_ side: UInt8) -> UInt8 {
    switch side {
    case UInt8(ascii: "B"): UInt8(ascii: "A")
    case UInt8(ascii: "S"): UInt8(ascii: "B")
    case UInt8(ascii: "A"): UInt8(ascii: "C")
    default: 0x20
    }
  }

  private mutating func put<T: FixedWidthInteger>(_ value: T) { message.append(littleEndian: value) }
  private mutating func put(stock: Int) { message.append(text: listings[stock].symbol, length: 8) }
  private mutating func put(price4: UInt32) { put(Int64(price4)) }

  private mutating func putOrder(_ said: MarketMessage) -> Bool {
    switch said {
    case .add(let stock, let order, _): putOrder(stock, order, order.shares, order.price4)
    case .modify(let order, let shares, let price4, _): putOrder(Int(order.stock), order, shares, price4)
    case .cancel(let order, let shares): putOrder(Int(order.stock), order, order.shares - shares, order.price4)
    case .delete(let order):
      put(stock: Int(order.stock))
      put(order.orderReferenceNumber)
    case .execute(let order, let shares, let match, let price):
      putOrder(Int(order.stock), order, shares, price?.price4 ?? order.price4)
      put(match)
    default: return false
    }
    return true
  }

  /// Symbol, Order ID, Size, Price.
  private mutating func putOrder(_ stock: Int, _ order: RestingOrder, _ shares: UInt32, _ price4: UInt32) {
    put(stock: stock)
    put(order.orderReferenceNumber)
    put(shares)
    put(price4: price4)
  }

  private mutating func putStatus(_ said: MarketMessage) {
    switch said {
    case .directory(let index, let stock):
      put(stock: index)
      put(100 as UInt32)
      put(price4: UInt32(stock.fair * stock.tick))
      message.append(stock.spread < 3 ? 1 : 2)
    case .tradingAction(let stock, _, let reason, _):
      put(stock: stock)
      message.append(text: Array(reason == "LUDP" ? "NA".utf8 : "".utf8), length: 4)
    case .regSHO(let stock, let action):
      put(stock: stock)
      // Activated, continued, or none.
      message.append(
        action == UInt8(ascii: "1") ? UInt8(ascii: "A") : action == UInt8(ascii: "2") ? UInt8(ascii: "C") : 0x20)
    case .operationalHalt(let stock, _), .cross(let stock, _, _, _, _), .retailInterest(let stock, _):
      put(stock: stock)
    case .hiddenTrade(let trade), .brokenTrade(let trade):
      put(stock: trade.stock)
      put(trade.shares)
      put(price4: trade.price4)
      put(trade.match)
    default: break
    }
  }
}
