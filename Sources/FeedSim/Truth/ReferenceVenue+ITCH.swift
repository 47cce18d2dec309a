/// TotalView-ITCH 5.0 in MoldUDP64.
extension ReferenceVenue {
  mutating func applyMold(_ payload: ArraySlice<UInt8>) -> Set<Key> {
    let start = payload.startIndex
    let count = Self.integer(payload, start + 18, 2)
    if count == 0 || count == 0xFFFF { return [] }
    var touched = begin(session: Array(payload[start..<start + 10]))
    number(Self.integer(payload, start + 10, 8), count: count)
    var offset = start + 20
    for _ in 0..<count {
      let length = Int(Self.integer(payload, offset, 2))
      if let key = applyITCH(payload[(offset + 2)..<(offset + 2 + length)]) { touched.insert(key) }
      offset += 2 + length
    }
    return touched
  }

  /// Applies one message and returns the locate of the book or status it touches.
  private mutating func applyITCH(_ message: ArraySlice<UInt8>) -> Key? {
    let at = message.startIndex
    let type = message[at]
    messageCounts[type, default: 0] += 1
    let locate = Self.integer(message, at + 1, 2)
    let reference = message.count >= 19 ? Self.integer(message, at + 11, 8) : 0
    switch type {
    case UInt8(ascii: "R"):
      symbols[locate] = Self.text(message[(at + 11)..<(at + 19)])
      return nil
    case UInt8(ascii: "H"): setTrading(locate, message[at + 19] == UInt8(ascii: "T"))
    case UInt8(ascii: "h"): setHalted(locate, message[at + 20] == UInt8(ascii: "H"))
    case UInt8(ascii: "A"), UInt8(ascii: "F"):
      add(
        reference, locate, isBuy: message[at + 19] == UInt8(ascii: "B"), price: Self.integer(message, at + 32, 4),
        shares: UInt32(Self.integer(message, at + 20, 4)))
    case UInt8(ascii: "E"), UInt8(ascii: "C"), UInt8(ascii: "X"):
      take(reference, shares: UInt32(Self.integer(message, at + 19, 4)))
    case UInt8(ascii: "D"): take(reference, shares: .max)
    case UInt8(ascii: "U"):
      _ = replace(
        reference, by: Self.integer(message, at + 19, 8), price: Self.integer(message, at + 31, 4),
        shares: UInt32(Self.integer(message, at + 27, 4)))
    default: return nil
    }
    return locate
  }
}
