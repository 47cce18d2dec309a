/// One stock's book kept the slow and obvious way: a dictionary of levels, each an array in queue order.
struct ReferenceBook {
  struct Order: Equatable {
    var reference: UInt64
    var isSell: Bool
    var price: Int64
    var quantity: UInt32
  }

  struct Level: Equatable {
    var price: Int64
    var orders: [Order]
    var quantity: UInt64 { orders.reduce(0) { $0 + UInt64($1.quantity) } }
  }

  let stock: String
  var bids: [Int64: [Order]] = [:]
  var asks: [Int64: [Order]] = [:]
  var isTrading = false
  var isHalted = false
  var isRestricted = false
  var isUntrusted = false
  /// A level held more than 2^32-1 shares: from here on only the state is defined.
  var hasOverflowed = false
  var roundLot: UInt32 = 100
  var marketCategory: UInt8 = 0
  var volume: UInt64 = 0
  var turnover: UInt64 = 0
  var lastPrice: Int64 = 0
  var lastQuantity: UInt32 = 0
  var lastTradeTime: UInt64 = 0

  init(stock: String) { self.stock = stock }

  /// Levels of one side, best first.
  func levels(isSell: Bool) -> [Level] {
    (isSell ? asks : bids).map { Level(price: $0.key, orders: $0.value) }
      .sorted { isSell ? $0.price < $1.price : $0.price > $1.price }
  }

  /// Bid price and shares, ask price and shares; 0, 0 for an empty side.
  var top: [Int64] {
    let bid = bids.keys.max()
    let ask = asks.keys.min()
    func shares(_ orders: [Order]?) -> Int64 { (orders ?? []).reduce(0) { $0 + Int64($1.quantity) } }
    return [bid ?? 0, bid.map { shares(bids[$0]) } ?? 0, ask ?? 0, ask.map { shares(asks[$0]) } ?? 0]
  }

  /// The first price, from the touch, at which the shares so far make a round lot.
  func bestRoundLot(isSell: Bool) -> (price: Int64, shares: UInt64)? {
    var sum: UInt64 = 0
    for level in levels(isSell: isSell) {
      sum += level.quantity
      if sum >= UInt64(roundLot) { return (level.price, sum) }
    }
    return nil
  }

  mutating func append(_ order: Order) {
    let queue = ((order.isSell ? asks : bids)[order.price] ?? []) + [order]
    if order.isSell { asks[order.price] = queue } else { bids[order.price] = queue }
    let shares = queue.reduce(0) { $0 + UInt64($1.quantity) }
    if shares > 0xFFFF_FFFF {
      hasOverflowed = true
      isUntrusted = true
    }
  }

  /// Sets the order's shares where it stands; 0 takes it out.
  mutating func set(_ order: Order, quantity: UInt32) {
    var queue = (order.isSell ? asks : bids)[order.price]!
    let place = queue.firstIndex { $0.reference == order.reference }!
    if quantity == 0 { queue.remove(at: place) } else { queue[place].quantity = quantity }
    let left = queue.isEmpty ? nil : queue
    if order.isSell { asks[order.price] = left } else { bids[order.price] = left }
  }

  mutating func clear() {
    bids = [:]
    asks = [:]
    isTrading = false
    isHalted = false
    isRestricted = false
    isUntrusted = false
    hasOverflowed = false
  }
}
