/// Gathers messages into packets, as a venue's publisher does: a packet goes out when it is full or when its first
/// message has waited long enough.
struct Packetiser {
  static let messagesMax = 60

  /// A finished packet and when it leaves, nanoseconds of the exchange's day.
  struct Output {
    var payload: [UInt8]
    var nanoseconds: UInt64
    var messageCount: Int
  }

  private(set) var format: PacketFormat
  private var payload: [UInt8] = []
  private var count = 0
  private var firstNanoseconds: UInt64 = 0
  private var lastNanoseconds: UInt64 = 0
  private var windowNanoseconds: UInt64 = 0
  private(set) var sentNanoseconds: UInt64 = 0
  private var random: DeterministicRandom

  init(_ format: PacketFormat, random: DeterministicRandom) {
    self.format = format
    self.random = random
  }

  /// Time of the oldest message that has not left yet.
  var pendingSince: UInt64? { count == 0 ? nil : firstNanoseconds }

  /// True if a message of this length and time belongs into a new packet.
  func needsFlush(before length: Int, at nanoseconds: UInt64) -> Bool {
    count > 0
      && (count == Self.messagesMax || payload.count + format.prefixLength + length > format.payloadLengthMax
        || isDue(at: nanoseconds))
  }

  /// True if the packet under way has waited its time.
  func isDue(at nanoseconds: UInt64) -> Bool { count > 0 && nanoseconds > firstNanoseconds + windowNanoseconds }

  mutating func append(_ message: [UInt8], at nanoseconds: UInt64) {
    if count == 0 {
      payload.removeAll(keepingCapacity: true)
      for _ in 0..<format.headerLength { payload.append(0) }
      firstNanoseconds = nanoseconds
      windowNanoseconds = 4_000 + random.below(24_000 as UInt64)
    }
    format.append(message, to: &payload)
    count += 1
    lastNanoseconds = nanoseconds
  }

  /// The packet under way, if any. It leaves 0.9 to 2.7 µs after its last message, and not before the one ahead of
  /// it is on the wire (10 Gbit/s).
  mutating func flush() -> Output? {
    if count == 0 { return nil }
    let wire = UInt64(70 + payload.count * 4 / 5)
    sentNanoseconds = max(lastNanoseconds + 900 + random.below(1_800 as UInt64), sentNanoseconds + wire)
    format.finish(&payload, count: count, at: sentNanoseconds)
    let output = Output(payload: payload, nanoseconds: sentNanoseconds, messageCount: count)
    count = 0
    return output
  }

  /// A packet without messages. Nothing may be pending.
  mutating func control(_ control: PacketFormat.Control, at nanoseconds: UInt64) -> Output {
    sentNanoseconds = max(nanoseconds, sentNanoseconds + 100)
    let payload = format.control(control, at: sentNanoseconds)
    return Output(payload: payload, nanoseconds: sentNanoseconds, messageCount: 0)
  }

  /// A new session. Nothing may be pending.
  mutating func restart(session: [UInt8]) { format.restart(session: session) }
}
