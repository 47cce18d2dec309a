/// Price levels of one stock at one venue; each side sorted with the best price last.
struct SimulatedBook {
  struct Level {
    var price4: UInt32
    var shares: UInt64
    var orderCount: UInt32
    /// Oldest and newest order of the queue.
    var head: UInt32
    var tail: UInt32
  }
  var bids: [Level] = []
  var asks: [Level] = []

  func best(buy: Bool) -> Level? { buy ? bids.last : asks.last }

  /// Position of the level at `price4`, or where it belongs.
  func position(of price4: UInt32, buy: Bool) -> Int {
    var low = 0
    var high = buy ? bids.count : asks.count
    while low < high {
      let middle = (low + high) / 2
      let isWorse = buy ? bids[middle].price4 < price4 : asks[middle].price4 > price4
      if isWorse { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
