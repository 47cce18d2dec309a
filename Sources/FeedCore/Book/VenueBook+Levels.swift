import CSIMD

/// Which of the routines behind `VenueBook`'s levels this CPU runs.
public enum LevelRoutines {
  public static var instructionSet: String {
    switch feedh_isa_best() {
    case FEEDH_ISA_AVX512: "avx512"
    case FEEDH_ISA_AVX2: "avx2"
    default: "scalar"
    }
  }
}

/// Price levels of a side: the eight best in `NearLevels`, changed by one vector routine; the rest, sorted, in the
/// arena. All far levels are worse than all near ones, and there are far levels only while there is a near one.
extension VenueBook {
  @inline(__always)
  func sidePointer(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> UnsafeMutablePointer<BookSide> {
    // SAFETY: a header begins with its bids and then its asks (`BookHeader`, asserted in the tests).
    UnsafeMutableRawPointer(header).assumingMemoryBound(to: BookSide.self) + (isSell ? 1 : 0)
  }

  /// The key of the best far level of a side.
  @inline(__always)
  private func farBest(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> UnsafeMutablePointer<Int32> {
    // SAFETY: the two keys stand one after the other in a header (asserted in the tests).
    (UnsafeMutableRawPointer(header) + BookHeader.farOffset).assumingMemoryBound(to: Int32.self) + (isSell ? 1 : 0)
  }

  /// Keeps the side's best level in the header, where readers find it without touching the levels.
  @inline(__always)
  private func noteBest(
    _ header: UnsafeMutablePointer<BookHeader>, isSell: Bool, _ levels: UnsafeMutablePointer<Level>
  ) {
    // SAFETY: the two best levels stand one after the other in a header (asserted in the tests).
    let best = (UnsafeMutableRawPointer(header) + BookHeader.bestOffset).assumingMemoryBound(to: UInt64.self)
    best[isSell ? 1 : 0] = Self.words(levels).pointee
  }

  @inline(__always)
  private static func words(_ levels: UnsafeMutablePointer<Level>) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(levels).assumingMemoryBound(to: UInt64.self)
  }

  /// Adds shares to a level, which may be new. True when it is the best of its side now.
  @inline(__always)
  mutating func addToLevel(
    _ header: UnsafeMutablePointer<BookHeader>, instrument: Int, isSell: Bool, price: Int32, quantity: UInt32,
    reference: UInt64, place: Place
  ) -> Bool {
    let key = Level.key(price: price, isSell: isSell)
    let levels = near.side(instrument, isSell: isSell)
    var outcome = UInt32(FEEDH_LEVEL_ELSEWHERE)
    if key > farBest(header, isSell: isSell).pointee {
      // SAFETY: `levels` is a whole cache line with one before and one behind it.
      outcome = feedh_level_add(instructionSet, Self.words(levels), key, quantity)
    }
    if outcome & UInt32(FEEDH_LEVEL_ELSEWHERE | FEEDH_LEVEL_OVERFLOW) != 0 {
      return addRare(
        LevelChange(header: header, instrument: instrument, isSell: isSell, key: key, quantity: quantity),
        outcome: outcome, reference: reference, place: place)
    }
    noteBest(header, isSell: isSell, levels)
    return outcome == 0
  }

  /// Takes shares off a level; with none left it is gone. True when it was the best of its side.
  @inline(__always)
  mutating func takeFromLevel(
    _ header: UnsafeMutablePointer<BookHeader>, instrument: Int, isSell: Bool, price: Int32, quantity: UInt32
  ) -> Bool {
    let key = Level.key(price: price, isSell: isSell)
    let levels = near.side(instrument, isSell: isSell)
    // SAFETY: as above.
    let outcome = feedh_level_take(instructionSet, Self.words(levels), key, quantity)
    if outcome & UInt32(FEEDH_LEVEL_ELSEWHERE | FEEDH_LEVEL_NONE_LEFT) != 0 {
      let change = LevelChange(header: header, instrument: instrument, isSell: isSell, key: key, quantity: quantity)
      if outcome & UInt32(FEEDH_LEVEL_ELSEWHERE) != 0 {
        takeFar(change)
        return false
      }
      refill(change)
    }
    noteBest(header, isSell: isSell, levels)
    return outcome & UInt32(FEEDH_LEVEL_POSITION) == 0
  }

  // MARK: - Beyond the eight best

  struct LevelChange: BitwiseCopyable {
    let header: UnsafeMutablePointer<BookHeader>
    let instrument: Int
    let isSell: Bool
    let key: Int32
    let quantity: UInt32
  }

  /// The rest of `addToLevel`: a far level, a new one among eight that are taken, a sum that is too great.
  @inline(never)
  private mutating func addRare(
    _ change: LevelChange, outcome: UInt32, reference: UInt64, place: Place
  ) -> Bool {
    let levels = near.side(change.instrument, isSell: change.isSell)
    if outcome & UInt32(FEEDH_LEVEL_OVERFLOW) != 0 {
      let position = Int(outcome & UInt32(FEEDH_LEVEL_POSITION))
      recordLevelOverflow(levels + position, header: change.header, place: place)
      noteBest(change.header, isSell: change.isSell, levels)
      return position == 0
    }
    let farBest = farBest(change.header, isSell: change.isSell)
    let isAdded: Bool
    if change.key <= farBest.pointee {
      isAdded = addFar(change, place: place)
    } else {
      // The last of the nine becomes the best far level.
      let last = levels[NearLevels.count - 1]
      let fresh = Level(key: change.key, quantity: change.quantity)
      let isFar = last.key > change.key
      isAdded = appendFar(change, isFar ? fresh : last)
      if isAdded, !isFar {
        levels[NearLevels.count - 1] = .none
        _ = feedh_level_add_scalar(Self.words(levels), change.key, change.quantity)
      }
    }
    if !isAdded {
      // A level of a level book has no order.
      let handle = orders.find(reference, instrument: change.instrument)
      if handle != OrderTable.none { orders.remove(handle) }
      return recordFull(.levelsFull, header: change.header, place: place)
    }
    noteBest(change.header, isSell: change.isSell, levels)
    return levels[0].key == change.key
  }

  /// Adds to the far levels, somewhere among them. False when the arena is full.
  private mutating func addFar(_ change: LevelChange, place: Place) -> Bool {
    let side = sidePointer(change.header, isSell: change.isSell)
    let count = Int(side.pointee.count)
    let found = Self.position(of: change.key, in: arena.levels.base + Int(side.pointee.offset), count: count)
    let level = arena.levels.base + (Int(side.pointee.offset) + found)
    if found >= 0, level.pointee.key == change.key {
      let (sum, overflow) = level.pointee.quantity.addingReportingOverflow(change.quantity)
      level.pointee.quantity = sum
      if overflow { recordLevelOverflow(level, header: change.header, place: place) }
      return true
    }
    guard grow(change.header, isSell: change.isSell) else { return false }
    let levels = arena.levels.base + Int(side.pointee.offset)
    var index = count
    while index > found + 1 {
      levels[index] = levels[index - 1]
      index -= 1
    }
    levels[index] = Level(key: change.key, quantity: change.quantity)
    side.pointee.count += 1
    return true
  }

  /// Adds a level that is better than all far ones. False when the arena is full.
  private mutating func appendFar(_ change: LevelChange, _ level: Level) -> Bool {
    guard grow(change.header, isSell: change.isSell) else { return false }
    let side = sidePointer(change.header, isSell: change.isSell)
    arena.levels[Int(side.pointee.offset + side.pointee.count)] = level
    side.pointee.count += 1
    farBest(change.header, isSell: change.isSell).pointee = level.key
    return true
  }

  /// A level that is not among the best eight. It is missing only where its quantity overflowed or storage ran out:
  /// the book is untrusted already.
  @inline(never)
  private mutating func takeFar(_ change: LevelChange) {
    let side = sidePointer(change.header, isSell: change.isSell)
    let levels = arena.levels.base + Int(side.pointee.offset)
    let count = Int(side.pointee.count)
    let found = Self.position(of: change.key, in: levels, count: count)
    guard found >= 0, levels[found].key == change.key else { return }
    if levels[found].quantity > change.quantity {
      levels[found].quantity -= change.quantity
      return
    }
    var index = found
    while index < count - 1 {
      levels[index] = levels[index + 1]
      index += 1
    }
    side.pointee.count -= 1
    noteFarBest(change)
  }

  private func noteFarBest(_ change: LevelChange) {
    let side = sidePointer(change.header, isSell: change.isSell).pointee
    farBest(change.header, isSell: change.isSell).pointee =
      side.count == 0 ? .min : arena.levels[Int(side.offset + side.count) - 1].key
  }

  /// The last near level is gone: the best far ones come nearer. Not all eight, so that the next new one has room.
  @inline(never)
  private mutating func refill(_ change: LevelChange) {
    let side = sidePointer(change.header, isSell: change.isSell)
    let levels = near.side(change.instrument, isSell: change.isSell)
    for position in 0..<min(6, Int(side.pointee.count)) {
      side.pointee.count -= 1
      levels[position] = arena.levels[Int(side.pointee.offset + side.pointee.count)]
    }
    noteFarBest(change)
  }

  /// Position of the last of ascending levels whose key is not greater than `key`, -1 when there is none.
  private static func position(of key: Int32, in levels: UnsafeMutablePointer<Level>, count: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if levels[middle].key <= key { low = middle &+ 1 } else { high = middle }
    }
    return low &- 1
  }

  /// Makes sure of room for one more far level: in the first block, or in one of twice the size. False when the arena
  /// is full.
  private mutating func grow(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> Bool {
    let side = sidePointer(header, isSell: isSell)
    let stored = isSell ? header.pointee.askSizeClass : header.pointee.bidSizeClass  // size class + 1, 0 = no block
    let count = Int(side.pointee.count)
    if stored > 0, count < LevelArena.smallestBlock << Int(stored - 1) { return true }
    guard let offset = arena.allocate(sizeClass: Int(stored)) else { return false }
    if stored > 0 {
      let old = arena.levels.base + Int(side.pointee.offset)
      (arena.levels.base + Int(offset)).update(from: old, count: count)
      arena.release(side.pointee.offset, sizeClass: Int(stored - 1))
    }
    side.pointee.offset = offset
    if isSell { header.pointee.askSizeClass = stored + 1 } else { header.pointee.bidSizeClass = stored + 1 }
    return true
  }
}

/// Walks the levels of one side, the best first.
struct LevelCursor: BitwiseCopyable {
  private var near: UnsafeMutablePointer<Level>
  private let nearEnd: UnsafeMutablePointer<Level>
  private let far: UnsafeMutablePointer<Level>
  private var farCount: Int
  /// The level it stands at; `Level.none` behind the last.
  private(set) var level: Level

  @inline(__always)
  init(_ book: UnsafePointer<VenueBook>, instrument: Int, isSell: Bool) {
    near = book.pointee.near.side(instrument, isSell: isSell)
    nearEnd = near + NearLevels.count
    let side = book.pointee.sidePointer(book.pointee.headers.base + instrument, isSell: isSell).pointee
    far = book.pointee.arena.levels.base + Int(side.offset)
    farCount = Int(side.count)
    level = near.pointee
  }

  @inline(__always)
  mutating func advance() {
    near += 1
    if near < nearEnd, !near.pointee.isNone {
      level = near.pointee
    } else {
      near = nearEnd
      farCount &-= 1
      level = farCount >= 0 ? far[farCount] : .none
    }
  }
}
