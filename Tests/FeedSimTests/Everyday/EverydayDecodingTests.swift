import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// The everyday way through a decoder reads what the long way reads: the same events, the same counters, on traffic of
/// each protocol, damaged now and then.
@Suite struct EverydayDecodingTests {
  /// A venue's tables on one core, and where its decoder counts.
  private final class Venue {
    let context: DecoderContext
    let directory: UnsafeMutablePointer<InstrumentDirectory>
    let event = UnsafeMutablePointer<BookEvent>.allocate(capacity: 1)
    let packets = UnsafeMutablePointer<DeliveredPacket>.allocate(capacity: 1)

    init(_ feedProtocol: FeedProtocol) {
      let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
      symbols.initialize(to: SymbolTable(capacity: 2_048, shardCount: 16))
      directory = .allocate(capacity: 1)
      // A third of the shards are another core's.
      directory.initialize(
        to: InstrumentDirectory(
          venue: 0, capacity: 2_048, ownedShards: 0x6DB6, shardCount: 16, roundLot: 100,
          scale: .standard(of: feedProtocol), identifierCapacity: 4_096, kind: VenueKind(feedProtocol)))
      context = DecoderContext(
        channel: 0, venue: 0, feedProtocol: feedProtocol, directory: directory, symbols: symbols,
        counters: Counters(), countsMessages: 1, byType: Storage<UInt64>(capacity: 256).base, stream: 1)
    }

    var counted: [UInt64] { Counter.allCases.map { context.counters[$0] } }
    var byType: [UInt64] { (0..<256).map { context.byType[$0] } }
    var settled: [Bool] { (0..<directory.pointee.count).map { directory.pointee.scales[$0].isUsed } }

    /// The bytes of a message's events: of a group, its members'.
    func events(_ list: UnsafeMutablePointer<EventList>) -> [[UInt8]] {
      func bytes(_ event: UnsafeMutablePointer<BookEvent>) -> [UInt8] {
        // Where its order stands is the book's note to itself.
        event.pointee.home = 0
        return Array(UnsafeRawBufferPointer(start: event, count: MemoryLayout<BookEvent>.size))
      }
      guard event.pointee.kind == .group else { return [bytes(event)] }
      let first = list.pointee.events.base + Int(event.pointee.reference)
      return [bytes(event)] + (0..<Int(event.pointee.quantity)).map { bytes(first + $0) }
    }
  }

  /// The messages of a capture, each with its packet's bytes before it.
  private struct Messages: DeliverySink {
    var batch = DeliveryBatch()
    var read: [(bytes: [UInt8], offset: Int, time: UInt64)] = []

    mutating func flush() {
      for index in 0..<batch.count where batch.deliveries[index].kind == .message {
        let delivery = batch.deliveries[index]
        let packet = batch.packets[Int(delivery.packet)]
        let offset = delivery.bytes - packet.payload
        read.append(
          (Array(UnsafeRawBufferPointer(start: packet.payload, count: offset + Int(delivery.length))), offset,
            packet.captureNanoseconds))
      }
      batch.clear()
    }
  }

  private func messages(_ feedProtocol: FeedProtocol, seed: UInt64) throws -> Messages {
    let capture = FrameCapture(try PlainFrames(feedProtocol, changes: 6_000, seed: seed).frames)
    let settings = Settings()
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: ["plain"], makeSource: { FrameCapture.Source(packets: capture.packets) })
    var ingest = Ingest(plan: plan, settings: settings, fileCount: 1)
    var sink = Messages()
    for packet in capture.packets { ingest.process(packet, into: &sink) }
    sink.flush()
    return sink
  }

  private func compare<Decoder: EventDecoder>(_: Decoder.Type, _ feedProtocol: FeedProtocol) throws {
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? 17
    var random = SplitMix(seed)
    let (short, long) = (Venue(feedProtocol), Venue(feedProtocol))
    var decoders = Decoders([short.context])
    var whole = Decoder(long.context)
    let list = UnsafeMutablePointer<EventList>.allocate(capacity: 1)
    list.initialize(to: EventList())
    var (everyday, alone) = (0, Decoder(Venue(feedProtocol).context))
    for (number, message) in try messages(feedProtocol, seed: seed).read.enumerated() {
      var bytes = message.bytes
      // The start of the day stays as it is.
      if number > 1_100 {
        // A change of Deribit that is lost ends what is known of its book.
        switch random.below(feedProtocol == .deribit ? 240 : 12) {
        case 0: bytes[message.offset + random.below(bytes.count - message.offset)] ^= UInt8(1 << random.below(8))
        case 1: bytes[random.below(bytes.count)] = UInt8(random.below(256))
        case 2: bytes.removeLast(random.below(bytes.count - message.offset))
        case 3: bytes += [UInt8](repeating: 0xFF, count: 1 + random.below(9))
        default: break
        }
      }
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: bytes)
      let payload = UnsafeRawPointer(memory.baseAddress!)
      var delivery = Delivery(
        bytes: payload + message.offset, length: UInt16(bytes.count - message.offset), packet: 0, channel: 0,
        kind: .message, endsPacket: true, detail: 0)
      for venue in [short, long] {
        venue.packets.initialize(
          to: DeliveredPacket(
            captureNanoseconds: message.time, payload: payload, packetIndex: UInt64(number), fileIndex: 0))
      }
      decoders.list.pointee.removeAll()
      list.pointee.removeAll()
      _ = decoders.decodeOther(&delivery, packets: short.packets, into: short.event)
      var writer = EventWriter(first: long.event, list: list, head: long.context.head(type: 0))
      _ = whole.decode(&delivery, packets: long.packets, into: &writer)
      writer.finish()
      #expect(short.events(decoders.list) == long.events(list), "message \(number): \(bytes), seed \(seed)")
      // How often the short way is taken: of a decoder that hears the same.
      let heard = alone.decodeEveryday(&delivery, packets: long.packets, list: list, into: short.event)
      if heard {
        everyday += 1
      } else {
        var other = EventWriter(first: short.event, list: list, head: short.context.head(type: 0))
        _ = alone.decode(&delivery, packets: long.packets, into: &other)
      }
    }
    #expect(short.counted == long.counted && short.byType == long.byType, "seed \(seed)")
    #expect(short.settled == long.settled, "seed \(seed)")
    // Two thirds are this core's, one in three messages is damaged or of the rest. Deribit's short way is in `decode`.
    #expect(everyday > 1_000 || feedProtocol == .deribit, "\(everyday) messages took the short way")
  }

  @Test func pitch() throws { try compare(CboePITCHDecoder.self, .pitch) }
  @Test func nyse() throws { try compare(NYSEIntegratedDecoder.self, .nyseIntegrated) }
  @Test func memx() throws { try compare(MEMXDepthDecoder.self, .memxDepth) }
  @Test func miax() throws { try compare(MIAXPearlDecoder.self, .miaxPearlDepth) }
  @Test(arguments: [FeedProtocol.tops16, .deep10, .deepPlus])
  func iex(feedProtocol: FeedProtocol) throws { try compare(IEXDecoder.self, feedProtocol) }
  @Test func cme() throws { try compare(CMEDecoder.self, .cmeMDP3) }
  @Test func coinbase() throws { try compare(CoinbaseDerivativesDecoder.self, .coinbaseDerivatives) }
  @Test func eobi() throws { try compare(EOBIDecoder.self, .eobi) }
  @Test func deribit() throws { try compare(DeribitDecoder.self, .deribit) }

  /// A decoder writes heads as words.
  @Test func anEventsHeadIsOneWordWhereDecodersPutIt() throws {
    #expect(MemoryLayout<BookEvent>.offset(of: \.head) == BookEvent.headOffset)
    #expect(MemoryLayout<BookEvent.Head>.size == 8 && MemoryLayout<EverydayShape>.offset(of: \.head) == 0)
    var head = BookEvent.Head()
    (head.kind, head.sellBit, head.type, head.flags) = (.reduce, 1, 0x5A, .keepsPlaceUnlessMore)
    let blank = EverydayTables.word(BookEvent.Head())
    #expect(
      EverydayTables.word(head)
        == blank | EverydayTables.head(.reduce, type: 0x5A, isSell: true, flags: .keepsPlaceUnlessMore))
  }
}
