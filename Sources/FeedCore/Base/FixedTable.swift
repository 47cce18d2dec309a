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
/// It uses as many slots as its entries need, 1,024 at first and twice as many when half are taken, so that a table
/// with room for millions is looked up in a few pages while it holds hundreds. Moving to the next size takes some 10 ns
/// an entry, once.
///
/// Nothing depends on the order of its slots. A probe is bounded by the longest run of used slots, which at half
/// load is a handful.
struct FixedTable<Key: FixedTableKey, Value: BitwiseCopyable> {
  struct Slot: BitwiseCopyable {
    var key: Key
    var value: Value
    var isUsed: Bool
  }
  /// Slots of every size, the smallest first: those in use begin at `slots`, all others are unused.
  private let storage: Storage<Slot>
  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  let capacity: Int
  private(set) var count = 0

  private static var firstSize: Int { 1_024 }

  /// - Parameter capacity: entries, at least 1. Memory is zeroed and reserved lazily.
  init(capacity: Int) {
    self.capacity = capacity
    var largest = 4
    while largest < 2 * capacity { largest *= 2 }
    let size = min(largest, Self.firstSize)
    // Small pages: a table that is hardly used shall hardly be resident.
    storage = Storage(capacity: 2 * largest, hugePages: false)
    slots = storage.base
    mask = size - 1
  }

  /// Touches the slots that it begins with.
  func prefaultBeginning() { storage.prefault(count: mask + 1) }

  /// Moves all entries to twice as many slots, which lie behind these.
  @inline(never)
  private mutating func grow() {
    let old = UnsafeMutableBufferPointer(start: slots, count: mask + 1)
    slots += mask + 1
    mask = 2 * mask + 1
    for place in old.indices where old[place].isUsed {
      slots[freeSlot(for: old[place].key)] = old[place]
      old[place].isUsed = false
    }
  }

  @inline(__always)
  private func home(of key: Key) -> Int { Int(truncatingIfNeeded: key.spread) & mask }

  /// Asks for the slot where `key` is, or would be.
  @inline(__always)
  func prefetch(_ key: Key) {
    let slot = UnsafeRawPointer(slots + home(of: key))
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
    @inline(__always) nonmutating _modify { yield &slots[index].value }
  }

  func value(of key: Key) -> Value? {
    let index = find(key)
    return index < 0 ? nil : slots[index].value
  }

  /// Sets the value of `key`. False, and nothing changed, when the key is new and the table full. It may move the
  /// others.
  mutating func insert(_ key: Key, _ value: Value) -> Bool {
    let index = find(key)
    if index >= 0 {
      slots[index].value = value
      return true
    }
    if count == capacity { return false }
    if 2 * count > mask { grow() }
    slots[freeSlot(for: key)] = Slot(key: key, value: value, isUsed: true)
    count += 1
    return true
  }

  /// Where a key goes that is not there: there is a free slot.
  @inline(__always)
  private func freeSlot(for key: Key) -> Int {
    var index = home(of: key)
    while slots[index].isUsed { index = (index + 1) & mask }
    return index
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
    slots[hole].isUsed = false
    return true
  }

  /// Cost: all slots.
  mutating func removeAll() {
    if count == 0 { return }
    for index in 0...mask where slots[index].isUsed { slots[index].isUsed = false }
    count = 0
  }

  /// Visits every entry, in no useful order. Cost: all slots; for checks and tests.
  func forEach(_ visit: (Key, Value) -> Void) {
    for index in 0...mask where slots[index].isUsed { visit(slots[index].key, slots[index].value) }
  }
}
