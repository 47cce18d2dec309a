/// TotalView-ITCH 5.0; the section of the layout is named at each message. Big-endian.
struct ITCHEncoder: MessageEncoder {
  let listings: [Listing]
  /// "Market Code" of Operational Halt: Q, B or X.
  let marketCode: UInt8
  private var message: [UInt8] = []

  init(listings: [Listing], venue: Int) {
    self.listings = listings
    marketCode = [UInt8(ascii: "Q"), UInt8(ascii: "B"), UInt8(ascii: "X")][venue % 3]
  }

  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange { .newNumber }
  mutating func restart() {}

  mutating func encode(
    _ said: MarketMessage, at nanoseconds: UInt64, random: inout DeterministicRandom,
    into output: inout [EncodedMessage]
  ) {
    guard let type = Self.type(of: said) else { return }
    message.removeAll(keepingCapacity: true)
    message.append(type)
    message.append(bigEndian: UInt16(truncatingIfNeeded: Self.stock(of: said).map { listings[$0].identifier } ?? 0))
    // Tracking Number.
    message.append(bigEndian: random.chance(partsPerMillion: 60_000) ? UInt16(2 * random.below(8)) : UInt16(0))
    message.append(bigEndian48: nanoseconds)
    if !putOrder(said) { putStatus(said) }
    output.append(EncodedMessage(bytes: message, type: type))
  }

  private static func type(of said: MarketMessage) -> UInt8? {
    switch said {
    case .systemEvent: UInt8(ascii: "S")
    case .directory: UInt8(ascii: "R")
    case .tradingAction: UInt8(ascii: "H")
    case .regSHO: UInt8(ascii: "Y")
    case .participant: UInt8(ascii: "L")
    case .declineLevels: UInt8(ascii: "V")
    case .operationalHalt: UInt8(ascii: "h")
    case .auctionCollar: UInt8(ascii: "J")
    case .imbalance: UInt8(ascii: "I")
    case .cross: UInt8(ascii: "Q")
    case .hiddenTrade: UInt8(ascii: "P")
    case .brokenTrade: UInt8(ascii: "B")
    case .retailInterest: UInt8(ascii: "N")
    case .add(_, _, let participant): participant == nil ? UInt8(ascii: "A") : UInt8(ascii: "F")
    case .delete: UInt8(ascii: "D")
    case .cancel: UInt8(ascii: "X")
    case .replace: UInt8(ascii: "U")
    case .execute(_, _, _, let price): price == nil ? UInt8(ascii: "E") : UInt8(ascii: "C")
    case .neverTrades, .coreSession, .modify: nil
    }
  }

  private static func stock(of said: MarketMessage) -> Int? {
    switch said {
    case .systemEvent, .declineLevels: nil
    case .directory(let stock, _), .tradingAction(let stock, _, _, _), .neverTrades(let stock),
      .coreSession(let stock), .regSHO(let stock, _), .participant(let stock, _, _), .operationalHalt(let stock, _),
      .auctionCollar(let stock, _), .imbalance(let stock, _), .cross(let stock, _, _, _, _),
      .retailInterest(let stock, _), .add(let stock, _, _):
      stock
    case .hiddenTrade(let trade), .brokenTrade(let trade): trade.stock
    case .delete(let order), .cancel(let order, _), .replace(let order, _), .modify(let order, _, _, _),
      .execute(let order, _, _, _):
      Int(order.stock)
    }
  }

  private mutating func put<T: FixedWidthInteger>(_ value: T) { message.append(bigEndian: value) }
  private mutating func put(_ character: Unicode.Scalar) { message.append(UInt8(ascii: character)) }
  private mutating func put(stock: Int) { message.append(text: listings[stock].symbol, length: 8) }

  /// "Add Order Message", "Modify Order Messages". False for any other.
  private mutating func putOrder(_ said: MarketMessage) -> Bool {
    switch said {
    case .add(let stock, let order, let participant):
      put(order.orderReferenceNumber)
      put(order.isBuy ? "B" : "S" as Unicode.Scalar)
      put(order.shares)
      put(stock: stock)
      put(order.price4)
      if let participant { message += participant }
    case .delete(let order): put(order.orderReferenceNumber)
    case .cancel(let order, let shares):
      put(order.orderReferenceNumber)
      put(shares)
    case .replace(let old, let new):
      put(old.orderReferenceNumber)
      put(new.orderReferenceNumber)
      put(new.shares)
      put(new.price4)
    case .execute(let order, let shares, let match, let price):
      put(order.orderReferenceNumber)
      put(shares)
      put(match)
      if let price {
        put(price.isPrintable ? "Y" : "N" as Unicode.Scalar)
        put(price.price4)
      }
    default: return false
    }
    return true
  }

  private mutating func putStatus(_ said: MarketMessage) {
    switch said {
    case .systemEvent(let code): message.append(code)
    case .directory(let index, let stock): putDirectory(index, stock)
    case .tradingAction(let stock, let state, let reason, _):
      put(stock: stock)
      message.append(state)
      put(" ")
      message += Array(reason.utf8)
    case .regSHO(let stock, let action):
      put(stock: stock)
      message.append(action)
    case .participant(let stock, let name, let isPrimary):
      // "Market Participant Position", 26 bytes.
      message += name
      put(stock: stock)
      put(isPrimary ? "Y" : "N" as Unicode.Scalar)
      put("N")
      put("A")
    case .declineLevels:
      // "Market-Wide Circuit Breaker Decline Level", 35 bytes; seven, thirteen and twenty percent below an index.
      for level in [465_000_000_000, 435_000_000_000, 400_000_000_000] as [UInt64] { put(level) }
    case .operationalHalt(let stock, let isHalted):
      put(stock: stock)
      message.append(marketCode)
      put(isHalted ? "H" : "T" as Unicode.Scalar)
    case .auctionCollar(let stock, let price4):
      // "LULD Auction Collar", 35 bytes: five percent around the fair value.
      put(stock: stock)
      put(price4)
      put(price4 + price4 / 20)
      put(price4 - price4 / 20)
      put(0 as UInt32)
    case .imbalance(let stock, let imbalance): putImbalance(stock, imbalance)
    case .cross(let stock, let shares, let price4, let match, let crossType):
      put(shares)
      put(stock: stock)
      put(price4)
      put(match)
      message.append(crossType)
    case .hiddenTrade(let trade):
      put(0 as UInt64)
      put("B")
      put(trade.shares)
      put(stock: trade.stock)
      put(trade.price4)
      put(trade.match)
    case .brokenTrade(let trade): put(trade.match)
    case .retailInterest(let stock, let side):
      put(stock: stock)
      message.append(side)
    default: break
    }
  }

  /// "Stock Directory", 39 bytes.
  private mutating func putDirectory(_ index: Int, _ stock: Stock) {
    put(stock: index)
    put(stock.isPrimaryListed ? "Q" : "N" as Unicode.Scalar)
    put(stock.isPrimaryListed ? "N" : " " as Unicode.Scalar)
    put(100 as UInt32)
    put("N")
    put(stock.isFund ? "Q" : "C" as Unicode.Scalar)
    message += [UInt8(ascii: stock.isFund ? "E" : "Z"), 0x20]
    put("P")
    put(stock.tick == 1 ? "Y" : "N" as Unicode.Scalar)
    put("N")
    put(stock.spread < 3 ? "1" : "2" as Unicode.Scalar)
    put(stock.isFund ? "Y" : "N" as Unicode.Scalar)
    put(0 as UInt32)
    put("N")
  }

  /// "Net Order Imbalance Indicator (NOII)", 50 bytes.
  private mutating func putImbalance(_ stock: Int, _ imbalance: MarketMessage.Imbalance) {
    put(imbalance.paired)
    put(imbalance.shares)
    message.append(imbalance.side)
    put(stock: stock)
    for _ in 0..<3 { put(imbalance.price4) }
    message.append(imbalance.crossType)
    message.append(imbalance.variation)
  }
}
