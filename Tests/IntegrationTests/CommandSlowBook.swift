import Foundation

/// One venue's books from the rows of `feedh decode --format ndjson`, with dictionaries and arrays: slow, and sharing
/// no code with the pipeline's books.
struct CommandSlowBook {
  struct Order: Equatable {
    var reference: Int
    var locate: Int
    var side: String
    var price: Int
    var quantity: Int
  }

  /// All live orders in the order in which they came: the queue of a level is a part of it.
  private(set) var orders: [Order] = []

  /// Applies a row; a message that is not about an order changes nothing.
  mutating func apply(type: String, _ fields: [String: Any]) {
    func number(_ name: String) -> Int { (fields[name] as! NSNumber).intValue }
    switch type {
    case "A", "F":
      orders.append(
        Order(
          reference: number("orderReferenceNumber"), locate: number("stockLocate"),
          side: fields["buySellIndicator"] as! String, price: number("price"), quantity: number("shares")))
    case "E", "C": take(number("orderReferenceNumber"), number("executedShares"))
    case "X": take(number("orderReferenceNumber"), number("cancelledShares"))
    case "D": orders.removeAll { $0.reference == number("orderReferenceNumber") }
    case "U":
      // The new order loses its place: it stands behind all others of its price.
      guard let index = orders.firstIndex(where: { $0.reference == number("originalOrderReferenceNumber") }) else {
        return
      }
      var order = orders.remove(at: index)
      order.reference = number("newOrderReferenceNumber")
      order.price = number("price")
      order.quantity = number("shares")
      orders.append(order)
    default: break
    }
  }

  private mutating func take(_ reference: Int, _ quantity: Int) {
    guard let index = orders.firstIndex(where: { $0.reference == reference }) else { return }
    orders[index].quantity -= quantity
    if orders[index].quantity <= 0 { orders.remove(at: index) }
  }

  /// Orders of one side, best price first, then in queue order.
  func queue(locate: Int, side: String) -> [Order] {
    orders.enumerated().filter { $0.element.locate == locate && $0.element.side == side }.sorted {
      let sign = side == "B" ? -1 : 1
      return (sign * $0.element.price, $0.offset) < (sign * $1.element.price, $1.offset)
    }.map(\.element)
  }

  /// The columns bidPrice … askOrders of `feedh book --format tsv`.
  func top(locate: Int) -> [String] {
    ["B", "S"].flatMap { side -> [String] in
      let queue = queue(locate: locate, side: side)
      let best = queue.filter { $0.price == queue[0].price }
      return ["\(queue.first?.price ?? 0)", "\(best.reduce(0) { $0 + $1.quantity })", "\(best.count)"]
    }
  }
}
