/// Cboe PITCH 2.41 behind Sequenced Unit Headers. A key is a symbol's eight bytes.
extension ReferenceVenue {
  mutating func applySequencedUnit(_ payload: ArraySlice<UInt8>) -> Set<Key> {
    let start = payload.startIndex
    let count = payload[start + 2]
    if count == 0 { return [] }
    number(Self.littleEndian(payload, start + 4, 4), count: UInt64(count))
    var touched = Set<Key>()
    var offset = start + 8
    for _ in 0..<count {
      let length = Int(payload[offset])
      touched.formUnion(applyPITCH(payload[offset..<offset + length]))
      offset += length
    }
    if offset != payload.endIndex { unreadCount += 1 }
    return touched
  }

  private mutating func symbol(_ message: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> Key {
    let start = message.startIndex + offset
    let bytes = message[start..<start + length] + [UInt8](repeating: 0x20, count: 8 - length)
    let key = Self.integer(bytes, bytes.startIndex, 8)
    if symbols[key] == nil { symbols[key] = Self.text(bytes) }
    return key
  }

  private mutating func applyPITCH(_ message: ArraySlice<UInt8>) -> Set<Key> {
    let at = message.startIndex
    let type = message[at + 1]
    messageCounts[type, default: 0] += 1
    func value(_ offset: Int, _ length: Int) -> UInt64 { Self.littleEndian(message, at + offset, length) }
    let id = message.count >= 14 ? value(6, 8) : 0
    let key = orders[id]?.key
    switch type {
    case 0x21, 0x22, 0x2F:
      let isShort = type == 0x22
      let symbol = symbol(message, isShort ? 17 : 19, type == 0x2F ? 8 : 6)
      let price = isShort ? value(23, 2) * 100 : value(type == 0x2F ? 27 : 25, 8)
      add(
        id, symbol, isBuy: message[at + 14] == UInt8(ascii: "B"), price: price,
        shares: UInt32(value(15, isShort ? 2 : 4)))
      return [symbol]
    case 0x23: take(id, shares: UInt32(value(14, 4)))
    case 0x24:
      let remaining = UInt32(value(18, 4))
      if let order = orders[id] { take(id, shares: order.shares - remaining) } else { take(id, shares: 0) }
    case 0x25: take(id, shares: UInt32(value(14, 4)))
    case 0x26: take(id, shares: UInt32(value(14, 2)))
    case 0x27: _ = replace(id, by: id, price: value(18, 8), shares: UInt32(value(14, 4)))
    case 0x28: _ = replace(id, by: id, price: value(16, 2) * 100, shares: UInt32(value(14, 2)))
    case 0x29: take(id, shares: .max)
    case 0x31:
      let symbol = symbol(message, 6, 8)
      setTrading(symbol, message[at + 14] == UInt8(ascii: "T"))
      return [symbol]
    case 0x97: return clear()
    case 0x20, 0x2A, 0x2B, 0x2C, 0x2D, 0x30, 0x95, 0x96, 0x98: return []
    default: unreadCount += 1
    }
    return key.map { [$0] } ?? []
  }
}
