/// Opportunities that are open now, found by (symbol group, buy venue, sell venue). Fixed capacity.
struct OpportunityTable {
  struct Entry: BitwiseCopyable {
    var record = OpportunityRecord()
    /// Capture time of the last order pair tried, 0 = none.
    var lastPairNanoseconds: UInt64 = 0
  }

  static let capacity = 8_192
  /// Key → place of its entry.
  private var index = FixedTable<UInt64, UInt32>(capacity: OpportunityTable.capacity)
  private let entries = Storage<Entry>(capacity: OpportunityTable.capacity, hugePages: false)
  /// Places given back, the last one first: its lines may still be near.
  private let freePlaces = Storage<UInt32>(capacity: OpportunityTable.capacity, hugePages: false)
  private var freeCount = 0
  var count: Int { index.count }

  func prefault() {
    index.prefaultBeginning()
    entries.prefault()
    freePlaces.prefault()
  }

  static func key(group: GroupIndex, pair: Int) -> UInt64 { UInt64(group) << 6 | UInt64(pair) }
  static func group(ofKey key: UInt64) -> GroupIndex { GroupIndex(truncatingIfNeeded: key >> 6) }
  static func pair(ofKey key: UInt64) -> Int { Int(key & 63) }

  /// Valid until the entry is removed.
  @inline(__always)
  func find(_ key: UInt64) -> UnsafeMutablePointer<Entry>? {
    let slot = index.find(key)
    return slot < 0 ? nil : entries.base + Int(index[slot: slot])
  }

  /// A fresh entry for a key that is not there; nil when the table is full.
  mutating func insert(_ key: UInt64) -> UnsafeMutablePointer<Entry>? {
    // Places 0 ..< used + free have been given out at least once.
    let place = freeCount > 0 ? freePlaces[freeCount - 1] : UInt32(index.count)
    guard index.insert(key, place) else { return nil }
    freeCount = max(0, freeCount - 1)
    let entry = entries.base + Int(place)
    entry.pointee = Entry()
    return entry
  }

  mutating func remove(_ key: UInt64) {
    let slot = index.find(key)
    if slot < 0 { return }
    freePlaces[freeCount] = index[slot: slot]
    freeCount += 1
    index.remove(key)
  }

  /// Visits the keys of all entries, in no useful order. Nothing may be inserted or removed meanwhile.
  func forEachKey(_ visit: (UInt64) -> Void) { index.forEach { key, _ in visit(key) } }
}
