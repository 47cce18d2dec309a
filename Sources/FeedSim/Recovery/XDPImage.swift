/// What NYSE's request server says of a channel in a refresh, symbol by symbol: kept up to date message by message,
/// with offsets of its own (XDP Integrated Feed 2.5, "Refresh").
struct XDPImage {
  private struct Order {
    var rank: UInt64
    /// Of an order: as Add Order Refresh (106).
    var message: [UInt8]
  }

  private struct Symbol {
    var mapping: [UInt8]?
    /// The last Security Status (34) of each of what they tell: trading, short sale restriction, prices.
    var status: [Int: Order] = [:]
    var orders: [UInt64: Order] = [:]
  }

  private var symbols: [UInt64: Symbol] = [:]
  /// SourceTime of the last Source Time Reference (2).
  private var seconds: [UInt8] = [0, 0, 0, 0]
  private var rank: UInt64 = 0

  /// The refresh of one symbol, or of all for 0, as the channel stands after its message `through`.
  func refreshes(of wanted: UInt64, through: UInt64) -> [NYSERequestServer.Refresh] {
    symbols.filter { wanted == 0 || $0.key == wanted }.sorted { $0.key < $1.key }.map { _, symbol in
      let orders = Self.inOrder(symbol.orders.values)
      return NYSERequestServer.Refresh(
        through: through,
        messages: [symbol.mapping].compactMap { $0 } + Self.inOrder(symbol.status.values) + orders)
    }
  }

  mutating func apply(_ message: [UInt8]) {
    rank += 1
    guard message.count >= 4, message.count >= Self.lengthMinimum(of: message.little(2, 2)) else { return }
    switch message.little(2, 2) {
    case 2: seconds = Array(message[12..<16])
    case 3: symbols[message.little(4, 4), default: Symbol()].mapping = message
    case 32: symbols[message.little(12, 4)]?.orders = [:]
    case 34:
      let symbol = message.little(12, 4)
      symbols[symbol, default: Symbol()].status[Self.subject(ofStatus: message[20])] =
        Order(rank: rank, message: message)
      // Orders of a closed market are cancelled without a word.
      if message[20] == UInt8(ascii: "X") { symbols[symbol]?.orders = [:] }
    case 100: add(message)
    case 106: put(message, of: message.little(12, 4), message.little(20, 8))
    case 101: modify(message)
    case 102: symbols[message.little(8, 4)]?.orders[message.little(16, 8)] = nil
    case 103: execute(message)
    case 104: replace(message)
    default: break
    }
  }

  private static func inOrder(_ messages: some Sequence<Order>) -> [[UInt8]] {
    messages.sorted { $0.rank < $1.rank }.map(\.message)
  }

  /// Bytes of a message that are looked at.
  private static func lengthMinimum(of type: UInt64) -> Int {
    switch type {
    case 2, 32: 16
    case 3: 8
    case 34: 21
    case 100: 38
    case 101: 32
    case 102: 24
    case 103: 36
    case 104: 40
    case 106: 43
    default: 4
    }
  }

  /// Which of its statuses a Security Status replaces.
  private static func subject(ofStatus code: UInt8) -> Int {
    switch code {
    case UInt8(ascii: "A"), UInt8(ascii: "C"), UInt8(ascii: "D"): 1
    case UInt8(ascii: "I"), UInt8(ascii: "G"): 2
    default: 0
    }
  }

  private mutating func put(_ order: [UInt8], of symbol: UInt64, _ id: UInt64) {
    symbols[symbol, default: Symbol()].orders[id] = Order(rank: rank, message: order)
  }

  private mutating func add(_ message: [UInt8]) {
    let head: [UInt8] = [43, 0, 106, 0] + seconds
    put(head + message[4..<38] + [0], of: message.little(8, 4), message.little(16, 8))
  }

  /// New price and volume; another price loses the place in the queue.
  private mutating func modify(_ message: [UInt8]) {
    let (symbol, id) = (message.little(8, 4), message.little(16, 8))
    guard var order = symbols[symbol]?.orders[id] else { return }
    if order.message[28..<32] != message[24..<28] { order.rank = rank }
    order.message.replaceSubrange(28..<36, with: message[24..<32])
    symbols[symbol]?.orders[id] = order
  }

  private mutating func execute(_ message: [UInt8]) {
    let (symbol, id) = (message.little(8, 4), message.little(16, 8))
    guard var order = symbols[symbol]?.orders[id] else { return }
    let left = order.message.little(32, 4)
    let executed = message.little(32, 4)
    if executed >= left {
      symbols[symbol]?.orders[id] = nil
      return
    }
    var volume: [UInt8] = []
    volume.appendLittle(left - executed, 4)
    order.message.replaceSubrange(32..<36, with: volume)
    symbols[symbol]?.orders[id] = order
  }

  /// The new order stands at the end of its queue.
  private mutating func replace(_ message: [UInt8]) {
    let symbol = message.little(8, 4)
    guard var order = symbols[symbol]?.orders.removeValue(forKey: message.little(16, 8)) else { return }
    order.message.replaceSubrange(20..<28, with: message[24..<32])
    order.message.replaceSubrange(28..<36, with: message[32..<40])
    put(order.message, of: symbol, message.little(24, 8))
  }
}
