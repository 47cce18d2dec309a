// Bytes as messages of each protocol, to a decoder's everyday way and to its long way: the same events, the same
// counters, the same scales settled. (That everyday packets are framed as others are, the decoders' targets check:
// they play each script with tagged frames too.)
//
// First byte: which protocol. Packets: how many messages (0x03), the messages, as `MessageMaker` makes them.
@testable import FeedCore

/// A venue's tables on a core that owns one shard of two, and where its decoder counts.
private struct Venue {
  let context: DecoderContext
  let list = UnsafeMutablePointer<EventList>.allocate(capacity: 1)
  let event = UnsafeMutablePointer<BookEvent>.allocate(capacity: 1)

  init(_ feedProtocol: FeedProtocol) {
    let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
    symbols.initialize(to: SymbolTable(capacity: 16, shardCount: 2))
    let directory = UnsafeMutablePointer<InstrumentDirectory>.allocate(capacity: 1)
    directory.initialize(
      to: InstrumentDirectory(
        venue: 0, capacity: 16, ownedShards: 1, shardCount: 2, roundLot: 100, scale: .standard(of: feedProtocol),
        identifierCapacity: 32, kind: VenueKind(feedProtocol)))
    context = DecoderContext(
      channel: 0, venue: 0, feedProtocol: feedProtocol, directory: directory, symbols: symbols, counters: Counters(),
      countsMessages: 1, byType: Storage<UInt64>(capacity: 256).base, stream: 1)
    list.initialize(to: EventList())
    event.initialize(to: BookEvent())
  }

  var counted: [UInt64] { Counter.allCases.map { context.counters[$0] } + (0..<256).map { context.byType[$0] } }
  var settled: [Bool] {
    (0..<context.directory.pointee.count).map { context.directory.pointee.everydayScales[$0].isUsed }
  }

  /// The bytes of a message's events: of a group, its members'.
  func events(_ list: UnsafeMutablePointer<EventList>) -> [UInt8] {
    func bytes(_ event: UnsafeMutablePointer<BookEvent>) -> [UInt8] {
      // Where its order stands is the book's note to itself.
      event.pointee.home = 0
      return Array(UnsafeRawBufferPointer(start: event, count: MemoryLayout<BookEvent>.size))
    }
    guard event.pointee.kind == .group else { return bytes(event) }
    let first = list.pointee.events.base + Int(event.pointee.reference)
    return bytes(event) + (0..<Int(event.pointee.quantity)).flatMap { bytes(first + $0) }
  }
}

/// One decoder of each way.
private struct Pair<Decoder: EventDecoder> {
  let (short, long): (Venue, Venue)
  var everyday: Decoders
  var whole: Decoder

  init(_ feedProtocol: FeedProtocol) {
    (short, long) = (Venue(feedProtocol), Venue(feedProtocol))
    everyday = Decoders([short.context])
    whole = Decoder(long.context)
  }

  mutating func decode(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: UnsafeMutablePointer<DeliveredPacket>) {
    everyday.list.pointee.removeAll()
    long.list.pointee.removeAll()
    let taken = everyday.decodeRun(
      delivery, count: 1, channel: delivery.pointee.channel, packets: packets, into: short.event)
    if taken == 0 { _ = everyday.decodeOther(delivery, packets: packets, into: short.event) }
    var writer = EventWriter(first: long.event, list: long.list, head: long.context.head(type: 0))
    _ = whole.decode(delivery, packets: packets, into: &writer)
    writer.finish()
    precondition(short.events(everyday.list) == long.events(long.list), "other events")
    compare()
  }

  func compare() {
    precondition(short.counted == long.counted, "other counters")
    precondition(short.settled == long.settled, "other scales are settled")
  }
}

/// ITCH's own: its everyday way stands in `Core`.
private struct ITCHPair {
  let (short, long): (Venue, Venue)
  var everyday: ITCH50Decoder
  var whole: ITCH50Decoder

  init() {
    (short, long) = (Venue(.itch50), Venue(.itch50))
    everyday = ITCH50Decoder(short.context)
    whole = ITCH50Decoder(long.context)
  }

  mutating func decode(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: UnsafeMutablePointer<DeliveredPacket>) {
    _ = whole.decodeOther(delivery, packets: packets, into: long.event)
    if everyday.decodeRun(delivery, count: 1, packets: packets, into: short.event) == 0 {
      _ = everyday.decodeOther(delivery, packets: packets, into: short.event)
    }
    // Only adds have a side; what the everyday way reads in its place of others is looked at by nobody.
    for venue in [short, long] where venue.event.pointee.kind != .add { venue.event.pointee.isSell = false }
    precondition(short.events(short.list) == long.events(long.list), "other events")
    precondition(short.counted == long.counted && short.settled == long.settled, "other counters")
  }
}

private struct Pairs {
  var itch = ITCHPair()
  var pitch = Pair<CboePITCHDecoder>(.pitch)
  var nyse = Pair<NYSEIntegratedDecoder>(.nyseIntegrated)
  var memx = Pair<MEMXDepthDecoder>(.memxDepth)
  var miax = Pair<MIAXPearlDecoder>(.miaxPearlDepth)
  var tops = Pair<IEXDecoder>(.tops16)
  var deep = Pair<IEXDecoder>(.deep10)
  var deepPlus = Pair<IEXDecoder>(.deepPlus)
  var cme = Pair<CMEDecoder>(.cmeMDP3)
  var coinbase = Pair<CoinbaseDerivativesDecoder>(.coinbaseDerivatives)
  var eobi = Pair<EOBIDecoder>(.eobi)
  var deribit = Pair<DeribitDecoder>(.deribit)
}
nonisolated(unsafe) private let pairs = tables { Pairs() }

private let described: [(FeedProtocol, ProtocolDescription)] = [
  (.itch50, ITCH50Layouts.description), (.pitch, CboePITCHLayouts.description),
  (.nyseIntegrated, NYSEPillarLayouts.description), (.memxDepth, MEMXLayouts.description),
  (.miaxPearlDepth, MIAXPearlLayouts.description), (.tops16, IEXLayouts.tops16), (.deep10, IEXLayouts.deep),
  (.deepPlus, IEXLayouts.deepPlus), (.cmeMDP3, CMELayouts.description),
  (.coinbaseDerivatives, CoinbaseDerivativesLayouts.description), (.eobi, EOBILayouts.release60),
  (.deribit, DeribitLayouts.description),
]
private let makers = described.map { MessageMaker($0.1) }

func fuzzEveryday(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  restoreTables()
  let place = Int(first) % described.count
  let script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  switch described[place].0 {
  case .itch50: play(script, place) { pairs.pointee.itch.decode($0, $1) }
  case .pitch: play(script, place) { pairs.pointee.pitch.decode($0, $1) }
  case .nyseIntegrated: play(script, place) { pairs.pointee.nyse.decode($0, $1) }
  case .memxDepth: play(script, place) { pairs.pointee.memx.decode($0, $1) }
  case .miaxPearlDepth: play(script, place) { pairs.pointee.miax.decode($0, $1) }
  case .tops15, .tops16: play(script, place) { pairs.pointee.tops.decode($0, $1) }
  case .deep10: play(script, place) { pairs.pointee.deep.decode($0, $1) }
  case .deepPlus: play(script, place) { pairs.pointee.deepPlus.decode($0, $1) }
  case .cmeMDP3: play(script, place) { pairs.pointee.cme.decode($0, $1) }
  case .coinbaseDerivatives: play(script, place) { pairs.pointee.coinbase.decode($0, $1) }
  case .eobi: play(script, place) { pairs.pointee.eobi.decode($0, $1) }
  case .deribit: play(script, place) { pairs.pointee.deribit.decode($0, $1) }
  }
}

private func play(
  _ input: Script, _ place: Int,
  _ decode: (UnsafeMutablePointer<Delivery>, UnsafeMutablePointer<DeliveredPacket>) -> Void
) {
  var script = input
  let transport = described[place].0.transport
  var packets = PacketMaker(described[place].0, stream: 1)
  var payloads = FrameBuilder()
  let clock: UInt64 = 1_700_000_000_000_000_000
  while !script.isOver, !payloads.isFull {
    let messages = (0...Int(script.byte() & 3)).map { _ in makers[place].message(&script) }
    let payload = payloads.keep(packets.packet(messages, at: clock))
    var offset = 0
    while offset < payload.count,
      let packet = transport.parse(
        payload.baseAddress! + offset, length: payload.count - offset, declared: payload.count - offset)
    {
      var delivered = DeliveredPacket(
        captureNanoseconds: clock, payload: packet.blocks - Int(packet.headerLength),
        packetIndex: UInt64(payloads.kept), fileIndex: 0)
      var at = 0
      for _ in 0..<packet.messageCount {
        guard let message = transport.layout.message(in: packet.blocks, at: at, end: Int(packet.blocksLength)) else {
          break
        }
        at += Int(transport.layout.bodyOffset) + message.count
        guard let bytes = message.baseAddress else { continue }
        var delivery = Delivery(
          bytes: bytes, length: UInt16(clamping: message.count), packet: 0, channel: 0, kind: .message,
          endsPacket: true, detail: 0)
        decode(&delivery, &delivered)
      }
      guard transport == .mach else { break }
      offset += max(MACH.headerLength, Int(packet.blocksLength))
    }
  }
}

/// Each message of each protocol behind one another, twice, with two sets of values.
func everydaySeeds() -> [[UInt8]] {
  makers.enumerated().map { place, maker in
    [UInt8(place)] + (0..<maker.count).flatMap { template in
      (1...2 as ClosedRange<UInt8>).flatMap { [0] + maker.script(template, value: $0) }
    }
  }
}
