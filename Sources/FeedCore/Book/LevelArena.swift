/// One price level: 8 bytes, eight to a cache line.
///
/// `key` orders both sides alike: the price for bids, its opposite for asks, so that a better price is
/// always the greater key.
struct Level: BitwiseCopyable {
  var key: Int32
  /// Shares displayed at this price, at least 1.
  var quantity: UInt32

  @inline(__always) static func key(price: Int32, isSell: Bool) -> Int32 { isSell ? 0 &- price : price }
  @inline(__always) static func price(key: Int32, isSell: Bool) -> Int32 { isSell ? 0 &- key : key }
}

/// No level: nothing at the least key, which no level has.
extension Level {
  static var none: Level { Level(key: .min, quantity: 0) }
  @inline(__always) var isNone: Bool { quantity == 0 }
  @inline(__always) var word: UInt64 { UInt64(UInt32(bitPattern: key)) | UInt64(quantity) << 32 }
}

/// The eight best levels of each side of one venue's books, best first: a cache line per side, found from the
/// instrument's index alone, so that it can be asked for with the message. Places without a level hold `Level.none`.
///
/// Nearly all of a book's changes happen here; what is further from the touch stands in a `FarTable`, and every level
/// there is worse than all here.
struct NearLevels {
  static var count: Int { 8 }
  private let storage: Storage<Level>
  /// Bids of the first instrument. A line before it and one behind the last are readable.
  let base: UnsafeMutablePointer<Level>

  /// - Parameter capacity: instruments, 1 ... 65,535.
  init(capacity: Int) {
    storage = Storage(capacity: (2 * capacity + 2) * Self.count)
    base = storage.base + Self.count
  }

  func prefault() { storage.prefault() }

  @inline(__always)
  func side(_ instrument: Int, isSell: Bool) -> UnsafeMutablePointer<Level> {
    base + (instrument &* 2 &+ (isSell ? 1 : 0)) &* Self.count
  }

  func clear(_ instrument: Int) {
    side(instrument, isSell: false).update(repeating: .none, count: 2 * Self.count)
  }
}

/// Memory for the `FarTable`s of one venue's books: blocks of 8, 16, 32, … levels, each starting on a
/// cache line, with a free list per size. All reserved up front.
struct LevelArena {
  private static var sizeClasses: Int { 24 }
  static var smallestBlock: Int { 8 }

  let levels: Storage<Level>
  /// First level not yet given out.
  private var frontier = 0
  /// Per size class: offset of the first free block + 1, 0 = none. A free block's first level holds the next.
  private let freeLists: Storage<UInt32>

  /// - Parameter capacity: levels in all, 8 ... 2^32 - 8.
  init(capacity: Int) {
    levels = Storage(capacity: (capacity + 7) & ~7)
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
