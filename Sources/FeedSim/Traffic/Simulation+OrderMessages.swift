/// Changes of books, each with the message that says it.
extension Simulation {
  private static let participants = ["NSDQ", "GSCO", "JPMS", "MSCO", "VIRT", "CDEL", "UBSS", "ETMM", "BARD", "TIMB"]

  func order(_ venue: Int, _ slot: UInt32) -> RestingOrder { venues[venue].orders.orders[Int(slot)] }

  /// An order at the end of its level, with a participant's name where it is attributed. Returns its slot.
  @discardableResult
  func add(_ venue: Int, stock: Int, isBuy: Bool, shares: UInt32, ticks: Int, isAttributed: Bool = false) -> UInt32 {
    let price4 = UInt32(ticks * universe.stocks[stock].tick)
    let reference = venues[venue].takeOrderReference()
    let order = RestingOrder(
      orderReferenceNumber: reference, price4: price4, shares: shares, stock: UInt32(stock), isBuy: isBuy)
    let participant = isAttributed ? Array(random.pick(Self.participants).utf8) : nil
    say(venue, .add(stock: stock, order, participant: participant))
    return venues[venue].orders.insert(
      reference: reference, stock: stock, isBuy: isBuy, shares: shares, price4: price4)
  }

  func delete(_ venue: Int, _ slot: UInt32) {
    let order = order(venue, slot)
    say(venue, .delete(order))
    venues[venue].orders.reduce(slot, by: order.shares)
  }

  /// Some of the shares.
  func cancel(_ venue: Int, _ slot: UInt32, shares: UInt32) {
    say(venue, .cancel(order(venue, slot), shares: shares))
    venues[venue].orders.reduce(slot, by: shares)
  }

  /// Other shares at another price, under a new number or, where the protocol has it so, under the same. Returns the
  /// order's slot from here on.
  @discardableResult
  func replace(_ venue: Int, _ slot: UInt32, shares: UInt32, price4: UInt32) -> UInt32 {
    let old = order(venue, slot)
    var new = RestingOrder(
      orderReferenceNumber: old.orderReferenceNumber, price4: price4, shares: shares, stock: old.stock,
      isBuy: old.isBuy)
    switch venues[venue].change(of: old, shares: shares, price4: price4) {
    case .newNumber:
      new.orderReferenceNumber = venues[venue].takeOrderReference()
      say(venue, .replace(old, by: new))
    case .sameNumber(let keepsPlace):
      say(venue, .modify(old, shares: shares, price4: price4, keepsPlace: keepsPlace))
      if keepsPlace {
        venues[venue].orders.reduce(slot, by: old.shares - shares)
        return slot
      }
    }
    venues[venue].orders.reduce(slot, by: old.shares)
    return venues[venue].orders.insert(
      reference: new.orderReferenceNumber, stock: Int(old.stock), isBuy: old.isBuy, shares: shares, price4: price4)
  }

  /// At the order's price, or at another one.
  func execute(_ venue: Int, _ slot: UInt32, shares: UInt32, atPrice4 price4: UInt32? = nil) {
    let order = order(venue, slot)
    let match = venues[venue].takeMatchNumber()
    let price = price4.map {
      MarketMessage.ExecutionPrice(price4: $0, isPrintable: !random.chance(partsPerMillion: 300_000))
    }
    say(venue, .execute(order, shares: shares, match: match, at: price))
    venues[venue].orders.reduce(slot, by: shares)
  }
}
