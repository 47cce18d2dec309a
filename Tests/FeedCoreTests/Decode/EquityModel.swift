@testable import FeedCore

/// What can happen at a venue of US equities, whatever its protocol. Prices are 1/10,000 dollar.
enum EquityAction {
  case add(stock: String, order: UInt64, isSell: Bool, quantity: UInt32, price: Int64)
  case reduce(stock: String, order: UInt64, quantity: UInt32)
  /// At `price`, or at the order's own where that is nil.
  case execute(stock: String, order: UInt64, quantity: UInt32, price: Int64?, trade: UInt64)
  /// More may be executed than was displayed; `remaining` is what the order has then.
  case executeTo(stock: String, order: UInt64, quantity: UInt32, remaining: UInt32, price: Int64, trade: UInt64)
  case modify(stock: String, order: UInt64, quantity: UInt32, price: Int64, keepsPlace: Bool)
  case delete(stock: String, order: UInt64)
  case replace(stock: String, order: UInt64, new: UInt64, quantity: UInt32, price: Int64)
  case trade(stock: String, quantity: UInt32, price: Int64, trade: UInt64)
  case breakTrade(stock: String, trade: UInt64)
  case clear(stock: String)
  case clearUnit
  case status(stock: String, isTrading: Bool, isRestricted: Bool)
}

/// A venue's books the slow way: by the book rules of the sheets, from actions instead of bytes.
struct EquityModel {
  struct Trade {
    var stock: String
    var number: UInt64
    var quantity: UInt32
    var price: Int64
  }

  var books: [String: ReferenceBook] = [:]
  var stockOf: [UInt64: String] = [:]
  var trades: [Trade] = []
  /// A symbol that is cleared counts as halted until its status comes (NYSE).
  var clearHalts = false

  init(stocks: [String]) {
    for stock in stocks { books[stock] = ReferenceBook(stock: stock) }
  }

  func order(_ id: UInt64) -> ReferenceBook.Order? {
    guard let stock = stockOf[id], let book = books[stock] else { return nil }
    return (Array(book.bids.values) + Array(book.asks.values)).joined().first { $0.reference == id }
  }

  private mutating func set(_ id: UInt64, quantity: UInt32) {
    guard let order = order(id), let stock = stockOf[id] else { return }
    books[stock]!.set(order, quantity: quantity)
    if quantity == 0 { stockOf[id] = nil }
  }

  private mutating func note(_ stock: String, _ number: UInt64, _ quantity: UInt32, _ price: Int64, _ time: UInt64) {
    trades.append(Trade(stock: stock, number: number, quantity: quantity, price: price))
    books[stock]!.volume += UInt64(quantity)
    books[stock]!.turnover += UInt64(price) * UInt64(quantity)
    books[stock]!.lastPrice = price
    books[stock]!.lastQuantity = quantity
    books[stock]!.lastTradeTime = time
  }

  private mutating func empty(_ stock: String) {
    books[stock]!.bids = [:]
    books[stock]!.asks = [:]
    stockOf = stockOf.filter { $0.value != stock }
  }

  mutating func apply(_ action: EquityAction, at time: UInt64) {
    switch action {
    case .add(let stock, let id, let isSell, let quantity, let price):
      books[stock]!.append(.init(reference: id, isSell: isSell, price: price, quantity: quantity))
      stockOf[id] = stock
    case .reduce(_, let id, let quantity): set(id, quantity: order(id)!.quantity - quantity)
    case .execute(let stock, let id, let quantity, let price, let trade):
      let old = order(id)!
      note(stock, trade, quantity, price ?? old.price, time)
      set(id, quantity: old.quantity - quantity)
    case .executeTo(let stock, let id, let quantity, let remaining, let price, let trade):
      note(stock, trade, quantity, price, time)
      set(id, quantity: remaining)
    case .modify(let stock, let id, let quantity, let price, let keepsPlace):
      var moved = order(id)!
      if keepsPlace, moved.price == price { return set(id, quantity: quantity) }
      set(id, quantity: 0)
      moved.price = price
      moved.quantity = quantity
      books[stock]!.append(moved)
      stockOf[id] = stock
    case .delete(_, let id): set(id, quantity: 0)
    case .replace(let stock, let id, let new, let quantity, let price):
      let isSell = order(id)!.isSell
      set(id, quantity: 0)
      apply(.add(stock: stock, order: new, isSell: isSell, quantity: quantity, price: price), at: time)
    case .trade(let stock, let quantity, let price, let trade): note(stock, trade, quantity, price, time)
    case .breakTrade(let stock, let number):
      let place = trades.lastIndex { $0.number == number && $0.stock == stock }!
      let trade = trades.remove(at: place)
      books[stock]!.volume -= UInt64(trade.quantity)
      books[stock]!.turnover -= UInt64(trade.price) * UInt64(trade.quantity)
    case .clear(let stock):
      empty(stock)
      if clearHalts { books[stock]!.isTrading = false }
    case .clearUnit: for stock in books.keys { empty(stock) }
    case .status(let stock, let isTrading, let isRestricted):
      books[stock]!.isTrading = isTrading
      books[stock]!.isRestricted = isRestricted
    }
  }
}
