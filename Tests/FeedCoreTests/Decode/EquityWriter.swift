@testable import FeedCore

/// Writes actions as one venue's messages, by hand from its sheet.
struct EquityWriter {
  let feedProtocol: FeedProtocol
  let stocks: [String]
  private var second: UInt64 = .max
  private var random: BookTestRandom

  init(_ feedProtocol: FeedProtocol, stocks: [String], seed: UInt64) {
    self.feedProtocol = feedProtocol
    self.stocks = stocks
    random = BookTestRandom(seed: seed)
  }

  /// Numbers of instruments lie on both sides of what a plain table holds.
  private func index(_ stock: String) -> UInt32 {
    let place = UInt32(stocks.firstIndex(of: stock)!)
    return place % 2 == 0 ? place + 1 : 80_000 + place
  }
  private func security(_ stock: String) -> UInt16 { UInt16(stocks.firstIndex(of: stock)! * 1_000 + 7) }

  /// What names the instruments.
  func opening() -> [[UInt8]] {
    switch feedProtocol {
    case .nyseIntegrated: stocks.map { NYSE.mapping(index($0), $0, scale: 4) }
    case .memxDepth: stocks.map { MEMX.directory(security($0), $0) }
    case .miaxPearlDepth: stocks.map { MIAX.symbol(index($0), $0) }
    default: []
    }
  }

  /// Whether the venue has a message for it.
  func has(_ action: EquityAction) -> Bool {
    switch action {
    case .reduce: feedProtocol == .pitch || feedProtocol == .memxDepth
    case .execute(_, _, _, let price, _): (price == nil) == (feedProtocol == .pitch)
    case .executeTo, .clearUnit: feedProtocol == .pitch
    case .modify: feedProtocol != .memxDepth
    case .replace: feedProtocol == .nyseIntegrated
    case .clear: feedProtocol != .pitch
    default: true
    }
  }

  mutating func messages(_ action: EquityAction, at time: UInt64) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    if time / 1_000_000_000 != second {
      second = time / 1_000_000_000
      switch feedProtocol {
      case .pitch: messages.append(PITCH.time(UInt32(second)))
      case .nyseIntegrated: messages.append(NYSE.time(UInt32(second)))
      case .miaxPearlDepth: messages.append(MIAX.time(UInt32(second)))
      default: break
      }
    }
    let rest = UInt32(time % 1_000_000_000)
    switch feedProtocol {
    case .pitch: messages.append(pitch(action, rest))
    case .nyseIntegrated: messages += nyse(action, UInt32(second), rest)
    case .memxDepth: messages += memx(action, time)
    case .miaxPearlDepth: messages.append(miax(action, rest))
    default: messages += iex(action, time)
    }
    return messages
  }

  private mutating func pitch(_ action: EquityAction, _ at: UInt32) -> [UInt8] {
    func side(_ isSell: Bool) -> Character { isSell ? "S" : "B" }
    switch action {
    case .add(let stock, let order, let isSell, let quantity, let price):
      if price % 100 == 0, quantity < 65_536, random.chance(800) {
        return PITCH.addShort(order, side(isSell), UInt16(quantity), stock, UInt16(price / 100), at: at)
      }
      if random.chance(500) { return PITCH.addLong(order, side(isSell), quantity, stock, UInt64(price), at: at) }
      return PITCH.addExpanded(order, side(isSell), quantity, stock, UInt64(price), at: at, isOld: random.chance(300))
    case .reduce(_, let order, let quantity):
      return quantity < 65_536 && random.chance(500)
        ? PITCH.reduceShort(order, UInt16(quantity), at: at) : PITCH.reduceLong(order, quantity, at: at)
    case .execute(_, let order, let quantity, _, let trade): return PITCH.execute(order, quantity, trade, at: at)
    case .executeTo(_, let order, let quantity, let remaining, let price, let trade):
      return PITCH.executeAt(order, quantity, remaining: remaining, trade, UInt64(price), at: at)
    case .modify(_, let order, let quantity, let price, let keepsPlace):
      let flags: UInt8 = keepsPlace ? 3 : 1
      if price % 100 == 0, quantity < 65_536 {
        return PITCH.modifyShort(order, UInt16(quantity), UInt16(price / 100), flags: flags, at: at)
      }
      return PITCH.modifyLong(order, quantity, UInt64(price), flags: flags, at: at)
    case .delete(_, let order): return PITCH.delete(order, at: at)
    case .trade(let stock, let quantity, let price, let trade):
      return random.chance(500)
        ? PITCH.tradeLong(quantity, stock, UInt64(price), trade, at: at)
        : PITCH.tradeExpanded(quantity, stock, UInt64(price), trade, at: at)
    case .breakTrade(_, let trade): return PITCH.tradeBreak(trade, at: at)
    case .clearUnit: return PITCH.unitClear(at)
    case .status(let stock, let isTrading, let isRestricted):
      return PITCH.status(stock, isTrading ? "T" : "H", regSHO: isRestricted ? "1" : "0", at: at)
    case .replace, .clear: return []
    }
  }

  private func nyse(_ action: EquityAction, _ seconds: UInt32, _ at: UInt32) -> [[UInt8]] {
    switch action {
    case .add(let stock, let order, let isSell, let quantity, let price):
      let side: Character = isSell ? "S" : "B"
      if order % 7 == 0 {
        return [NYSE.refresh(index(stock), order, side, quantity, Int32(price), seconds: seconds, at: at)]
      }
      return [NYSE.add(index(stock), order, side, quantity, Int32(price), at: at)]
    case .execute(let stock, let order, let quantity, let price, let trade):
      return [
        NYSE.execute(
          index(stock), order, quantity, Int32(price ?? 0), trade: UInt32(trade), isOld: trade % 2 == 0, at: at)
      ]
    case .modify(let stock, let order, let quantity, let price, _):
      return [NYSE.modify(index(stock), order, quantity, Int32(price), at: at)]
    case .delete(let stock, let order): return [NYSE.delete(index(stock), order, at: at)]
    case .replace(let stock, let order, let new, let quantity, let price):
      return [NYSE.replace(index(stock), order, by: new, quantity, Int32(price), at: at)]
    case .trade(let stock, let quantity, let price, let trade):
      return [
        trade % 2 == 0
          ? NYSE.trade(index(stock), quantity, Int32(price), trade: UInt32(trade), at: at)
          : NYSE.cross(index(stock), quantity, Int32(price), cross: UInt32(trade), at: at)
      ]
    case .breakTrade(let stock, let trade): return [NYSE.cancelTrade(index(stock), UInt32(trade), at: at)]
    case .clear(let stock): return [NYSE.clear(index(stock), seconds: seconds, at: at)]
    case .status(let stock, let isTrading, let isRestricted):
      let ssr: Character = isRestricted ? "E" : "~"
      return [
        isTrading
          ? NYSE.status(index(stock), "O", ssr: ssr, seconds: seconds, at: at)
          : NYSE.status(index(stock), "4", halt: "D", ssr: ssr, seconds: seconds, at: at)
      ]
    case .reduce, .executeTo, .clearUnit: return []
    }
  }

  private func memx(_ action: EquityAction, _ at: UInt64) -> [[UInt8]] {
    switch action {
    case .add(let stock, let order, let isSell, let quantity, let price):
      return [MEMX.add(security(stock), order, isSell ? "S" : "B", quantity, price * 100, at: at)]
    case .reduce(let stock, let order, let quantity):
      return [MEMX.reduce(security(stock), order, quantity, at: at)]
    case .execute(let stock, let order, let quantity, let price, let trade):
      return [MEMX.execute(security(stock), order, quantity, (price ?? 0) * 100, trade: trade, at: at)]
    case .delete(let stock, let order): return [MEMX.delete(security(stock), order, at: at)]
    case .trade(let stock, let quantity, let price, let trade):
      return [MEMX.trade(security(stock), quantity, price * 100, trade: trade, at: at)]
    case .breakTrade(let stock, let trade): return [MEMX.broken(security(stock), trade: trade, at: at)]
    case .clear(let stock): return [MEMX.clear(security(stock), at: at)]
    case .status(let stock, let isTrading, let isRestricted):
      return [
        MEMX.status(security(stock), isTrading ? "T" : "P", at: at),
        MEMX.restriction(security(stock), isRestricted ? 1 : 0, at: at),
      ]
    case .executeTo, .modify, .replace, .clearUnit: return []
    }
  }

  private func miax(_ action: EquityAction, _ at: UInt32) -> [UInt8] {
    switch action {
    case .add(let stock, let order, let isSell, let quantity, let price):
      return MIAX.add(index(stock), order, isSell ? "S" : "B", quantity, UInt64(price) * 100, at: at)
    case .execute(let stock, let order, let quantity, let price, let trade):
      return MIAX.execute(index(stock), order, quantity, UInt64(price ?? 0) * 100, trade: trade, at: at)
    case .modify(let stock, let order, let quantity, let price, let keepsPlace):
      return MIAX.modify(
        index(stock), order, quantity, UInt64(price) * 100, flags: keepsPlace ? 0 : 1, at: at)
    case .delete(let stock, let order): return MIAX.delete(index(stock), order, at: at)
    case .trade(let stock, let quantity, let price, let trade):
      return MIAX.trade(index(stock), quantity, UInt64(price) * 100, trade: trade, at: at)
    case .breakTrade(let stock, let trade): return MIAX.cancelTrade(index(stock), trade: trade, at: at)
    case .clear(let stock): return MIAX.clear(index(stock), at: at)
    case .status(let stock, let isTrading, let isRestricted):
      return MIAX.status(index(stock), isTrading ? "2" : "3", restricted: isRestricted ? "Y" : "N", at: at)
    case .reduce, .executeTo, .replace, .clearUnit: return []
    }
  }

  private func iex(_ action: EquityAction, _ at: UInt64) -> [[UInt8]] {
    switch action {
    case .add(let stock, let order, let isSell, let quantity, let price):
      return [IEX.add(order, isSell ? "5" : "8", quantity, stock, price, at: at)]
    case .execute(let stock, let order, let quantity, let price, let trade):
      return [IEX.execute(order, quantity, stock, price ?? 0, trade: trade, at: at)]
    case .modify(let stock, let order, let quantity, let price, let keepsPlace):
      return [IEX.modify(order, quantity, stock, price, flags: keepsPlace ? 1 : 0, at: at)]
    case .delete(let stock, let order): return [IEX.delete(order, stock, at: at)]
    case .trade(let stock, let quantity, let price, let trade):
      return [IEX.trade("T", quantity, stock, price, trade: trade, at: at)]
    case .breakTrade(let stock, let trade): return [IEX.trade("B", 1, stock, 1, trade: trade, at: at)]
    case .clear(let stock): return [IEX.head("C", 0, at, stock)]
    case .status(let stock, let isTrading, let isRestricted):
      return [
        IEX.trading(stock, isTrading ? "T" : "H", at: at), IEX.shortSale(stock, isRestricted ? 1 : 0, at: at),
      ]
    case .reduce, .executeTo, .replace, .clearUnit: return []
    }
  }
}
