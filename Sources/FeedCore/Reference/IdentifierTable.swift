/// Instruments by a number of 64 bits: a venue's security id, or its symbol's first word. Fixed capacity, open
/// addressing, nothing allocated after `init`.
///
/// At most half full, and no entry further than `probeLimit` slots from its home, so a look-up has a bound whatever
/// the keys. A key that finds no room within it is refused as `full`, like one beyond the capacity.
struct IdentifierTable {
  fileprivate struct Slot: BitwiseCopyable {
    var key: UInt64
    /// Index + 1, 0 = free.
    var value: UInt32
  }

  enum Insertion: Equatable { case inserted, replaced, full }

  fileprivate static var probeLimit: Int { 64 }

  private let slots: Storage<Slot>
  private let mask: Int
  let lookup: Lookup
  let capacity: Int
  private(set) var count = 0

  /// - Parameter capacity: keys, at least 1.
  init(capacity: Int) {
    self.capacity = capacity
    var slotCount = 64
    while slotCount < 2 * capacity { slotCount *= 2 }
    slots = Storage(capacity: slotCount, hugePages: false)
    mask = slotCount - 1
    lookup = Lookup(
      slots: slots.base, mask: mask, shift: UInt64(UInt64.bitWidth - slotCount.trailingZeroBitCount))
  }

  /// Touches all of it: keys come to any of its places.
  func prefault() { slots.prefault() }

  /// What looking up takes, for who keeps it at hand: good as long as the table is there.
  struct Lookup: BitwiseCopyable {
    fileprivate let slots: UnsafeMutablePointer<Slot>
    fileprivate let mask: Int
    /// What leaves as many bits of a word as a slot's number has.
    fileprivate let shift: UInt64

    /// Where the search for a key begins. Keys are numbers that follow one another, or texts: the highest bits of a
    /// product depend on all of the lower ones, into which the higher ones are folded.
    @inline(__always)
    fileprivate func home(_ key: UInt64) -> Int {
      Int(truncatingIfNeeded: ((key ^ key >> 32) &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    /// The index of `key` plus 1, 0 when it has none. Most stand where their search begins.
    ///
    /// - Parameter mask: all ones; or 0, and so is the result. Which of the two is as good as random to who asks, so it
    ///   is no branch.
    @inline(__always)
    func value(_ key: UInt64, and mask: UInt64 = .max) -> UInt32 {
      let key = key & mask
      let slot = home(key)
      if unlikely((slots[slot].key ^ key) & mask != 0) { return Self.further(key, from: slot, slots, self.mask) }
      return slots[slot].value & UInt32(truncatingIfNeeded: mask)
    }

    @inline(never)
    private static func further(
      _ key: UInt64, from home: Int, _ slots: UnsafeMutablePointer<Slot>, _ mask: Int
    ) -> UInt32 {
      var slot = home
      for _ in 0..<IdentifierTable.probeLimit {
        if slots[slot].value == 0 || slots[slot].key == key { return slots[slot].value }
        slot = (slot &+ 1) & mask
      }
      return 0
    }
  }

  /// The index of `key`, nil when it has none.
  @inline(__always)
  func find(_ key: UInt64) -> Int? {
    let value = lookup.value(key)
    return value == 0 ? nil : Int(value) &- 1
  }

  /// Connects `key` with `index`, 0 ..< 2^32 - 1. (A table of instruments uses its highest bit for a mark.)
  mutating func insert(_ key: UInt64, index: Int) -> Insertion {
    var slot = lookup.home(key)
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
    var slot = lookup.home(key)
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
