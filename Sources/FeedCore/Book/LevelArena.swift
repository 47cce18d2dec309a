/// One price level: 8 bytes, eight to a cache line.
///
/// `key` orders both sides alike: the price for bids, its bitwise complement for asks, so that a better price is
/// always the greater key.
struct Level: BitwiseCopyable {
  var key: Int32
  /// Shares displayed at this price, at least 1.
  var quantity: UInt32

  @inline(__always) static func key(price: Int32, isSell: Bool) -> Int32 { isSell ? ~price : price }
  @inline(__always) static func price(key: Int32, isSell: Bool) -> Int32 { isSell ? ~key : key }
}

/// Memory for the level arrays of one venue's books: blocks of 8, 16, 32, … levels, each starting on a cache line,
/// with a free list per size. All reserved up front.
struct LevelArena {
  private static var sizeClasses: Int { 24 }
  static var smallestBlock: Int { 8 }

  let levels: Storage<Level>
  /// First level not yet given out. The first block stays unused: an empty side may be read just before its block.
  private var frontier = LevelArena.smallestBlock
  /// Per size class: offset of the first free block + 1, 0 = none. A free block's first level holds the next.
  private let freeLists: Storage<UInt32>

  /// - Parameter capacity: levels in all, 8 ... 2^32 - 8.
  init(capacity: Int) {
    levels = Storage(capacity: (capacity + 15) & ~7)
    freeLists = Storage(capacity: Self.sizeClasses)
    freeLists.prefault()
  }

  /// A block of 8 << sizeClass levels; nil when the arena is full.
  mutating func allocate(sizeClass: Int) -> UInt32? {
    let first = freeLists[sizeClass]
    if first != 0 {
      let offset = Int(first - 1)
      freeLists[sizeClass] = levels[offset].quantity
      return first - 1
    }
    let size = Self.smallestBlock << sizeClass
    guard sizeClass < Self.sizeClasses, frontier + size <= levels.capacity else { return nil }
    defer { frontier += size }
    return UInt32(frontier)
  }

  mutating func release(_ offset: UInt32, sizeClass: Int) {
    levels[Int(offset)].quantity = freeLists[sizeClass]
    freeLists[sizeClass] = offset + 1
  }
}
