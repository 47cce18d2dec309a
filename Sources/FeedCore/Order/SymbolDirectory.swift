/// Which group a symbol on the wire means, for the simulated venues of a shard: the symbols it has sent orders in.
struct SymbolDirectory {
  private var groups: FixedTable<UInt64, GroupIndex>

  init(capacity: Int) { groups = FixedTable(capacity: capacity) }

  func hasRoom(for symbols: Int) -> Bool { groups.count + symbols <= groups.capacity }

  /// False when the directory is full.
  mutating func add(_ symbol: Symbol, _ group: GroupIndex) -> Bool { groups.insert(symbol.packed, group) }

  func group(of symbol: Symbol) -> GroupIndex? { groups.value(of: symbol.packed) }
}
