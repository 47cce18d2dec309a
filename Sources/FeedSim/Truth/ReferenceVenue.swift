/// Decodes one venue's MoldUDP64 packets of ITCH 5.0 messages into `ReferenceBook`s, with dictionaries.
struct ReferenceVenue {
  struct Order {
    var locate: UInt16
    var isBuy: Bool
    var price4: UInt32
    var shares: UInt32
  }
  private(set) var session: [UInt8] = []
  private(set) var nextSequenceNumber: UInt64 = 1
  private(set) var orders: [UInt64: Order] = [:]
  private(set) var books: [UInt16: ReferenceBook] = [:]
  private(set) var symbols: [UInt16: String] = [:]
  /// E, C, X, D, U that name no live order, and adds of a live reference.
  private(set) var orphanCount = 0
  /// Sequence numbers skipped or seen before.
  private(set) var sequenceBreakCount = 0
  private(set) var messageCounts: [UInt8: Int] = [:]
  private(set) var restartCount = 0

  /// Applies one packet and returns the locates whose book or status it touched; all of them at a new session.
  mutating func apply(_ payload: ArraySlice<UInt8>) -> Set<UInt16> {
    var touched = Set<UInt16>()
    let start = payload.startIndex
    let name = Array(payload[start..<start + 10])
    let first = Self.integer(payload, start + 10, 8)
    let count = Self.integer(payload, start + 18, 2)
    if count == 0 || count == 0xFFFF { return [] }
    if name != session {
      if !session.isEmpty {
        restartCount += 1
        touched = Set(symbols.keys)
        orders = [:]
        books = [:]
      }
      session = name
      nextSequenceNumber = 1
    }
    if first != nextSequenceNumber { sequenceBreakCount += 1 }
    nextSequenceNumber = first + count
    var offset = start + 20
    for _ in 0..<count {
      let length = Int(Self.integer(payload, offset, 2))
      if let locate = apply(message: payload[(offset + 2)..<(offset + 2 + length)]) { touched.insert(locate) }
      offset += 2 + length
    }
    return touched
  }

  /// Applies one message and returns the locate of the book or status it touches.
  private mutating func apply(message: ArraySlice<UInt8>) -> UInt16? {
    let at = message.startIndex
    let type = message[at]
    messageCounts[type, default: 0] += 1
    let locate = UInt16(Self.integer(message, at + 1, 2))
    let reference = message.count >= 19 ? Self.integer(message, at + 11, 8) : 0
    switch type {
    case UInt8(ascii: "R"):
      symbols[locate] = Self.text(message[(at + 11)..<(at + 19)])
      return nil
    case UInt8(ascii: "H"):
      books[locate, default: ReferenceBook()].tradingState = message[at + 19]
      return locate
    case UInt8(ascii: "h"):
      books[locate, default: ReferenceBook()].isOperationallyHalted = message[at + 20] == UInt8(ascii: "H")
      return locate
    case UInt8(ascii: "A"), UInt8(ascii: "F"):
      add(
        reference, locate, isBuy: message[at + 19] == UInt8(ascii: "B"),
        price4: UInt32(Self.integer(message, at + 32, 4)), shares: UInt32(Self.integer(message, at + 20, 4)))
      return locate
    case UInt8(ascii: "E"), UInt8(ascii: "C"), UInt8(ascii: "X"):
      _ = take(reference, shares: UInt32(Self.integer(message, at + 19, 4)))
      return locate
    case UInt8(ascii: "D"):
      _ = take(reference, shares: .max)
      return locate
    case UInt8(ascii: "U"):
      guard let old = take(reference, shares: .max) else { return locate }
      add(
        Self.integer(message, at + 19, 8), old.locate, isBuy: old.isBuy,
        price4: UInt32(Self.integer(message, at + 31, 4)), shares: UInt32(Self.integer(message, at + 27, 4)))
      return locate
    default:
      return nil
    }
  }

  private mutating func add(_ reference: UInt64, _ locate: UInt16, isBuy: Bool, price4: UInt32, shares: UInt32) {
    if orders[reference] != nil { orphanCount += 1 }
    orders[reference] = Order(locate: locate, isBuy: isBuy, price4: price4, shares: shares)
    books[locate, default: ReferenceBook()].add(isBuy: isBuy, price4: price4, shares: shares)
  }

  /// Takes shares off an order, at most what it has, and returns the order as it was.
  private mutating func take(_ reference: UInt64, shares: UInt32) -> Order? {
    guard let order = orders[reference] else {
      orphanCount += 1
      return nil
    }
    let taken = min(shares, order.shares)
    if taken == order.shares {
      orders[reference] = nil
    } else {
      orders[reference]!.shares -= taken
    }
    books[order.locate, default: ReferenceBook()].take(
      isBuy: order.isBuy, price4: order.price4, shares: taken, removesOrder: taken == order.shares)
    return order
  }

  static func integer(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in offset..<offset + length { value = value << 8 | UInt64(bytes[index]) }
    return value
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0x20 }, as: UTF8.self)
  }
}
