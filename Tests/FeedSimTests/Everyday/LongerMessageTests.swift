import FeedObserve
import Foundation
import Testing

@testable import FeedCore
@testable import FeedSim

/// Venues lengthen messages without notice: such are read by their known head, and counted, whichever way they take
/// through the pipeline.
@Suite struct LongerMessageTests {
  private typealias Packet = (messages: [[UInt8]], time: UInt64)

  private static func day(_ feedProtocol: FeedProtocol, changes: Int, seed: UInt64) -> [Packet] {
    var writer = PlainWriters.writer(feedProtocol, midnightNanoseconds: PlainRun.midnight)
    var market = PlainMarket(seed: seed)
    var now: UInt64 = 34_200_000_000_000
    var packets: [Packet] = []
    func send(_ messages: [[UInt8]]) {
      for start in stride(from: 0, to: messages.count, by: 3) {
        now += 5_000
        packets.append((Array(messages[start..<min(start + 3, messages.count)]), now))
      }
    }
    send(writer.opening(at: now))
    for _ in 0..<changes {
      now += 1_000
      send(writer.messages(market.next(), at: now) + writer.messages(market.next(), at: now))
    }
    return packets
  }

  private static func frames(_ feedProtocol: FeedProtocol, _ day: [Packet]) -> [MemorySink.Frame] {
    var channel = PlainRun.Channel(feedProtocol)
    return day.map { channel.frame($0.messages, at: $0.time) }
  }

  // MARK: - Longer messages

  private static func number(_ message: [UInt8], _ offset: Int) -> Int {
    Int(message[offset]) | Int(message[offset + 1]) << 8
  }

  private static func store(_ value: Int, _ offset: Int, in message: inout [UInt8]) {
    message[offset] = UInt8(value & 0xFF)
    message[offset + 1] = UInt8(value >> 8)
  }

  /// A message as a newer revision might write it: one byte more, or eight where messages are padded.
  ///
  /// - Parameter way: behind the message; in its block; in the entries of its first group, where it has such.
  private static func longer(_ message: [UInt8], _ feedProtocol: FeedProtocol, way: Int) throws -> [UInt8] {
    var longer = message
    switch feedProtocol {
    case .itch50, .tops15, .tops16, .deep10, .deepPlus, .miaxPearlDepth: longer.append(0xEE)
    case .pitch:
      // Some types had fewer bytes once.
      let layout = try #require(CboePITCHLayouts.description.layout(ofType: message[1]))
      longer += [UInt8](repeating: 0xEE, count: layout.length + 1 - message.count)
      longer[0] = UInt8(longer.count)
    case .nyseIntegrated:
      longer.append(0xEE)
      store(longer.count, 0, in: &longer)
    case .memxDepth:
      longer.append(0xEE)
      if way > 0 { longer[1] += 1 }
    case .eobi:
      longer += [UInt8](repeating: 0xEE, count: 8)
      store(longer.count, 0, in: &longer)
    case .cmeMDP3:
      let block = number(message, 2)
      let group = 10 + block
      switch way {
      case 1:
        longer.insert(0xEE, at: group)
        store(block + 1, 2, in: &longer)
      case 2 where group + 3 <= message.count && message[group + 2] > 0:
        widen(&longer, header: group, length: 3, count: Int(message[group + 2]))
      default: longer.append(0xEE)
      }
      store(longer.count, 0, in: &longer)
    case .coinbaseDerivatives:
      let block = number(message, 2)
      if way > 0 {
        longer = Array(message[..<(10 + block)]) + [0xEE]
        store(block + 1, 2, in: &longer)
        longer += [UInt8](repeating: 0, count: (8 - longer.count % 8) % 8)
      } else {
        longer += [UInt8](repeating: 0xEE, count: 8)
      }
      store(longer.count, 0, in: &longer)
    case .deribit:
      let block = number(message, 0)
      let group = 12 + block
      if way == 2, number(message, 8) > 0, number(message, group + 2) > 0 {
        widen(&longer, header: group, length: 8, count: number(message, group + 2))
      } else {
        longer.insert(0xEE, at: group)
        store(block + 1, 0, in: &longer)
      }
    }
    return longer
  }

  /// Gives each entry of a group a byte more.
  private static func widen(_ message: inout [UInt8], header: Int, length: Int, count: Int) {
    let stride = number(message, header)
    store(stride + 1, header, in: &message)
    for entry in (1...count).reversed() { message.insert(0xEE, at: header + length + entry * stride) }
  }

  private static func typeText(_ message: [UInt8], _ feedProtocol: FeedProtocol) -> String? {
    let choice = DecodeProtocol.feed(feedProtocol)
    return message.withUnsafeBytes { bytes in choice.descriptions[0].typeText(of: bytes) }
  }

  // MARK: - What decode says

  private struct Judged {
    var count: UInt64
    var packet: UInt64?
    var offset: Int?
  }

  /// As `feedh decode` judges the packets, one by one.
  private static func judged(_ feedProtocol: FeedProtocol, _ frames: [MemorySink.Frame]) throws -> Judged {
    var selection = DecodeSelection()
    selection.protocol = .feed(feedProtocol)
    selection.limit = nil
    selection.format = .ndjson
    var decoder = try CaptureDecoder(selection)
    decoder.beginFile(named: "day")
    for frame in frames {
      Array(frame.bytes[UDPFramer.headerLength...]).withUnsafeBytes { bytes in
        decoder.decode(
          TransportView(
            payload: bytes.baseAddress!, payloadLength: bytes.count, declaredPayloadLength: bytes.count,
            destinationHigh: 0, destinationLow: 0, sourceHigh: 0, sourceLow: 0, destinationPort: 14_310,
            sourcePort: 51_000, tcpSequenceNumber: 0, tcpFlags: 0, transport: .udp), at: frame.captureNanoseconds)
      }
      decoder.output.removeAll()
    }
    let place = decoder.tally.firstPlace(of: .longerMessages)
    #expect(decoder.tally.count(of: .malformed) == 0 && decoder.tally.count(of: .undecodedPackets) == 0)
    return Judged(
      count: decoder.tally.count(of: .longerMessages), packet: place?.packetIndex, offset: place?.offset)
  }

  private static func expectSame(
    _ run: PlainRun, _ judged: Judged, as plain: PlainRun, longer: UInt64, _ comment: Comment
  ) {
    #expect(run.summary[.longerMessages] == longer && judged.count == longer, comment)
    let first = run.summary.noted.first { $0.counter == .longerMessages }?.first
    #expect(first?.packetIndex == judged.packet && first.map { Int($0.offset) } == judged.offset, comment)
    #expect(run.contentsDigest == plain.contentsDigest && run.states == plain.states, comment)
    for counter in [Counter.malformed, .unknownTypes, .gaps, .messagesLost] {
      #expect(run.summary[counter] == 0, "\(counter), \(comment)")
    }
  }

  // MARK: - Tests

  /// One message in five, of all types, in all of the protocol's ways; then what has to be the same: another burst, two
  /// cores.
  @Test(arguments: FeedProtocol.allCases)
  func longerMessagesGiveTheSameBooksAndAreCountedAsDecodeCountsThem(_ feedProtocol: FeedProtocol) throws {
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? 23
    var random = SplitMix(seed)
    let day = Self.day(feedProtocol, changes: 700, seed: seed)
    let plain = try PlainRun(feedProtocol, Self.frames(feedProtocol, day))
    #expect(plain.summary[.longerMessages] == 0)
    #expect(try Self.judged(feedProtocol, Self.frames(feedProtocol, day)).count == 0)
    var changed = day
    var count: UInt64 = 0
    for packet in changed.indices {
      for index in changed[packet].messages.indices where random.below(5) == 0 {
        changed[packet].messages[index] = try Self.longer(
          changed[packet].messages[index], feedProtocol, way: random.below(3))
        count += 1
      }
    }
    let frames = Self.frames(feedProtocol, changed)
    let judged = try Self.judged(feedProtocol, frames)
    #expect(count > 200, "seed \(seed)")
    for (burst, cores) in [(64, 1), (1, 1), (64, 2)] {
      let run = try PlainRun(feedProtocol, frames) {
        $0.threads.burstPackets = burst
        $0.threads.coreCount = cores
        $0.threads.cpus = [1_000, 1_000]
      }
      Self.expectSame(run, judged, as: plain, longer: count, "bursts of \(burst), \(cores) cores, seed \(seed)")
    }
  }

  /// Of each type that the day has, those of every day and those that only its start has, one message and no other.
  @Test(arguments: FeedProtocol.allCases)
  func oneLongerMessageOfAnyTypeIsCountedInItsPlace(_ feedProtocol: FeedProtocol) throws {
    let day = Self.day(feedProtocol, changes: 120, seed: 5)
    let plain = try PlainRun(feedProtocol, Self.frames(feedProtocol, day))
    var last: [String: (packet: Int, index: Int)] = [:]
    for (packet, messages) in day.map(\.messages).enumerated() {
      for (index, message) in messages.enumerated() {
        last[try #require(Self.typeText(message, feedProtocol))] = (packet, index)
      }
    }
    // TOPS 1.5 is quotes, and nothing else that plain traffic has.
    #expect(last.count >= (feedProtocol == .tops15 ? 1 : 2), "types \(last.keys.sorted())")
    for (type, place) in last.sorted(by: { $0.key < $1.key }) {
      for way in 0..<3 {
        var changed = day
        changed[place.packet].messages[place.index] = try Self.longer(
          changed[place.packet].messages[place.index], feedProtocol, way: way)
        let frames = Self.frames(feedProtocol, changed)
        let judged = try Self.judged(feedProtocol, frames)
        #expect(judged.packet == UInt64(place.packet), "type \(type)")
        Self.expectSame(
          try PlainRun(feedProtocol, frames), judged, as: plain, longer: 1, "type \(type), way \(way)")
        if ![.memxDepth, .cmeMDP3, .coinbaseDerivatives, .deribit].contains(feedProtocol) { break }
      }
    }
  }
}
