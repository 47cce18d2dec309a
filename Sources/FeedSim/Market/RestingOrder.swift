/// An order on a simulated venue's book. Slots are used again; `none` ends the lists that link them.
struct RestingOrder {
  static let none = UInt32.max
  var orderReferenceNumber: UInt64
  var price4: UInt32
  var shares: UInt32
  /// Neighbours in the queue of its price level.
  var previous = RestingOrder.none
  var next = RestingOrder.none
  /// Where the venue's list of orders by age names it; tells a live entry of that list from a stale one.
  var agePosition: UInt32 = 0
  var stock: UInt32
  var isBuy: Bool
  var isLive = true
}
