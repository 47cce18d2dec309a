/// One book of a derivatives venue the slow way: arrays, sorted or searched whenever somebody asks. It shares nothing
/// with feedh. Prices and quantities are the wire's own integers.
struct SlowBook {
  struct Order {
    var id: UInt64
    var isSell: Bool
    var price: Int64
    var quantity: Int64
    /// Place in time: the smaller stands before the greater at one price.
    var rank: Int
  }

  struct Level: Equatable {
    var price: Int64
    var quantity: Int64
  }

  private struct Trade {
    var id: UInt64
    var price: Int64
    var quantity: Int64
  }

  /// Order books.
  private(set) var orders: [Order] = []
  /// Level books: bids, asks, best first, as the feed's rules have put them.
  var sides: [[Level]] = [[], []]
  var isTrading = false
  private var trades: [Trade] = []
  private(set) var lastPrice: Int64 = 0
  private(set) var lastQuantity: Int64 = 0
  private var ranks = 0

  // MARK: - Orders

  mutating func add(_ id: UInt64, isSell: Bool, price: Int64, quantity: Int64) {
    ranks += 1
    orders.append(Order(id: id, isSell: isSell, price: price, quantity: quantity, rank: ranks))
  }

  /// - Parameter losesPlace: nil: where its price changes or its quantity grows.
  mutating func modify(_ id: UInt64, price: Int64, quantity: Int64, losesPlace: Bool? = nil) {
    guard let place = orders.firstIndex(where: { $0.id == id }) else { return }
    if losesPlace ?? (orders[place].price != price || quantity > orders[place].quantity) {
      ranks += 1
      orders[place].rank = ranks
    }
    orders[place].price = price
    orders[place].quantity = quantity
    if quantity == 0 { orders.remove(at: place) }
  }

  mutating func rename(_ id: UInt64, to new: UInt64) {
    guard let place = orders.firstIndex(where: { $0.id == id }) else { return }
    orders[place].id = new
  }

  mutating func remove(_ id: UInt64) { orders.removeAll { $0.id == id } }

  mutating func clear() {
    orders = []
    sides = [[], []]
  }

  // MARK: - Levels by price

  mutating func set(isSell: Bool, price: Int64, quantity: Int64) {
    let side = isSell ? 1 : 0
    sides[side].removeAll { $0.price == price }
    if quantity > 0 { sides[side].append(Level(price: price, quantity: quantity)) }
    sides[side].sort { isSell ? $0.price < $1.price : $0.price > $1.price }
  }

  // MARK: - Trades

  mutating func trade(_ id: UInt64, price: Int64, quantity: Int64) {
    trades.append(Trade(id: id, price: price, quantity: quantity))
    (lastPrice, lastQuantity) = (price, quantity)
  }

  mutating func breakTrade(_ id: UInt64) {
    guard let place = trades.lastIndex(where: { $0.id == id }) else { return }
    trades.remove(at: place)
  }

  var tradeIDs: [UInt64] { trades.map(\.id) }
  var volume: Int64 { trades.reduce(0) { $0 + $1.quantity } }
  var turnover: Int128 { trades.reduce(0) { $0 + Int128($1.price) * Int128($1.quantity) } }

  // MARK: - What there is to compare

  func orders(isSell: Bool) -> [Order] {
    orders.filter { $0.isSell == isSell }.sorted {
      $0.price == $1.price ? $0.rank < $1.rank : ($0.price < $1.price) == isSell
    }
  }

  func levels(isSell: Bool) -> [Level] {
    if orders.isEmpty { return sides[isSell ? 1 : 0] }
    var levels: [Level] = []
    for order in orders(isSell: isSell) {
      if levels.last?.price == order.price {
        levels[levels.count - 1].quantity += order.quantity
      } else {
        levels.append(Level(price: order.price, quantity: order.quantity))
      }
    }
    return levels
  }

  /// Best prices and quantities: what a publish point shows.
  var top: String {
    [false, true].map { isSell in levels(isSell: isSell).first.map { "\($0.price)×\($0.quantity)" } ?? "-" }
      .joined(separator: " ")
  }

  /// Levels, best first, then the quantities of the queue; state and trades.
  func lines(_ symbol: String) -> [String] {
    [false, true].map { isSell in
      "\(symbol) \(isSell ? "asks" : "bids") \(levels(isSell: isSell).map { "\($0.price)×\($0.quantity)" }) "
        + "queue \(orders(isSell: isSell).map { "\($0.price)×\($0.quantity)" })"
    } + ["\(symbol) trades \(isTrading), \(volume) for \(turnover), last \(lastPrice)×\(lastQuantity)"]
  }
}
