/// One instrument at one venue, as a run left it.
public struct InstrumentSummary: Sendable {
  public var venue: VenueIndex
  public var venueName: String
  public var symbol: Symbol
  /// ITCH stock locate, 0 where the venue has none.
  public var locate: UInt32
  public var id: InstrumentID
  /// The core whose books hold it.
  public var core: Int
  public var top: TopOfBook
  /// Orders at the best prices.
  public var bidOrders: UInt32 = 0
  public var askOrders: UInt32 = 0
  public var state: BookState
  public var digest: UInt64
  public var record: InstrumentRecord
  /// What the symbol is called across venues; `symbol` is the venue's own text.
  public var canonical = Symbol.unknown
  /// What the prices of its book stand for.
  public var scale = PriceScale.price4
  /// What the quantities of its book stand for, those of `record` too.
  public var quantityScale = QuantityScale.whole
}

/// A feed as a run left it.
public struct ChannelSummary: Sendable {
  public var name: String
  public var venueName: String
  public var `protocol`: String
  /// What carries each line: "A 233.54.12.1:26401".
  public var lines: [String]
  /// Packets heard on each of `lines`.
  public var linePackets: [UInt64]
  /// Trust of the channel at the end.
  public var state: BookState
  /// What its recovery came to; nil: it may ask for nothing.
  public var recovery: RecoverySummary?
}

/// Where a counter's first event was.
public struct CountedFirst: Sendable {
  public var counter: Counter
  public var count: UInt64
  public var first: Occurrence
}

/// Everything a finished replay has to say, merged over its cores: plain values, the same for any number of cores.
public struct ReplaySummary: Sendable {
  public var packets: UInt64 = 0
  public var messages: UInt64 = 0
  /// By message type character.
  /// Messages by protocol and type; the types as reports show them.
  public var byProtocol: [FeedProtocol: [String: UInt64]] = [:]
  public var orphansByType: [String: UInt64] = [:]
  /// Messages by type, over all protocols.
  public var byType: [String: UInt64] {
    byProtocol.values.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
  }
  public var counts: [UInt64] = Array(repeating: 0, count: Counter.allCases.count)
  /// Things that should not be in the input, with their first place, in catalogue order.
  public var noted: [CountedFirst] = []
  public var wire = WireCounters()
  public var channels: [ChannelSummary] = []
  public var instruments: [InstrumentSummary] = []
  public var liveOrders = 0
  public var opportunities: [OpportunityRecord] = []
  public var opportunityCount: UInt64 = 0
  public var imbalanceSignals: UInt64 = 0
  public var orders: [OrderRecord] = []
  public var ordersSent: UInt64 = 0
  /// Cancels of orders that were open when a live run ended.
  public var cancelsSent: UInt64 = 0
  public var refusals: [(reason: RefusalReason, count: UInt64)] = []
  /// What our order state made of the venues' replies, over all shards.
  public var replies = OrderTrackerCounters()
  /// What each simulated venue did, over all shards; in the order of the plan's venues.
  public var venues: [(name: String, counters: SimulatedVenueCounters)] = []
  public var positions: [Position] = []
  public var bookDigest: UInt64 = 0
  public var orderDigest: UInt64 = 0
  public var digest: UInt64 { Mix.fold(Mix.spread(bookDigest), bookDigest, orderDigest) }
  /// Records that found no room in memory; counts and digests include them.
  public var recordsDropped: UInt64 = 0
  /// Order messages that found no room in memory: they are missing from the streams of `--orders`.
  public var wireMessagesDropped: UInt64 = 0
  /// Of the cores that own shards.
  public var stages: [(core: Int, cpu: Int?, stages: StageHistograms)] = []
  /// The CPU of each core; nil: it is not pinned.
  public var cpus: [Int?] = []
  public var stalls: UInt64 = 0
  /// Layouts with rings: times that a core which frames waited because a core with shards was a whole ring behind, and
  /// the most batches, of 16, that one was behind.
  public var ringFullWaits: UInt64 = 0
  public var ringFillMax: UInt64 = 0
  /// How many batches a ring holds.
  public static var ringCapacity: Int { BatchRing.capacity }
  /// Page faults of the cores' threads between the first packet and the last event.
  public var pageFaults: UInt64 = 0
  /// Capture time at the end, Unix nanoseconds.
  public var clock: UInt64 = 0

  public init() {}

  public subscript(counter: Counter) -> UInt64 { counts[counter.rawValue] }
  public var orphans: UInt64 { orphansByType.values.reduce(0, +) }
}

extension Replay {
  /// Merges what the cores left. After `run`.
  public func summary() -> ReplaySummary {
    var summary = ReplaySummary()
    summary.venues = plan.venues.map { ($0.name, SimulatedVenueCounters()) }
    summary.channels = channels()
    for ingest in owners {
      summary.packets += ingest.packets
      summary.wire.add(ingest.wireCounters)
      summary.clock = max(summary.clock, ingest.clock)
      summary.add(ingest.counters)
    }
    for thread in threads {
      summary.cpus.append(thread.cpu)
      summary.stalls += thread.stalls
      summary.ringFullWaits += thread.ringFullWaits
      summary.ringFillMax = max(summary.ringFillMax, thread.ringFillMax)
      summary.pageFaults += thread.pageFaults
      guard let core = thread.shards else { continue }
      summary.messages += core.pointee.messages
      summary.add(core.pointee.books.counters)
      summary.add(core.pointee, index: thread.index, cpu: thread.cpu, plan: plan)
    }
    summary.order(plan: plan)
    for shard in 0..<settings.shardCount { summary.addShard(shard, threads.compactMap(\.shards)) }
    summary.finishShards()
    return summary
  }

  /// The plan's feeds with their trust, which every core that owns shards sees alike.
  private func channels() -> [ChannelSummary] {
    let books = threads.compactMap(\.shards).first?.pointee.books
    let owners = owners
    return plan.channels.enumerated().map { index, channel in
      let lines = index < settings.feeds.count ? configuredLines(channel: index) : channel.lines
      return ChannelSummary(
        name: channel.name, venueName: plan.venues[Int(channel.venue)].name, protocol: channel.protocol.name,
        lines: lines,
        linePackets: lines.indices.map { line in
          owners.reduce(0) { $0 + $1.lineCounts.packets(channel: index, line: line) }
        },
        state: books?.channels[Int(channel.snapshotsOf ?? UInt8(index))].state ?? .gap,
        recovery: owners.lazy.compactMap { $0.recovery(ofChannel: index) }.first)
    }
  }

  /// The ingest of each core that owns channels. Where every core walks the capture each comes to the same: one counts.
  private var owners: [Ingest] {
    let all = threads.compactMap { $0.ingest ?? $0.pipeline?.pointee.ingest }
    return settings.threads.layout == .walk ? Array(all.prefix(1)) : all
  }

  /// Lines of a configured feed: the name, what selects it, and whether these captures have it at all.
  private func configuredLines(channel: Int) -> [String] {
    let routes = Array(plan.routes.values) + Array(plan.streamRoutes.values)
    let present = Set(routes.filter { Int($0.channel) == channel }.map(\.line))
    return settings.feeds[channel].lines.enumerated().map { index, line in
      let destination = [line.group, line.port.map(String.init)].compactMap { $0 }.joined(separator: ":")
      let parts = [line.name, line.file ?? "", destination].filter { !$0.isEmpty }.joined(separator: " ")
      return present.contains(UInt8(clamping: index)) ? parts : parts + " (no packet)"
    }
  }

  /// Levels of one instrument, best first: price, shares, orders.
  public func levels(of instrument: InstrumentSummary, side: Side) -> [(price: Int32, quantity: UInt32, orders: Int)] {
    guard let core = threads[instrument.core].shards else { return [] }
    var levels: [(price: Int32, quantity: UInt32, orders: Int)] = []
    core.pointee.books.forEachLevel(of: instrument.id, side: side) { price, quantity in
      levels.append((price, quantity, 0))
      return true
    }
    var position = 0
    for order in queue(of: instrument, side: side) {
      while position < levels.count, levels[position].price != order.price { position += 1 }
      if position < levels.count { levels[position].orders += 1 }
    }
    return levels
  }

  /// Every resting order of one side: best price first, then in queue order.
  public func queue(of instrument: InstrumentSummary, side: Side) -> [RestingOrder] {
    guard let core = threads[instrument.core].shards else { return [] }
    var orders: [RestingOrder] = []
    let limit: Int32 = side == .buy ? .min : .max
    core.pointee.books.forEachRestingOrder(of: instrument.id, side: side, limit: limit) {
      orders.append($0)
      return true
    }
    return orders
  }

  /// Consolidated best of a symbol, over trusted, trading venues.
  public func consolidatedBest(of symbol: Symbol) -> ConsolidatedBest {
    for core in threads.compactMap(\.shards) {
      guard let group = core.pointee.books.symbols.pointee.find(symbol) else { continue }
      let shard = core.pointee.books.symbols.pointee.groups[Int(group)].shard
      if core.pointee.desk.shards.contains(Int(shard)) { return core.pointee.books.consolidatedBest(of: group) }
    }
    return ConsolidatedBest()
  }

  /// Best price at which a round lot is displayed, per side, for one instrument.
  public func bestRoundLot(of instrument: InstrumentSummary, side: Side) -> (price: Int32, quantity: UInt64)? {
    threads[instrument.core].shards?.pointee.books.bestRoundLot(of: instrument.id, side: side)
  }

  /// Order messages in both directions, in order of time, then of shard.
  public func forEachWireMessage(_ visit: (_ shard: Int, _ message: WireLog.Message) -> Void) {
    var all: [(shard: Int, message: WireLog.Message)] = []
    for core in threads.compactMap(\.shards) {
      for shard in core.pointee.desk.shards {
        core.pointee.desk.executor(ofShard: shard)?.wireLog.forEach { all.append((shard, $0)) }
      }
    }
    // Stable: within a shard the log's own order counts.
    let order = all.indices.sorted {
      (all[$0].message.captureNanoseconds, all[$0].shard, $0) < (all[$1].message.captureNanoseconds, all[$1].shard, $1)
    }
    for index in order { visit(all[index].shard, all[index].message) }
  }
}

extension ReplaySummary {
  fileprivate mutating func add(_ counters: Counters) {
    for counter in Counter.allCases where counters[counter] > 0 {
      counts[counter.rawValue] += counters[counter]
      guard let first = counters.first(counter), !counter.isOrdinary else { continue }
      if let index = noted.firstIndex(where: { $0.counter == counter }) {
        noted[index].count += counters[counter]
        if first.precedes(noted[index].first) { noted[index].first = first }
      } else {
        noted.append(CountedFirst(counter: counter, count: counters[counter], first: first))
      }
    }
  }

  fileprivate mutating func add(_ core: Core, index: Int, cpu: Int?, plan: FeedPlan) {
    stages.append((index, cpu, core.stages))
    core.addTypes(to: &byProtocol)
    for venue in 0..<plan.venues.count {
      let book = core.books.venues + venue
      // Every core that reads the input sees every symbol; one counts.
      if core.countsMessages {
        counts[Counter.symbolCollisions.rawValue] += book.pointee.directory.pointee.symbolCollisions
      }
      // Other cores' orders, which this one only follows, are theirs to count.
      book.pointee.orders.forEach { instrument, _, _ in
        if instrument != OrderTable.foreignInstrument { liveOrders += 1 }
        return true
      }
      for type in 0..<256 where book.pointee.orphansByType[type] > 0 {
        orphansByType[plan.feedProtocol(of: venue).typeText(ofSlot: UInt8(type)), default: 0] += book.pointee.orphansByType[type]
      }
      let start = instruments.count
      var positions: [Int: Int] = [:]
      for instrument in 0..<book.pointee.admitted
      where book.pointee.headers[instrument].flags.contains(.owned) {
        let header = book.pointee.headers.base + instrument
        let record = book.pointee.directory.pointee.records[instrument]
        let id = InstrumentID(venue: VenueIndex(venue), index: instrument)
        positions[instrument] = instruments.count
        instruments.append(
          InstrumentSummary(
            venue: VenueIndex(venue), venueName: plan.venues[venue].name, symbol: record.symbol,
            locate: record.locate, id: id, core: index, top: header.pointee.top,
            state: core.books.state(of: id), digest: header.pointee.digest, record: record,
            canonical: core.books.symbol(of: book.pointee.directory.pointee.groups[instrument]),
            scale: book.pointee.directory.pointee.scales[instrument].scale,
            quantityScale: book.pointee.directory.pointee.scales[instrument].quantity))
      }
      if start == instruments.count { continue }
      book.pointee.orders.forEach { instrument, isSell, order in
        guard let position = positions[instrument] else { return true }
        if isSell, order.price == instruments[position].top.askPrice { instruments[position].askOrders += 1 }
        if !isSell, order.price == instruments[position].top.bidPrice { instruments[position].bidOrders += 1 }
        return true
      }
    }
    if let crossVenue = core.crossVenue {
      for position in 0..<crossVenue.log.count { opportunities.append(crossVenue.log[position]) }
      recordsDropped += crossVenue.log.overflow
    }
  }

  /// Puts the merged lists in an order that depends on their content alone, and folds the books' digest.
  fileprivate mutating func order(plan: FeedPlan) {
    noted.sort { $0.counter.rawValue < $1.counter.rawValue }
    instruments.sort { ($0.venue, $0.locate, $0.symbol) < ($1.venue, $1.locate, $1.symbol) }
    opportunities.sort {
      ($0.beginNanoseconds, $0.symbol, $0.buyVenue, $0.sellVenue, $0.number)
        < ($1.beginNanoseconds, $1.symbol, $1.buyVenue, $1.sellVenue, $1.number)
    }
    for instrument in instruments.sorted(by: { ($0.venueName, $0.symbol) < ($1.venueName, $1.symbol) }) {
      let name = instrument.venueName.utf8.reduce(0) { Mix.fold($0, UInt64($1), 1) }
      bookDigest = Mix.fold(Mix.fold(bookDigest, name, instrument.symbol.word), instrument.digest, 2)
    }
  }

  fileprivate mutating func addShard(_ shard: Int, _ cores: [UnsafeMutablePointer<Core>]) {
    for core in cores {
      guard let executor = core.pointee.desk.executor(ofShard: shard) else { continue }
      ordersSent += executor.ordersSent
      cancelsSent += executor.cancelsSent
      recordsDropped += executor.orderLog.overflow
      wireMessagesDropped += executor.wireLog.overflow
      replies.add(executor.replies)
      for venue in venues.indices { venues[venue].counters.add(executor.venueCounters(of: VenueIndex(venue))) }
      for position in 0..<executor.orderLog.count { orders.append(executor.orderLog[position]) }
      for reason in RefusalReason.allCases where executor.refusals[reason] > 0 {
        if let index = refusals.firstIndex(where: { $0.reason == reason }) {
          refusals[index].count += executor.refusals[reason]
        } else {
          refusals.append((reason, executor.refusals[reason]))
        }
      }
      for position in 0..<executor.positions.count { positions.append(executor.positions[position]) }
      let opportunities = core.pointee.crossVenue?.digests[shard] ?? 0
      let signals = core.pointee.imbalance?.digests[shard] ?? 0
      opportunityCount += core.pointee.crossVenue?.begun[shard] ?? 0
      imbalanceSignals += core.pointee.imbalance?.begun[shard] ?? 0
      orderDigest = Mix.fold(Mix.fold(orderDigest, UInt64(shard), opportunities), executor.orderDigest, signals)
    }
  }

  fileprivate mutating func finishShards() {
    // Stable by time: the shards were added in order, each with its own order of events.
    let sorted = orders.indices.sorted {
      (orders[$0].captureNanoseconds, $0) < (orders[$1].captureNanoseconds, $1)
    }
    orders = sorted.map { orders[$0] }
    refusals.sort { $0.reason.rawValue < $1.reason.rawValue }
    positions.sort { $0.symbol < $1.symbol }
  }
}

extension OrderTrackerCounters {
  fileprivate mutating func add(_ other: Self) {
    accepted += other.accepted
    executed += other.executed
    canceled += other.canceled
    rejected += other.rejected
    replaced += other.replaced
    modified += other.modified
    informational += other.informational
    unknownTypes += other.unknownTypes
    malformed += other.malformed
    unknownOrder += other.unknownOrder
    outOfOrder += other.outOfOrder
    acceptedBeyondOrder += other.acceptedBeyondOrder
    impossibleQuantity += other.impossibleQuantity
    impossiblePrice += other.impossiblePrice
    brokenTrades += other.brokenTrades
  }
}

extension SimulatedVenueCounters {
  fileprivate mutating func add(_ other: Self) {
    accepted += other.accepted
    rejected += other.rejected
    executions += other.executions
    sharesExecuted += other.sharesExecuted
    canceled += other.canceled
    repeatedUserRefNum += other.repeatedUserRefNum
    tooLate += other.tooLate
    malformed += other.malformed
    bookNotOk += other.bookNotOk
    ledgerFull += other.ledgerFull
    executionsCutShort += other.executionsCutShort
    repliesLost += other.repliesLost
  }
}

extension Core {
  /// Message counts by type; only the core that counts has any.
  fileprivate func addTypes(to counts: inout [FeedProtocol: [String: UInt64]]) {
    for feedProtocol in FeedProtocol.allCases {
      let slots = messagesByType.base + 256 * Int(feedProtocol.rawValue)
      for slot in 0..<256 where slots[slot] > 0 {
        counts[feedProtocol, default: [:]][feedProtocol.typeText(ofSlot: UInt8(slot)), default: 0] += slots[slot]
      }
    }
  }
}

extension Counter {
  /// Counts what every healthy run has too.
  public var isOrdinary: Bool {
    switch self {
    case .channelPackets, .heartbeats, .duplicates, .gapsFilled, .topChanges, .brokenTrades,
      .snapshotMessages, .snapshotPackets, .snapshotCopies, .snapshotsJoined, .snapshotsTooOld, .answerPackets:
      true
    default: false
    }
  }
}
