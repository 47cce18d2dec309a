/// Which group a symbol on the wire means at each venue, for the simulated venues of a shard: the symbols it has sent
/// orders in. Texts are the venues' own, so the same one may mean two groups at two venues.
struct SymbolDirectory {
  private struct Key: FixedTableKey {
    var text: UInt64
    var venue: VenueIndex
    var spread: UInt64 { Mix.spread(text &+ UInt64(venue)) }
  }
  private var groups: FixedTable<Key, GroupIndex>

  /// - Parameter capacity: pairs of venue and symbol.
  init(capacity: Int) { groups = FixedTable(capacity: capacity) }

  func prefaultBeginning() { groups.prefaultBeginning() }

  func hasRoom(for symbols: Int) -> Bool { groups.count + symbols <= groups.capacity }

  /// False when the directory is full.
  /// - Precondition: `symbol` has at most eight characters, as all that goes on the wire.
  mutating func add(_ symbol: Symbol, at venue: VenueIndex, _ group: GroupIndex) -> Bool {
    groups.insert(Key(text: symbol.packed, venue: venue), group)
  }

  func group(of symbol: Symbol, at venue: VenueIndex) -> GroupIndex? {
    groups.value(of: Key(text: symbol.packed, venue: venue))
  }
}
