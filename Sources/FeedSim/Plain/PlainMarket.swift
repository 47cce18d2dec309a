/// A steady flow of orders on the books of many instruments, the same in every protocol: adds, deletes, executions,
/// and what each does to its price level. Bids and asks keep to twelve prices each, which never cross.
struct PlainMarket {
  enum Kind { case add, delete, execute }

  /// One change of one order.
  struct Change {
    var kind: Kind
    var instrument: Int
    var isBuy: Bool
    var reference: UInt64
    /// In 1/100 of the instrument's unit of money.
    var cents: Int
    /// Added, or executed.
    var quantity: UInt32
    /// What is left of the order.
    var left: UInt32
    /// What the level holds now; 0: it is gone.
    var levelQuantity: UInt32
    /// Orders that stand there now.
    var levelOrders: UInt32
    /// Place of the level on its side, from 0 at the best.
    var level: Int
    /// The level was not there before.
    var isNewLevel: Bool
    /// The level that moved up to the last place shown, where one of the first ten left.
    var tenth: (cents: Int, quantity: UInt32)?
    /// Best prices after the change, cents and quantity; 0 where there is none.
    var bid: (cents: Int, quantity: UInt32)
    var ask: (cents: Int, quantity: UInt32)
  }

  private struct Level {
    var cents: Int
    var quantity: UInt32
    var orders: UInt32
  }
  private struct Order {
    var reference: UInt64
    var instrument: Int
    var isBuy: Bool
    var cents: Int
    var quantity: UInt32
  }

  static let instrumentCount = 500
  private static let ordersWanted = 40_000
  private var random: DeterministicRandom
  private var orders: [Order] = []
  /// By instrument and side; best first.
  private var sides = [[Level]](repeating: [], count: 2 * Self.instrumentCount)
  private var nextReference: UInt64 = 1_000_000

  init(seed: UInt64) { random = DeterministicRandom(seed: seed, stream: 7) }

  private static func middle(_ instrument: Int) -> Int { 2_000 + 37 * instrument }

  mutating func next() -> Change {
    // As many deletes and executions as adds, once enough orders rest.
    let adds = orders.count < Self.ordersWanted ? 800_000 : 490_000
    if orders.isEmpty || random.chance(partsPerMillion: UInt64(adds)) { return add() }
    let place = random.below(orders.count)
    let isExecution = random.chance(partsPerMillion: 200_000)
    let order = orders[place]
    let taken = isExecution ? min(order.quantity, 100) : order.quantity
    if taken == order.quantity {
      orders[place] = orders[orders.count - 1]
      orders.removeLast()
    } else {
      orders[place].quantity -= taken
    }
    return change(
      isExecution ? .execute : .delete, order, quantity: taken, left: order.quantity - taken)
  }

  private mutating func add() -> Change {
    nextReference += 1 + random.below(3 as UInt64)
    // Few instruments have most of the traffic.
    let instrument = min(random.below(Self.instrumentCount), random.below(Self.instrumentCount))
    let isBuy = random.chance(partsPerMillion: 500_000)
    let distance = 1 + min(random.below(12), random.below(12))
    let order = Order(
      reference: nextReference, instrument: instrument, isBuy: isBuy,
      cents: Self.middle(instrument) + (isBuy ? -distance : distance), quantity: UInt32(100 * (1 + random.below(5))))
    orders.append(order)
    return change(.add, order, quantity: order.quantity, left: order.quantity)
  }

  private mutating func change(_ kind: Kind, _ order: Order, quantity: UInt32, left: UInt32) -> Change {
    let side = 2 * order.instrument + (order.isBuy ? 0 : 1)
    var level = sides[side].firstIndex { order.isBuy ? $0.cents <= order.cents : $0.cents >= order.cents }
      ?? sides[side].count
    let isNew = level == sides[side].count || sides[side][level].cents != order.cents
    if isNew { sides[side].insert(Level(cents: order.cents, quantity: 0, orders: 0), at: level) }
    if kind == .add {
      sides[side][level].quantity += quantity
      sides[side][level].orders += 1
    } else {
      sides[side][level].quantity -= quantity
      if left == 0 { sides[side][level].orders -= 1 }
    }
    let now = sides[side][level]
    var tenth: (cents: Int, quantity: UInt32)?
    if now.quantity == 0 {
      sides[side].remove(at: level)
      if level < 10, sides[side].count >= 10 { tenth = (sides[side][9].cents, sides[side][9].quantity) }
    }
    if level > 255 { level = 255 }
    return Change(
      kind: kind, instrument: order.instrument, isBuy: order.isBuy, reference: order.reference, cents: order.cents,
      quantity: quantity, left: left, levelQuantity: now.quantity, levelOrders: now.orders, level: level,
      isNewLevel: isNew, tenth: tenth, bid: best(2 * order.instrument), ask: best(2 * order.instrument + 1))
  }

  private func best(_ side: Int) -> (cents: Int, quantity: UInt32) {
    sides[side].first.map { ($0.cents, $0.quantity) } ?? (0, 0)
  }
}
