/// The decoders of a core, one per channel: the one place that knows which protocol has which.
///
/// ITCH, the feed with the most messages, is decoded by `Core` itself; the others come here, one predictable switch a
/// run of messages. To add a protocol: a case in `FeedProtocol`, its layouts, a decoder, and three lines here
/// (Docs/ADDING-A-VENUE.md).
struct Decoders {
  let itch50: UnsafeMutablePointer<ITCH50Decoder>
  private let protocols: Storage<FeedProtocol>
  private let contexts: UnsafeMutablePointer<DecoderContext>
  /// Per channel: its decoder, of the type that its protocol says; nil for ITCH.
  private let others: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// The same, but nil where the channel has snapshots of its own: what it hears is filtered, message by message.
  private let unfiltered: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Events of messages that have several.
  let list: UnsafeMutablePointer<EventList>
  /// Per channel: how far its instruments can be trusted, where snapshots of them come on flows of their own; else nil.
  let joined: UnsafeMutablePointer<UnsafeMutablePointer<JoinedChannel>?>

  /// - Parameters:
  ///   - joins: bit c: channel c has such flows.
  ///   - recovering: bit c: they bring books, not only definitions.
  init(_ channels: [DecoderContext], joins: UInt64 = 0, recovering: UInt64 = 0, shardCount: Int = 1) {
    let capacity = max(1, channels.count)
    itch50 = .allocate(capacity: capacity)
    others = .allocate(capacity: capacity)
    unfiltered = .allocate(capacity: capacity)
    contexts = .allocate(capacity: capacity)
    protocols = Storage(capacity: capacity, hugePages: false)
    list = .allocate(capacity: 1)
    list.initialize(to: EventList())
    joined = .allocate(capacity: capacity)
    joined.initialize(repeating: nil, count: capacity)
    for (channel, context) in channels.enumerated()
    where joins & (1 << UInt64(channel)) != 0 && JoinedChannel.serves(context.feedProtocol) {
      let join = UnsafeMutablePointer<JoinedChannel>.allocate(capacity: 1)
      join.initialize(to: JoinedChannel(
          context, isRecovering: recovering & (1 << UInt64(channel)) != 0, shardCount: shardCount))
      joined[channel] = join
    }
    // Channels of one Deribit venue share what they know of its instruments.
    var deribitVenues: [VenueIndex: UnsafeMutablePointer<DeribitVenue>] = [:]
    for (channel, context) in channels.enumerated() {
      protocols[channel] = context.feedProtocol
      (contexts + channel).initialize(to: context)
      (itch50 + channel).initialize(to: ITCH50Decoder(context))
      (others + channel).initialize(to: Self.make(context, &deribitVenues))
      (unfiltered + channel).initialize(to: joined[channel] == nil ? others[channel] : nil)
    }
  }

  private static func make(
    _ context: DecoderContext, _ deribitVenues: inout [VenueIndex: UnsafeMutablePointer<DeribitVenue>]
  ) -> UnsafeMutableRawPointer? {
    switch context.feedProtocol {
    case .pitch: return allocate(CboePITCHDecoder.self, context)
    case .tops15, .tops16, .deep10, .deepPlus: return allocate(IEXDecoder.self, context)
    case .nyseIntegrated: return allocate(NYSEIntegratedDecoder.self, context)
    case .memxDepth: return allocate(MEMXDepthDecoder.self, context)
    case .miaxPearlDepth: return allocate(MIAXPearlDecoder.self, context)
    case .deribit:
      let venue = deribitVenues[context.venue] ?? DeribitDecoder.makeVenue(context)
      deribitVenues[context.venue] = venue
      return allocate(DeribitDecoder(context, venue: venue))
    case .cmeMDP3: return allocate(CMEDecoder.self, context)
    case .coinbaseDerivatives: return allocate(CoinbaseDerivativesDecoder.self, context)
    case .eobi: return allocate(EOBIDecoder.self, context)
    case .itch50: return nil
    }
  }

  private static func allocate<Decoder: EventDecoder>(
    _: Decoder.Type, _ context: DecoderContext
  ) -> UnsafeMutableRawPointer {
    allocate(Decoder(context))
  }

  private static func allocate<Decoder: EventDecoder>(_ made: Decoder) -> UnsafeMutableRawPointer {
    let decoder = UnsafeMutablePointer<Decoder>.allocate(capacity: 1)
    decoder.initialize(to: made)
    return UnsafeMutableRawPointer(decoder)
  }

  /// The channel's session began anew: its books are empty. Decoders that follow instruments by what they saw of them
  /// forget that.
  @inline(never)
  func restart(channel: UInt8, now: UInt64) {
    joined[Int(channel)]?.pointee.restart(now: now)
    guard let decoder = others[Int(channel)] else { return }
    switch protocols.base[Int(channel)] {
    case .deribit: decoder.assumingMemoryBound(to: DeribitDecoder.self).pointee.restart(now: now)
    default: break
    }
  }

  @inline(__always)
  func feedProtocol(_ channel: UInt8) -> FeedProtocol { protocols.base[Int(channel)] }

  @inline(__always)
  func venue(_ channel: UInt8) -> VenueIndex { contexts[Int(channel)].venue }

  // MARK: - Every day

  /// Decodes everyday messages of one channel of any protocol but ITCH, up to `count`, until something else comes:
  /// `decodeOther` reads that. Returns how many, 0 where the channel's messages are filtered one by one.
  ///
  /// - Parameter channel: the first delivery's.
  @inline(__always)
  func decodeRun(
    _ deliveries: UnsafeMutablePointer<Delivery>, count: Int, channel: UInt8, packets: DecoderContext.Packets,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    guard let memory = unfiltered[Int(channel)] else { return 0 }
    let run = DeliveryRun(deliveries, count: count, channel: channel)
    switch protocols.base[Int(channel)] {
    case .pitch: return decodeRun(CboePITCHDecoder.self, memory, run, packets, events)
    case .tops15, .tops16, .deep10, .deepPlus: return decodeRun(IEXDecoder.self, memory, run, packets, events)
    case .nyseIntegrated: return decodeRun(NYSEIntegratedDecoder.self, memory, run, packets, events)
    case .memxDepth: return decodeRun(MEMXDepthDecoder.self, memory, run, packets, events)
    case .miaxPearlDepth: return decodeRun(MIAXPearlDecoder.self, memory, run, packets, events)
    case .deribit: return decodeRun(DeribitDecoder.self, memory, run, packets, events)
    case .cmeMDP3: return decodeRun(CMEDecoder.self, memory, run, packets, events)
    case .coinbaseDerivatives: return decodeRun(CoinbaseDerivativesDecoder.self, memory, run, packets, events)
    case .eobi: return decodeRun(EOBIDecoder.self, memory, run, packets, events)
    case .itch50: return 0
    }
  }

  @inline(__always)
  private func decodeRun<Decoder: EventDecoder>(
    _: Decoder.Type, _ memory: UnsafeMutableRawPointer, _ run: DeliveryRun, _ packets: DecoderContext.Packets,
    _ events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    memory.assumingMemoryBound(to: Decoder.self).pointee.decodeRun(run, packets: packets, list: list, into: events)
  }

  // MARK: - Any message

  /// Decodes one message of any protocol but ITCH.
  ///
  /// - Parameter isLive: false for a message of a snapshot flow, which no numbers of the channel count.
  @inline(never)
  mutating func decodeOther(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, isLive: Bool = true,
    into event: UnsafeMutablePointer<BookEvent>
  ) -> DecodeOutcome {
    switch protocols.base[Int(delivery.pointee.channel)] {
    case .pitch: return decode(CboePITCHDecoder.self, delivery, packets, isLive, event)
    case .tops15, .tops16, .deep10, .deepPlus: return decode(IEXDecoder.self, delivery, packets, isLive, event)
    case .nyseIntegrated: return decode(NYSEIntegratedDecoder.self, delivery, packets, isLive, event)
    case .memxDepth: return decode(MEMXDepthDecoder.self, delivery, packets, isLive, event)
    case .miaxPearlDepth: return decode(MIAXPearlDecoder.self, delivery, packets, isLive, event)
    case .deribit: return decode(DeribitDecoder.self, delivery, packets, isLive, event)
    case .cmeMDP3: return decode(CMEDecoder.self, delivery, packets, isLive, event)
    case .coinbaseDerivatives: return decode(CoinbaseDerivativesDecoder.self, delivery, packets, isLive, event)
    case .eobi: return decode(EOBIDecoder.self, delivery, packets, isLive, event)
    case .itch50:
      event.pointee = BookEvent()
      event.pointee.head = contexts[Int(delivery.pointee.channel)].head(type: 0)
      return .other
    }
  }

  @inline(never)
  private mutating func decode<Decoder: EventDecoder>(
    _: Decoder.Type, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ isLive: Bool,
    _ event: UnsafeMutablePointer<BookEvent>
  ) -> DecodeOutcome {
    let channel = Int(delivery.pointee.channel)
    var writer = EventWriter(first: event, list: list, head: contexts[channel].head(type: 0))
    guard let memory = others[channel] else { return .other }
    let outcome = memory.assumingMemoryBound(to: Decoder.self).pointee
      .decode(delivery, packets: packets, into: &writer)
    if isLive, let join = joined[channel] { join.pointee.take(delivery, packets, &writer) }
    writer.finish()
    // The next message may not fit: it is decoded when those before it are applied.
    return list.pointee.hasRoom ? outcome : .barrier
  }
}
