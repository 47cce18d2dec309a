import FeedCore

/// Traffic of one venue on one line in any protocol, for measuring: the same flow of orders in each, no loss, no
/// programme of the day, no truth. Same seed, same bytes.
///
/// Packets hold one to eight messages, 4.5 on average, where they fit.
public enum PlainTraffic {
  /// Writes a nanosecond pcap of `changes` changes of orders, in as many messages as the protocol takes for them and
  /// for the start of the day; returns how many.
  ///
  /// - Throws: the file cannot be written.
  public static func write(
    _ feedProtocol: FeedProtocol, changes: Int, seed: UInt64, to path: String
  ) throws(GeneratorError) -> Int {
    let midnight = UInt64(try StartTime(parsing: "2026-01-05T00:00:00").midnightUnixSeconds) * 1_000_000_000
    let writer = try PcapWriter(path: path)
    let address = SimulatedLine.address(venue: 0, line: 0)
    var framer = UDPFramer(source: 0x0A00_0101, group: address.group, sourcePort: 51_000, port: address.port)
    var packets = PlainPackets(feedProtocol, midnightNanoseconds: midnight)
    var says = PlainWriters.writer(feedProtocol, midnightNanoseconds: midnight)
    var market = PlainMarket(seed: seed)
    var random = DeterministicRandom(seed: seed, stream: 9)
    var pending: [[UInt8]] = []
    var length = 0
    var room = 4
    // 9:30 in New York.
    var now: UInt64 = 34_200_000_000_000
    var count = 0
    func send() throws(GeneratorError) {
      if pending.isEmpty { return }
      let frame = framer.frame(packets.packet(pending, at: now))
      try writer.write(frame, captureNanoseconds: midnight + now + 500)
      count += pending.count
      pending.removeAll(keepingCapacity: true)
      length = 0
      room = 1 + random.below(8)
      now += 5_000
    }
    func say(_ messages: [[UInt8]]) throws(GeneratorError) {
      for message in messages {
        if pending.count >= room || length + message.count + 12 > PlainPackets.bodyLengthMaximum { try send() }
        pending.append(message)
        length += message.count + 12
      }
    }
    try say(says.opening(at: now))
    for _ in 0..<changes {
      now += 1_000
      try say(says.messages(market.next(), at: now))
    }
    try send()
    try writer.flush()
    return count
  }
}
