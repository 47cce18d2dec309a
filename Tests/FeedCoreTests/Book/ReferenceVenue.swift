/// One venue's books the slow way, from the rules of ITCH 5.0: dictionaries and arrays, and a parser of its own.
///
/// An order is known by its stock and its reference number. The numbers are unique at the venue, so the stock makes no
/// difference on a sound feed; on an unsound one, what happens to a stock then depends on messages of that stock alone.
struct ReferenceVenue {
  struct Key: Hashable {
    var stock: String
    var reference: UInt64
  }

  struct Trade {
    var match: UInt64
    var stock: String
    var quantity: UInt32
    var price: Int64
  }

  var books: [String: ReferenceBook] = [:]
  var locates: [UInt16: String] = [:]
  var orders: [Key: ReferenceBook.Order] = [:]
  var trades: [Trade] = []
  var isMarketOpen = false
  /// Every message of the session came: an unknown reference shows damage.
  var isComplete = false
  var counts: [String: UInt64] = [:]
  var orphans: [Character: UInt64] = [:]
  var types: [Character: UInt64] = [:]
  /// Exchange time of the last message with an effect on books, status or statistics.
  var time: UInt64 = 0
  /// Stocks that messages since the last `takeTouched` named.
  private(set) var touched: Set<String> = []
  private var published: [String: [Int64]] = [:]
  /// Books with another top than at the publish point before, summed over publish points.
  private(set) var topChanges: UInt64 = 0

  mutating func takeTouched() -> Set<String> {
    defer { touched = [] }
    return touched
  }

  /// The packet ends.
  mutating func publish(_ stocks: Set<String>) {
    for stock in stocks {
      let top = books[stock]?.top ?? []
      if top != published[stock] ?? [0, 0, 0, 0] { topChanges += 1 }
      published[stock] = top
    }
  }

  mutating func restart() {
    for stock in books.keys { books[stock]!.clear() }
    orders = [:]
    locates = [:]
    isMarketOpen = false
  }

  private mutating func count(_ name: String) { counts[name, default: 0] += 1 }

  // MARK: - Reading

  private struct Reader {
    let bytes: [UInt8]
    func number(_ offset: Int, _ size: Int) -> UInt64 {
      bytes[offset..<offset + size].reduce(0) { $0 << 8 | UInt64($1) }
    }
    func character(_ offset: Int) -> Character { Character(UnicodeScalar(bytes[offset])) }
    func text(_ offset: Int, _ size: Int) -> String {
      var text = bytes[offset..<offset + size].map { Character(UnicodeScalar($0)) }
      while text.last == " " { text.removeLast() }
      return String(text)
    }
  }

  mutating func apply(_ message: [UInt8]) {
    guard !message.isEmpty else { return count("emptyMessages") }
    let read = Reader(bytes: message)
    let type = read.character(0)
    guard let length = ITCHBytes.lengths[type] else { return count("unknownTypes") }
    guard message.count >= length else { return count("malformed") }
    types[type, default: 0] += 1
    let locate = UInt16(read.number(1, 2))
    switch type {
    case "A", "F": add(read, locate)
    case "E", "C", "X", "D", "U": change(type, read, locate)
    case "R": directory(read, locate)
    case "S":
      if read.character(11) == "Q" { isMarketOpen = true }
      if read.character(11) == "M" { isMarketOpen = false }
      time = read.number(5, 6)
    case "H", "h", "Y": status(type, read, locate)
    case "P":
      tell(
        read, locate, symbolAt: 24, shares: read.number(20, 4), price: read.number(32, 4), match: read.number(36, 8))
    case "Q":
      tell(
        read, locate, symbolAt: 19, shares: read.number(11, 8), price: read.number(27, 4), match: read.number(31, 8))
    case "B": breakTrade(read, locate)
    default: break
    }
  }

  /// The stock of a message that names it: by its locate, else by its symbol, which the locate then means.
  private mutating func stock(_ read: Reader, _ locate: UInt16, symbolAt offset: Int) -> String {
    let stock = locates[locate] ?? read.text(offset, 8)
    name(stock, locate)
    touched.insert(stock)
    return stock
  }

  private mutating func name(_ stock: String, _ locate: UInt16) {
    if books[stock] == nil { books[stock] = ReferenceBook(stock: stock) }
    locates[locate] = stock
  }

  private mutating func directory(_ read: Reader, _ locate: UInt16) {
    let stock = read.text(11, 8)
    if let old = locates[locate], old != stock { count("locateRemaps") }
    name(stock, locate)
    let roundLot = UInt32(read.number(21, 4))
    if roundLot > 0 { books[stock]!.roundLot = roundLot }
    books[stock]!.marketCategory = read.bytes[19]
  }

  private mutating func status(_ type: Character, _ read: Reader, _ locate: UInt16) {
    let stock = stock(read, locate, symbolAt: 11)
    time = read.number(5, 6)
    switch type {
    case "H": books[stock]!.isTrading = read.character(19) == "T"
    case "h": books[stock]!.isHalted = read.character(20) != "T"
    default: books[stock]!.isRestricted = read.character(19) != "0"
    }
  }

  // MARK: - Orders

  private mutating func add(_ read: Reader, _ locate: UInt16) {
    let stock = stock(read, locate, symbolAt: 24)
    let side = read.character(19)
    guard side == "B" || side == "S" else { return count("badSide") }
    time = read.number(5, 6)
    insert(
      stock, reference: read.number(11, 8), isSell: side == "S", price: read.number(32, 4),
      quantity: UInt32(read.number(20, 4)))
  }

  private mutating func insert(_ stock: String, reference: UInt64, isSell: Bool, price: UInt64, quantity: UInt32) {
    if quantity == 0 { return count("zeroQuantities") }
    if price == 0 {
      count("zeroPrices")
      books[stock]!.isUntrusted = true
    }
    if price >= 1 << 31 {
      count("pricesOutOfRange")
      books[stock]!.isUntrusted = true
      return
    }
    let key = Key(stock: stock, reference: reference)
    if let old = orders[key] {
      count("duplicateAdds")
      books[stock]!.set(old, quantity: 0)
    }
    let order = ReferenceBook.Order(reference: reference, isSell: isSell, price: Int64(price), quantity: quantity)
    orders[key] = order
    books[stock]!.append(order)
  }

  private mutating func change(_ type: Character, _ read: Reader, _ locate: UInt16) {
    time = read.number(5, 6)
    guard let stock = locates[locate] else {
      orphans[type, default: 0] += 1
      return
    }
    touched.insert(stock)
    let key = Key(stock: stock, reference: read.number(11, 8))
    guard let order = orders[key] else {
      orphans[type, default: 0] += 1
      if isComplete { books[stock]!.isUntrusted = true }
      return
    }
    switch type {
    case "D": set(key, order, quantity: 0)
    case "U":
      set(key, order, quantity: 0)
      insert(
        stock, reference: read.number(19, 8), isSell: order.isSell, price: read.number(31, 4),
        quantity: UInt32(read.number(27, 4)))
    default: reduce(type, key, order, read)
    }
  }

  private mutating func reduce(_ type: Character, _ key: Key, _ order: ReferenceBook.Order, _ read: Reader) {
    let wanted = UInt32(read.number(19, 4))
    if wanted == 0 { return count("zeroQuantities") }
    if wanted > order.quantity { count("overExecutions") }
    let taken = min(wanted, order.quantity)
    set(key, order, quantity: order.quantity - taken)
    if type == "E" { tell(key.stock, taken, order.price, match: read.number(23, 8), time: read.number(5, 6)) }
    if type == "C", read.character(31) != "N" {
      tell(key.stock, taken, Int64(read.number(32, 4)), match: read.number(23, 8), time: read.number(5, 6))
    }
  }

  private mutating func set(_ key: Key, _ order: ReferenceBook.Order, quantity: UInt32) {
    books[key.stock]!.set(order, quantity: quantity)
    orders[key] = quantity == 0 ? nil : order
    if quantity > 0 { orders[key]!.quantity = quantity }
  }

  // MARK: - Trades

  private mutating func tell(
    _ read: Reader, _ locate: UInt16, symbolAt offset: Int, shares: UInt64, price: UInt64, match: UInt64
  ) {
    let stock = stock(read, locate, symbolAt: offset)
    time = read.number(5, 6)
    tell(stock, UInt32(shares), Int64(price), match: match, time: time)
  }

  private mutating func tell(_ stock: String, _ quantity: UInt32, _ price: Int64, match: UInt64, time: UInt64) {
    if quantity == 0 { return }
    books[stock]!.volume += UInt64(quantity)
    books[stock]!.turnover += UInt64(quantity) * UInt64(price)
    books[stock]!.lastPrice = price
    books[stock]!.lastQuantity = quantity
    books[stock]!.lastTradeTime = time
    trades.append(Trade(match: match, stock: stock, quantity: quantity, price: price))
  }

  /// The latest trade of the stock with the number is taken back, once.
  private mutating func breakTrade(_ read: Reader, _ locate: UInt16) {
    guard let stock = locates[locate] else { return count("brokenTradesUnknown") }
    time = read.number(5, 6)
    guard let place = trades.lastIndex(where: { $0.match == read.number(11, 8) && $0.stock == stock }) else {
      return count("brokenTradesUnknown")
    }
    count("brokenTrades")
    let trade = trades.remove(at: place)
    books[stock]!.volume -= UInt64(trade.quantity)
    books[stock]!.turnover -= UInt64(trade.quantity) * UInt64(trade.price)
  }
}
