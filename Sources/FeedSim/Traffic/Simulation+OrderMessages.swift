/// Messages that change books, each with the change it means. Layouts: TotalView-ITCH 5.0, "Add Order Message",
/// "Modify Order Messages".
extension Simulation {
  private static let participants = ["NSDQ", "GSCO", "JPMS", "MSCO", "VIRT", "CDEL", "UBSS", "ETMM", "BARD", "TIMB"]

  func order(_ venue: Int, _ slot: UInt32) -> RestingOrder { venues[venue].orders.orders[Int(slot)] }

  /// "Add Order": 36 bytes, or 40 with a participant's name. Returns the order's slot.
  @discardableResult
  func add(_ venue: Int, stock: Int, isBuy: Bool, shares: UInt32, ticks: Int, isAttributed: Bool = false) -> UInt32 {
    let price4 = UInt32(ticks * universe.stocks[stock].tick)
    let reference = venues[venue].takeOrderReference()
    venues[venue].begin(isAttributed ? "F" : "A", locate: venues[venue].locates[stock], at: now)
    venues[venue].put(reference)
    venues[venue].put(isBuy ? "B" : "S" as Unicode.Scalar)
    venues[venue].put(shares)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(price4)
    if isAttributed { venues[venue].put(Array(random.pick(Self.participants).utf8)) }
    finishMessage(venue)
    return venues[venue].orders.insert(
      reference: reference, stock: stock, isBuy: isBuy, shares: shares, price4: price4)
  }

  /// "Order Delete", 19 bytes.
  func delete(_ venue: Int, _ slot: UInt32) {
    let order = order(venue, slot)
    venues[venue].begin("D", locate: venues[venue].locates[Int(order.stock)], at: now)
    venues[venue].put(order.orderReferenceNumber)
    finishMessage(venue)
    venues[venue].orders.reduce(slot, by: order.shares)
  }

  /// "Order Cancel", 23 bytes: some of the shares.
  func cancel(_ venue: Int, _ slot: UInt32, shares: UInt32) {
    let order = order(venue, slot)
    venues[venue].begin("X", locate: venues[venue].locates[Int(order.stock)], at: now)
    venues[venue].put(order.orderReferenceNumber)
    venues[venue].put(shares)
    finishMessage(venue)
    venues[venue].orders.reduce(slot, by: shares)
  }

  /// "Order Replace", 35 bytes. Returns the new order's slot.
  @discardableResult
  func replace(_ venue: Int, _ slot: UInt32, shares: UInt32, price4: UInt32) -> UInt32 {
    let old = order(venue, slot)
    let reference = venues[venue].takeOrderReference()
    venues[venue].begin("U", locate: venues[venue].locates[Int(old.stock)], at: now)
    venues[venue].put(old.orderReferenceNumber)
    venues[venue].put(reference)
    venues[venue].put(shares)
    venues[venue].put(price4)
    finishMessage(venue)
    venues[venue].orders.reduce(slot, by: old.shares)
    return venues[venue].orders.insert(
      reference: reference, stock: Int(old.stock), isBuy: old.isBuy, shares: shares, price4: price4)
  }

  /// "Order Executed", 31 bytes, or "Order Executed With Price", 36 bytes.
  func execute(_ venue: Int, _ slot: UInt32, shares: UInt32, atPrice4 price4: UInt32? = nil) {
    let order = order(venue, slot)
    let match = venues[venue].takeMatchNumber()
    venues[venue].begin(price4 == nil ? "E" : "C", locate: venues[venue].locates[Int(order.stock)], at: now)
    venues[venue].put(order.orderReferenceNumber)
    venues[venue].put(shares)
    venues[venue].put(match)
    if let price4 {
      venues[venue].put(random.chance(partsPerMillion: 300_000) ? "N" : "Y" as Unicode.Scalar)
      venues[venue].put(price4)
    }
    finishMessage(venue)
    venues[venue].orders.reduce(slot, by: shares)
  }
}
