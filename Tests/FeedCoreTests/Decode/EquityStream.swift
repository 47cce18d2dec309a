@testable import FeedCore

/// A consistent random day at a venue: actions that its protocol has, with what they leave in the model.
struct EquityStream {
  static let stocks = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"]

  var model = EquityModel(stocks: EquityStream.stocks)
  private(set) var writer: EquityWriter
  private var random: BookTestRandom
  private var time: UInt64 = 34_200_000_000_000
  private var trade: UInt64 = 100
  private var nextOrder: UInt64 = 1
  private var gone: [UInt64] = []

  init(_ feedProtocol: FeedProtocol, seed: UInt64) {
    random = BookTestRandom(seed: seed)
    writer = EquityWriter(feedProtocol, stocks: Self.stocks, seed: seed &+ 1)
    model.clearHalts = feedProtocol == .nyseIntegrated
  }

  /// The messages of the next action that the venue has.
  mutating func next() -> [[UInt8]] {
    time += random.chance(20) ? 1_000_000_000 : UInt64(random.below(1_000_000))
    while true {
      let action = propose()
      guard let action, writer.has(action) else { continue }
      let messages = writer.messages(action, at: time)
      model.apply(action, at: time)
      return messages
    }
  }

  /// Ids as venues have them: wide ones, dense ones, and now and then one that was in use before.
  private mutating func newOrder() -> UInt64 {
    if random.chance(50), let old = gone.popLast(), model.stockOf[old] == nil { return old }
    nextOrder += 1
    return writer.feedProtocol == .pitch ? 2_002_657_807_619_050_000 + nextOrder * 3 : nextOrder
  }

  private mutating func price() -> Int64 { 100_000 + Int64(random.below(40)) * (random.chance(900) ? 100 : 7) }

  private mutating func propose() -> EquityAction? {
    let stock = random.pick(Self.stocks)
    let dice = random.below(1_000)
    if dice < 350 {
      let quantity = UInt32(random.below(500) + 1) * (random.chance(20) ? 1_000 : 1)
      return .add(stock: stock, order: newOrder(), isSell: random.chance(500), quantity: quantity, price: price())
    }
    if dice < 380 {
      return .status(stock: stock, isTrading: random.chance(700), isRestricted: random.chance(300))
    }
    if dice < 385 { return .clear(stock: stock) }
    if dice < 387 { return .clearUnit }
    if dice < 420 {
      trade += 1
      return .trade(stock: stock, quantity: UInt32(random.below(900) + 1), price: price(), trade: trade)
    }
    if dice < 430 {
      guard !model.trades.isEmpty else { return nil }
      let trade = random.pick(model.trades)
      return .breakTrade(stock: trade.stock, trade: trade.number)
    }
    guard let id = model.stockOf.keys.sorted().randomElement(using: &random), let order = model.order(id) else {
      return nil
    }
    return change(of: order, stock: model.stockOf[id]!, dice: dice)
  }

  private mutating func change(of order: ReferenceBook.Order, stock: String, dice: Int) -> EquityAction? {
    let id = order.reference
    let part = UInt32(random.below(Int(order.quantity)) + 1)
    switch dice {
    case 430..<560: return .reduce(stock: stock, order: id, quantity: part)
    case 560..<680:
      trade += 1
      return .execute(stock: stock, order: id, quantity: part, price: nil, trade: trade)
    case 680..<740:
      trade += 1
      return .execute(stock: stock, order: id, quantity: part, price: price(), trade: trade)
    case 740..<770:
      trade += 1
      return .executeTo(
        stock: stock, order: id, quantity: order.quantity &+ UInt32(random.below(50)),
        remaining: random.chance(400) ? 0 : part, price: price(), trade: trade)
    case 770..<850:
      let isSame = random.chance(500)
      return .modify(
        stock: stock, order: id, quantity: UInt32(random.below(500) + 1), price: isSame ? order.price : price(),
        keepsPlace: writer.feedProtocol == .nyseIntegrated ? true : random.chance(500))
    case 850..<900:
      return .replace(
        stock: stock, order: id, new: newOrder(), quantity: UInt32(random.below(500) + 1), price: price())
    default:
      gone.append(id)
      return .delete(stock: stock, order: id)
    }
  }
}
