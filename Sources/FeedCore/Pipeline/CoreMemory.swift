import CPlatform

/// Reserves one core's tables from the plan and the settings, before the first packet.
struct CoreMemory {
  let books: Books
  let decoders: Decoders
  /// Messages by type: 256 slots for each protocol.
  let messagesByType = Storage<UInt64>(capacity: 256 * FeedProtocol.allCases.count)

  init(plan: FeedPlan, settings: Settings, ownedShards: UInt64, countsMessages: Bool, needs: SnapshotNeeds? = nil) {
    let venueCount = max(1, plan.venues.count)
    let counters = Counters()
    let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
    symbols.initialize(
      to: SymbolTable(capacity: venueCount * settings.capacity.instruments, shardCount: settings.shardCount))
    let directories = UnsafeMutablePointer<InstrumentDirectory>.allocate(capacity: venueCount)
    let venues = UnsafeMutablePointer<VenueBook>.allocate(capacity: venueCount)
    let touchesTables = Self.touchesTables(plan: plan, settings: settings)
    for venue in 0..<venueCount {
      (directories + venue).initialize(
        to: InstrumentDirectory(
          venue: VenueIndex(venue), capacity: settings.capacity.instruments, ownedShards: ownedShards,
          shardCount: settings.shardCount, roundLot: venue < plan.venues.count ? plan.venues[venue].roundLot : 100,
          symbolMap: plan.symbolMap(of: venue, settings: settings), scale: plan.scale(of: venue),
          identifierCapacity: plan.feedProtocol(of: venue) == .itch50 ? 0 : settings.capacity.instruments,
          kind: VenueKind(plan.feedProtocol(of: venue))))
      (venues + venue).initialize(
        to: VenueBook(
          venue: VenueIndex(venue), directory: directories + venue,
          counters: counters, orphansByType: Storage(capacity: 256), countsMessages: countsMessages,
          capacity: settings.capacity))
      for (channel, described) in plan.channels.enumerated()
      where Int(described.venue) == venue && plan.instrumentsRecover(channel: channel) {
        venues[venue].recoveringChannels |= 1 << UInt64(channel)
      }
      if touchesTables { venues[venue].prefault() }
    }
    if touchesTables { symbols.pointee.prefault() }
    let channels = Storage<ChannelRecord>(capacity: max(1, plan.channels.count))
    var contexts: [DecoderContext] = []
    for (index, channel) in plan.channels.enumerated() {
      channels[index] = ChannelRecord(venue: channel.venue, isNumbered: channel.isNumbered)
      channels[index].instrumentsRecover = plan.instrumentsRecover(channel: index)
      contexts.append(
        DecoderContext(
          channel: UInt8(index), venue: channel.venue, feedProtocol: channel.protocol,
          directory: directories + Int(channel.venue), symbols: symbols, counters: counters,
          countsMessages: countsMessages ? 1 : 0,
          byType: messagesByType.base + 256 * Int(channel.protocol.rawValue), stream: channel.stream ?? 0,
          recovery: settings.recovery, needs: needs))
    }
    decoders = Decoders(contexts, joins: plan.joinedChannels, recovering: plan.recoveringChannels,
      shardCount: settings.shardCount)
    books = Books(
      venues: venues, venueCount: venueCount, symbols: symbols, channels: channels, counters: counters,
      list: decoders.list,
      instrumentCapacity: settings.capacity.instruments)
  }

  /// Tables are touched before the first packet, so that none is on the hot path, unless those of all cores would take
  /// more than half of the memory there is: then each part is touched as it fills.
  static func touchesTables(plan: FeedPlan, settings: Settings) -> Bool {
    tableBytes(plan: plan, settings: settings) <= Int(clamping: feedh_memory_limit_bytes() / 2)
  }

  /// What the tables of all cores take once they are touched.
  static func tableBytes(plan: FeedPlan, settings: Settings) -> Int {
    let venues = (0..<max(1, plan.venues.count)).map { venue in
      VenueBook.touchedBytes(capacity: settings.capacity, VenueKind(plan.feedProtocol(of: venue)).orders)
    }
    return max(1, settings.threads.coreCount) * venues.reduce(0, +)
  }
}
