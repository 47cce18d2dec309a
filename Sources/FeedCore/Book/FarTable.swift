/// The levels of one side beyond its eight best: a hash table by key in one block of the `LevelArena`.
///
/// Not sorted: a change out there finds its level with one cache line, and the order matters only where somebody walks
/// the depth or the near levels are used up. Those pay for it: they look at all levels of the table, once a step.
/// Places without a level hold `Level.none`; collisions go to the next place. A block of the smallest size is one cache
/// line: there every key's home is the first place, and all eight may be taken.
struct FarTable: BitwiseCopyable {
  private let block: UnsafeMutablePointer<Level>
  /// The block has `LevelArena.smallestBlock << sizeClass` places; −1: there is none.
  let sizeClass: Int

  @inline(__always)
  init(block: UnsafeMutablePointer<Level>, sizeClass: Int) {
    self.block = block
    self.sizeClass = sizeClass
  }

  @inline(__always)
  private var places: Int { sizeClass < 0 ? 0 : LevelArena.smallestBlock &<< sizeClass }
  @inline(__always)
  private var mask: Int { places &- 1 }
  /// Levels it may hold: three of four places of a larger block, so that runs stay short.
  @inline(__always)
  var levelsMaximum: Int { sizeClass > 0 ? places / 4 &* 3 : places }

  /// Prices are multiples of a tick: the high bits of a product make the place.
  @inline(__always)
  private func home(_ key: Int32) -> Int {
    Int((UInt64(UInt32(bitPattern: key)) &* 0x9E37_79B9_7F4A_7C15) >> 40) & (sizeClass > 0 ? mask : 0)
  }

  /// Where the level of a key stands if nothing is in its way. There is a block.
  @inline(__always)
  func place(of key: Int32) -> UnsafeMutablePointer<Level> { block + home(key) }

  /// The level of a key, nil where there is none.
  @inline(__always)
  func find(_ key: Int32) -> UnsafeMutablePointer<Level>? {
    var place = home(key)
    for _ in 0..<places {
      let level = block + place
      if level.pointee.isNone { return nil }
      if level.pointee.key == key { return level }
      place = (place &+ 1) & mask
    }
    return nil
  }

  /// Adds a level whose key is not there. Fewer than `levelsMaximum` are.
  @inline(__always)
  func insert(_ level: Level) {
    var place = home(level.key)
    while !block[place].isNone { place = (place &+ 1) & mask }
    block[place] = level
  }

  /// Takes a level out, closing the hole by moving later ones of its run back.
  @inline(__always)
  func remove(_ level: UnsafeMutablePointer<Level>) {
    var hole = level - block
    var place = hole
    for _ in 1..<places {
      place = (place &+ 1) & mask
      if block[place].isNone { break }
      let home = home(block[place].key)
      if (place &- home) & mask >= (place &- hole) & mask {
        block[hole] = block[place]
        hole = place
      }
    }
    block[hole] = .none
  }

  /// The best level worse than `limit`, of all where that is nil; `Level.none` where there is none.
  func best(below limit: Int32?) -> Level {
    var best = Level.none
    for place in 0..<places {
      let level = block[place]
      if level.key > best.key, limit.map({ level.key < $0 }) ?? true { best = level }
    }
    return best
  }

  func removeAll() { block.update(repeating: .none, count: places) }

  func forEach(_ visit: (Level) -> Void) {
    for place in 0..<places where !block[place].isNone { visit(block[place]) }
  }
}
