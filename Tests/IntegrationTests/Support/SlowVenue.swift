/// A venue's books in the plainest form: every order in a dictionary, queues made by sorting. It shares nothing with
/// feedh. For feeds without loss; copies of what was applied already are ignored.
struct SlowVenue {
  struct Order {
    var locate: UInt64
    var isBuy: Bool
    var price4: UInt64
    var shares: UInt64
    /// Place in time.
    var arrival: Int
  }
  struct Resting {
    var reference: UInt64
    var price4: UInt64
    var shares: UInt64
  }
  private var session: [UInt8] = []
  private var pastSessions: [[UInt8]] = []
  private var next: UInt64 = 1
  private(set) var orders: [UInt64: Order] = [:]
  private var locates: [String: UInt64] = [:]
  private var tradingState: [UInt64: UInt8] = [:]
  private var haltedByVenue: Set<UInt64> = []
  private var restricted: Set<UInt64> = []
  private(set) var isOpen = false
  private var arrivals = 0

  mutating func apply(_ mold: MoldPacket) {
    if pastSessions.contains(mold.session) { return }
    if mold.session != session {
      // A session begins with its first packet of messages.
      if mold.sequenceNumber != 1 || !mold.isData { return }
      pastSessions.append(session)
      session = mold.session
      next = 1
      (orders, locates, tradingState, haltedByVenue, restricted, isOpen) = ([:], [:], [:], [], [], false)
    }
    precondition(!mold.isData || mold.sequenceNumber <= next, "a feed with losses")
    for (index, message) in mold.messages.enumerated() where mold.sequenceNumber + UInt64(index) >= next {
      apply(message)
    }
    next = max(next, mold.end)
  }

  private mutating func apply(_ m: ArraySlice<UInt8>) {
    let locate = m.bigEndian(1, 2)
    func text(_ offset: Int) -> String {
      String(decoding: m[(m.startIndex + offset)..<(m.startIndex + offset + 8)].prefix { $0 != 0x20 }, as: UTF8.self)
    }
    switch Character(Unicode.Scalar(m.first!)) {
    case "S":
      if m.last == UInt8(ascii: "Q") { isOpen = true }
      if m.last == UInt8(ascii: "M") { isOpen = false }
    case "R": locates[text(11)] = locate
    case "H": tradingState[locate] = UInt8(m.bigEndian(19, 1))
    case "h":
      if m.bigEndian(20, 1) == UInt64(UInt8(ascii: "H")) {
        haltedByVenue.insert(locate)
      } else {
        haltedByVenue.remove(locate)
      }
    case "Y":
      if m.bigEndian(19, 1) == UInt64(UInt8(ascii: "0")) {
        restricted.remove(locate)
      } else {
        restricted.insert(locate)
      }
    case "A", "F":
      add(
        m.bigEndian(11, 8), locate, m.bigEndian(19, 1) == UInt64(UInt8(ascii: "B")), m.bigEndian(32, 4),
        m.bigEndian(20, 4))
    case "E", "C", "X": take(m.bigEndian(11, 8), m.bigEndian(19, 4))
    case "D": orders[m.bigEndian(11, 8)] = nil
    case "U":
      guard let old = orders.removeValue(forKey: m.bigEndian(11, 8)) else { return }
      add(m.bigEndian(19, 8), old.locate, old.isBuy, m.bigEndian(31, 4), m.bigEndian(27, 4))
    default: break
    }
  }

  private mutating func add(_ reference: UInt64, _ locate: UInt64, _ isBuy: Bool, _ price4: UInt64, _ shares: UInt64) {
    arrivals += 1
    orders[reference] = Order(locate: locate, isBuy: isBuy, price4: price4, shares: shares, arrival: arrivals)
  }

  private mutating func take(_ reference: UInt64, _ shares: UInt64) {
    guard let order = orders[reference] else { return }
    if shares >= order.shares { orders[reference] = nil } else { orders[reference]!.shares -= shares }
  }

  /// The book of a symbol may be traded on.
  func isTrading(_ symbol: String) -> Bool {
    guard let locate = locates[symbol] else { return false }
    return tradingState[locate] == UInt8(ascii: "T") && !haltedByVenue.contains(locate)
  }

  func isShortSaleRestricted(_ symbol: String) -> Bool { locates[symbol].map(restricted.contains) ?? true }

  /// Orders of one side, best price first, then in order of arrival.
  func queue(_ symbol: String, isBuy: Bool) -> [Resting] {
    guard let locate = locates[symbol] else { return [] }
    return orders.filter { $0.value.locate == locate && $0.value.isBuy == isBuy }
      .sorted {
        let (a, b) = ($0.value, $1.value)
        return a.price4 != b.price4 ? (a.price4 > b.price4) == isBuy : a.arrival < b.arrival
      }
      .map { Resting(reference: $0.key, price4: $0.value.price4, shares: $0.value.shares) }
  }
}
