/// Cboe Multicast PITCH 2.41 (US equities). Little-endian; the first byte of each message is its length.
///
/// Times are offsets from the last Time message of the unit, which is sent in every second that has another message.
struct PITCHEncoder: MessageEncoder {
  let listings: [Listing]
  private var second: UInt64?
  /// Reg SHO Action of each stock: the status message carries both.
  private var isRestricted: [Bool]
  private var status: [UInt8]
  private var message: [UInt8] = []

  init(listings: [Listing]) {
    self.listings = listings
    isRestricted = Array(repeating: false, count: listings.count)
    // "S implied for all at start".
    status = Array(repeating: UInt8(ascii: "S"), count: listings.count)
  }

  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange {
    .sameNumber(keepsPlace: price4 == order.price4 && shares < order.shares)
  }

  /// The session goes on; its orders are gone, which Unit Clear says.
  mutating func restart() {}

  mutating func encode(
    _ said: MarketMessage, at nanoseconds: UInt64, random: inout DeterministicRandom,
    into output: inout [EncodedMessage]
  ) {
    guard let type = type(of: said) else { return }
    if second != nanoseconds / 1_000_000_000 {
      second = nanoseconds / 1_000_000_000
      begin(0x20, UInt32(nanoseconds / 1_000_000_000))
      end(into: &output)
    }
    begin(type, UInt32(nanoseconds % 1_000_000_000))
    if !putOrder(said, type) { putStatus(said, type) }
    end(into: &output)
  }

  private mutating func begin(_ type: UInt8, _ time: UInt32) {
    message.removeAll(keepingCapacity: true)
    message += [0, type]
    message.append(littleEndian: time)
  }

  private mutating func end(into output: inout [EncodedMessage]) {
    message[0] = UInt8(message.count)
    output.append(EncodedMessage(bytes: message, type: message[1]))
  }

  /// Short messages hold prices of whole cents and sizes of sixteen bits.
  private func isShort(_ shares: UInt32, _ price4: UInt32) -> Bool {
    shares <= 0xFFFF && price4 % 100 == 0 && price4 / 100 <= 0xFFFF
  }

  private func type(of said: MarketMessage) -> UInt8? {
    switch said {
    // Unit Clear at the start, End of Session at the end.
    case .systemEvent(UInt8(ascii: "O")): 0x97
    case .systemEvent(UInt8(ascii: "C")): 0x2D
    case .tradingAction, .neverTrades, .regSHO, .operationalHalt: 0x31
    case .imbalance: 0x95
    case .cross: 0x96
    case .hiddenTrade(let trade):
      listings[trade.stock].symbol.count > 6 ? 0x30 : isShort(trade.shares, trade.price4) ? 0x2B : 0x2A
    case .brokenTrade: 0x2C
    case .retailInterest: 0x98
    case .add(let stock, let order, let participant):
      participant != nil || listings[stock].symbol.count > 6 ? 0x2F
        : isShort(order.shares, order.price4) ? 0x22 : 0x21
    case .delete: 0x29
    case .cancel(_, let shares): shares <= 0xFFFF ? 0x26 : 0x25
    case .modify(_, let shares, let price4, _): isShort(shares, price4) ? 0x28 : 0x27
    case .execute(_, _, _, let price): price == nil ? 0x23 : 0x24
    case .systemEvent, .directory, .coreSession, .participant, .declineLevels, .auctionCollar, .replace: nil
    }
  }

  private mutating func put<T: FixedWidthInteger>(_ value: T) { message.append(littleEndian: value) }
  private mutating func put(stock: Int, length: Int) { message.append(text: listings[stock].symbol, length: length) }
  private mutating func put(long price4: UInt32) { put(UInt64(price4)) }
  private mutating func put(short price4: UInt32) { put(UInt16(price4 / 100)) }

  private mutating func putOrder(_ said: MarketMessage, _ type: UInt8) -> Bool {
    switch said {
    case .add(let stock, let order, let participant):
      put(order.orderReferenceNumber)
      message.append(UInt8(ascii: order.isBuy ? "B" : "S"))
      if type == 0x22 { put(UInt16(order.shares)) } else { put(order.shares) }
      put(stock: stock, length: type == 0x2F ? 8 : 6)
      if type == 0x22 { put(short: order.price4) } else { put(long: order.price4) }
      message.append(1)
      if type == 0x2F {
        message.append(text: participant ?? [], length: 4)
        message.append(0x20)
      }
    case .delete(let order): put(order.orderReferenceNumber)
    case .cancel(let order, let shares):
      put(order.orderReferenceNumber)
      if type == 0x26 { put(UInt16(shares)) } else { put(shares) }
    case .modify(let order, let shares, let price4, let keepsPlace):
      put(order.orderReferenceNumber)
      if type == 0x28 { put(UInt16(shares)) } else { put(shares) }
      if type == 0x28 { put(short: price4) } else { put(long: price4) }
      message.append(keepsPlace ? 3 : 1)
    case .execute(let order, let shares, let match, let price):
      put(order.orderReferenceNumber)
      put(shares)
      // "Remaining Quantity" is what the order has left.
      if price != nil { put(order.shares - shares) }
      put(match)
      if let price { put(long: price.price4) }
    default: return false
    }
    return true
  }

  private mutating func putStatus(_ said: MarketMessage, _ type: UInt8) {
    switch said {
    case .tradingAction(let stock, let state, _, _):
      // H halted: a pause of the market. Quotation only is Q, trading is T.
      status[stock] = state == UInt8(ascii: "P") ? UInt8(ascii: "H") : state
      putTradingStatus(stock)
    case .neverTrades(let stock): putTradingStatus(stock)
    case .regSHO(let stock, let action):
      isRestricted[stock] = action != UInt8(ascii: "0")
      putTradingStatus(stock)
    case .operationalHalt(let stock, let isHalted):
      // S: exchange suspension, of this venue alone.
      status[stock] = UInt8(ascii: isHalted ? "S" : "T")
      putTradingStatus(stock)
    case .imbalance(let stock, let imbalance):
      put(stock: stock, length: 8)
      message.append(imbalance.crossType)
      put(long: imbalance.price4)
      let isBuy = imbalance.side == UInt8(ascii: "B")
      put(UInt32(imbalance.paired + (isBuy ? imbalance.shares : 0)))
      put(UInt32(imbalance.paired + (isBuy ? 0 : imbalance.shares)))
      put(long: imbalance.price4)
      put(long: imbalance.price4)
    case .cross(let stock, let shares, let price4, _, let crossType):
      put(stock: stock, length: 8)
      message.append(crossType)
      put(long: price4)
      put(UInt32(shares))
    case .hiddenTrade(let trade):
      put(0 as UInt64)
      message.append(UInt8(ascii: "B"))
      if type == 0x2B { put(UInt16(trade.shares)) } else { put(trade.shares) }
      put(stock: trade.stock, length: type == 0x30 ? 8 : 6)
      if type == 0x2B { put(short: trade.price4) } else { put(long: trade.price4) }
      put(trade.match)
    case .brokenTrade(let trade): put(trade.match)
    case .retailInterest(let stock, let side):
      put(stock: stock, length: 8)
      message.append(side)
    default: break
    }
  }

  /// "Trading Status", 18 bytes.
  private mutating func putTradingStatus(_ stock: Int) {
    put(stock: stock, length: 8)
    message.append(status[stock])
    message.append(UInt8(ascii: isRestricted[stock] ? "1" : "0"))
    message += [0x20, 0x20]
  }
}
