@testable import FeedCore

/// One core, all of whose channels speak one protocol of a derivatives venue: takes packets of hand-written messages,
/// shows the events they give and the books they make.
final class DerivativesHarness {
  struct Level: Equatable, CustomStringConvertible {
    var price: Int32
    var quantity: UInt32
    var orders: [UInt64] = []
    var description: String { orders.isEmpty ? "\(price)x\(quantity)" : "\(price)x\(quantity)\(orders)" }
  }

  private let memory = StorageOwner()
  var core: Core
  let feedProtocol: FeedProtocol
  private var decoders: Decoders
  private let directory: UnsafeMutablePointer<InstrumentDirectory>
  private let counters = Counters()
  private var clock: UInt64 = 0
  private var retained: [UnsafeMutableRawPointer] = []

  init(_ feedProtocol: FeedProtocol, channels: Int = 1, ownedShards: UInt64 = .max, instruments: Int = 64) {
    self.feedProtocol = feedProtocol
    var capacity = CapacitySettings()
    capacity.liveOrders = 8_192
    capacity.instruments = instruments
    capacity.priceLevels = 16_384
    capacity.records = 1_024
    var plan = FeedPlan()
    plan.venues = [VenueSettings(name: "x")]
    for channel in 0..<channels {
      plan.channels.append(
        FeedPlan.Channel(name: "c\(channel)", venue: 0, protocol: feedProtocol, isNumbered: true, lines: []))
    }
    var settings = Settings()
    settings.capacity = capacity
    core = memory.own {
      Core(
        plan: plan, settings: settings, ownedShards: ownedShards, countsMessages: true, exchangeNanosecondsMaximum: .max)
    }
    // A second set of decoders, whose events are shown and not applied.
    directory = .allocate(capacity: 1)
    directory.initialize(
      to: InstrumentDirectory(
        venue: 0, capacity: instruments, ownedShards: ownedShards, shardCount: settings.shardCount, roundLot: 1,
        scale: PriceScale.standard(of: feedProtocol), identifierCapacity: 3 * instruments,
        kind: VenueKind(feedProtocol)))
    let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
    symbols.initialize(to: SymbolTable(capacity: instruments, shardCount: settings.shardCount))
    let byType = Storage<UInt64>(capacity: 256)
    var contexts: [DecoderContext] = []
    for channel in 0..<channels {
      contexts.append(
        DecoderContext(
          channel: UInt8(channel), venue: 0, feedProtocol: feedProtocol, directory: directory, symbols: symbols,
          counters: counters, countsMessages: 1, byType: byType.base))
    }
    decoders = Decoders(contexts)
  }

  deinit { for bytes in retained { bytes.deallocate() } }

  // MARK: - In

  /// One packet: its transport's header, then messages.
  func send(_ messages: [[UInt8]], header: [UInt8] = [], channel: Int = 0) {
    clock += 1_000
    let packet = packet(messages, header)
    core.batch.beginPacket(packet, clock: clock)
    var next = packet.blocks
    for message in messages {
      core.batch.append(message: next, length: message.count, channel: UInt8(channel))
      next += message.count
    }
    core.batch.endPacket()
    core.flush()
  }

  func send(_ message: [UInt8], header: [UInt8] = [], channel: Int = 0) {
    send([message], header: header, channel: channel)
  }

  /// The session layer says what the channel's books are worth.
  func trust(_ state: BookState, channel: Int = 0) {
    clock += 1_000
    core.batch.append(
      .channelState, channel: UInt8(channel), detail: state.rawValue, packet: packet([], []), clock: clock)
    core.flush()
  }

  func restart(channel: Int) {
    clock += 1_000
    core.batch.append(.sessionRestart, channel: UInt8(channel), detail: 0, packet: packet([], []), clock: clock)
    core.flush()
  }

  private func packet(_ messages: [[UInt8]], _ header: [UInt8]) -> SequencedPacket {
    let all = header + messages.flatMap { $0 }
    // Exactly as long as the packet: the address sanitizer finds a read beyond it.
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, all.count), alignment: 1)
    retained.append(bytes)
    all.withUnsafeBytes { if let first = $0.baseAddress { bytes.copyMemory(from: first, byteCount: $0.count) } }
    var packet = SequencedPacket(blocks: UnsafeRawPointer(bytes + header.count))
    packet.headerLength = UInt16(header.count)
    packet.captureNanoseconds = clock
    return packet
  }

  // MARK: - Events

  /// The events of a packet's messages, each as text: "add ESZ5 sell 100x5 #7 partial". Decoded beside the core.
  func events(_ messages: [[UInt8]], header: [UInt8] = [], channel: Int = 0) -> [String] {
    let packet = packet(messages, header)
    var delivered = DeliveredPacket(
      captureNanoseconds: clock, payload: packet.blocks - header.count, packetIndex: 0, fileIndex: 0)
    var result: [String] = []
    var next = packet.blocks
    for message in messages {
      var delivery = Delivery(
        bytes: next, length: UInt16(message.count), packet: 0, channel: UInt8(channel), kind: .message,
        endsPacket: false, detail: 0)
      next += message.count
      decoders.list.pointee.removeAll()
      var event = BookEvent()
      let taken = decoders.decodeRun(
        &delivery, count: 1, channel: UInt8(channel), packets: &delivered, into: &event)
      if taken == 0 { _ = decoders.decodeOther(&delivery, packets: &delivered, into: &event) }
      if event.kind == .group {
        for position in 0..<Int(event.quantity) {
          result.append(text(decoders.list.pointee.events[Int(event.reference) + position]))
        }
      } else if event.kind != .none {
        result.append(text(event))
      }
    }
    return result
  }

  func events(_ message: [UInt8], header: [UInt8] = [], channel: Int = 0) -> [String] {
    events([message], header: header, channel: channel)
  }

  func noted(_ counter: Counter) -> UInt64 { counters[counter] }

  private func text(_ event: BookEvent) -> String {
    var words = ["\(event.kind)"]
    switch event.kind {
    case .clearChannel, .endOfChannelEvent: break
    default: words.append(directory.pointee.records[Int(event.instrument)].symbol.description)
    }
    switch event.kind {
    case .add, .modify, .replace, .setLevel, .setTop, .insertLevelAt, .changeLevelAt, .deleteLevelAt,
      .deleteLevelsThrough:
      words.append(event.isSell ? "sell" : "buy")
    default: break
    }
    switch event.kind {
    case .add, .modify, .replace, .setLevel, .setTop, .insertLevelAt, .changeLevelAt, .trade, .executeWithPrice:
      words.append("\(event.price)x\(event.quantity)")
    case .setQuantity, .reduce: words.append("x\(event.quantity)")
    case .tradingStatus, .instrumentGap: words.append("\(event.quantity)")
    default: break
    }
    switch event.kind {
    case .insertLevelAt: words.append("@\(event.second)/\(event.reference)")
    case .changeLevelAt, .deleteLevelAt, .deleteLevelsThrough: words.append("@\(event.second)")
    case .add, .modify, .delete, .setQuantity, .reduce, .tradeBreak: words.append("#\(event.reference)")
    case .executeWithPrice: words.append("#\(event.reference) match \(event.second)")
    case .trade: words.append("match \(event.second)")
    case .replace: words.append("#\(event.reference) to #\(event.second)")
    default: break
    }
    if event.flags.contains(.mayModify) { words.append("may modify") }
    if event.flags.contains(.keepsPlaceUnlessMore) { words.append("keeps unless more") }
    if event.flags.contains(.isPartial) { words.append("partial") }
    return words.joined(separator: " ")
  }

  // MARK: - Books

  func counted(_ counter: Counter) -> UInt64 { core.books.counters[counter] }

  /// Everything that should not be in good input.
  var complaints: [String] {
    let bad: [Counter] = [
      .malformed, .unknownTypes, .unknownActions, .emptyMessages, .badSide, .duplicateAdds, .overExecutions,
      .zeroQuantities, .zeroPrices, .pricesOutOfRange, .levelQuantityOverflows, .quantitiesOffScale, .pricesOffScale,
      .tradePricesOffScale, .priceScaleChanges, .locateRemaps, .levelsMissing, .ordersFull, .levelsFull,
      .instrumentsFull, .recordsFull,
    ]
    return bad.filter { counted($0) > 0 }.map { "\($0.name) \(counted($0))" }
      + (0..<256).filter { core.books.venues[0].orphansByType[$0] > 0 }.map { "orphans of type \($0)" }
  }

  func instrument(_ symbol: String) -> InstrumentID {
    guard let group = core.books.symbols.pointee.find(Symbol(symbol)!) else { return .none }
    return core.books.instrument(of: group, at: 0)
  }

  func exists(_ symbol: String) -> Bool { instrument(symbol) != .none }
  func state(_ symbol: String) -> BookState { core.books.state(of: instrument(symbol)) }
  func record(_ symbol: String) -> InstrumentRecord {
    core.books.venues[0].directory.pointee.records[instrument(symbol).index]
  }
  func isMidEvent(_ symbol: String) -> Bool {
    core.books.header(of: instrument(symbol))?.pointee.flags.contains(.midEvent) ?? false
  }

  /// One side, best first, each level with its orders in queue order.
  func levels(_ symbol: String, _ side: Side) -> [Level] {
    let instrument = instrument(symbol)
    if instrument == .none { return [] }
    var levels: [Level] = []
    core.books.forEachLevel(of: instrument, side: side) { price, quantity in
      levels.append(Level(price: price, quantity: quantity))
      return true
    }
    guard let last = levels.last else { return [] }
    var position = 0
    core.books.forEachRestingOrder(of: instrument, side: side, limit: last.price) { order in
      while position < levels.count, levels[position].price != order.price { position += 1 }
      if position < levels.count { levels[position].orders.append(order.orderReferenceNumber) }
      return true
    }
    return levels
  }
}
