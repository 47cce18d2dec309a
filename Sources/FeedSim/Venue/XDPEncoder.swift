/// NYSE Integrated Feed, Pillar 2.5g, with the control messages of XDP/Pillar 2.4p. Little-endian; each message begins
/// with its size and its type.
///
/// Everyday messages carry nanoseconds of the second that the last Source Time Reference named; each message about a
/// stock carries the stock's own count of messages.
struct XDPEncoder: MessageEncoder {
  let listings: [Listing]
  let midnightNanoseconds: UInt64
  private var second: UInt64?
  private var symbolSequenceNumbers: [UInt32]
  private var needsReset = false
  /// Halt Condition, MarketState and SSRState of each stock: every status message carries them.
  private var halt: [UInt8]
  private var market: [UInt8]
  private var isRestricted: [Bool]
  private var message: [UInt8] = []
  /// NYSE Arca: Market ID 3.
  private static let marketID: UInt16 = 3

  init(listings: [Listing], midnightNanoseconds: UInt64) {
    self.listings = listings
    self.midnightNanoseconds = midnightNanoseconds
    symbolSequenceNumbers = Array(repeating: 0, count: listings.count)
    halt = Array(repeating: UInt8(ascii: "~"), count: listings.count)
    market = Array(repeating: UInt8(ascii: "P"), count: listings.count)
    isRestricted = Array(repeating: false, count: listings.count)
  }

  /// Modify keeps the place where the price stays, so it serves smaller sizes and other prices; every other change is
  /// a Replace, as are other prices of every second order.
  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange {
    if price4 == order.price4 { return shares < order.shares ? .sameNumber(keepsPlace: true) : .newNumber }
    return order.orderReferenceNumber % 2 == 0 ? .newNumber : .sameNumber(keepsPlace: false)
  }

  mutating func restart() {
    needsReset = true
    second = nil
    for stock in symbolSequenceNumbers.indices { symbolSequenceNumbers[stock] = 0 }
  }

  mutating func encode(
    _ said: MarketMessage, at nanoseconds: UInt64, random: inout DeterministicRandom,
    into output: inout [EncodedMessage]
  ) {
    let unix = midnightNanoseconds + nanoseconds
    if needsReset {
      needsReset = false
      begin(1)
      putTime(unix)
      message += [157, 1]  // Product id of Arca; channel.
      end(into: &output, standsAlone: true)
    }
    guard let type = type(of: said) else { return }
    if second != unix / 1_000_000_000 {
      second = unix / 1_000_000_000
      begin(2)
      for word in [1, 0, UInt32(truncatingIfNeeded: unix / 1_000_000_000)] as [UInt32] { put(word) }
      end(into: &output)
    }
    begin(type)
    if !putOrder(said, UInt32(unix % 1_000_000_000)) { putStatus(said, unix) }
    end(into: &output)
  }

  private mutating func begin(_ type: UInt16) {
    message.removeAll(keepingCapacity: true)
    put(0 as UInt16)
    put(type)
  }

  private mutating func end(into output: inout [EncodedMessage], standsAlone: Bool = false) {
    message.store(littleEndian: UInt16(message.count), at: 0)
    output.append(EncodedMessage(bytes: message, type: message[2], standsAlone: standsAlone))
  }

  private func type(of said: MarketMessage) -> UInt16? {
    switch said {
    case .directory: 3
    // There is no state between paused and trading.
    case .tradingAction(_, UInt8(ascii: "Q"), _, _): nil
    case .tradingAction, .coreSession, .regSHO, .operationalHalt: 34
    case .imbalance: 105
    case .cross: 111
    case .hiddenTrade: 110
    case .brokenTrade: 112
    case .retailInterest: 114
    case .add: 100
    case .modify, .cancel: 101
    case .delete: 102
    case .execute: 103
    case .replace: 104
    case .systemEvent, .neverTrades, .participant, .declineLevels, .auctionCollar: nil
    }
  }

  private mutating func put<T: FixedWidthInteger>(_ value: T) { message.append(littleEndian: value) }

  private mutating func putTime(_ unix: UInt64) {
    put(UInt32(truncatingIfNeeded: unix / 1_000_000_000))
    put(UInt32(unix % 1_000_000_000))
  }

  /// SymbolIndex, SymbolSeqNum.
  private mutating func put(stock: Int) {
    symbolSequenceNumbers[stock] += 1
    put(listings[stock].identifier)
    put(symbolSequenceNumbers[stock])
  }

  /// In the stock's Price Scale.
  private mutating func put(price4: UInt32, stock: Int) {
    var price = Int64(price4)
    for _ in 4..<max(4, listings[stock].priceDecimals) { price *= 10 }
    put(Int32(price))
  }

  private mutating func putOrder(_ said: MarketMessage, _ nanoseconds: UInt32) -> Bool {
    switch said {
    case .add(let stock, let order, let participant):
      put(nanoseconds)
      put(stock: stock)
      put(order.orderReferenceNumber)
      put(price4: order.price4, stock: stock)
      put(order.shares)
      putSide(order)
      message.append(text: participant ?? [], length: 5)
      message.append(0)
    case .modify(let order, let shares, let price4, let keepsPlace):
      putModify(order, shares, price4, keepsPlace, nanoseconds)
    case .cancel(let order, let shares): putModify(order, order.shares - shares, order.price4, true, nanoseconds)
    case .delete(let order):
      put(nanoseconds)
      put(stock: Int(order.stock))
      put(order.orderReferenceNumber)
      message.append(0)
    case .replace(let old, let new):
      put(nanoseconds)
      put(stock: Int(old.stock))
      put(old.orderReferenceNumber)
      put(new.orderReferenceNumber)
      put(price4: new.price4, stock: Int(old.stock))
      put(new.shares)
      putSide(old)
      message.append(0)
    case .execute(let order, let shares, let match, let price):
      put(nanoseconds)
      put(stock: Int(order.stock))
      put(order.orderReferenceNumber)
      put(UInt32(truncatingIfNeeded: match))
      put(price4: price?.price4 ?? order.price4, stock: Int(order.stock))
      put(shares)
      message += [price?.isPrintable ?? true ? 1 : 0, 0]
      putConditions(shares)
    default: return false
    }
    return true
  }

  private mutating func putSide(_ order: RestingOrder) { message.append(UInt8(ascii: order.isBuy ? "B" : "S")) }

  private mutating func putModify(
    _ order: RestingOrder, _ shares: UInt32, _ price4: UInt32, _ keepsPlace: Bool, _ nanoseconds: UInt32
  ) {
    put(nanoseconds)
    put(stock: Int(order.stock))
    put(order.orderReferenceNumber)
    put(price4: price4, stock: Int(order.stock))
    put(shares)
    message.append(keepsPlace ? 0 : 1)
    putSide(order)
    message.append(0)
  }

  /// Regular, no special settlement; an odd lot where it is one.
  private mutating func putConditions(_ shares: UInt32) {
    message += [UInt8(ascii: "@"), 0x20, 0x20, shares < 100 ? UInt8(ascii: "I") : 0x20]
  }

  private mutating func putStatus(_ said: MarketMessage, _ unix: UInt64) {
    switch said {
    case .directory(let index, let stock): putMapping(index, stock)
    case .tradingAction(let stock, let state, _, let isEarly):
      // M: a limit-up-limit-down pause. Resumption is 5; before the core session P, pre-opening.
      let isPaused = state == UInt8(ascii: "P")
      halt[stock] = UInt8(ascii: isPaused ? "M" : "~")
      market[stock] = UInt8(ascii: isEarly ? "P" : "O")
      putSecurityStatus(stock, UInt8(ascii: isPaused ? "4" : isEarly ? "P" : "5"), unix)
    case .coreSession(let stock):
      market[stock] = UInt8(ascii: "O")
      putSecurityStatus(stock, UInt8(ascii: "O"), unix)
    case .regSHO(let stock, let action):
      isRestricted[stock] = action != UInt8(ascii: "0")
      putSecurityStatus(stock, UInt8(ascii: isRestricted[stock] ? "A" : "D"), unix)
    case .operationalHalt(let stock, let isHalted):
      halt[stock] = UInt8(ascii: isHalted ? "X" : "~")
      putSecurityStatus(stock, UInt8(ascii: isHalted ? "4" : "5"), unix)
    case .imbalance(let stock, let imbalance): putImbalance(stock, imbalance, unix)
    case .cross(let stock, let shares, let price4, let match, let crossType):
      put(UInt32(unix % 1_000_000_000))
      put(stock: stock)
      put(UInt32(truncatingIfNeeded: match))
      put(price4: price4, stock: stock)
      put(UInt32(shares))
      message.append(UInt8(ascii: crossType == UInt8(ascii: "O") ? "O" : "5"))
    case .hiddenTrade(let trade):
      put(UInt32(unix % 1_000_000_000))
      put(stock: trade.stock)
      put(UInt32(truncatingIfNeeded: trade.match))
      put(price4: trade.price4, stock: trade.stock)
      put(trade.shares)
      message.append(1)
      putConditions(trade.shares)
    case .brokenTrade(let trade):
      put(UInt32(unix % 1_000_000_000))
      put(stock: trade.stock)
      put(UInt32(truncatingIfNeeded: trade.match))
    case .retailInterest(let stock, let side):
      put(UInt32(unix % 1_000_000_000))
      put(stock: stock)
      message.append(Self.retailInterest(side))
    default: break
    }
  }

  private static func retailInterest(_ side: UInt8) -> UInt8 {
    switch side {
    case UInt8(ascii: "B"): UInt8(ascii: "A")
    case UInt8(ascii: "S"): UInt8(ascii: "B")
    case UInt8(ascii: "A"): UInt8(ascii: "C")
    default: 0x20
    }
  }

  /// "Symbol Index Mapping", 44 bytes.
  private mutating func putMapping(_ index: Int, _ stock: Stock) {
    put(listings[index].identifier)
    message.append(text: listings[index].symbol, length: 11, padding: 0)
    message.append(0)
    put(Self.marketID)
    message.append(1)
    message.append(UInt8(ascii: stock.isFund ? "P" : stock.isPrimaryListed ? "Q" : "N"))
    message.append(UInt8(listings[index].priceDecimals))
    message.append(UInt8(ascii: stock.isFund ? "E" : "C"))
    put(100 as UInt16)
    put(price4: UInt32(stock.fair * stock.tick), stock: index)
    put(0 as UInt32)
    message += [0, UInt8(ascii: "Y")]
    put(UInt16(stock.tick))
    put(1 as UInt16)
    put(0 as UInt16)
  }

  /// "Security Status", 46 bytes.
  private mutating func putSecurityStatus(_ stock: Int, _ code: UInt8, _ unix: UInt64) {
    putTime(unix)
    put(stock: stock)
    message += [code, halt[stock]]
    for _ in 0..<3 { put(0 as UInt32) }  // Reserved, Price 1, Price 2.
    message.append(isRestricted[stock] ? UInt8(ascii: "N") : 0x20)
    put(0 as UInt32)
    put(Self.clock(unix - midnightNanoseconds))
    message += [UInt8(ascii: isRestricted[stock] ? "E" : "~"), market[stock], 0]
  }

  /// HHMMSSmmm.
  private static func clock(_ nanoseconds: UInt64) -> UInt32 {
    let seconds = nanoseconds / 1_000_000_000
    let digits = seconds / 3600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60
    return UInt32(digits * 1_000 + nanoseconds / 1_000_000 % 1_000)
  }

  /// "Imbalance", 73 bytes.
  private mutating func putImbalance(_ stock: Int, _ imbalance: MarketMessage.Imbalance, _ unix: UInt64) {
    putTime(unix)
    put(stock: stock)
    put(price4: imbalance.price4, stock: stock)
    for shares in [imbalance.paired, imbalance.shares, imbalance.shares] { put(UInt32(shares)) }
    put(930 as UInt16)
    message.append(UInt8(ascii: imbalance.crossType == UInt8(ascii: "O") ? "M" : "H"))
    message.append(imbalance.side == UInt8(ascii: "N") ? 0x20 : imbalance.side)
    for _ in 0..<2 { put(price4: imbalance.price4, stock: stock) }
    put(0 as UInt32)
    put(price4: imbalance.price4, stock: stock)
    for _ in 0..<2 { put(0 as UInt32) }
    message += [0, 0, 0]
    put(0 as UInt32)
    message += [0x20, 0]
  }
}
