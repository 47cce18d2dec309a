import Foundation
import Testing

@testable import FeedCore

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct SessionRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Prints the seed of a test, which FEEDH_TEST_SEED repeats.
  static func seed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? .random(in: 0 ... .max)
    print("\(test): seed \(seed) (FEEDH_TEST_SEED=\(seed) repeats it)")
    return seed
  }
}

/// MoldUDP64 payloads, byte by byte.
enum Mold {
  static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  static func header(_ session: String, _ sequenceNumber: UInt64, _ count: UInt16) -> [UInt8] {
    let name = Array(session.utf8)
    return name + [UInt8](repeating: 0x20, count: 10 - name.count) + bigEndian(sequenceNumber) + bigEndian(count)
  }

  static func blocks(_ messages: [[UInt8]]) -> [UInt8] { messages.flatMap { bigEndian(UInt16($0.count)) + $0 } }

  static func packet(_ session: String, _ sequenceNumber: UInt64, _ messages: [[UInt8]]) -> [UInt8] {
    header(session, sequenceNumber, UInt16(messages.count)) + blocks(messages)
  }

  static func heartbeat(_ session: String, _ sequenceNumber: UInt64) -> [UInt8] { header(session, sequenceNumber, 0) }
  static func end(_ session: String, _ sequenceNumber: UInt64) -> [UInt8] { header(session, sequenceNumber, 0xFFFF) }
}

/// What the arbiter handed on, without pointers.
enum SessionEvent: Equatable, CustomStringConvertible {
  case message(bytes: [UInt8], at: UInt64, endsPacket: Bool)
  case state(BookState, at: UInt64)
  case restart(at: UInt64)
  case snapshotBegan(at: UInt64)
  case snapshotMessage(bytes: [UInt8], at: UInt64)
  case snapshotEnded(at: UInt64)

  var time: UInt64 {
    switch self {
    case .message(_, let time, _), .state(_, let time), .restart(let time), .snapshotBegan(let time),
      .snapshotMessage(_, let time), .snapshotEnded(let time):
      time
    }
  }

  /// `12`, `13.` (the end of a packet), `<gap>`, `<restart>`, `<snapshot> [a] [b] <whole>`.
  var description: String {
    switch self {
    case .message(let bytes, _, let endsPacket): String(decoding: bytes, as: UTF8.self) + (endsPacket ? "." : "")
    case .state(let state, _): "<\(state)>"
    case .restart: "<restart>"
    case .snapshotBegan: "<snapshot>"
    case .snapshotMessage(let bytes, _): "[" + String(decoding: bytes, as: UTF8.self) + "]"
    case .snapshotEnded: "<whole>"
    }
  }
}

/// Copies every delivery out of the batch.
struct RecordingSink: DeliverySink {
  var batch = DeliveryBatch()
  var events: [SessionEvent] = []
  /// Where each delivered message stands: packet index and offset into the payload.
  var places: [Occurrence] = []
  /// Deliveries that told of messages lost for good.
  var lossesTold = 0

  mutating func flush() {
    for index in 0..<batch.count {
      let delivery = batch.deliveries[index]
      let time = batch.packets[Int(delivery.packet)].captureNanoseconds
      switch delivery.kind {
      case .message:
        let bytes = Array(UnsafeRawBufferPointer(start: delivery.bytes, count: Int(delivery.length)))
        events.append(.message(bytes: bytes, at: time, endsPacket: delivery.endsPacket))
        places.append(delivery.occurrence(in: batch.packets.base))
      case .channelState:
        #expect(delivery.endsPacket, "a change of trust is a publish point")
        events.append(.state(BookState(rawValue: delivery.detail)!, at: time))
      case .sessionRestart:
        #expect(delivery.endsPacket)
        events.append(.restart(at: time))
      case .messagesLost: lossesTold += 1
      case .snapshotBegan: events.append(.snapshotBegan(at: time))
      case .snapshotMessage:
        let bytes = Array(UnsafeRawBufferPointer(start: delivery.bytes, count: Int(delivery.length)))
        events.append(.snapshotMessage(bytes: bytes, at: time))
      case .snapshotEnded: events.append(.snapshotEnded(at: time))
      case .snapshotPacket: Issue.record("the arbiter brings no snapshots of instruments")
      }
    }
    #expect(batch.packetCount <= batch.packets.capacity)
    batch.clear()
  }
}

/// One arbiter, fed with payloads as `Ingest` feeds it. A message's bytes are its number as text unless a test says
/// otherwise; sessions are "S1", "S2", …
final class SessionHarness {
  typealias Arbiter = LineArbiter
  let transport: Transport
  static let window: UInt64 = 1_000_000

  var arbiter: Arbiter
  var sink = RecordingSink()
  let counters = Counters()
  private(set) var clock: UInt64 = 0
  private var packetIndex: UInt64 = 0
  /// Payloads end exactly where their memory does, so that a sanitizer sees any read beyond; kept because held and
  /// delivered packets point into them.
  private var memory: [UnsafeMutableRawBufferPointer] = []

  /// What the channel's recovery wants sent.
  let outbox = RecoveryOutbox()

  /// Packets' bytes go once they were taken and the batch was worked off, as live ones do.
  let bytesGo: Bool

  /// - Parameter retainedBytes: what late copies are compared with, of packets that do not stay; nil: they stay.
  init(
    _ transport: Transport = .moldUDP64, retainedBytes: Int? = nil,
    _ configure: (inout SessionSettings) -> Void = { _ in }
  ) {
    self.transport = transport
    var settings = SessionSettings()
    configure(&settings)
    bytesGo = retainedBytes != nil
    arbiter = Arbiter(
      channel: 3, transport: transport, settings: settings, counters: counters, retainedBytes: retainedBytes)
  }

  /// A channel that may ask: line 2 carries the answers.
  init(
    messages: Bool, snapshots: Bool, protocol feedProtocol: FeedProtocol = .itch50,
    _ configure: (inout SessionSettings, inout RecoverySettings) -> Void = { _, _ in }
  ) {
    transport = feedProtocol.transport
    bytesGo = false
    var settings = SessionSettings()
    var recovery = RecoverySettings()
    settings.reorderWindowPackets = 8
    recovery.bufferPackets = 8
    recovery.requestMessages = 5
    configure(&settings, &recovery)
    var feed = FeedRecoverySettings()
    feed.messages = messages
    feed.snapshots = snapshots
    feed.username = "USER"
    feed.password = "PASS"
    let memory = UnsafeMutablePointer<ChannelRecovery>.allocate(capacity: 1)
    memory.initialize(
      to: ChannelRecovery(
        identity: RecoveryIdentity(protocol: feedProtocol, channel: 3, stream: 1, settings: feed), feed: feed,
        settings: recovery, outbox: outbox))
    arbiter = Arbiter(
      channel: 3, transport: transport, settings: settings, counters: counters, recovery: memory, answerLines: 1 << 2,
      answerTimeoutNanoseconds: recovery.answerTimeoutNanoseconds)
  }

  deinit { for buffer in memory { buffer.deallocate() } }

  /// Messages `first`, `first + 1`, … as text.
  static func texts(_ first: UInt64, _ count: Int) -> [[UInt8]] {
    (0..<UInt64(count)).map { Array("\(first &+ $0)".utf8) }
  }

  // MARK: - Packets

  func data(
    _ first: UInt64, _ count: Int = 1, session: String = "S1", line: UInt8 = 0, at time: UInt64? = nil,
    wholeMessages: Int? = nil
  ) {
    let messages = Self.texts(first, count)
    let payload = Mold.packet(session, first, messages)
    // Cut one byte short of the next message, inside its length prefix or its bytes.
    let keep = wholeMessages.map { 20 + Mold.blocks(Array(messages[..<$0])).count + ($0 < count ? 1 : 0) }
    send(payload, line: line, at: time, keep: keep)
  }

  func data(_ first: UInt64, texts: [String], session: String = "S1", line: UInt8 = 0, at time: UInt64? = nil) {
    send(Mold.packet(session, first, texts.map { Array($0.utf8) }), line: line, at: time)
  }

  func heartbeat(_ next: UInt64, session: String = "S1", line: UInt8 = 0, at time: UInt64? = nil) {
    send(Mold.heartbeat(session, next), line: line, at: time)
  }

  func end(_ next: UInt64, session: String = "S1", line: UInt8 = 0, at time: UInt64? = nil) {
    send(Mold.end(session, next), line: line, at: time)
  }

  /// Takes a payload; `keep` = what the snap length left of it.
  func send(_ payload: [UInt8], line: UInt8 = 0, at time: UInt64? = nil, keep: Int? = nil, flush: Bool = true) {
    advance(to: time ?? clock)
    let length = keep ?? payload.count
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, length), alignment: 1)
    buffer.copyBytes(from: payload[..<length])
    memory.append(buffer)
    let index = packetIndex
    packetIndex += 1
    guard
      var packet = transport.parse(
        UnsafeRawPointer(buffer.baseAddress!), length: length, declared: payload.count)
    else {
      counters.note(.malformed, at: Occurrence(fileIndex: 0, packetIndex: index, offset: 0))
      return
    }
    packet.captureNanoseconds = clock
    packet.packetIndex = index
    packet.line = line
    if length < payload.count { packet.wholeCount = 0 }
    packet.sequenceNumber = arbiter.unwrapped(packet.sequenceNumber)
    if arbiter.isAnswer(packet) {
      arbiter.acceptAnswer(packet, clock: clock, into: &sink)
    } else {
      arbiter.accept(packet, clock: clock, into: &sink)
    }
    if flush { sink.flush() }
    if bytesGo {
      sink.flush()
      for index in buffer.indices { buffer[index] = 0xDB }
    }
  }

  /// The capture clock goes on, as `Ingest` lets it.
  func advance(to time: UInt64) {
    #expect(time >= clock)
    clock = time
    if clock >= arbiter.nextDue { arbiter.advance(to: clock, into: &sink) }
    sink.flush()
  }

  func finish() {
    arbiter.finish(clock: clock, into: &sink)
    sink.flush()
  }

  // MARK: - What came of it

  /// Everything handed on since the last call: `@0 1 2. <ok> @5 3.`, times where they change.
  func trace() -> String {
    var parts: [String] = []
    var time: UInt64?
    for event in sink.events {
      if event.time != time { parts.append("@\(event.time)") }
      time = event.time
      parts.append(event.description)
    }
    sink.events = []
    return parts.joined(separator: " ")
  }

  /// The counters that are not zero, as `duplicates 2`, without those of every packet.
  var counts: [String] {
    Counter.allCases.filter { counters[$0] > 0 && $0 != .channelPackets && $0 != .heartbeats }
      .map { "\($0.name) \(counters[$0])" }
  }

  /// Opens the feed with messages 1 ... `last` in one packet at the current time, and forgets the trace.
  func open(through last: Int = 2) {
    data(1, last)
    _ = trace()
  }
}
