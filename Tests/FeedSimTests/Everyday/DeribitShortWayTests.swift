import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// A change of Deribit's that carries an empty string goes the long way, and means the same: both ways give the same
/// events.
@Suite struct DeribitShortWayTests {
  private final class Side {
    let context: DecoderContext
    var decoder: DeribitDecoder
    let event = UnsafeMutablePointer<BookEvent>.allocate(capacity: 1)
    let packet = UnsafeMutablePointer<DeliveredPacket>.allocate(capacity: 1)
    let list = UnsafeMutablePointer<EventList>.allocate(capacity: 1)

    init() {
      let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
      symbols.initialize(to: SymbolTable(capacity: 2_048, shardCount: 16))
      let directory = UnsafeMutablePointer<InstrumentDirectory>.allocate(capacity: 1)
      directory.initialize(
        to: InstrumentDirectory(
          venue: 0, capacity: 2_048, ownedShards: 0x6DB6, shardCount: 16, roundLot: 1,
          scale: .standard(of: .deribit), identifierCapacity: 4_096, kind: VenueKind(.deribit)))
      context = DecoderContext(
        channel: 0, venue: 0, feedProtocol: .deribit, directory: directory, symbols: symbols, counters: Counters(),
        countsMessages: 1, byType: Storage<UInt64>(capacity: 256).base)
      decoder = DeribitDecoder(context)
      list.initialize(to: EventList())
    }

    /// The events of a packet, their bytes.
    func read(_ payload: [UInt8], at time: UInt64) -> [[UInt8]] {
      payload.withUnsafeBytes { bytes in
        packet.initialize(
          to: DeliveredPacket(
            captureNanoseconds: time, payload: bytes.baseAddress!, packetIndex: 0, fileIndex: 0))
        var delivery = Delivery(
          bytes: bytes.baseAddress! + 8, length: UInt16(payload.count - 8), packet: 0, channel: 0, kind: .message,
          endsPacket: true, detail: 0)
        list.pointee.removeAll()
        var writer = EventWriter(first: event, list: list, head: context.head(type: 0))
        _ = decoder.decode(&delivery, packets: packet, into: &writer)
        return (0..<writer.count).map {
          Array(UnsafeRawBufferPointer(start: writer.event(at: $0), count: MemoryLayout<BookEvent>.size))
        }
      }
    }
  }

  private func number(_ bytes: [UInt8], _ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }

  /// Where the messages of a packet begin, and where it ends.
  private func bounds(_ payload: [UInt8]) -> [Int] {
    var bounds = [8]
    while bounds.last! < payload.count {
      let rest = Array(payload[bounds.last!...])
      guard let length = rest.withUnsafeBytes({ DeribitPacket.messageLength($0.baseAddress!, length: rest.count) }) else {
        break
      }
      bounds.append(bounds.last! + length)
    }
    return bounds
  }

  /// Each change with one string, of no bytes.
  private func withStrings(_ payload: [UInt8]) -> [UInt8] {
    let bounds = bounds(payload)
    var result = Array(payload[..<8])
    for (start, end) in zip(bounds, bounds.dropFirst()) {
      var message = Array(payload[start..<end])
      if number(message, 2) == 1_001 {
        message[10] += 1
        message.append(0)
      }
      result += message
    }
    return result
  }

  @Test func changesOnTheLongWayGiveTheSameEvents() throws {
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? 23
    var random = SplitMix(seed)
    let (short, long) = (Side(), Side())
    var events = 0
    for frame in try PlainFrames(.deribit, changes: 8_000, seed: seed).frames {
      var payload = Array(frame.bytes[42...])
      let starts = bounds(payload)
      #expect(starts.last == payload.count)
      // Now and then a byte of a change's root block or of its entries: sides, kinds, numbers, the chain.
      if random.below(60) == 0, let start = starts.dropLast().randomElement(using: &random),
        number(payload, start + 2) == 1_001
      {
        let root = random.below(2) == 0
        payload[start + (root ? 12 + random.below(29) : 49 + random.below(18))] ^= UInt8(1 << random.below(8))
      }
      let expected = long.read(withStrings(payload), at: frame.captureNanoseconds)
      #expect(short.read(payload, at: frame.captureNanoseconds) == expected, "seed \(seed)")
      events += expected.count
    }
    // The strings make each of those messages longer.
    for counter in Counter.allCases where counter != .longerMessages {
      #expect(short.context.counters[counter] == long.context.counters[counter], "\(counter), seed \(seed)")
    }
    #expect(events > 4_000)
  }
}

extension SplitMix: RandomNumberGenerator {}
