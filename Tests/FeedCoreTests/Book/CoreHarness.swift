@testable import FeedCore

/// Drives one `Core` with message bytes, as the session layer would, and reads its books. Everything here that
/// depends on how the core is put together stands in this file.
final class CoreHarness {
  /// A book side as levels, best first, each with its queue in order.
  struct Level: Equatable, CustomStringConvertible {
    var price: Int32
    var quantity: UInt32
    var orders: [Order]
    var description: String { "\(price)×\(quantity)\(orders)" }
  }

  struct Order: Equatable, CustomStringConvertible {
    var reference: UInt64
    var quantity: UInt32
    var description: String { "\(reference):\(quantity)" }
  }

  private let memory = StorageOwner()
  var core: Core
  let plan: FeedPlan
  let settings: Settings
  /// Capture time of the last packet.
  private(set) var clock: UInt64 = 0
  private var packetIndex: UInt64 = 0
  private var pending: [UnsafeMutableRawPointer] = []
  /// Packets handed over together; 1 = each on its own.
  var packetsPerFlush = 1
  private var unflushed = 0

  /// Capacities that make a core cheap: tests use thousands of them.
  static func smallCapacity() -> CapacitySettings {
    var capacity = CapacitySettings()
    capacity.liveOrders = 4_096
    capacity.instruments = 64
    capacity.priceLevels = 16_384
    capacity.records = 4_096
    return capacity
  }

  /// One channel per venue, in order of the venues.
  init(
    venues: [VenueSettings] = [VenueSettings(name: "x")], capacity: CapacitySettings = CoreHarness.smallCapacity(),
    crossVenue: CrossVenueSettings? = nil, imbalance: ImbalanceSettings? = nil, ownedShards: UInt64 = .max,
    countsMessages: Bool = true, isNumbered: Bool = true, shardCount: Int = 16,
    feedProtocol: FeedProtocol = .itch50, stream: UInt32? = nil
  ) {
    var plan = FeedPlan()
    plan.venues = venues
    for (index, venue) in venues.enumerated() {
      plan.channels.append(
        FeedPlan.Channel(
          name: venue.name, venue: VenueIndex(index), protocol: feedProtocol, isNumbered: isNumbered, lines: [],
          stream: stream))
    }
    var settings = Settings()
    settings.capacity = capacity
    settings.shardCount = shardCount
    settings.crossVenue = crossVenue
    settings.imbalance = imbalance
    self.plan = plan
    self.settings = settings
    core = memory.own {
      Core(
        plan: plan, settings: settings, ownedShards: ownedShards, countsMessages: countsMessages,
        exchangeNanosecondsMaximum: .max)
    }
  }

  // MARK: - In

  /// One packet with these messages at capture time `time` (default: a microsecond after the last).
  func send(_ messages: [[UInt8]], channel: Int = 0, at time: UInt64? = nil) {
    if messages.isEmpty { return }
    clock = time ?? clock + 1_000
    if core.batch.shouldFlush { flush() }
    let length = messages.reduce(2) { $0 + $1.count + 2 }
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 1)
    pending.append(bytes)
    core.batch.beginPacket(packet(UnsafeRawPointer(bytes)), clock: clock)
    var offset = 0
    for message in messages {
      message.withUnsafeBytes { source in
        if let first = source.baseAddress { (bytes + offset + 2).copyMemory(from: first, byteCount: source.count) }
      }
      core.batch.append(message: UnsafeRawPointer(bytes + offset + 2), length: message.count, channel: UInt8(channel))
      offset += message.count + 2
    }
    core.batch.endPacket()
    handedOver()
  }

  func send(_ message: [UInt8], channel: Int = 0, at time: UInt64? = nil) {
    send([message], channel: channel, at: time)
  }

  /// The session layer says what the channel's books are worth.
  func trust(_ state: BookState, channel: Int = 0, at time: UInt64? = nil) {
    control(.channelState, detail: state.rawValue, channel: channel, at: time)
  }

  /// A new session of the channel, whose books are then `ok`.
  func restart(channel: Int = 0, at time: UInt64? = nil) {
    control(.sessionRestart, detail: 0, channel: channel, at: time)
    trust(.ok, channel: channel, at: clock)
  }

  /// What the session layer hands on of a snapshot of the channel's books: its parts, in one batch or several.
  func snapshot(_ messages: [[UInt8]], channel: Int = 0, isWhole: Bool = true) {
    control(.snapshotBegan, detail: 0, channel: channel, at: clock + 1_000)
    for message in messages {
      if core.batch.shouldFlush { flush() }
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, message.count), alignment: 1)
      bytes.copyMemory(from: message, byteCount: message.count)
      pending.append(bytes)
      core.batch.append(
        snapshotMessage: UnsafeRawPointer(bytes), length: message.count, channel: UInt8(channel),
        packet: packet(UnsafeRawPointer(bytes)), clock: clock)
      handedOver()
    }
    if isWhole { control(.snapshotEnded, detail: 0, channel: channel, at: clock) }
  }

  private func control(_ kind: Delivery.Kind, detail: UInt8, channel: Int, at time: UInt64?) {
    clock = time ?? clock + 1_000
    if core.batch.shouldFlush { flush() }
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 1)
    pending.append(bytes)
    core.batch.append(
      kind, channel: UInt8(channel), detail: detail, packet: packet(UnsafeRawPointer(bytes)), clock: clock)
    handedOver()
  }

  private func packet(_ bytes: UnsafeRawPointer) -> SequencedPacket {
    var packet = SequencedPacket(blocks: bytes)
    packet.captureNanoseconds = clock
    packet.packetIndex = packetIndex
    packetIndex += 1
    return packet
  }

  private func handedOver() {
    unflushed += 1
    if unflushed >= packetsPerFlush { flush() }
  }

  func flush() {
    core.flush()
    unflushed = 0
    for bytes in pending { bytes.deallocate() }
    pending.removeAll()
  }

  /// The input ends.
  func finish(at time: UInt64? = nil) {
    flush()
    clock = time ?? clock + 1_000
    core.finish(at: clock)
  }

  // MARK: - Out

  var books: Books { core.books }

  func counted(_ counter: Counter) -> UInt64 { core.books.counters[counter] }

  func instrument(_ stock: String, venue: Int = 0) -> InstrumentID {
    guard let group = books.symbols.pointee.find(Symbol(stock)!) else { return .none }
    return books.instrument(of: group, at: VenueIndex(venue))
  }

  /// Instruments known at a venue.
  func instrumentCount(venue: Int = 0) -> Int { books.venues[venue].admitted }

  func record(_ stock: String, venue: Int = 0) -> InstrumentRecord? {
    let instrument = instrument(stock, venue: venue)
    return instrument == .none ? nil : books.venues[venue].directory.pointee.records[instrument.index]
  }

  func digest(_ stock: String, venue: Int = 0) -> UInt64? {
    let instrument = instrument(stock, venue: venue)
    return instrument == .none ? nil : books.header(of: instrument)?.pointee.digest
  }

  func isOwned(_ stock: String, venue: Int = 0) -> Bool {
    books.header(of: instrument(stock, venue: venue))?.pointee.flags.contains(.owned) ?? false
  }

  func state(_ stock: String, venue: Int = 0) -> BookState { books.state(of: instrument(stock, venue: venue)) }
  func top(_ stock: String, venue: Int = 0) -> TopOfBook { books.top(of: instrument(stock, venue: venue)) }

  func best(_ stock: String) -> ConsolidatedBest {
    guard let group = books.symbols.pointee.find(Symbol(stock)!) else { return ConsolidatedBest() }
    return books.consolidatedBest(of: group)
  }

  func liveOrders(venue: Int = 0) -> Int { books.venues[venue].orders.count }

  func orphans(_ type: Character, venue: Int = 0) -> UInt64 {
    books.venues[venue].orphansByType[Int(type.asciiValue!)]
  }

  func messages(_ type: Character) -> UInt64 { core.messagesByType[Int(type.asciiValue!)] }

  /// Numbers of the next arrivals: as if so many orders had come before.
  func setArrivals(_ count: UInt32, venue: Int = 0) { core.books.venues[venue].arrivals = count }

  /// One side, best first, with its orders in queue order.
  func levels(_ stock: String, _ side: Side, venue: Int = 0) -> [Level] {
    let instrument = instrument(stock, venue: venue)
    var levels: [Level] = []
    books.forEachLevel(of: instrument, side: side) { price, quantity in
      levels.append(Level(price: price, quantity: quantity, orders: []))
      return true
    }
    if levels.isEmpty { return [] }
    var position = 0
    books.forEachRestingOrder(of: instrument, side: side, limit: levels.last!.price) { order in
      while position < levels.count, levels[position].price != order.price { position += 1 }
      if position < levels.count {
        levels[position].orders.append(Order(reference: order.orderReferenceNumber, quantity: order.quantity))
      }
      return true
    }
    return levels
  }

  /// Opportunities that ended, in order of their end.
  var opportunities: [OpportunityRecord] {
    guard let log = core.crossVenue?.log else { return [] }
    return (0..<log.count).map { log[$0] }
  }

  /// Digests of a shard's opportunities and signals.
  func shardDigests(_ shard: Int) -> [UInt64] {
    [
      core.crossVenue?.begun[shard] ?? 0, core.crossVenue?.digests[shard] ?? 0, core.imbalance?.begun[shard] ?? 0,
      core.imbalance?.digests[shard] ?? 0,
    ]
  }
}
