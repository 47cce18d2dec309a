/// Instruments of one venue on one core: stock locate or symbol → dense private index in O(1), assigned on first
/// mention; and what the directory messages said of each.
struct InstrumentDirectory {
  let venue: VenueIndex
  let records: Storage<InstrumentRecord>
  /// Per instrument: its symbol's group on this core.
  let groups: Storage<GroupIndex>
  /// Per instrument: 1 when this core owns its shard.
  let owned: Storage<UInt8>
  /// Per instrument: the channel that named it first.
  let channels: Storage<UInt8>
  /// Stock locate → index + 1, 0 = not seen in this session; with `foreignBit` where another core owns the instrument.
  private let locates: Storage<UInt32>
  static var foreignBit: UInt32 { 1 << 31 }
  private(set) var count = 0
  /// Bit s: this core owns shard s.
  let ownedShards: UInt64
  let shardCount: Int
  private let defaultRoundLot: UInt32

  /// - Parameter capacity: instruments, 1 ... 65,535.
  init(venue: VenueIndex, capacity: Int, ownedShards: UInt64, shardCount: Int, roundLot: UInt32) {
    self.venue = venue
    self.ownedShards = ownedShards
    self.shardCount = shardCount
    defaultRoundLot = roundLot
    records = Storage(capacity: capacity, hugePages: false)
    groups = Storage(capacity: capacity, hugePages: false)
    owned = Storage(capacity: capacity, hugePages: false)
    channels = Storage(capacity: capacity, hugePages: false)
    locates = Storage(capacity: 65_536, hugePages: false)
    locates.prefault()
    owned.prefault()
  }

  /// The instrument of a stock locate, nil when it was not named yet.
  @inline(__always)
  func find(locate: UInt16) -> Int? {
    let value = locates.base[Int(locate)] & ~Self.foreignBit
    return value == 0 ? nil : Int(value) - 1
  }

  /// The table behind `find`, for a decoder that looks up its own instruments in one load: what it finds there less 1
  /// is below `foreignBit` exactly where this core owns the instrument.
  @inline(__always)
  var locateTable: UnsafeMutablePointer<UInt32> { locates.base }

  private func connect(_ locate: UInt16, with index: Int) {
    locates[Int(locate)] = UInt32(index + 1) | (owned[index] != 0 ? 0 : Self.foreignBit)
  }

  func ownsUnknown(locate: UInt16) -> Bool { ownedShards & (1 << UInt64(Int(locate) % shardCount)) != 0 }

  enum Registration { case known(Int), new(Int), remapped(Int), full }

  /// Connects a locate with a symbol: on first mention, and again when a directory message names another symbol.
  ///
  /// A locate that is already connected with `symbol` is `known`. A symbol seen before (a restarted session gives new
  /// locates) keeps its instrument.
  mutating func register(
    locate: UInt16, symbol: Symbol, channel: UInt8, symbols: inout SymbolTable
  ) -> Registration {
    let connected = find(locate: locate)
    if let connected, records[connected].symbol == symbol { return .known(connected) }
    guard let group = symbols.resolve(symbol) else { return .full }
    if let index = symbols.groups[Int(group)].listing(at: venue) {
      records[index].locate = UInt32(locate)
      connect(locate, with: index)
      return connected == nil ? .known(index) : .remapped(index)
    }
    guard count < records.capacity else { return .full }
    let index = count
    count += 1
    var record = InstrumentRecord()
    record.symbol = symbol
    record.locate = UInt32(locate)
    record.roundLot = defaultRoundLot
    records[index] = record
    groups[index] = group
    channels[index] = channel
    let shard = symbols.groups[Int(group)].shard
    owned[index] = ownedShards & (1 << UInt64(shard)) != 0 ? 1 : 0
    connect(locate, with: index)
    symbols.list(group, at: venue, instrument: index)
    return connected == nil ? .new(index) : .remapped(index)
  }

  /// A new session assigns locates anew.
  mutating func forgetLocates() {
    for locate in 0..<65_536 { locates[locate] = 0 }
  }
}
