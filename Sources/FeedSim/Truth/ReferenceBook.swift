/// A slow, plain order book of one stock at one venue: the reference that the real books are measured against. It
/// shares no code with them, on purpose.
struct ReferenceBook {
  struct Level: Equatable {
    var price4: UInt32
    var shares: UInt64
    var orderCount: Int
  }
  /// Best price first.
  var bids: [Level] = []
  var asks: [Level] = []
  /// Last state of a Stock Trading Action; 0 before the first.
  var tradingState: UInt8 = 0
  var isOperationallyHalted = false

  var isOK: Bool { tradingState == UInt8(ascii: "T") && !isOperationallyHalted }

  mutating func add(isBuy: Bool, price4: UInt32, shares: UInt32) {
    if isBuy { Self.add(&bids, price4, shares, precedes: >) } else { Self.add(&asks, price4, shares, precedes: <) }
  }

  /// Takes shares, and with the last of an order's the order too, off its level.
  mutating func take(isBuy: Bool, price4: UInt32, shares: UInt32, removesOrder: Bool) {
    if isBuy {
      Self.take(&bids, price4, shares, removesOrder)
    } else {
      Self.take(&asks, price4, shares, removesOrder)
    }
  }

  private static func add(
    _ levels: inout [Level], _ price4: UInt32, _ shares: UInt32, precedes: (UInt32, UInt32) -> Bool
  ) {
    let index = levels.firstIndex { !precedes($0.price4, price4) } ?? levels.count
    if index == levels.count || levels[index].price4 != price4 {
      levels.insert(Level(price4: price4, shares: 0, orderCount: 0), at: index)
    }
    levels[index].shares += UInt64(shares)
    levels[index].orderCount += 1
  }

  private static func take(_ levels: inout [Level], _ price4: UInt32, _ shares: UInt32, _ removesOrder: Bool) {
    guard let index = levels.firstIndex(where: { $0.price4 == price4 }) else { return }
    levels[index].shares -= UInt64(shares)
    if removesOrder { levels[index].orderCount -= 1 }
    if levels[index].orderCount == 0 { levels.remove(at: index) }
  }
}
