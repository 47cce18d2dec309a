import CPlatform

/// The path without the books: frames → sessions → decoders, each event folded into a checksum and forgotten. What a
/// protocol's decoding costs is measured with it (`feedh bench`).
///
/// Nothing below `hotPathMeasure` allocates, locks or counts references, as below `hotPathPoll`.
struct DecodeMeter: DeliverySink {
  var batch = DeliveryBatch()
  private var books: Books
  private var decoders: Decoders
  /// Messages decoded before they are folded: a block, as the books' loop has it (`Core+Messages.swift`).
  private static var blockLength: Int { 16 }
  private let block = Storage<BookEvent>(capacity: DecodeMeter.blockLength, hugePages: false)
  private var input: InputAhead
  private let messagesByType: Storage<UInt64>
  private(set) var events: UInt64 = 0
  private(set) var checksum: UInt64 = 0

  init(plan: FeedPlan, settings: Settings) {
    let memory = CoreMemory(plan: plan, settings: settings, ownedShards: .max, countsMessages: true)
    books = memory.books
    decoders = memory.decoders
    messagesByType = memory.messagesByType
    input = InputAhead(nearby: block.base)
  }

  /// Those that were read, by the decoders' count: a datagram of Deribit is one delivery of several.
  var messages: UInt64 { (0..<messagesByType.capacity).reduce(0) { $0 &+ messagesByType[$1] } }

  var counters: Counters { books.counters }

  mutating func flush() {
    let deliveries = batch.deliveries.base
    let packets = batch.packets.base
    var position = 0
    while position < batch.count {
      if deliveries[position].kind == .message {
        position &+= decode(deliveries + position, upTo: batch.count &- position, packets)
        continue
      }
      if deliveries[position].kind == .sessionRestart {
        let time = packets[Int(deliveries[position].packet)].captureNanoseconds
        decoders.restart(channel: deliveries[position].channel, now: time)
      }
      position &+= 1
    }
    batch.clear()
  }

  /// Decodes the first of `count` deliveries, which is a message; of everyday messages of one channel up to a block.
  /// Returns how many.
  @inline(__always)
  private mutating func decode(
    _ deliveries: UnsafeMutablePointer<Delivery>, upTo count: Int, _ packets: UnsafeMutablePointer<DeliveredPacket>
  ) -> Int {
    let events = block.base
    let channel = deliveries.pointee.channel
    let limit = min(count, Self.blockLength)
    decoders.list.pointee.removeAll()
    input.ask()
    if decoders.feedProtocol(channel) == .itch50 {
      let run = decoders.itch50[Int(channel)].decodeRun(deliveries, count: limit, packets: packets, into: events)
      if run > 0 {
        fold(events)
        for position in 1..<run {
          fold(events + position)
          input.ask()
        }
        return run
      }
      note(decoders.itch50[Int(channel)].decodeOther(deliveries, packets: packets, into: events))
    } else {
      let run = decoders.decodeRun(deliveries, count: limit, channel: channel, packets: packets, into: events)
      books.admitNewInstruments()
      if run > 0 {
        // Groups stand in the list.
        if decoders.list.pointee.count > 0 { return foldGroups(events, count: run) }
        fold(events)
        for position in 1..<run {
          fold(events + position)
          input.ask()
        }
        return run
      }
      note(decoders.decodeOther(deliveries, packets: packets, into: events))
    }
    foldAny(events)
    return 1
  }

  /// The same of a run with groups.
  @inline(never)
  private mutating func foldGroups(_ events: UnsafeMutablePointer<BookEvent>, count: Int) -> Int {
    for position in 0..<count {
      foldAny(events + position)
      if position > 0 { input.ask() }
    }
    return count
  }

  /// A message's event, or those of its group.
  @inline(__always)
  private mutating func foldAny(_ event: UnsafeMutablePointer<BookEvent>) {
    if event.pointee.kind != .group { return fold(event) }
    let first = decoders.list.pointee.events.base + Int(event.pointee.reference)
    for member in 0..<Int(event.pointee.quantity) { fold(first + member) }
  }

  /// Where the next packets' bytes begin, if that is known.
  mutating func expect(_ upcoming: UnsafeRawPointer?) { input.begin(at: upcoming) }

  @inline(__always)
  private func note(_ outcome: DecodeOutcome) {
    if outcome != .everyday { books.admitNewInstruments() }
  }

  /// Every field that a book looks at.
  @inline(__always)
  private mutating func fold(_ event: UnsafeMutablePointer<BookEvent>) {
    events &+= event.pointee.kind == .none ? 0 : 1
    let numbers = UInt64(event.pointee.quantity) << 32 | UInt64(UInt32(bitPattern: event.pointee.price))
    let place = UInt64(event.pointee.instrument) << 1 | (event.pointee.isSell ? 1 : 0)
    checksum =
      (checksum ^ event.pointee.reference ^ event.pointee.second ^ numbers ^ event.pointee.exchangeNanoseconds ^ place)
      &* 0x9E37_79B9_7F4A_7C15
  }
}

/// What decoding a capture gave, and took.
public struct DecodeMeasurement: Sendable, Equatable {
  /// Read, after arbitration.
  public var messages: UInt64 = 0
  /// Changes of books and instruments that they say.
  public var events: UInt64 = 0
  /// Of every field that a book looks at, of every event, in order.
  public var checksum: UInt64 = 0
  /// From the first packet taken to the last event.
  public var nanoseconds: UInt64 = 0
  /// Messages that were damaged or of no known type, and such that name an instrument nobody knows.
  public var refused: UInt64 = 0
  public init() {}

  /// Reads a source to its end. One thread's work: the caller's.
  public static func run(
    plan: FeedPlan, settings: Settings, fileCount: Int, source: some PacketSource
  ) -> DecodeMeasurement {
    var source = source
    var ingest = Ingest(plan: plan, settings: settings, fileCount: fileCount)
    var meter = DecodeMeter(plan: plan, settings: settings)
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: settings.threads.burstPackets)
    defer { burst.deallocate() }
    let clock = TickClock.calibrate()
    let begun = feedh_ticks()
    while !source.isExhausted {
      let received = source.receive(into: burst)
      meter.expect(source.upcoming)
      hotPathMeasure(UnsafeMutableBufferPointer(rebasing: burst[..<received]), &ingest, &meter)
    }
    ingest.finish(into: &meter)
    meter.flush()
    var result = DecodeMeasurement()
    result.nanoseconds = clock.nanoseconds(ticks: feedh_ticks() &- begun)
    result.messages = meter.messages
    result.events = meter.events
    result.checksum = meter.checksum
    for counter in [Counter.malformed, .unknownTypes, .unknownInstruments, .pricesOffScale, .quantitiesOffScale] {
      result.refused += meter.counters[counter]
    }
    return result
  }

  @inline(never)
  private static func hotPathMeasure(
    _ burst: UnsafeMutableBufferPointer<Packet>, _ ingest: inout Ingest, _ meter: inout DecodeMeter
  ) {
    meter.batch.begin(receiveTicks: 0, isSampled: false)
    ingest.process(burst, into: &meter)
    meter.flush()
  }
}
