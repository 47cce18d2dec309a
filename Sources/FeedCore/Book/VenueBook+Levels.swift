import CPlatform
import CSIMD

/// Price levels of a side: the eight best in `NearLevels`, changed by one vector routine; the rest in a `FarTable`.
///
/// A key of its own, the side's *far bound*, divides them: every near level is better than it, no far one is. It only
/// moves when a near level becomes a far one, or the reverse; so there may be fewer than eight near levels while there
/// are far ones, but never none.
extension VenueBook {
  @inline(__always)
  func sidePointer(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> UnsafeMutablePointer<BookSide> {
    // SAFETY: a header begins with its bids and then its asks (`BookHeader`, asserted in the tests).
    UnsafeMutableRawPointer(header).assumingMemoryBound(to: BookSide.self) + (isSell ? 1 : 0)
  }

  /// The far bound of a side, `.min` where it has no far level.
  @inline(__always)
  private func farBound(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> UnsafeMutablePointer<Int32> {
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
    if key > farBound(header, isSell: isSell).pointee {
      // SAFETY: `levels` is a whole cache line with one before and one behind it.
      outcome = feedh_level_add(instructionSet, Self.words(levels), key, quantity)
    }
    if unlikely(outcome & UInt32(FEEDH_LEVEL_ELSEWHERE | FEEDH_LEVEL_OVERFLOW) != 0) {
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
    if unlikely(outcome & UInt32(FEEDH_LEVEL_ELSEWHERE | FEEDH_LEVEL_NONE_LEFT) != 0) {
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
    let isAdded: Bool
    if change.key <= farBound(change.header, isSell: change.isSell).pointee {
      isAdded = addFar(change, place: place)
    } else {
      // The last of the nine becomes the best far level.
      let last = levels[NearLevels.count - 1]
      let fresh = Level(key: change.key, quantity: change.quantity)
      let isFar = last.key > change.key
      isAdded = appendFar(change, isFar ? fresh : last, place: place)
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
    let hasRoom = Int(side.pointee.count) < farTable(change.header, isSell: change.isSell).levelsMaximum
    guard hasRoom, change.quantity < FarChanges.quantityLimit,
      !change.header.pointee.flags.contains(.largeFarLevels)
    else { return addFarAtOnce(change, place: place) }
    side.pointee.count += 1
    waitFar(change, isAddition: true)
    return true
  }

  /// The same of what its message must know the outcome of: it may need room, or be too much.
  @inline(never)
  private mutating func addFarAtOnce(_ change: LevelChange, place: Place) -> Bool {
    let header = change.header
    settleFar()
    if let level = farTable(header, isSell: change.isSell).find(change.key) {
      let (sum, overflow) = level.pointee.quantity.addingReportingOverflow(change.quantity)
      level.pointee.quantity = sum
      if sum >= FarChanges.levelLimit || overflow { header.pointee.flags.insert(.largeFarLevels) }
      if overflow { recordLevelOverflow(level, header: header, place: place) }
      return true
    }
    guard growFar(header, isSell: change.isSell) else { return false }
    farTable(header, isSell: change.isSell).insert(Level(key: change.key, quantity: change.quantity))
    sidePointer(header, isSell: change.isSell).pointee.count += 1
    // The changes that waited may have left no far level, and so no bound.
    let bound = farBound(header, isSell: change.isSell)
    bound.pointee = max(bound.pointee, change.key)
    if change.quantity >= FarChanges.levelLimit { header.pointee.flags.insert(.largeFarLevels) }
    return true
  }

  /// Adds a level that is better than all far ones. False when the arena is full.
  private mutating func appendFar(_ change: LevelChange, _ level: Level, place: Place) -> Bool {
    let added = LevelChange(
      header: change.header, instrument: change.instrument, isSell: change.isSell, key: level.key,
      quantity: level.quantity)
    guard addFar(added, place: place) else { return false }
    farBound(change.header, isSell: change.isSell).pointee = level.key
    return true
  }

  /// A level that is not among the best eight.
  @inline(never)
  private mutating func takeFar(_ change: LevelChange) {
    // It is missing only where its quantity overflowed or storage ran out: the book is untrusted already.
    if farTable(change.header, isSell: change.isSell).sizeClass >= 0 { waitFar(change, isAddition: false) }
  }

  /// Puts a change behind those that wait, and asks for its cache line. There is a block.
  @inline(__always)
  private mutating func waitFar(_ change: LevelChange, isAddition: Bool) {
    feedh_prefetch(farTable(change.header, isSell: change.isSell).place(of: change.key))
    if farChanges.isFull { applyFar(farChanges.removeFirst()) }
    farChanges.append(
      FarChanges.Change(
        header: change.header, key: change.key, quantity: change.quantity, isSell: change.isSell,
        isAddition: isAddition))
  }

  /// Applies all changes of far levels that wait. Before anything looks at far levels, or moves them.
  @inline(__always)
  mutating func settleFar() { if farChanges.count > 0 { settleWaiting() } }

  @inline(never)
  private mutating func settleWaiting() {
    while farChanges.count > 0 { applyFar(farChanges.removeFirst()) }
  }

  @inline(__always)
  private func applyFar(_ change: FarChanges.Change) {
    let header = change.header
    let far = farTable(header, isSell: change.isSell)
    let side = sidePointer(header, isSell: change.isSell)
    guard let level = far.find(change.key) else {
      if change.isAddition { far.insert(Level(key: change.key, quantity: change.quantity)) }
      return
    }
    if change.isAddition {
      // It counted as a level of its own.
      side.pointee.count &-= 1
      level.pointee.quantity &+= change.quantity
      if level.pointee.quantity >= FarChanges.levelLimit { header.pointee.flags.insert(.largeFarLevels) }
    } else if level.pointee.quantity > change.quantity {
      level.pointee.quantity &-= change.quantity
    } else {
      far.remove(level)
      side.pointee.count &-= 1
      if side.pointee.count == 0 { farBound(header, isSell: change.isSell).pointee = .min }
    }
  }

  /// The last near level is gone: the best far ones come nearer. Not all eight, so that the next new one has room.
  @inline(never)
  private mutating func refill(_ change: LevelChange) {
    settleFar()
    let side = sidePointer(change.header, isSell: change.isSell)
    let levels = near.side(change.instrument, isSell: change.isSell)
    let far = farTable(change.header, isSell: change.isSell)
    for position in 0..<min(6, Int(side.pointee.count)) {
      let best = far.best(below: nil)
      levels[position] = best
      if let there = far.find(best.key) { far.remove(there) }
      side.pointee.count -= 1
    }
    farBound(change.header, isSell: change.isSell).pointee = far.best(below: nil).key
  }

  /// The far levels of a side. Valid until it grows.
  @inline(__always)
  func farTable(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> FarTable {
    let offset = sidePointer(header, isSell: isSell).pointee.offset
    return FarTable(
      block: arena.levels.base + Int(offset),
      sizeClass: Int(isSell ? header.pointee.askSizeClass : header.pointee.bidSizeClass) &- 1)
  }

  /// Makes sure of room for one more far level: in the first block, or in one of twice the size. False when the arena
  /// is full. No change waits.
  private mutating func growFar(_ header: UnsafeMutablePointer<BookHeader>, isSell: Bool) -> Bool {
    let side = sidePointer(header, isSell: isSell)
    let old = farTable(header, isSell: isSell)
    if Int(side.pointee.count) < old.levelsMaximum { return true }
    guard let offset = arena.allocate(sizeClass: old.sizeClass + 1) else { return false }
    let oldOffset = side.pointee.offset
    side.pointee.offset = offset
    if isSell { header.pointee.askSizeClass += 1 } else { header.pointee.bidSizeClass += 1 }
    let grown = farTable(header, isSell: isSell)
    grown.removeAll()
    if old.sizeClass >= 0 {
      old.forEach { grown.insert($0) }
      arena.release(oldOffset, sizeClass: old.sizeClass)
    }
    return true
  }

  /// The side is empty.
  mutating func clearSide(_ instrument: Int, isSell: Bool) {
    settleFar()
    let header = headers.base + instrument
    near.side(instrument, isSell: isSell).update(repeating: .none, count: NearLevels.count)
    let side = sidePointer(header, isSell: isSell)
    if side.pointee.count > 0 { farTable(header, isSell: isSell).removeAll() }
    side.pointee.count = 0
    farBound(header, isSell: isSell).pointee = .min
    if isSell { header.pointee.bestAsk = .none } else { header.pointee.bestBid = .none }
  }
}

/// Walks the levels of one side, the best first. Each step beyond the eight best looks at all far levels of the side.
struct LevelCursor: BitwiseCopyable {
  private let book: UnsafeMutablePointer<VenueBook>
  private var near: UnsafeMutablePointer<Level>
  private let nearEnd: UnsafeMutablePointer<Level>
  private let instrument: Int
  private let isSell: Bool
  /// Far levels to come; −1: not looked at yet.
  private var farCount = -1
  /// The level it stands at; `Level.none` behind the last.
  private(set) var level: Level

  @inline(__always)
  init(_ book: UnsafeMutablePointer<VenueBook>, instrument: Int, isSell: Bool) {
    self.book = book
    self.instrument = instrument
    self.isSell = isSell
    near = book.pointee.near.side(instrument, isSell: isSell)
    nearEnd = near + NearLevels.count
    level = near.pointee
  }

  @inline(__always)
  mutating func advance() {
    near += 1
    if near < nearEnd, !near.pointee.isNone {
      level = near.pointee
    } else {
      near = nearEnd
      advanceFar()
    }
  }

  @inline(never)
  private mutating func advanceFar() {
    let header = book.pointee.headers.base + instrument
    if farCount < 0 {
      book.pointee.settleFar()
      farCount = Int(book.pointee.sidePointer(header, isSell: isSell).pointee.count)
    }
    level = farCount > 0 ? book.pointee.farTable(header, isSell: isSell).best(below: level.key) : .none
    farCount &-= 1
  }
}
