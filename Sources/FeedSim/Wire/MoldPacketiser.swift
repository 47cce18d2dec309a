/// Gathers messages into MoldUDP64 packets, as a venue's publisher does: a packet goes out when it is full or when
/// its first message has waited long enough. MoldUDP64 1.00, "Downstream Packet".
struct MoldPacketiser {
  static let headerLength = 20
  /// Largest UDP payload the venues send.
  static let payloadLengthMax = 1_420
  static let messagesMax = 60

  /// A finished packet and when it leaves, nanoseconds of the exchange's day.
  struct Output {
    var payload: [UInt8]
    var nanoseconds: UInt64
    var messageCount: Int
  }

  private(set) var session: [UInt8]
  private(set) var nextSequenceNumber: UInt64 = 1
  private var payload: [UInt8] = []
  private var count = 0
  private var firstNanoseconds: UInt64 = 0
  private var lastNanoseconds: UInt64 = 0
  private var windowNanoseconds: UInt64 = 0
  private(set) var sentNanoseconds: UInt64 = 0
  private var random: DeterministicRandom

  init(session: [UInt8], random: DeterministicRandom) {
    self.session = session
    self.random = random
  }

  /// Time of the oldest message that has not left yet.
  var pendingSince: UInt64? { count == 0 ? nil : firstNanoseconds }

  /// True if a message of this length and time belongs into a new packet.
  func needsFlush(before length: Int, at nanoseconds: UInt64) -> Bool {
    count > 0
      && (count == Self.messagesMax || payload.count + 2 + length > Self.payloadLengthMax || isDue(at: nanoseconds))
  }

  /// True if the packet under way has waited its time.
  func isDue(at nanoseconds: UInt64) -> Bool { count > 0 && nanoseconds > firstNanoseconds + windowNanoseconds }

  mutating func append(_ message: [UInt8], at nanoseconds: UInt64) {
    if count == 0 {
      beginPacket()
      firstNanoseconds = nanoseconds
      windowNanoseconds = 4_000 + random.below(24_000 as UInt64)
    }
    payload.append(bigEndian: UInt16(message.count))
    payload += message
    count += 1
    lastNanoseconds = nanoseconds
  }

  /// The packet under way, if any. It leaves 0.9 to 2.7 µs after its last message, and not before the one ahead of
  /// it is on the wire (10 Gbit/s).
  mutating func flush() -> Output? {
    if count == 0 { return nil }
    payload.store(bigEndian: nextSequenceNumber, at: 10)
    payload.store(bigEndian: UInt16(count), at: 18)
    let wire = UInt64(70 + payload.count * 4 / 5)
    sentNanoseconds = max(lastNanoseconds + 900 + random.below(1_800 as UInt64), sentNanoseconds + wire)
    let output = Output(payload: payload, nanoseconds: sentNanoseconds, messageCount: count)
    nextSequenceNumber += UInt64(count)
    count = 0
    return output
  }

  /// A packet without messages, naming the next number. Nothing may be pending.
  mutating func heartbeat(at nanoseconds: UInt64) -> Output { control(0, at: nanoseconds) }
  mutating func endOfSession(at nanoseconds: UInt64) -> Output { control(0xFFFF, at: nanoseconds) }

  /// Numbers from 1 again under a new name. Nothing may be pending.
  mutating func restart(session: [UInt8]) {
    self.session = session
    nextSequenceNumber = 1
  }

  private mutating func control(_ messageCount: UInt16, at nanoseconds: UInt64) -> Output {
    beginPacket()
    payload.store(bigEndian: nextSequenceNumber, at: 10)
    payload.store(bigEndian: messageCount, at: 18)
    sentNanoseconds = max(nanoseconds, sentNanoseconds + 100)
    return Output(payload: payload, nanoseconds: sentNanoseconds, messageCount: 0)
  }

  private mutating func beginPacket() {
    payload.removeAll(keepingCapacity: true)
    payload += session
    payload += [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  }
}
