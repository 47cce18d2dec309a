import FeedCore

/// Decodes one venue's packets into `ReferenceBook`s, with dictionaries.
struct ReferenceVenue {
  struct Order {
    var key: UInt64
    var isBuy: Bool
    var price4: UInt32
    var shares: UInt32
  }
  /// What names an instrument in messages: a number (stock locate, symbol index, security id), or the eight bytes of a
  /// symbol as one number.
  typealias Key = UInt64

  let feedProtocol: FeedProtocol
  var session: [UInt8] = []
  var nextSequenceNumber: UInt64 = 1
  private(set) var orders: [UInt64: Order] = [:]
  var books: [Key: ReferenceBook] = [:]
  /// As the venue writes them.
  var symbols: [Key: String] = [:]
  /// Raw units of the venue's prices in 1/10,000 dollar, where it is not 1.
  var rawPerPrice4: [Key: UInt64] = [:]
  /// Changes of orders that name no live order, and adds of a live reference.
  private(set) var orphanCount = 0
  /// Sequence numbers skipped or seen before.
  var sequenceBreakCount = 0
  /// Prices that are no whole 1/10,000 dollar.
  private(set) var offScaleCount = 0
  /// Messages whose type or length is none of the protocol's.
  var unreadCount = 0
  var messageCounts: [UInt8: Int] = [:]
  var restartCount = 0

  init(_ feedProtocol: FeedProtocol = .itch50) { self.feedProtocol = feedProtocol }

  /// Applies one packet and returns the keys whose book or status it touched; all of them at a new session.
  mutating func apply(_ payload: ArraySlice<UInt8>) -> Set<Key> {
    switch feedProtocol {
    case .pitch: applySequencedUnit(payload)
    case .nyseIntegrated: applyXDP(payload)
    case .memxDepth: applyMEMXUDP(payload)
    case .deepPlus: applyIEXTP(payload)
    default: applyMold(payload)
    }
  }

  // MARK: - Sessions

  /// Takes the numbers of a packet with messages.
  mutating func number(_ first: UInt64, count: UInt64) {
    if first != nextSequenceNumber { sequenceBreakCount += 1 }
    nextSequenceNumber = first + count
  }

  /// Returns the instruments that a session's change touches: all, or none if it is the first.
  mutating func begin(session name: [UInt8]) -> Set<Key> {
    if name == session { return [] }
    let isFirst = session.isEmpty
    session = name
    nextSequenceNumber = 1
    return isFirst ? [] : restart()
  }

  mutating func restart() -> Set<Key> {
    restartCount += 1
    nextSequenceNumber = 1
    orders = [:]
    books = [:]
    return Set(symbols.keys)
  }

  /// All orders leave; what is known of trading stays.
  mutating func clear() -> Set<Key> {
    orders = [:]
    for key in books.keys {
      books[key]!.bids = []
      books[key]!.asks = []
    }
    return Set(symbols.keys)
  }

  // MARK: - Status

  mutating func setTrading(_ key: Key, _ isTrading: Bool) {
    books[key, default: ReferenceBook()].tradingState = UInt8(ascii: isTrading ? "T" : "H")
  }

  mutating func setHalted(_ key: Key, _ isHalted: Bool) {
    books[key, default: ReferenceBook()].isOperationallyHalted = isHalted
  }

  // MARK: - Orders

  /// A raw price of the venue in 1/10,000 dollar.
  private mutating func price4(_ raw: UInt64, _ key: Key) -> UInt32 {
    let unit = rawPerPrice4[key] ?? 1
    if raw % unit != 0 { offScaleCount += 1 }
    return UInt32(truncatingIfNeeded: raw / unit)
  }

  mutating func add(_ reference: UInt64, _ key: Key, isBuy: Bool, price raw: UInt64, shares: UInt32) {
    if orders[reference] != nil { orphanCount += 1 }
    let price4 = price4(raw, key)
    orders[reference] = Order(key: key, isBuy: isBuy, price4: price4, shares: shares)
    books[key, default: ReferenceBook()].add(isBuy: isBuy, price4: price4, shares: shares)
  }

  /// Takes shares off an order, at most what it has, and returns the order as it was.
  @discardableResult
  mutating func take(_ reference: UInt64, shares: UInt32) -> Order? {
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
    books[order.key, default: ReferenceBook()].take(
      isBuy: order.isBuy, price4: order.price4, shares: taken, removesOrder: taken == order.shares)
    return order
  }

  /// The order `old` leaves; with its side and for its instrument comes `new`, which may be the same number. Returns
  /// the instrument.
  mutating func replace(_ old: UInt64, by new: UInt64, price raw: UInt64, shares: UInt32) -> Key? {
    guard let order = take(old, shares: .max) else { return nil }
    add(new, order.key, isBuy: order.isBuy, price: raw, shares: shares)
    return order.key
  }

  // MARK: - Bytes

  /// Big-endian.
  static func integer(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in offset..<offset + length { value = value << 8 | UInt64(bytes[index]) }
    return value
  }

  static func littleEndian(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (offset..<offset + length).reversed() { value = value << 8 | UInt64(bytes[index]) }
    return value
  }

  /// Up to its padding of spaces or NULs.
  static func text(_ bytes: ArraySlice<UInt8>) -> String {
    var end = bytes.firstIndex(of: 0) ?? bytes.endIndex
    while end > bytes.startIndex, bytes[end - 1] == 0x20 { end -= 1 }
    return String(decoding: bytes[bytes.startIndex..<end], as: UTF8.self)
  }
}
