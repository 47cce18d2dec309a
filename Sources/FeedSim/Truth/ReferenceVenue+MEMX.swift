/// MEMOIR Depth in MEMX-UDP. A key is a security id; prices have six decimals.
extension ReferenceVenue {
  mutating func applyMEMXUDP(_ payload: ArraySlice<UInt8>) -> Set<Key> {
    let start = payload.startIndex
    if payload[start] != 2 { return [] }
    let count = Self.integer(payload, start + 18, 2)
    var touched = begin(session: Array(payload[(start + 2)..<(start + 10)]))
    number(Self.integer(payload, start + 10, 8), count: count)
    var offset = start + 20
    for _ in 0..<count {
      let length = Int(Self.integer(payload, offset, 2))
      if let key = applyMEMOIR(payload[(offset + 2)..<(offset + 2 + length)]) { touched.insert(key) }
      offset += 2 + length
    }
    if offset != payload.endIndex { unreadCount += 1 }
    return touched
  }

  private mutating func applyMEMOIR(_ message: ArraySlice<UInt8>) -> Key? {
    let at = message.startIndex
    func value(_ offset: Int, _ length: Int) -> UInt64 { Self.integer(message, at + offset, length) }
    let template = message[at + 2]
    messageCounts[template, default: 0] += 1
    if Int(value(0, 2)) + 6 != message.count || message[at + 3] != 2 { unreadCount += 1 }
    let id = message.count >= 16 ? value(14, 2) : 0
    let order = message.count >= 24 ? value(16, 8) : 0
    switch template {
    case 1:
      let root = Self.text(message[(at + 16)..<(at + 22)])
      let suffix = Self.text(message[(at + 22)..<(at + 28)])
      symbols[id] = suffix.isEmpty ? root : root + " " + suffix
      rawPerPrice4[id] = 100
      return nil
    case 3: setTrading(id, message[at + 16] == UInt8(ascii: "T"))
    case 10:
      add(order, id, isBuy: message[at + 24] == UInt8(ascii: "B"), price: value(29, 8), shares: UInt32(value(25, 4)))
    case 11: take(order, shares: .max)
    case 12: take(order, shares: UInt32(value(24, 4)))
    case 13: take(order, shares: UInt32(value(32, 4)))
    case 2, 5, 14, 15: return nil
    default:
      unreadCount += 1
      return nil
    }
    return id
  }
}
