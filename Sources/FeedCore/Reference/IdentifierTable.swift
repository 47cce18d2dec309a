/// Instruments by a number of 64 bits: a venue's security id, or its symbol's first word. Fixed capacity, open
/// addressing, nothing allocated after `init`.
///
/// At most half full, and no entry further than `probeLimit` slots from its home, so a look-up has a bound whatever
/// the keys. A key that finds no room within it is refused as `full`, like one beyond the capacity.
struct IdentifierTable {
  private struct Slot: BitwiseCopyable {
    var key: UInt64
    /// Index + 1, 0 = free.
    var value: UInt32
  }

  enum Insertion: Equatable { case inserted, replaced, full }

  private static var probeLimit: Int { 64 }

  private let slots: Storage<Slot>
  private let mask: Int
  let capacity: Int
  private(set) var count = 0

  /// - Parameter capacity: keys, at least 1.
  init(capacity: Int) {
    self.capacity = capacity
    var slotCount = 64
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = Storage(capacity: slotCount, hugePages: false)
    mask = slotCount - 1
  }

  /// The index of `key`, nil when it has none.
  @inline(__always)
  func find(_ key: UInt64) -> Int? {
    var slot = Int(truncatingIfNeeded: Mix.spread(key)) & mask
    for _ in 0..<Self.probeLimit {
      let entry = slots.base[slot]
      if entry.value == 0 { return nil }
      if entry.key == key { return Int(entry.value) &- 1 }
      slot = (slot &+ 1) & mask
    }
    return nil
  }

  /// Connects `key` with `index`, 0 ..< 2^32 - 1.
  mutating func insert(_ key: UInt64, index: Int) -> Insertion {
    var slot = Int(truncatingIfNeeded: Mix.spread(key)) & mask
    for _ in 0..<Self.probeLimit {
      if slots[slot].value == 0 {
        if count == capacity { return .full }
        slots[slot] = Slot(key: key, value: UInt32(truncatingIfNeeded: index + 1))
        count += 1
        return .inserted
      }
      if slots[slot].key == key {
        slots[slot].value = UInt32(truncatingIfNeeded: index + 1)
        return .replaced
      }
      slot = (slot + 1) & mask
    }
    return .full
  }

  /// Whether `insert` of `key` would succeed.
  func hasRoom(for key: UInt64) -> Bool {
    var slot = Int(truncatingIfNeeded: Mix.spread(key)) & mask
    for _ in 0..<Self.probeLimit {
      if slots[slot].value == 0 { return count < capacity }
      if slots[slot].key == key { return true }
      slot = (slot + 1) & mask
    }
    return false
  }

  /// Cost: all slots.
  mutating func removeAll() {
    if count == 0 { return }
    for slot in 0...mask { slots[slot].value = 0 }
    count = 0
  }
}
