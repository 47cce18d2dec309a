import FeedCore

/// One line of progress: percent, packets, messages per second of late, capture time.
struct ProgressLine {
  private let totalBytes: Int
  private var lastMessages: UInt64 = 0
  private var lastNanoseconds: UInt64

  init(totalBytes: Int) {
    self.totalBytes = totalBytes
    lastNanoseconds = SystemClock.monotonic
  }

  mutating func text(_ cores: [CoreProgress]) -> String { text(cores, at: SystemClock.monotonic) }

  mutating func text(_ cores: [CoreProgress], at nanoseconds: UInt64) -> String {
    guard let reader = cores.first else { return "" }
    // One core counts the messages; in layout rings it is not the one that reads.
    let messages = cores.reduce(0) { $0 + $1.messages }
    let rate = Text.rate(
      messages &- min(messages, lastMessages), nanoseconds: max(1, nanoseconds &- lastNanoseconds))
    lastMessages = messages
    lastNanoseconds = nanoseconds
    let percent = UInt128(reader.bytes) * 100 / UInt128(max(1, totalBytes))
    let time = reader.clock == 0 ? "-" : TimeText.capture(reader.clock, digits: 3)
    return Text.right("\(min(percent, 100)) %", 5) + "  \(Text.grouped(reader.packets)) packets  \(rate) messages/s  "
      + time
  }
}
