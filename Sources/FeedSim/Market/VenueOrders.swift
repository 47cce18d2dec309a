/// All orders and books of one simulated venue: the generator's own picture of what its messages say.
struct VenueOrders {
  private(set) var orders: [RestingOrder] = []
  private(set) var books: [SimulatedBook]
  private(set) var liveCount = 0
  private var freeSlots: [UInt32] = []
  /// Slots in order of entry, oldest first; entries of dead orders stay until they are the majority.
  private var byAge: [UInt32] = []

  init(stockCount: Int) { books = Array(repeating: SimulatedBook(), count: stockCount) }

  mutating func removeAll() { self = VenueOrders(stockCount: books.count) }

  /// Enters an order at the end of its level's queue and returns its slot.
  mutating func insert(reference: UInt64, stock: Int, isBuy: Bool, shares: UInt32, price4: UInt32) -> UInt32 {
    let order = RestingOrder(
      orderReferenceNumber: reference, price4: price4, shares: shares, agePosition: UInt32(byAge.count),
      stock: UInt32(stock), isBuy: isBuy)
    let slot: UInt32
    if let free = freeSlots.popLast() {
      slot = free
      orders[Int(slot)] = order
    } else {
      slot = UInt32(orders.count)
      orders.append(order)
    }
    byAge.append(slot)
    liveCount += 1
    let position = books[stock].position(of: price4, buy: isBuy)
    if isBuy {
      Self.link(slot, &orders, into: &books[stock].bids, at: position)
    } else {
      Self.link(slot, &orders, into: &books[stock].asks, at: position)
    }
    if byAge.count > 4_096 && byAge.count > 3 * liveCount { forgetDeadEntries() }
    return slot
  }

  /// Takes shares off an order; at zero the order leaves its book.
  mutating func reduce(_ slot: UInt32, by shares: UInt32) {
    let order = orders[Int(slot)]
    let stock = Int(order.stock)
    let position = books[stock].position(of: order.price4, buy: order.isBuy)
    orders[Int(slot)].shares -= shares
    if order.isBuy {
      Self.unlink(slot, shares, &orders, from: &books[stock].bids, at: position)
    } else {
      Self.unlink(slot, shares, &orders, from: &books[stock].asks, at: position)
    }
    if order.shares == shares {
      orders[Int(slot)].isLive = false
      freeSlots.append(slot)
      liveCount -= 1
    }
  }

  private static func link(
    _ slot: UInt32, _ orders: inout [RestingOrder], into levels: inout [SimulatedBook.Level], at position: Int
  ) {
    let order = orders[Int(slot)]
    if position == levels.count || levels[position].price4 != order.price4 {
      levels.insert(
        SimulatedBook.Level(price4: order.price4, shares: 0, orderCount: 0, head: slot, tail: RestingOrder.none),
        at: position)
    }
    let tail = levels[position].tail
    orders[Int(slot)].previous = tail
    if tail != RestingOrder.none { orders[Int(tail)].next = slot }
    levels[position].tail = slot
    levels[position].orderCount += 1
    levels[position].shares += UInt64(order.shares)
  }

  private static func unlink(
    _ slot: UInt32, _ shares: UInt32, _ orders: inout [RestingOrder], from levels: inout [SimulatedBook.Level],
    at position: Int
  ) {
    levels[position].shares -= UInt64(shares)
    let order = orders[Int(slot)]
    if order.shares > 0 { return }
    if order.previous == RestingOrder.none {
      levels[position].head = order.next
    } else {
      orders[Int(order.previous)].next = order.next
    }
    if order.next == RestingOrder.none {
      levels[position].tail = order.previous
    } else {
      orders[Int(order.next)].previous = order.previous
    }
    levels[position].orderCount -= 1
    if levels[position].orderCount == 0 { levels.remove(at: position) }
  }

  private mutating func forgetDeadEntries() {
    var kept: [UInt32] = []
    kept.reserveCapacity(liveCount)
    for (position, slot) in byAge.enumerated()
    where orders[Int(slot)].isLive && orders[Int(slot)].agePosition == UInt32(position) {
      orders[Int(slot)].agePosition = UInt32(kept.count)
      kept.append(slot)
    }
    byAge = kept
  }

  /// A live order, most likely a young one: its age in entries is spread evenly over powers of two, which is what
  /// makes most orders short-lived and a few very old.
  func pickByAge(leastShares: UInt32, random: inout DeterministicRandom) -> UInt32? {
    if byAge.isEmpty { return nil }
    let octaves = Int.bitWidth - byAge.count.leadingZeroBitCount
    for _ in 0..<64 {
      let octave = random.below(octaves)
      let age = (1 << octave) + random.below(1 << octave)
      if age > byAge.count { continue }
      let position = byAge.count - age
      let slot = byAge[position]
      let order = orders[Int(slot)]
      if order.isLive && order.agePosition == UInt32(position) && order.shares >= leastShares { return slot }
    }
    return nil
  }

  /// The order in `slot` if it is still the one with this reference.
  func live(_ slot: UInt32, reference: UInt64) -> RestingOrder? {
    guard Int(slot) < orders.count, orders[Int(slot)].isLive else { return nil }
    return orders[Int(slot)].orderReferenceNumber == reference ? orders[Int(slot)] : nil
  }

  /// Slots of one side at `limit` or better, best level first, oldest first. Nil where there are more than `maximum`,
  /// which costs no more than that many: a book of few stocks has thousands near its best price.
  func slots(stock: Int, buy: Bool, atOrBetterThan limit: UInt32, maximum: Int) -> [UInt32]? {
    var slots: [UInt32] = []
    let levels = buy ? books[stock].bids : books[stock].asks
    for level in levels.reversed() {
      if buy ? level.price4 < limit : level.price4 > limit { break }
      if slots.count + Int(level.orderCount) > maximum { return nil }
      var slot = level.head
      while slot != RestingOrder.none {
        slots.append(slot)
        slot = orders[Int(slot)].next
      }
    }
    return slots
  }
}
