/// NYSE Integrated Feed in XDP packets. A key is a symbol index.
extension ReferenceVenue {
  mutating func applyXDP(_ payload: ArraySlice<UInt8>) -> Set<Key> {
    let start = payload.startIndex
    let count = payload[start + 3]
    if count == 0 { return [] }
    var touched = Set<Key>()
    // Sequence Number Reset.
    if payload[start + 2] == 12 { touched = restart() }
    number(Self.littleEndian(payload, start + 4, 4), count: UInt64(count))
    var offset = start + 16
    for _ in 0..<count {
      let length = Int(Self.littleEndian(payload, offset, 2))
      if let key = applyPillar(payload[offset..<offset + length]) { touched.insert(key) }
      offset += length
    }
    if offset != payload.endIndex { unreadCount += 1 }
    return touched
  }

  private mutating func applyPillar(_ message: ArraySlice<UInt8>) -> Key? {
    let at = message.startIndex
    func value(_ offset: Int, _ length: Int) -> UInt64 { Self.littleEndian(message, at + offset, length) }
    let type = value(2, 2)
    messageCounts[UInt8(type), default: 0] += 1
    let index = message.count >= 12 ? value(8, 4) : 0
    let id = message.count >= 24 ? value(16, 8) : 0
    switch type {
    case 3:
      symbols[value(4, 4)] = Self.text(message[(at + 8)..<(at + 19)])
      rawPerPrice4[value(4, 4)] = message[at + 24] == 6 ? 100 : 1
      return nil
    case 34: return applyStatus(message[at + 20], value(12, 4))
    case 100:
      add(
        id, index, isBuy: message[at + 32] == UInt8(ascii: "B"), price: value(24, 4), shares: UInt32(value(28, 4)))
    case 101: _ = replace(id, by: id, price: value(24, 4), shares: UInt32(value(28, 4)))
    case 102: take(id, shares: .max)
    case 103: take(id, shares: UInt32(value(32, 4)))
    case 104: _ = replace(id, by: value(24, 8), price: value(32, 4), shares: UInt32(value(36, 4)))
    case 1, 2, 105, 110, 111, 112, 114: return nil
    default:
      unreadCount += 1
      return nil
    }
    return index
  }

  /// 4 halts, 5 resumes, P stands before and O at the beginning of the core session; A and D are of short sales.
  private mutating func applyStatus(_ status: UInt8, _ index: Key) -> Key? {
    switch status {
    case UInt8(ascii: "4"), UInt8(ascii: "P"): setTrading(index, false)
    case UInt8(ascii: "5"), UInt8(ascii: "O"): setTrading(index, true)
    default: return nil
    }
    return index
  }
}
