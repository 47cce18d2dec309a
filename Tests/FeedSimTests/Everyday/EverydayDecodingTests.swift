import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// The everyday way through a decoder reads what the long way reads: the same events, the same counters, on traffic of
/// each protocol, damaged now and then.
@Suite struct EverydayDecodingTests {
  private static let runMaximum = 16

  /// A venue's tables on one core, and where its decoder counts.
  private final class Venue {
    let context: DecoderContext
    let directory: UnsafeMutablePointer<InstrumentDirectory>
    /// Of each message of a run.
    let events = UnsafeMutablePointer<BookEvent>.allocate(capacity: EverydayDecodingTests.runMaximum)
    let packets = UnsafeMutablePointer<DeliveredPacket>.allocate(capacity: EverydayDecodingTests.runMaximum)

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
    var countedButLonger: [UInt64] {
      Counter.allCases.filter { $0 != .longerMessages }.map { context.counters[$0] }
    }
    var byType: [UInt64] { (0..<256).map { context.byType[$0] } }
    var settled: [Bool] { (0..<directory.pointee.count).map { directory.pointee.everydayScales[$0].isUsed } }

    /// The bytes of the events of message `position`: of a group, its members'.
    func events(of position: Int, _ list: UnsafeMutablePointer<EventList>) -> [[UInt8]] {
      let event = events + position
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
    var everyday = 0
    let read = try messages(feedProtocol, seed: seed).read
    var next = 0
    while next < read.count {
      let count = min(1 + random.below(Self.runMaximum), read.count - next)
      let messages = read[next..<next + count].map {
        // The start of the day stays as it is.
        (offset: $0.offset, time: $0.time, bytes: next > 1_100 ? damaged($0, feedProtocol, &random) : $0.bytes)
      }
      decoders.list.pointee.removeAll()
      list.pointee.removeAll()
      withDeliveries(messages, from: next, short) { first in
        var position = 0
        while position < count {
          let taken = decoders.decodeRun(
            first + position, count: count - position, channel: 0, packets: short.packets,
            into: short.events + position)
          position += taken
          everyday += taken
          if position == count { break }
          _ = decoders.decodeOther(first + position, packets: short.packets, into: short.events + position)
          position += 1
        }
      }
      let others = messages.map {
        (
          offset: $0.offset, time: $0.time,
          bytes: feedProtocol == .deribit ? withStrings($0.bytes, $0.offset) : $0.bytes
        )
      }
      withDeliveries(others, from: next, long) { first in
        for position in 0..<count {
          var writer = EventWriter(first: long.events + position, list: list, head: long.context.head(type: 0))
          _ = whole.decode(first + position, packets: long.packets, into: &writer)
          writer.finish()
        }
      }
      for position in 0..<count {
        let found = short.events(of: position, decoders.list)
        #expect(
          found == long.events(of: position, list),
          "message \(next + position): \(messages[position].bytes), seed \(seed)")
      }
      next += count
    }
    // The strings make each of Deribit's changes longer (`LongerMessageTests` count them).
    let counted =
      feedProtocol == .deribit ? (short.countedButLonger, long.countedButLonger) : (short.counted, long.counted)
    #expect(counted.0 == counted.1 && short.byType == long.byType, "seed \(seed)")
    #expect(short.settled == long.settled, "seed \(seed)")
    // Two thirds are this core's, one in three messages is damaged or of the rest.
    #expect(everyday > 1_000, "\(everyday) messages took the short way")
  }

  private typealias Message = (offset: Int, time: UInt64, bytes: [UInt8])

  /// A run of messages, each in memory of exactly its packet's length up to its own end.
  private func withDeliveries(
    _ messages: [Message], from number: Int, _ venue: Venue, _ body: (UnsafeMutablePointer<Delivery>) -> Void
  ) {
    var deliveries: [Delivery] = []
    var memories: [UnsafeMutableRawBufferPointer] = []
    defer { for memory in memories { memory.deallocate() } }
    for (position, message) in messages.enumerated() {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: message.bytes.count, alignment: 1)
      memories.append(memory)
      memory.copyBytes(from: message.bytes)
      let payload = UnsafeRawPointer(memory.baseAddress!)
      deliveries.append(
        Delivery(
          bytes: payload + message.offset, length: UInt16(message.bytes.count - message.offset),
          packet: UInt16(position), channel: 0, kind: .message, endsPacket: true, detail: 0))
      (venue.packets + position).initialize(
        to: DeliveredPacket(
          captureNanoseconds: message.time, payload: payload, packetIndex: UInt64(number + position), fileIndex: 0))
    }
    deliveries.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
  }

  /// A body of Deribit's with an empty string behind each book change of one group: the same changes, which only the
  /// long way reads.
  private func withStrings(_ packet: [UInt8], _ offset: Int) -> [UInt8] {
    var result = Array(packet[..<offset])
    packet.withUnsafeBytes { packet in
      var position = offset
      while let message = DeribitMessage(packet.baseAddress! + position, available: packet.count - position) {
        let begin = result.count
        result += packet[position..<position + message.length]
        position += message.length
        if message.templateId == 1001, message.schema == 1, result[begin + 8..<begin + 12] == [1, 0, 0, 0] {
          result[begin + 10] = 1
          result.append(0)
        }
      }
      result += packet[position...]
    }
    return result
  }

  /// A message with, now and then, a bit or a byte that is another one, an end that is missing, or bytes behind it.
  private func damaged(
    _ message: (bytes: [UInt8], offset: Int, time: UInt64), _ feedProtocol: FeedProtocol, _ random: inout SplitMix
  ) -> [UInt8] {
    var bytes = message.bytes
    // A change of Deribit that is lost ends what is known of its book.
    switch random.below(feedProtocol == .deribit ? 240 : 12) {
    case 0: bytes[message.offset + random.below(bytes.count - message.offset)] ^= UInt8(1 << random.below(8))
    case 1: bytes[random.below(bytes.count)] = UInt8(random.below(256))
    case 2: bytes.removeLast(random.below(bytes.count - message.offset))
    case 3: bytes += [UInt8](repeating: 0xFF, count: 1 + random.below(9))
    default: break
    }
    return bytes
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
