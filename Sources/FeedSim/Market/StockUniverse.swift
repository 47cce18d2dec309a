/// The stocks of a simulation: in order of their names, with a Zipf rank of activity each.
struct StockUniverse: Sendable {
  var stocks: [Stock]
  /// Stock index by rank of activity.
  let byRank: [Int]
  private let zipf: ZipfTable

  /// - Parameter suffixes: what draws which stocks are no common stock; nil where all are.
  init(count: Int, random: inout DeterministicRandom, suffixes: DeterministicRandom? = nil) {
    let names = Self.names(count: count, random: &random)
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, random.below(index + 1)) }
    byRank = order
    var rankOf = Array(repeating: 0, count: count)
    for (rank, stock) in order.enumerated() { rankOf[stock] = rank }
    zipf = ZipfTable(count: count)
    stocks = []
    for (index, name) in names.enumerated() {
      stocks.append(Self.stock(name: name, rank: rankOf[index], count: count, random: &random))
    }
    guard var suffixes else { return }
    for index in stocks.indices where suffixes.below(4) == 0 {
      stocks[index].suffix = suffixes.pick(SymbolSuffix.all)
    }
  }

  /// A stock index, active ones more often.
  func pick(_ random: inout DeterministicRandom) -> Int { byRank[zipf.pick(&random)] }

  /// Unique names of one to five letters, most of three and four, in alphabetical order.
  private static func names(count: Int, random: inout DeterministicRandom) -> [[UInt8]] {
    var seen = Set<[UInt8]>()
    var names: [[UInt8]] = []
    while names.count < count {
      let draw = random.below(1000)
      let length = draw < 2 ? 1 : draw < 40 ? 2 : draw < 420 ? 3 : draw < 920 ? 4 : 5
      let name = (0..<length).map { _ in UInt8(ascii: "A") + UInt8(random.below(26)) }
      if seen.insert(name).inserted { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func stock(name: [UInt8], rank: Int, count: Int, random: inout DeterministicRandom) -> Stock {
    // Every twelfth stock by activity trades below a dollar, from the fifth on.
    if rank % 12 == 4 {
      let fair = random.within(1_800...8_800)
      return Stock(
        root: name, tick: 1, tickRange: 100...9_999, spread: random.within(1...12), scale: 2_500,
        isPrimaryListed: true, isFund: false, isTradable: rank + 1 < count || count < 20, fair: fair)
    }
    // Octaves of two dollars to 1,024: most stocks between 16 and 128.
    let octave = random.pick([1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 8, 9])
    let fair = (100 << octave) + random.below(100 << octave)
    let quiet = 1_000 * rank / max(count, 50)
    let spread = 1 + quiet * (1 + octave) / 1_000 + (octave > 7 ? random.within(1...8) : random.below(2))
    return Stock(
      root: name, tick: 100, tickRange: 105...1_999_999, spread: spread,
      scale: 700 + 2 * quiet + 200 * octave, isPrimaryListed: random.chance(partsPerMillion: 450_000),
      isFund: random.chance(partsPerMillion: 250_000), isTradable: rank + 1 < count || count < 20, fair: fair)
  }

  /// Prices below 500 dollars stay below 2,000: with the six decimals of NYSE's Price Scale they fit 32 bits.
  mutating func limitToPriceScales() {
    for index in stocks.indices where stocks[index].tick == 100 && stocks[index].hasSixDecimals {
      stocks[index].tickRange = stocks[index].tickRange.lowerBound...200_000
    }
  }
}

extension Stock {
  /// NYSE PriceScaleCode: 6 below 500 dollars, 4 from there on.
  var hasSixDecimals: Bool { fair * tick < 5_000_000 }
}
