/// What every decoder works with: its channel, the venue's instruments, and where to count.
///
/// A pointer: decoders hand it on with every call, and a struct of this size would be copied each time (of MEMX and
/// MIAX that were 80 of 540 instructions a message).
struct DecoderContext: BitwiseCopyable {
  typealias Packets = UnsafeMutablePointer<DeliveredPacket>

  private struct Fields {
    let channel: UInt8
    let venue: VenueIndex
    let feedProtocol: FeedProtocol
    let directory: UnsafeMutablePointer<InstrumentDirectory>
    let symbols: UnsafeMutablePointer<SymbolTable>
    let counters: Counters
    let countsMessages: UInt64
    let byType: UnsafeMutablePointer<UInt64>
    let stream: UInt32
    let recovery: RecoverySettings
    let needs: SnapshotNeeds?
  }
  /// Lives as long as the core's tables: never freed.
  private let fields: UnsafeMutablePointer<Fields>

  init(
    channel: UInt8, venue: VenueIndex, feedProtocol: FeedProtocol,
    directory: UnsafeMutablePointer<InstrumentDirectory>, symbols: UnsafeMutablePointer<SymbolTable>,
    counters: Counters, countsMessages: UInt64, byType: UnsafeMutablePointer<UInt64>, stream: UInt32 = 0,
    recovery: RecoverySettings = RecoverySettings(), needs: SnapshotNeeds? = nil
  ) {
    fields = .allocate(capacity: 1)
    fields.initialize(
      to: Fields(
        channel: channel, venue: venue, feedProtocol: feedProtocol, directory: directory, symbols: symbols,
        counters: counters, countsMessages: countsMessages, byType: byType, stream: stream, recovery: recovery,
        needs: needs))
  }

  @inline(__always) var channel: UInt8 { fields.pointee.channel }
  @inline(__always) var venue: VenueIndex { fields.pointee.venue }
  @inline(__always) var feedProtocol: FeedProtocol { fields.pointee.feedProtocol }
  @inline(__always) var directory: UnsafeMutablePointer<InstrumentDirectory> { fields.pointee.directory }
  @inline(__always) var symbols: UnsafeMutablePointer<SymbolTable> { fields.pointee.symbols }
  @inline(__always) var counters: Counters { fields.pointee.counters }
  /// 1 on the core that counts what is counted once per channel: message types, malformed messages. Else 0.
  @inline(__always) var countsMessages: UInt64 { fields.pointee.countsMessages }
  /// Messages by type slot, 256 of them.
  @inline(__always) var byType: UnsafeMutablePointer<UInt64> { fields.pointee.byType }
  /// Which of its flow's streams the channel is: the unit of PITCH; 0 where there is one.
  var stream: UInt32 { fields.pointee.stream }
  /// Bounds of what a decoder keeps while a snapshot comes.
  var recovery: RecoverySettings { fields.pointee.recovery }
  /// Where the channel's ingest owner hears that it has to ask for another refresh; nil: nobody is told.
  var needs: SnapshotNeeds? { fields.pointee.needs }

  /// Venue, channel and type for the events of a message.
  @inline(__always)
  func head(type: UInt8) -> BookEvent.Head {
    var head = BookEvent.Head()
    head.venue = venue
    head.channel = channel
    head.type = type
    return head
  }

  /// Counts a message that was read.
  @inline(__always)
  func count(type: UInt8) { byType[Int(type)] &+= countsMessages }

  /// Counts something seen by every core, once.
  @inline(never)
  func note(_ counter: Counter, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets) {
    if countsMessages != 0 { counters.note(counter, at: delivery.pointee.occurrence(in: packets)) }
  }

  /// Counts something that only the owner of the instrument sees.
  @inline(never)
  func noteOwned(_ counter: Counter, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets) {
    counters.note(counter, at: delivery.pointee.occurrence(in: packets))
  }

  /// Names an instrument, or connects a known one with an identifier. Nil when there is no room: counted.
  @inline(never)
  func register(
    identifier: UInt64, symbol: Symbol, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets
  ) -> Int? {
    switch directory.pointee.register(
      identifier: identifier, symbol: symbol, channel: channel, symbols: &symbols.pointee) {
    case .known(let index), .new(let index): return index
    case .remapped(let index):
      note(.locateRemaps, delivery, packets)
      return index
    case .full:
      note(.instrumentsFull, delivery, packets)
      return nil
    }
  }

  @inline(__always)
  func owns(_ instrument: Int) -> Bool { directory.pointee.owned.base[instrument] != 0 }
}

/// A protocol's messages → book events. Known at compile time wherever it is used; `Decoders` is the one switch.
protocol EventDecoder {
  init(_ context: DecoderContext)
  /// Writes the events of the first messages of `run`, as long as they are of the kind that comes all day: one event,
  /// of an instrument that is known and this core's, with nothing about it that counts. Returns how many they are. With
  /// the first one that is anything else, or may be, nothing was done: `decode` reads that. What both read they read
  /// alike.
  ///
  /// By runs, so that what decoding takes is looked up once and stays in registers.
  ///
  /// - Parameters:
  ///   - list: for the few messages whose everyday form has two events.
  ///   - events: of each message of the run its place.
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int
  /// Writes the events of one message; none for a message without effect. Counts what it cannot read.
  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, into writer: inout EventWriter
  ) -> DecodeOutcome
}
