import Testing

@testable import FeedCore

/// Symbols, locates and what venues have in common.
struct SymbolTableTests {
  private func symbol(_ number: Int) -> Symbol { Symbol("S\(number)")! }

  @Test func commonSetsEqualBruteForce() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var table = SymbolTable(capacity: 300, shardCount: 16)
    var listings: [Int: Set<Int>] = [:]
    for _ in 0..<900 {
      let number = random.below(300)
      let venue = random.below(8)
      let group = table.resolve(symbol(number))!
      #expect(table.find(symbol(number)) == group, "seed \(seed)")
      // Listing again at a venue that lists it changes nothing.
      table.list(group, at: VenueIndex(venue), instrument: number)
      listings[number, default: []].insert(venue)
    }
    #expect(table.count == listings.count, "seed \(seed)")
    for set in 1..<256 {
      let venues = Set((0..<8).filter { set & (1 << $0) != 0 })
      let wanted = Set(listings.filter { venues.isSubset(of: $0.value) }.map { symbol($0.key) })
      var found: [Symbol] = []
      table.forEachCommon(venues: UInt8(set)) { found.append(table.groups[Int($0)].symbol) }
      #expect(found.count == wanted.count && Set(found) == wanted, "seed \(seed), venues \(venues)")
      #expect(table.commonCount(venues: UInt8(set)) == wanted.count, "seed \(seed)")
    }
    #expect(table.commonCount(venues: 0) == table.count)
    for (number, venues) in listings {
      let group = table.groups[Int(table.find(symbol(number))!)]
      for venue in 0..<8 {
        #expect(group.listing(at: VenueIndex(venue)) == (venues.contains(venue) ? number : nil), "seed \(seed)")
      }
    }
  }

  @Test func aFullTableNamesNoMoreSymbols() {
    var table = SymbolTable(capacity: 2, shardCount: 1)
    #expect(table.resolve(symbol(1)) == 0)
    #expect(table.resolve(symbol(2)) == 1)
    #expect(table.resolve(symbol(3)) == nil)
    #expect(table.resolve(symbol(1)) == 0)
    #expect(table.find(symbol(3)) == nil)
  }

  @Test func theShardDependsOnTheTextAlone() {
    var one = SymbolTable(capacity: 100, shardCount: 16)
    var other = SymbolTable(capacity: 500, shardCount: 16)
    for number in 0..<100 { _ = one.resolve(symbol(number)) }
    for number in (0..<100).reversed() { _ = other.resolve(symbol(number)) }
    var used: Set<UInt8> = []
    for number in 0..<100 {
      let shard = one.groups[Int(one.find(symbol(number))!)].shard
      #expect(shard == other.groups[Int(other.find(symbol(number))!)].shard)
      #expect(shard < 16)
      used.insert(shard)
    }
    #expect(used.count > 12)
  }
}
