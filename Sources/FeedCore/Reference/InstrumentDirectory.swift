/// Instruments of one venue on one core: the venue's number or symbol → dense private index in O(1), assigned on first
/// mention; and what the directory messages said of each.
struct InstrumentDirectory {
  let venue: VenueIndex
  let records: Storage<InstrumentRecord>
  /// Per instrument: its symbol's group on this core.
  let groups: Storage<GroupIndex>
  /// Per instrument: 1 when this core owns its shard.
  let owned: Storage<UInt8>
  /// Per instrument: the channel that named it first, or that changes its book (`BookEvent.Kind.assignChannel`).
  let channels: Storage<UInt8>
  /// Per instrument: what its prices and quantities stand for.
  let scales: Storage<InstrumentScale>
  /// The same as far as everyday messages take it, and whether it is used.
  let everydayScales: Storage<EverydayScale>
  /// The scale of instruments whose directory message names none.
  let standardScale: PriceScale
  /// No directory message has named another one, nor one of quantities.
  private(set) var hasOnlyStandardScales = true
  /// Small identifiers → index + 1, 0 = not seen in this session; with `foreignBit` where another core owns the
  /// instrument.
  private let locates: Storage<UInt32>
  static var foreignBit: UInt32 { 1 << 31 }
  /// The others, with the same mark.
  private var identifiers: IdentifierTable
  private let symbolMap: SymbolMap
  private(set) var count = 0
  /// Venue symbols that came to a canonical form which another symbol of the venue has already.
  private(set) var symbolCollisions: UInt64 = 0
  /// Bit s: this core owns shard s.
  let ownedShards: UInt64
  let shardCount: Int
  private let defaultRoundLot: UInt32
  /// What kind of venue it is.
  let kind: VenueKind

  /// Identifiers below this are found in a plain table. All stock locates of ITCH and MEMX are.
  static var directCount: Int { 65_536 }

  /// - Parameters:
  ///   - capacity: instruments, 1 ... 65,535.
  ///   - identifierCapacity: how many identifiers from 65,536 on may be known; 0 where the protocol has none.
  init(
    venue: VenueIndex, capacity: Int, ownedShards: UInt64, shardCount: Int, roundLot: UInt32,
    symbolMap: SymbolMap = SymbolMap(), scale: PriceScale = .price4, identifierCapacity: Int = 0,
    kind: VenueKind = VenueKind()
  ) {
    self.kind = kind
    self.venue = venue
    self.ownedShards = ownedShards
    self.shardCount = shardCount
    self.symbolMap = symbolMap
    defaultRoundLot = roundLot
    standardScale = scale
    records = Storage(capacity: capacity, hugePages: false)
    groups = Storage(capacity: capacity, hugePages: false)
    owned = Storage(capacity: capacity, hugePages: false)
    channels = Storage(capacity: capacity, hugePages: false)
    scales = Storage(capacity: capacity, hugePages: false)
    everydayScales = Storage(capacity: capacity, hugePages: false)
    locates = Storage(capacity: Self.directCount, hugePages: false)
    identifiers = IdentifierTable(capacity: max(1, identifierCapacity))
  }

  /// Touches what naming instruments fills.
  func prefault() {
    locates.prefault()
    owned.prefault()
    records.prefault()
    groups.prefault()
    channels.prefault()
    scales.prefault()
    everydayScales.prefault()
    identifiers.prefault()
  }

  // MARK: - Look-up

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

  /// The instrument of any other number: security id, symbol index, or a symbol of up to eight bytes as it stands in
  /// each message (PITCH, IEX), read big-endian (`Symbol.packed`).
  @inline(__always)
  func find(identifier: UInt64) -> Int? {
    if identifier < UInt64(Self.directCount) { return find(locate: UInt16(truncatingIfNeeded: identifier)) }
    let value = identifiers.lookup.value(identifier) & ~Self.foreignBit
    return value == 0 ? nil : Int(value) - 1
  }

  /// The table behind `find` of the numbers that the locates' does not hold: with the same values.
  var identifierLookup: IdentifierTable.Lookup { identifiers.lookup }

  func ownsUnknown(locate: UInt16) -> Bool { ownsUnknown(identifier: UInt64(locate)) }

  /// Whether this core counts what happens to an instrument nobody named: one core does.
  func ownsUnknown(identifier: UInt64) -> Bool { ownedShards & (1 << (identifier % UInt64(shardCount))) != 0 }

  // MARK: - Registration

  enum Registration { case known(Int), new(Int), remapped(Int), full }

  /// Connects a locate with a symbol: on first mention, and again when a directory message names another symbol.
  ///
  /// A locate that is already connected with `symbol` is `known`. A symbol seen before (a restarted session gives new
  /// locates) keeps its instrument.
  mutating func register(
    locate: UInt16, symbol: Symbol, channel: UInt8, symbols: inout SymbolTable
  ) -> Registration {
    register(identifier: UInt64(locate), symbol: symbol, channel: channel, symbols: &symbols)
  }

  /// The same for any identifier; the record's `locate` shows those of up to 32 bits.
  ///
  /// `full`: no room for another instrument, symbol or identifier; nothing was connected.
  mutating func register(
    identifier: UInt64, symbol: Symbol, channel: UInt8, symbols: inout SymbolTable
  ) -> Registration {
    let connected = find(identifier: identifier)
    if let connected, records[connected].symbol == symbol { return .known(connected) }
    let isDirect = identifier < UInt64(Self.directCount)
    guard isDirect || identifiers.hasRoom(for: identifier), let group = group(of: symbol, symbols: &symbols) else {
      return .full
    }
    let listed = symbols.groups[Int(group)].listing(at: venue)
    guard let index = listed ?? add(symbol, group, channel: channel, symbols: &symbols) else { return .full }
    records[index].locate = UInt32(exactly: identifier) ?? 0
    let foreign = owned[index] != 0 ? 0 : Self.foreignBit
    if isDirect {
      locates[Int(identifier)] = UInt32(index + 1) | foreign
    } else {
      _ = identifiers.insert(identifier, index: index | Int(foreign))
    }
    if connected != nil { return .remapped(index) }
    return listed == nil ? .new(index) : .known(index)
  }

  /// The group of a venue's symbol. Two symbols of one venue never share a group, whatever the map says: the second
  /// keeps its own text, or that and a mark.
  private mutating func group(of symbol: Symbol, symbols: inout SymbolTable) -> GroupIndex? {
    let canonical = symbolMap.canonical(symbol)
    guard let group = symbols.resolve(canonical) else { return nil }
    if isFree(group, for: symbol, symbols: symbols) { return group }
    if let own = symbols.resolve(symbol), isFree(own, for: symbol, symbols: symbols) {
      countCollision(group: own, symbols: symbols)
      return own
    }
    var marked = SymbolBuilder()
    marked.append(symbol, count: min(symbol.count, Symbol.maximumLength - 1))
    marked.append(UInt8(ascii: "~"))
    guard let own = symbols.resolve(marked.symbol), isFree(own, for: symbol, symbols: symbols) else { return nil }
    countCollision(group: own, symbols: symbols)
    return own
  }

  private func isFree(_ group: GroupIndex, for symbol: Symbol, symbols: SymbolTable) -> Bool {
    guard let index = symbols.groups[Int(group)].listing(at: venue) else { return true }
    return records[index].symbol == symbol
  }

  private mutating func countCollision(group: GroupIndex, symbols: SymbolTable) {
    // A restarted session names it again; it is counted once.
    if symbols.groups[Int(group)].listing(at: venue) == nil { symbolCollisions &+= 1 }
  }

  private mutating func add(
    _ symbol: Symbol, _ group: GroupIndex, channel: UInt8, symbols: inout SymbolTable
  ) -> Int? {
    guard count < records.capacity else { return nil }
    let index = count
    count += 1
    var record = InstrumentRecord()
    record.symbol = symbol
    record.roundLot = defaultRoundLot
    records[index] = record
    groups[index] = group
    channels[index] = channel
    scales[index] = InstrumentScale(scale: standardScale)
    everydayScales[index] = EverydayScale(standardScale)
    let shard = symbols.groups[Int(group)].shard
    owned[index] = ownedShards & (1 << UInt64(shard)) != 0 ? 1 : 0
    symbols.list(group, at: venue, instrument: index)
    return index
  }

  /// A new session assigns identifiers anew.
  mutating func forgetLocates() {
    for locate in 0..<Self.directCount { locates[locate] = 0 }
    identifiers.removeAll()
  }

  // MARK: - Prices

  /// The price an event carries: the raw one in the instrument's stored units. Nil where the scale cannot keep it: the
  /// decoder counts it (`pricesOffScale`), and says that the book is damaged.
  ///
  /// - Precondition: `instrument` < `count`.
  @inline(__always)
  func storedPrice(raw: Int64, instrument: Int) -> Int32? {
    everydayScales.base[instrument].isUsed = true
    return scales.base[instrument].scale.stored(raw: raw)
  }

  /// A directory message names the instrument's scale. Before its first price the scale is taken; later another one
  /// is refused: its levels could not be compared any more. The decoder counts it (`priceScaleChanges`), and says that
  /// the book is damaged for good.
  ///
  /// - Precondition: `instrument` < `count`.
  mutating func setScale(_ scale: PriceScale, instrument: Int) -> InstrumentScale.Change {
    let entry = scales.base + instrument
    if entry.pointee.scale == scale { return .unchanged }
    if everydayScales.base[instrument].isUsed { return .refused }
    entry.pointee.scale = scale
    everydayScales.base[instrument].prices = scale.plain
    hasOnlyStandardScales = false
    return .set
  }

  // MARK: - Quantities

  /// The quantity an event carries: the raw one in the instrument's stored units. Nil where the scale cannot keep it:
  /// the decoder counts it (`quantitiesOffScale`), and says that the book is damaged.
  ///
  /// - Precondition: `instrument` < `count`.
  @inline(__always)
  func storedQuantity(raw: Int64, instrument: Int) -> UInt32? {
    scales.base[instrument].quantity.stored(raw: raw)
  }

  /// A directory message names the instrument's quantity scale: as `setScale`, for the same reason.
  ///
  /// - Precondition: `instrument` < `count`.
  mutating func setQuantityScale(_ scale: QuantityScale, instrument: Int) -> InstrumentScale.Change {
    let entry = scales.base + instrument
    if entry.pointee.quantity == scale { return .unchanged }
    if everydayScales.base[instrument].isUsed { return .refused }
    entry.pointee.quantity = scale
    hasOnlyStandardScales = false
    return .set
  }

  /// The books of `channel` are empty: their scales may change again, and nothing is known of their states.
  func releaseScales(channel: UInt8) {
    for instrument in 0..<count where channels[instrument] == channel {
      everydayScales[instrument].isUsed = false
      records[instrument].tradingState = .unknown
      records[instrument].lacksState = false
    }
  }
}
