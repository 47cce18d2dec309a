import CPlatform

/// Positions of one shard, and their total exposure.
///
/// A symbol takes room when its first order is sent, in that order, so that memory follows what was traded and not
/// how many symbols the core knows.
public struct PositionTable {
  /// Place of a group's position + 1; 0 = none.
  private let places: Storage<UInt32>
  private let positions: Storage<Position>
  /// Symbols with an order so far.
  public private(set) var count = 0
  /// Nanodollars: sum of `Position.exposure` over all symbols.
  public private(set) var grossExposure: Int128 = 0

  public init(groupCapacity: Int) {
    places = Storage(capacity: max(1, groupCapacity), hugePages: false)
    positions = Storage(capacity: max(1, groupCapacity), hugePages: false)
  }

  /// Asks for where a symbol's position is noted; out of range, for nothing.
  @inline(__always)
  func prefetch(_ group: GroupIndex) {
    if Int(group) < places.capacity { feedh_prefetch(places.base + Int(group)) }
    feedh_prefetch(positions.base + count)
  }

  func prefaultBeginning() {
    places.prefaultBeginning()
    positions.prefaultBeginning()
  }

  public var groupCapacity: Int { places.capacity }

  /// The position at a place 0 ..< count, in order of the first order.
  public subscript(place: Int) -> Position {
    precondition(place >= 0 && place < count)
    return positions[place]
  }

  /// - Precondition: `group` < `groupCapacity`.
  func position(of group: GroupIndex) -> Position {
    let place = places[Int(group)]
    return place == 0 ? Position() : positions[Int(place) - 1]
  }

  /// The same, of it what an order is judged by.
  @inline(__always)
  func holding(of group: GroupIndex) -> Holding {
    let place = places[Int(group)]
    return place == 0 ? Holding() : positions.base[Int(place) - 1].holding
  }

  /// Changes the position of `group` and keeps the total in step; makes the position first if there is none.
  /// - Precondition: `group` < `groupCapacity`.
  @inline(__always)
  mutating func update(_ group: GroupIndex, _ change: (inout Position) -> Void) {
    var place = Int(places[Int(group)])
    if place == 0 {
      count += 1
      place = count
      places[Int(group)] = UInt32(place)
      positions[place - 1] = Position()
    }
    let position = positions.base + (place - 1)
    let before = position.pointee.exposure
    change(&position.pointee)
    grossExposure = grossExposure &+ position.pointee.exposure &- before
  }
}
