/// What every decoder works with: its channel, the venue's instruments, and where to count.
struct DecoderContext {
  typealias Packets = UnsafeMutablePointer<DeliveredPacket>

  let channel: UInt8
  let venue: VenueIndex
  let feedProtocol: FeedProtocol
  let directory: UnsafeMutablePointer<InstrumentDirectory>
  let symbols: UnsafeMutablePointer<SymbolTable>
  let counters: Counters
  /// 1 on the core that counts what is counted once per channel: message types, malformed messages. Else 0.
  let countsMessages: UInt64
  /// Messages by type slot, 256 of them.
  let byType: UnsafeMutablePointer<UInt64>
  /// Which of its flow's streams the channel is: the unit of PITCH; 0 where there is one.
  var stream: UInt32 = 0
  /// Bounds of what a decoder keeps while a snapshot comes.
  var recovery = RecoverySettings()

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
  /// Writes the events of one message; none for a message without effect. Counts what it cannot read.
  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, into writer: inout EventWriter
  ) -> DecodeOutcome
}
