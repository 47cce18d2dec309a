@testable import FeedCore

/// Messages of the US equities feeds, written byte by byte from their sheets; they share nothing with the layouts.
enum PITCH {
  static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [UInt8(body.count + 2), type] + body }
  static func symbol(_ text: String, _ count: Int) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0x20, count: count - text.utf8.count)
  }
  static func head(_ type: UInt8, _ offset: UInt32, _ order: UInt64) -> [UInt8] {
    Wire.little(offset) + Wire.little(order)
  }

  static func time(_ seconds: UInt32) -> [UInt8] { message(0x20, Wire.little(seconds)) }
  static func unitClear(_ offset: UInt32 = 0) -> [UInt8] { message(0x97, Wire.little(offset)) }

  static func addLong(
    _ order: UInt64, _ side: Character, _ quantity: UInt32, _ stock: String, _ price: UInt64, at offset: UInt32 = 0
  ) -> [UInt8] {
    let body = head(0x21, offset, order) + [side.asciiValue!] + Wire.little(quantity) + symbol(stock, 6)
    return message(0x21, body + Wire.little(price) + [1])
  }
  static func addShort(
    _ order: UInt64, _ side: Character, _ quantity: UInt16, _ stock: String, _ price: UInt16, at offset: UInt32 = 0
  ) -> [UInt8] {
    let body = head(0x22, offset, order) + [side.asciiValue!] + Wire.little(quantity) + symbol(stock, 6)
    return message(0x22, body + Wire.little(price) + [1])
  }
  /// 40 bytes, as older feeds sent it, or 41 with the customer indicator.
  static func addExpanded(
    _ order: UInt64, _ side: Character, _ quantity: UInt32, _ stock: String, _ price: UInt64, at offset: UInt32 = 0,
    isOld: Bool = false
  ) -> [UInt8] {
    let body = head(0x2F, offset, order) + [side.asciiValue!] + Wire.little(quantity) + symbol(stock, 8)
    return message(0x2F, body + Wire.little(price) + [1] + Array("MPID".utf8) + (isOld ? [] : [0x4E]))
  }
  static func execute(_ order: UInt64, _ quantity: UInt32, _ execution: UInt64, at offset: UInt32 = 0) -> [UInt8] {
    message(0x23, head(0x23, offset, order) + Wire.little(quantity) + Wire.little(execution))
  }
  static func executeAt(
    _ order: UInt64, _ quantity: UInt32, remaining: UInt32, _ execution: UInt64, _ price: UInt64,
    at offset: UInt32 = 0
  ) -> [UInt8] {
    let body = head(0x24, offset, order) + Wire.little(quantity) + Wire.little(remaining)
    return message(0x24, body + Wire.little(execution) + Wire.little(price))
  }
  static func reduceLong(_ order: UInt64, _ quantity: UInt32, at offset: UInt32 = 0) -> [UInt8] {
    message(0x25, head(0x25, offset, order) + Wire.little(quantity))
  }
  static func reduceShort(_ order: UInt64, _ quantity: UInt16, at offset: UInt32 = 0) -> [UInt8] {
    message(0x26, head(0x26, offset, order) + Wire.little(quantity))
  }
  static func modifyLong(
    _ order: UInt64, _ quantity: UInt32, _ price: UInt64, flags: UInt8, at offset: UInt32 = 0
  ) -> [UInt8] {
    message(0x27, head(0x27, offset, order) + Wire.little(quantity) + Wire.little(price) + [flags])
  }
  static func modifyShort(
    _ order: UInt64, _ quantity: UInt16, _ price: UInt16, flags: UInt8, at offset: UInt32 = 0
  ) -> [UInt8] {
    message(0x28, head(0x28, offset, order) + Wire.little(quantity) + Wire.little(price) + [flags])
  }
  static func delete(_ order: UInt64, at offset: UInt32 = 0) -> [UInt8] { message(0x29, head(0x29, offset, order)) }
  static func tradeLong(
    _ quantity: UInt32, _ stock: String, _ price: UInt64, _ execution: UInt64, at offset: UInt32 = 0
  ) -> [UInt8] {
    let body = head(0x2A, offset, 99) + [0x42] + Wire.little(quantity) + symbol(stock, 6)
    return message(0x2A, body + Wire.little(price) + Wire.little(execution))
  }
  static func tradeShort(
    _ quantity: UInt16, _ stock: String, _ price: UInt16, _ execution: UInt64, at offset: UInt32 = 0
  ) -> [UInt8] {
    let body = head(0x2B, offset, 99) + [0x42] + Wire.little(quantity) + symbol(stock, 6)
    return message(0x2B, body + Wire.little(price) + Wire.little(execution))
  }
  static func tradeExpanded(
    _ quantity: UInt32, _ stock: String, _ price: UInt64, _ execution: UInt64, at offset: UInt32 = 0
  ) -> [UInt8] {
    let body = head(0x30, offset, 99) + [0x42] + Wire.little(quantity) + symbol(stock, 8)
    return message(0x30, body + Wire.little(price) + Wire.little(execution))
  }
  static func tradeBreak(_ execution: UInt64, at offset: UInt32 = 0) -> [UInt8] {
    message(0x2C, Wire.little(offset) + Wire.little(execution))
  }
  static func status(
    _ stock: String, _ state: Character, regSHO: Character = "0", at offset: UInt32 = 0
  ) -> [UInt8] {
    message(
      0x31, Wire.little(offset) + symbol(stock, 8) + [state.asciiValue!, regSHO.asciiValue!, 0x20, 0x20])
  }
}

/// DEEP+, DEEP and TOPS.
enum IEX {
  static func head(_ type: Character, _ flag: UInt8, _ time: UInt64, _ stock: String) -> [UInt8] {
    [type.asciiValue!, flag] + Wire.little(time) + PITCH.symbol(stock, 8)
  }
  static func flagged(_ type: Character, _ flag: Character, _ stock: String, at time: UInt64 = 0) -> [UInt8] {
    head(type, flag.asciiValue!, time, stock)
  }

  static func system(_ event: Character, at time: UInt64 = 0) -> [UInt8] {
    [0x53, event.asciiValue!] + Wire.little(time)
  }
  static func directory(_ stock: String, roundLot: UInt32, at time: UInt64 = 0) -> [UInt8] {
    head("D", 0, time, stock) + Wire.little(roundLot) + Wire.little(UInt64(1)) + [1]
  }
  static func trading(_ stock: String, _ status: Character = "T", at time: UInt64 = 0) -> [UInt8] {
    flagged("H", status, stock, at: time) + Array("NA  ".utf8)
  }
  static func shortSale(_ stock: String, _ status: UInt8, at time: UInt64 = 0) -> [UInt8] {
    head("P", status, time, stock) + [0x41]
  }
  static func add(
    _ order: UInt64, _ side: Character, _ size: UInt32, _ stock: String, _ price: Int64, at time: UInt64 = 0
  ) -> [UInt8] {
    flagged("a", side, stock, at: time) + Wire.little(order) + Wire.little(size) + Wire.little(price)
  }
  static func modify(
    _ order: UInt64, _ size: UInt32, _ stock: String, _ price: Int64, flags: UInt8, at time: UInt64 = 0
  ) -> [UInt8] {
    head("M", flags, time, stock) + Wire.little(order) + Wire.little(size) + Wire.little(price)
  }
  static func delete(_ order: UInt64, _ stock: String, at time: UInt64 = 0) -> [UInt8] {
    head("R", 0, time, stock) + Wire.little(order)
  }
  static func execute(
    _ order: UInt64, _ size: UInt32, _ stock: String, _ price: Int64, trade: UInt64, at time: UInt64 = 0
  ) -> [UInt8] {
    head("L", 0, time, stock) + Wire.little(order) + Wire.little(size) + Wire.little(price) + Wire.little(trade)
  }
  static func level(
    _ side: Character, _ size: UInt32, _ stock: String, _ price: Int64, complete: Bool = true, at time: UInt64 = 0
  ) -> [UInt8] {
    head(side, complete ? 1 : 0, time, stock) + Wire.little(size) + Wire.little(price)
  }
  static func quote(
    _ stock: String, bid: (UInt32, Int64), ask: (UInt32, Int64), flags: UInt8 = 0, at time: UInt64 = 0
  ) -> [UInt8] {
    head("Q", flags, time, stock) + Wire.little(bid.0) + Wire.little(bid.1) + Wire.little(ask.1) + Wire.little(ask.0)
  }
  static func trade(
    _ type: Character, _ size: UInt32, _ stock: String, _ price: Int64, trade: UInt64, at time: UInt64 = 0
  ) -> [UInt8] {
    head(type, 0, time, stock) + Wire.little(size) + Wire.little(price) + Wire.little(trade)
  }
}

/// NYSE Integrated.
enum NYSE {
  static func many(_ index: UInt32, _ nanoseconds: UInt32) -> [UInt8] {
    Wire.little(nanoseconds) + Wire.little(index) + Wire.little(UInt32(7))
  }
  static func few(_ index: UInt32, _ seconds: UInt32, _ nanoseconds: UInt32) -> [UInt8] {
    Wire.little(seconds) + Wire.little(nanoseconds) + Wire.little(index)
  }

  static func time(_ seconds: UInt32) -> [UInt8] {
    Wire.xdpMessage(2, Wire.little(UInt32(1)) + Wire.little(UInt32(0)) + Wire.little(seconds))
  }
  static func mapping(_ index: UInt32, _ stock: String, scale: UInt8 = 4, lot: UInt16 = 100) -> [UInt8] {
    var body = Wire.little(index) + Array(stock.utf8) + [UInt8](repeating: 0, count: 12 - stock.utf8.count)
    body += Wire.little(UInt16(1))
    body += [1, 0x4E, scale, 0x43]
    body += Wire.little(lot) + [UInt8](repeating: 0, count: 16)
    return Wire.xdpMessage(3, body)
  }
  static func add(
    _ index: UInt32, _ order: UInt64, _ side: Character, _ volume: UInt32, _ price: Int32, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = many(index, time) + Wire.little(order) + Wire.little(price) + Wire.little(volume)
    return Wire.xdpMessage(100, body + [side.asciiValue!, 0x20, 0x20, 0x20, 0x20, 0x20, 0])
  }
  static func refresh(
    _ index: UInt32, _ order: UInt64, _ side: Character, _ volume: UInt32, _ price: Int32, seconds: UInt32,
    at time: UInt32 = 0
  ) -> [UInt8] {
    let body = few(index, seconds, time) + Wire.little(UInt32(7)) + Wire.little(order) + Wire.little(price)
    return Wire.xdpMessage(106, body + Wire.little(volume) + [side.asciiValue!, 0, 0, 0, 0, 0, 0])
  }
  static func modify(
    _ index: UInt32, _ order: UInt64, _ volume: UInt32, _ price: Int32, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = many(index, time) + Wire.little(order) + Wire.little(price) + Wire.little(volume)
    return Wire.xdpMessage(101, body + [0, 0x42, 0])
  }
  static func delete(_ index: UInt32, _ order: UInt64, at time: UInt32 = 0) -> [UInt8] {
    Wire.xdpMessage(102, many(index, time) + Wire.little(order) + [0])
  }
  /// With trade conditions, or as XDP 2.1 has it.
  static func execute(
    _ index: UInt32, _ order: UInt64, _ volume: UInt32, _ price: Int32, trade: UInt32, printable: Bool = true,
    isOld: Bool = false, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = many(index, time) + Wire.little(order) + Wire.little(trade) + Wire.little(price)
    let tail: [UInt8] = isOld ? [2, 9, 0, 0, 0] : [0, 0x40, 0x20, 0x20, 0x49]
    return Wire.xdpMessage(103, body + Wire.little(volume) + [printable ? 1 : 0] + tail)
  }
  static func replace(
    _ index: UInt32, _ order: UInt64, by new: UInt64, _ volume: UInt32, _ price: Int32, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = many(index, time) + Wire.little(order) + Wire.little(new) + Wire.little(price)
    return Wire.xdpMessage(104, body + Wire.little(volume) + [0, 0])
  }
  static func trade(
    _ index: UInt32, _ volume: UInt32, _ price: Int32, trade: UInt32, printable: Bool = true, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = many(index, time) + Wire.little(trade) + Wire.little(price) + Wire.little(volume)
    return Wire.xdpMessage(110, body + [printable ? 1 : 0, 0x40, 0x20, 0x20, 0x20])
  }
  static func cross(_ index: UInt32, _ volume: UInt32, _ price: Int32, cross: UInt32, at time: UInt32 = 0) -> [UInt8] {
    let body = many(index, time) + Wire.little(cross) + Wire.little(price) + Wire.little(volume)
    return Wire.xdpMessage(111, body + [0x4F])
  }
  static func cancelTrade(_ index: UInt32, _ trade: UInt32, at time: UInt32 = 0) -> [UInt8] {
    Wire.xdpMessage(112, many(index, time) + Wire.little(trade))
  }
  static func clear(_ index: UInt32, seconds: UInt32, at time: UInt32 = 0) -> [UInt8] {
    Wire.xdpMessage(32, few(index, seconds, time) + Wire.little(UInt32(8)))
  }
  static func status(
    _ index: UInt32, _ code: Character, halt: Character = "~", market: Character = "O", ssr: Character = "~",
    seconds: UInt32, at time: UInt32 = 0
  ) -> [UInt8] {
    var body = few(index, seconds, time) + Wire.little(UInt32(7)) + [code.asciiValue!, halt.asciiValue!]
    body += [UInt8](repeating: 0, count: 21)
    return Wire.xdpMessage(34, body + [ssr.asciiValue!, market.asciiValue!, 0])
  }
}

/// MEMX MEMOIR Depth.
enum MEMX {
  static func message(_ template: UInt8, _ time: UInt64, _ body: [UInt8]) -> [UInt8] {
    Wire.big(UInt16(body.count + 8)) + [template, 2, 1, 3] + Wire.big(time) + body
  }

  static func directory(
    _ security: UInt16, _ root: String, suffix: String = "", lot: UInt32 = 100, at time: UInt64 = 0
  ) -> [UInt8] {
    let body = Wire.big(security) + PITCH.symbol(root, 6) + PITCH.symbol(suffix, 6) + Wire.big(lot)
    return message(1, time, body + [0, 0] + Wire.big(Int64(10_000)))
  }
  static func restriction(_ security: UInt16, _ value: UInt8, at time: UInt64 = 0) -> [UInt8] {
    message(2, time, Wire.big(security) + [value])
  }
  static func status(_ security: UInt16, _ status: Character, at time: UInt64 = 0) -> [UInt8] {
    message(3, time, Wire.big(security) + [status.asciiValue!, 0x58])
  }
  static func session(_ session: Character, at time: UInt64 = 0) -> [UInt8] {
    message(5, time, [session.asciiValue!])
  }
  static func add(
    _ security: UInt16, _ order: UInt64, _ side: Character, _ quantity: UInt32, _ price: Int64, at time: UInt64 = 0
  ) -> [UInt8] {
    let body = Wire.big(security) + Wire.big(order) + [side.asciiValue!] + Wire.big(quantity)
    return message(10, time, body + Wire.big(price))
  }
  static func delete(_ security: UInt16, _ order: UInt64, at time: UInt64 = 0) -> [UInt8] {
    message(11, time, Wire.big(security) + Wire.big(order))
  }
  static func reduce(_ security: UInt16, _ order: UInt64, _ quantity: UInt32, at time: UInt64 = 0) -> [UInt8] {
    message(12, time, Wire.big(security) + Wire.big(order) + Wire.big(quantity))
  }
  static func execute(
    _ security: UInt16, _ order: UInt64, _ quantity: UInt32, _ price: Int64, trade: UInt64, at time: UInt64 = 0
  ) -> [UInt8] {
    let body = Wire.big(security) + Wire.big(order) + Wire.big(trade) + Wire.big(quantity)
    return message(13, time, body + Wire.big(price))
  }
  static func trade(
    _ security: UInt16, _ quantity: UInt32, _ price: Int64, trade: UInt64, at time: UInt64 = 0
  ) -> [UInt8] {
    message(14, time, Wire.big(security) + Wire.big(trade) + Wire.big(quantity) + Wire.big(price))
  }
  static func broken(_ security: UInt16, trade: UInt64, at time: UInt64 = 0) -> [UInt8] {
    message(15, time, Wire.big(security) + Wire.big(trade) + Wire.big(UInt32(1)) + Wire.big(Int64(1)))
  }
  static func corrected(
    _ security: UInt16, trade: UInt64, _ quantity: UInt32, _ price: Int64, at time: UInt64 = 0
  ) -> [UInt8] {
    let body = Wire.big(security) + Wire.big(trade) + Wire.big(UInt32(1)) + Wire.big(Int64(1))
    return message(16, time, body + Wire.big(quantity) + Wire.big(price))
  }
  static func clear(_ security: UInt16, at time: UInt64 = 0) -> [UInt8] { message(18, time, Wire.big(security)) }
}

/// MIAX Pearl Depth of Market.
enum MIAX {
  static func message(_ type: UInt8, _ nanoseconds: UInt32, _ body: [UInt8]) -> [UInt8] {
    [type] + Wire.little(nanoseconds) + body
  }

  static func time(_ seconds: UInt32) -> [UInt8] { [49] + Wire.little(seconds) }
  static func symbol(_ id: UInt32, _ stock: String, lot: UInt16 = 100, at time: UInt32 = 0) -> [UInt8] {
    let body = Wire.little(id) + PITCH.symbol(stock, 11) + [0, 0x4E, 0] + Wire.little(lot)
    return message(1, time, body + Array("09:30:0016:00:00".utf8) + [0x4E])
  }
  static func state(_ status: Character, at time: UInt32 = 0) -> [UInt8] {
    message(83, time, Array("1.3.d   ".utf8) + [1, status.asciiValue!])
  }
  static func status(
    _ id: UInt32, _ status: Character, market: Character = "3", restricted: Character = "N", at time: UInt32 = 0
  ) -> [UInt8] {
    message(4, time, Wire.little(id) + [status.asciiValue!, market.asciiValue!, restricted.asciiValue!])
  }
  static func clear(_ id: UInt32, at time: UInt32 = 0) -> [UInt8] { message(5, time, Wire.little(id)) }
  static func add(
    _ id: UInt32, _ order: UInt64, _ side: Character, _ size: UInt32, _ price: UInt64, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = Wire.little(id) + Wire.little(order) + [side.asciiValue!] + Wire.little(price)
    return message(20, time, body + Wire.little(size) + Array("ABCD".utf8))
  }
  static func modify(
    _ id: UInt32, _ order: UInt64, _ size: UInt32, _ price: UInt64, flags: UInt8, at time: UInt32 = 0
  ) -> [UInt8] {
    let body = Wire.little(id) + Wire.little(order) + Wire.little(price)
    return message(21, time, body + Wire.little(size) + [flags])
  }
  static func delete(_ id: UInt32, _ order: UInt64, at time: UInt32 = 0) -> [UInt8] {
    message(23, time, Wire.little(id) + Wire.little(order))
  }
  static func execute(
    _ id: UInt32, _ order: UInt64, _ size: UInt32, _ price: UInt64, trade: UInt64, flags: UInt8 = 1,
    at time: UInt32 = 0
  ) -> [UInt8] {
    let body = Wire.little(id) + Wire.little(order) + Wire.little(trade) + Wire.little(price)
    return message(24, time, body + Wire.little(size) + [flags])
  }
  static func trade(
    _ id: UInt32, _ size: UInt32, _ price: UInt64, trade: UInt64, correction: UInt8 = 0, flags: UInt8 = 1,
    at time: UInt32 = 0
  ) -> [UInt8] {
    let body = Wire.little(id) + Wire.little(trade) + [correction] + Wire.little(price)
    return message(10, time, body + Wire.little(size) + [flags])
  }
  static func cancelTrade(_ id: UInt32, trade: UInt64, at time: UInt32 = 0) -> [UInt8] {
    let body = Wire.little(id) + Wire.little(trade) + [0] + Wire.little(UInt64(1))
    return message(11, time, body + Wire.little(UInt32(1)))
  }
}
