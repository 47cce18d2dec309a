/// The most packets, and messages, that came within one second, a tenth and a thousandth of a second, each counted in
/// intervals that begin at whole multiples of their length.
public struct RatePeaks: Sendable {
  public struct Peak: Sendable {
    public let intervalNanoseconds: UInt64
    public fileprivate(set) var packets: UInt64 = 0
    public fileprivate(set) var messages: UInt64 = 0
    private var interval: UInt64 = .max
    private var packetsNow: UInt64 = 0
    private var messagesNow: UInt64 = 0

    init(_ intervalNanoseconds: UInt64) { self.intervalNanoseconds = intervalNanoseconds }

    mutating func take(packets packetCount: UInt64, messages count: UInt64, at nanoseconds: UInt64) {
      if nanoseconds / intervalNanoseconds != interval {
        interval = nanoseconds / intervalNanoseconds
        (packetsNow, messagesNow) = (0, 0)
      }
      packetsNow += packetCount
      messagesNow += count
      packets = max(packets, packetsNow)
      messages = max(messages, messagesNow)
    }
  }

  public private(set) var second = Peak(1_000_000_000)
  public private(set) var tenth = Peak(100_000_000)
  public private(set) var millisecond = Peak(1_000_000)

  /// - Parameter packets: 0 for messages of a packet that was taken before.
  mutating func take(packets: UInt64 = 1, messages: UInt64, at nanoseconds: UInt64) {
    second.take(packets: packets, messages: messages, at: nanoseconds)
    tenth.take(packets: packets, messages: messages, at: nanoseconds)
    millisecond.take(packets: packets, messages: messages, at: nanoseconds)
  }
}
