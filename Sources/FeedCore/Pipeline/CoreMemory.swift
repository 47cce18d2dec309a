/// Reserves one core's tables from the plan and the settings, before the first packet.
struct CoreMemory {
  let books: Books
  let decoders: UnsafeMutablePointer<ITCH50Decoder>
  /// Messages by type character.
  let messagesByType = Storage<UInt64>(capacity: 256)

  init(plan: FeedPlan, settings: Settings, ownedShards: UInt64, countsMessages: Bool) {
    let venueCount = max(1, plan.venues.count)
    let counters = Counters()
    let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
    symbols.initialize(
      to: SymbolTable(capacity: venueCount * settings.capacity.instruments, shardCount: settings.shardCount))
    let directories = UnsafeMutablePointer<InstrumentDirectory>.allocate(capacity: venueCount)
    let venues = UnsafeMutablePointer<VenueBook>.allocate(capacity: venueCount)
    for venue in 0..<venueCount {
      (directories + venue).initialize(
        to: InstrumentDirectory(
          venue: VenueIndex(venue), capacity: settings.capacity.instruments, ownedShards: ownedShards,
          shardCount: settings.shardCount, roundLot: venue < plan.venues.count ? plan.venues[venue].roundLot : 100,
          symbolMap: plan.symbolMap(of: venue, settings: settings), scale: plan.scale(of: venue)))
      (venues + venue).initialize(
        to: VenueBook(
          venue: VenueIndex(venue), directory: directories + venue,
          counters: counters, orphansByType: Storage(capacity: 256), capacity: settings.capacity))
      // Tables of one or two venues are touched now; of more, as they fill.
      if venueCount <= 2 { venues[venue].prefault() }
    }
    let channels = Storage<ChannelRecord>(capacity: max(1, plan.channels.count))
    decoders = .allocate(capacity: max(1, plan.channels.count))
    for (index, channel) in plan.channels.enumerated() {
      channels[index] = ChannelRecord(venue: channel.venue, isNumbered: channel.isNumbered)
      (decoders + index).initialize(
        to: ITCH50Decoder(
          channel: UInt8(index), directory: directories + Int(channel.venue), symbols: symbols, counters: counters,
          countsMessages: countsMessages, byType: messagesByType))
    }
    books = Books(
      venues: venues, venueCount: venueCount, symbols: symbols, channels: channels, counters: counters,
      instrumentCapacity: settings.capacity.instruments)
  }
}
