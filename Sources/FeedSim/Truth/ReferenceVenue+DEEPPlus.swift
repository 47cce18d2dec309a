/// DEEP+ in IEX-TP. A key is a symbol's eight bytes.
extension ReferenceVenue {
  mutating func applyIEXTP(_ payload: ArraySlice<UInt8>) -> Set<Key> {
    let start = payload.startIndex
    let count = Self.littleEndian(payload, start + 14, 2)
    if count == 0 { return [] }
    var touched = begin(session: Array(payload[(start + 8)..<(start + 12)]))
    number(Self.littleEndian(payload, start + 24, 8), count: count)
    var offset = start + 40
    for _ in 0..<count {
      let length = Int(Self.littleEndian(payload, offset, 2))
      if let key = applyDEEPPlus(payload[(offset + 2)..<(offset + 2 + length)]) { touched.insert(key) }
      offset += 2 + length
    }
    if offset != payload.endIndex { unreadCount += 1 }
    return touched
  }

  private mutating func applyDEEPPlus(_ message: ArraySlice<UInt8>) -> Key? {
    let at = message.startIndex
    func value(_ offset: Int, _ length: Int) -> UInt64 { Self.littleEndian(message, at + offset, length) }
    let type = message[at]
    let detail = message[at + 1]
    messageCounts[type, default: 0] += 1
    if type == UInt8(ascii: "S") { return nil }
    let symbol = Self.integer(message, at + 10, 8)
    let id = message.count >= 26 ? value(18, 8) : 0
    if symbols[symbol] == nil { symbols[symbol] = Self.text(message[(at + 10)..<(at + 18)]) }
    switch type {
    case UInt8(ascii: "a"):
      add(id, symbol, isBuy: detail == UInt8(ascii: "8"), price: value(30, 8), shares: UInt32(value(26, 4)))
    case UInt8(ascii: "M"): _ = replace(id, by: id, price: value(30, 8), shares: UInt32(value(26, 4)))
    case UInt8(ascii: "R"): take(id, shares: .max)
    case UInt8(ascii: "L"): take(id, shares: UInt32(value(26, 4)))
    case UInt8(ascii: "H"): setTrading(symbol, detail == UInt8(ascii: "T"))
    case UInt8(ascii: "O"): setHalted(symbol, detail == UInt8(ascii: "O"))
    case UInt8(ascii: "D"), UInt8(ascii: "P"), UInt8(ascii: "I"), UInt8(ascii: "E"), UInt8(ascii: "T"),
      UInt8(ascii: "B"):
      return nil
    default:
      unreadCount += 1
      return nil
    }
    return symbol
  }
}
