import CPlatform

/// A key of a `FixedTable`.
protocol FixedTableKey: BitwiseCopyable, Equatable {
  /// Bits spread over the whole word.
  var spread: UInt64 { get }
}

extension UInt64: FixedTableKey {
  @inline(__always) var spread: UInt64 { Mix.spread(self) }
}

/// Hash table of fixed capacity: linear probing, removal by shifting back (no tombstones), at most half full.
///
/// Nothing depends on the order of its slots. A probe is bounded by the longest run of used slots, which at half
/// load is a handful.
struct FixedTable<Key: FixedTableKey, Value: BitwiseCopyable> {
  struct Slot: BitwiseCopyable {
    var key: Key
    var value: Value
    var isUsed: Bool
  }
  private let slots: Storage<Slot>
  private let mask: Int
  let capacity: Int
  private(set) var count = 0

  /// - Parameter capacity: entries, at least 1. Memory is zeroed and reserved lazily.
  init(capacity: Int) {
    self.capacity = capacity
    var slotCount = 4
    while slotCount < 2 * capacity { slotCount *= 2 }
    // Small pages: a table that is hardly used shall hardly be resident.
    slots = Storage(capacity: slotCount, hugePages: false)
    mask = slotCount - 1
  }

  /// A table's entries are anywhere in it: a large one is left to grow.
  func prefaultBeginning() { slots.prefaultBeginning() }

  @inline(__always)
  private func home(of key: Key) -> Int { Int(truncatingIfNeeded: key.spread) & mask }

  /// Touches up to a megabyte of it: for a table whose entries come and go, and so will stand anywhere.
  func prefault() { slots.prefault(count: (1 << 20) / MemoryLayout<Slot>.stride) }

  /// Asks for the slot where `key` is, or would be.
  @inline(__always)
  func prefetch(_ key: Key) {
    let slot = UnsafeRawPointer(slots.base + home(of: key))
    feedh_prefetch(slot)
    feedh_prefetch(slot + (MemoryLayout<Slot>.size - 1))
  }

  /// Slot of `key`, or -1. Valid until the next insertion or removal.
  @inline(__always)
  func find(_ key: Key) -> Int {
    var index = home(of: key)
    while slots[index].isUsed {
      if slots[index].key == key { return index }
      index = (index + 1) & mask
    }
    return -1
  }

  /// The value in a slot that `find` returned.
  subscript(slot index: Int) -> Value {
    @inline(__always) get { slots[index].value }
    @inline(__always) nonmutating _modify { yield &slots.base[index].value }
  }

  func value(of key: Key) -> Value? {
    let index = find(key)
    return index < 0 ? nil : slots[index].value
  }

  /// Sets the value of `key`. False, and nothing changed, when the key is new and the table full.
  mutating func insert(_ key: Key, _ value: Value) -> Bool {
    var index = home(of: key)
    while slots[index].isUsed {
      if slots[index].key == key {
        slots.base[index].value = value
        return true
      }
      index = (index + 1) & mask
    }
    if count == capacity { return false }
    slots[index] = Slot(key: key, value: value, isUsed: true)
    count += 1
    return true
  }

  /// False when the key was not there.
  @discardableResult
  mutating func remove(_ key: Key) -> Bool {
    var hole = find(key)
    if hole < 0 { return false }
    count -= 1
    var index = (hole + 1) & mask
    while slots[index].isUsed {
      // An entry may move into the hole unless its home lies cyclically after the hole.
      if (index &- home(of: slots[index].key)) & mask >= (index &- hole) & mask {
        slots[hole] = slots[index]
        hole = index
      }
      index = (index + 1) & mask
    }
    slots.base[hole].isUsed = false
    return true
  }

  /// Cost: all slots.
  mutating func removeAll() {
    if count == 0 { return }
    for index in 0...mask where slots[index].isUsed { slots.base[index].isUsed = false }
    count = 0
  }

  /// Visits every entry, in no useful order. Cost: all slots; for checks and tests.
  func forEach(_ visit: (Key, Value) -> Void) {
    for index in 0...mask where slots[index].isUsed { visit(slots[index].key, slots[index].value) }
  }
}
