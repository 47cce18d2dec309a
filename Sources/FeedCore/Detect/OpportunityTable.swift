/// Opportunities that are open now, found by (symbol group, buy venue, sell venue). Fixed capacity.
struct OpportunityTable {
  struct Entry: BitwiseCopyable {
    /// `key(group:pair:)`; 0 = empty.
    var key: UInt64 = 0
    var record = OpportunityRecord()
    /// Capture time of the last order pair tried, 0 = none.
    var lastPairNanoseconds: UInt64 = 0
  }

  static let capacity = 8_192
  private let slots = Storage<Entry>(capacity: 2 * OpportunityTable.capacity, hugePages: false)
  private(set) var count = 0
  private var mask: Int { 2 * Self.capacity - 1 }

  func prefault() { slots.prefault() }

  /// Never 0.
  static func key(group: GroupIndex, pair: Int) -> UInt64 { 1 << 40 | UInt64(group) << 6 | UInt64(pair) }
  static func group(ofKey key: UInt64) -> GroupIndex { GroupIndex(truncatingIfNeeded: key >> 6) }
  static func pair(ofKey key: UInt64) -> Int { Int(key & 63) }

  private func slot(of key: UInt64) -> Int {
    var index = Int(truncatingIfNeeded: Mix.spread(key)) & mask
    while slots.base[index].key != 0, slots.base[index].key != key { index = (index &+ 1) & mask }
    return index
  }

  func find(_ key: UInt64) -> UnsafeMutablePointer<Entry>? {
    let index = slot(of: key)
    return slots.base[index].key == key ? slots.base + index : nil
  }

  /// A fresh entry for a key that is not there; nil when the table is full.
  mutating func insert(_ key: UInt64) -> UnsafeMutablePointer<Entry>? {
    guard count < Self.capacity else { return nil }
    let index = slot(of: key)
    slots.base[index] = Entry(key: key)
    count += 1
    return slots.base + index
  }

  mutating func remove(_ key: UInt64) {
    var hole = slot(of: key)
    guard slots.base[hole].key == key else { return }
    count -= 1
    var index = (hole &+ 1) & mask
    while slots.base[index].key != 0 {
      let home = Int(truncatingIfNeeded: Mix.spread(slots.base[index].key)) & mask
      if (index &- home) & mask >= (index &- hole) & mask {
        slots.base[hole] = slots.base[index]
        hole = index
      }
      index = (index &+ 1) & mask
    }
    slots.base[hole].key = 0
  }

  /// Visits the keys of all entries. Nothing may be inserted or removed meanwhile.
  func forEachKey(_ visit: (UInt64) -> Void) {
    for index in 0...mask where slots.base[index].key != 0 { visit(slots.base[index].key) }
  }
}
