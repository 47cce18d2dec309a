import CSIMD
import Glibc
import Testing

@testable import FeedCore

/// Runs of everyday messages by each set of vector instructions, against the scalar twin that decodes one at a time.
@Suite struct ITCH50RunTests {
  typealias M = ITCHBytes

  /// What a run left: what messages have beyond their types, its length, its events as bytes, the counts by type.
  private struct Outcome: Equatable {
    var surplus: UInt32
    var count: Int
    var events: [UInt8]
    var byType: [UInt64]
  }

  /// Memory whose last byte is the last that may be read.
  private final class GuardedPages {
    static let length = 4_096
    private let base: UnsafeMutableRawPointer

    init() {
      base = mmap(nil, 2 * Self.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      precondition(base != MAP_FAILED && mprotect(base + Self.length, Self.length, PROT_NONE) == 0)
    }

    deinit { munmap(base, 2 * Self.length) }

    /// Where `bytes` begin, so that they end `distance` bytes before the end.
    func place(_ bytes: [UInt8], endingBefore distance: Int) -> UnsafeRawPointer {
      let start = base + (Self.length - distance - bytes.count)
      start.copyMemory(from: bytes, byteCount: bytes.count)
      return UnsafeRawPointer(start)
    }
  }

  private static func message(_ random: inout BookTestRandom) -> [UInt8] {
    let locate: UInt16 = random.chance(20) ? 900 : UInt16(1 + random.below(40))
    let (reference, other) = (random.next(), random.next())
    let (shares, price) = (UInt32(truncatingIfNeeded: random.next()), UInt32(truncatingIfNeeded: random.next()))
    let time = random.next() >> 16
    let side: Character = random.chance(20) ? "b" : random.pick(["B", "S"])
    var message =
      switch random.below(14) {
      case 0..<4: M.add(locate, reference, side, shares, "ABC", price, at: time)
      case 4: M.add(locate, reference, side, shares, "ABC", price, mpid: "MPID", at: time)
      case 5..<8: M.delete(locate, reference, at: time)
      case 8: M.replace(locate, reference, other, shares, price, at: time)
      case 9: M.execute(locate, reference, shares, match: other, at: time)
      case 10:
        M.executeWithPrice(
          locate, reference, shares, match: other, printable: random.pick(["Y", "N"]), price, at: time)
      case 11, 12: M.cancel(locate, reference, shares, at: time)
      default: M.trade(locate, "ABC", shares, price, match: other, at: time)
      }
    if random.chance(20) { message.removeLast(1 + random.below(message.count)) }
    if random.chance(50) { message += (0..<random.below(40)).map { _ in 0xEE } }
    return message
  }

  @Test(arguments: InstructionSet.available) func runsAreDecodedAsMessagesOneByOne(_ set: InstructionSet) {
    var random = BookTestRandom(seed: BookTestRandom.seed())
    let harness = DecoderHarness(.itch50, instruments: 1_024)
    var decoder = ITCH50Decoder(harness.context)
    let pages = (0..<16).map { _ in GuardedPages() }
    for locate in 1...40 {
      let message = M.directory(UInt16(locate), "S\(locate)")
      let bytes = pages[0].place(message, endingBefore: 0)
      var packet = DeliveredPacket(captureNanoseconds: 0, payload: bytes, packetIndex: 0, fileIndex: 0)
      var delivery = Delivery(
        bytes: bytes, length: UInt16(message.count), packet: 0, channel: 3, kind: .message, endsPacket: true, detail: 0)
      var event = BookEvent()
      _ = decoder.decodeOther(&delivery, packets: &packet, into: &event)
    }
    let everyday = decoder.everyday
    var lengths = Set<Int>()
    for _ in 0..<4_000 {
      let count = 1 + random.below(16)
      var deliveries = (0..<count).map { index in
        let message = Self.message(&random)
        let distance = random.chance(300) ? 0 : random.below(80)
        return Delivery(
          bytes: pages[index].place(message, endingBefore: distance), length: UInt16(message.count),
          packet: UInt16(index), channel: random.chance(10) ? 4 : 3, kind: random.chance(10) ? .messagesLost : .message,
          endsPacket: random.chance(300), detail: 0)
      }
      let mark = Delivery.mark(ofMessagesOn: 3)
      var surplus: UInt32 = 0
      func outcome(_ decode: (inout [Delivery], UnsafeMutablePointer<BookEvent>) -> Int) -> Outcome {
        harness.context.byType.update(repeating: 0, count: 256)
        var events = [BookEvent](repeating: BookEvent(), count: 17)
        surplus = 0
        let done = events.withUnsafeMutableBufferPointer { decode(&deliveries, $0.baseAddress!) }
        return Outcome(
          surplus: surplus, count: done, events: events.withUnsafeBytes { Array($0.prefix(done * 48) + $0.suffix(48)) },
          byType: (0..<256).map { harness.context.byType[$0] })
      }
      let expected = outcome { deliveries, events in
        deliveries.withUnsafeMutableBufferPointer { deliveries in
          let first = deliveries.indices.first { index in
            deliveries[index].mark != mark
              || !everyday.decode(deliveries.baseAddress! + index, into: events + index, surplus: &surplus)
          }
          return first ?? count
        }
      }
      let found = outcome { deliveries, events in
        var everyday = everyday
        everyday.instructionSet = set.code
        return deliveries.withUnsafeMutableBufferPointer {
          everyday.decodeRun($0.baseAddress!, count: count, mark: mark, into: events, surplus: &surplus)
        }
      }
      #expect(found == expected)
      if found != expected { return }
      lengths.insert(found.count)
    }
    // Runs that end at once, and such that do not end.
    #expect(lengths.isSuperset(of: 0...12))
  }

  /// Runs of packets of three files, in any order: which message was the first that is longer does not depend on it.
  @Test func longerMessagesAreCountedAndTheFirstIsNamedWhateverTheOrderOfPackets() throws {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var noted = 0
    for _ in 0..<200 {
      let harness = DecoderHarness(.itch50)
      var decoder = ITCH50Decoder(harness.context)
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 16 * 64, alignment: 1)
      defer { memory.deallocate() }
      func place(_ message: [UInt8], at index: Int) -> UnsafeRawPointer {
        memory.advanced(by: 64 * index).copyMemory(from: message, byteCount: message.count)
        return UnsafeRawPointer(memory) + 64 * index
      }
      let named = M.directory(1, "ABC")
      var packets = [
        DeliveredPacket(captureNanoseconds: 0, payload: place(named, at: 0), packetIndex: 0, fileIndex: 0)
      ]
      var delivery = Delivery(
        bytes: packets[0].payload, length: UInt16(named.count), packet: 0, channel: 3, kind: .message, endsPacket: true,
        detail: 0)
      var event = BookEvent()
      _ = decoder.decodeOther(&delivery, packets: &packets, into: &event)

      var expected: [Occurrence] = []
      var next: [UInt64] = [1, 1, 1]
      for _ in 0..<(1 + random.below(12)) {
        packets = []
        var deliveries: [Delivery] = []
        while deliveries.count < 12 {
          let file = random.below(3)
          packets.append(
            DeliveredPacket(
              captureNanoseconds: 0, payload: UnsafeRawPointer(memory) + 64 * deliveries.count,
              packetIndex: next[file], fileIndex: UInt16(file)))
          next[file] += 1
          for _ in 0..<(1 + random.below(4)) {
            var message = M.delete(1, random.next(), at: 0)
            if random.chance(60) { message += [UInt8](repeating: 0xEE, count: 1 + random.below(9)) }
            let bytes = place(message, at: deliveries.count)
            deliveries.append(
              Delivery(
                bytes: bytes, length: UInt16(message.count), packet: UInt16(packets.count - 1), channel: 3,
                kind: .message, endsPacket: false, detail: 0))
            if message.count > 19 { expected.append(packets[packets.count - 1].occurrence(of: bytes)) }
          }
        }
        var events = [BookEvent](repeating: BookEvent(), count: deliveries.count)
        let taken = decoder.decodeRun(&deliveries, count: deliveries.count, packets: &packets, into: &events)
        #expect(taken == deliveries.count, "seed \(seed)")
      }
      let first = expected.min { $0.precedes($1) }
      #expect(harness.context.counters[.longerMessages] == UInt64(expected.count), "seed \(seed)")
      let found = harness.context.counters.first(.longerMessages)
      #expect(found.map { [UInt64($0.fileIndex), $0.packetIndex, UInt64($0.offset)] }
        == first.map { [UInt64($0.fileIndex), $0.packetIndex, UInt64($0.offset)] }, "seed \(seed)")
      noted += expected.isEmpty ? 0 : 1
    }
    #expect(noted > 100)
  }

  @Test func theRoutinesKnowTheStructuresAsTheyLieInMemory() {
    #expect(MemoryLayout<Delivery>.size == MemoryLayout<feedh_delivery>.size)
    #expect(MemoryLayout<Delivery>.offset(of: \.bytes) == MemoryLayout<feedh_delivery>.offset(of: \.bytes))
    #expect(MemoryLayout<Delivery>.offset(of: \.length) == MemoryLayout<feedh_delivery>.offset(of: \.length))
    #expect(MemoryLayout<Delivery>.offset(of: \.channel) == MemoryLayout<feedh_delivery>.offset(of: \.mark))
    #expect(MemoryLayout<Delivery>.offset(of: \.kind) == MemoryLayout<feedh_delivery>.offset(of: \.mark)! + 1)
    #expect(MemoryLayout<BookEvent>.size == MemoryLayout<feedh_event>.size)
    #expect(MemoryLayout<BookEvent>.offset(of: \.second) == MemoryLayout<feedh_event>.offset(of: \.second))
    #expect(
      MemoryLayout<BookEvent>.offset(of: \.exchangeNanoseconds)
        == MemoryLayout<feedh_event>.offset(of: \.exchange_nanoseconds))
    #expect(MemoryLayout<BookEvent>.offset(of: \.price) == MemoryLayout<feedh_event>.offset(of: \.price))
    #expect(MemoryLayout<BookEvent>.offset(of: \.quantity) == MemoryLayout<feedh_event>.offset(of: \.quantity))
    #expect(MemoryLayout<BookEvent>.offset(of: \.instrument) == MemoryLayout<feedh_event>.offset(of: \.instrument))
    #expect(MemoryLayout<BookEvent>.offset(of: \.home) == MemoryLayout<feedh_event>.offset(of: \.home))
    #expect(MemoryLayout<BookEvent>.offset(of: \.head) == MemoryLayout<feedh_event>.offset(of: \.head))
    #expect(BookEvent.headOffset == MemoryLayout<feedh_event>.offset(of: \.head))
  }
}
