/// One symbol over all venues of a core.
struct SymbolGroup: BitwiseCopyable {
  /// Per venue: the instrument's dense index + 1, 0 = not listed there (yet).
  typealias Listings = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

  var symbol = Symbol.unknown
  var listings: Listings = (0, 0, 0, 0, 0, 0, 0, 0)
  /// Bit v: venue v lists it.
  var venueMask: UInt8 = 0
  var shard: UInt8 = 0
  /// Waits for a venue to become trusted again: look at it then.
  var isDeferred = false
  /// Depth changes of its books are watched.
  var watchesDepth = false
  /// Pair (buy venue b, sell venue s) has an open opportunity: bit 8·b + s.
  var openPairs: UInt64 = 0
  /// The best prices of the pair have the minimum edge, whatever the size.
  var crossedPairs: UInt64 = 0

  /// Dense index at `venue`, or nil.
  @inline(__always)
  func listing(at venue: VenueIndex) -> Int? {
    let value = withUnsafeBytes(of: listings) { $0.load(fromByteOffset: Int(venue & 7) * 4, as: UInt32.self) }
    return value == 0 ? nil : Int(value) - 1
  }

  mutating func setListing(_ index: Int, at venue: VenueIndex) {
    withUnsafeMutableBytes(of: &listings) {
      $0.storeBytes(of: UInt32(index + 1), toByteOffset: Int(venue & 7) * 4, as: UInt32.self)
    }
    venueMask |= 1 << (venue & 7)
  }
}

/// Symbols of one core: text → dense group index in O(1), and which symbols a set of venues has in common,
/// kept ready as symbols become known.
struct SymbolTable {
  let groups: Storage<SymbolGroup>
  private(set) var count = 0
  private let index: Storage<UInt32>
  private let indexMask: Int
  private let shardCount: Int
  /// For each set of venues (bit mask): one bit per group listed at all of them.
  private let commonBits: Storage<UInt64>
  private let commonCounts: Storage<UInt32>
  private let wordsPerSet: Int

  /// - Parameters:
  ///   - capacity: symbols, at least 1.
  ///   - shardCount: 1 ... 64.
  init(capacity: Int, shardCount: Int) {
    groups = Storage(capacity: capacity)
    var slots = 64
    while slots < capacity * 2 { slots *= 2 }
    index = Storage(capacity: slots)
    indexMask = slots - 1
    self.shardCount = shardCount
    wordsPerSet = (capacity + 63) / 64
    commonBits = Storage(capacity: 256 * wordsPerSet, hugePages: false)
    commonCounts = Storage(capacity: 256)
  }

  /// Touches what naming symbols fills.
  func prefault() {
    groups.prefault()
    index.prefault()
  }

  /// The shard that owns a symbol at all venues: depends on the text alone.
  static func shard(of symbol: Symbol, shardCount: Int) -> Int {
    Int(Mix.spread(symbol.word) % UInt64(shardCount))
  }

  func find(_ symbol: Symbol) -> GroupIndex? {
    var slot = Int(truncatingIfNeeded: Mix.spread(symbol.word)) & indexMask
    while index[slot] != 0 {
      let group = index[slot] - 1
      if groups[Int(group)].symbol == symbol { return group }
      slot = (slot + 1) & indexMask
    }
    return nil
  }

  /// The group of `symbol`, made on first mention. Nil when the table is full.
  mutating func resolve(_ symbol: Symbol) -> GroupIndex? {
    var slot = Int(truncatingIfNeeded: Mix.spread(symbol.word)) & indexMask
    while index[slot] != 0 {
      let group = index[slot] - 1
      if groups[Int(group)].symbol == symbol { return group }
      slot = (slot + 1) & indexMask
    }
    guard count < groups.capacity else { return nil }
    var group = SymbolGroup()
    group.symbol = symbol
    group.shard = UInt8(Self.shard(of: symbol, shardCount: shardCount))
    groups[count] = group
    index[slot] = UInt32(count + 1)
    count += 1
    return GroupIndex(count - 1)
  }

  /// Records that `venue` lists the group under `instrument`, and extends the common sets.
  mutating func list(_ group: GroupIndex, at venue: VenueIndex, instrument: Int) {
    let before = groups[Int(group)].venueMask
    groups[Int(group)].setListing(instrument, at: venue)
    let bit = UInt8(1) << (venue & 7)
    if before & bit != 0 { return }
    // Every subset of the listing venues that holds the new one.
    var subset = before
    while true {
      let set = Int(subset | bit)
      commonBits[set * wordsPerSet + Int(group) / 64] |= 1 << (UInt64(group) % 64)
      commonCounts[set] += 1
      if subset == 0 { break }
      subset = (subset &- 1) & before
    }
  }

  /// Number of symbols listed at every venue of `venues` (bit mask). O(1).
  func commonCount(venues: UInt8) -> Int { venues == 0 ? count : Int(commonCounts[Int(venues)]) }

  /// Visits the symbols listed at every venue of `venues`.
  func forEachCommon(venues: UInt8, _ visit: (GroupIndex) -> Void) {
    for word in 0..<wordsPerSet {
      var bits = commonBits[Int(venues) * wordsPerSet + word]
      while bits != 0 {
        visit(GroupIndex(word * 64 + bits.trailingZeroBitCount))
        bits &= bits &- 1
      }
    }
  }
}
