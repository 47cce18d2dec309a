/// Draws ranks with a probability proportional to 1 / (rank + 8): a few stocks make most of the traffic, and the
/// first one does not make half of it.
struct ZipfTable: Sendable {
  private let cumulative: [UInt64]

  /// - Parameter count: number of ranks, at least 1.
  init(count: Int) {
    var sum: UInt64 = 0
    cumulative = (0..<count).map { rank in
      sum += (1 << 40) / UInt64(rank + 8)
      return sum
    }
  }

  func pick(_ random: inout DeterministicRandom) -> Int {
    let point = random.below(cumulative[cumulative.count - 1])
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > point { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
