import FeedCore
import FeedIO

/// The status line of a live run: what came since the last one, what is wrong, and whether orders leave.
struct LiveStatus {
  private var packets: UInt64 = 0
  private var messages: UInt64 = 0
  private var nanoseconds: UInt64

  /// - Parameter nanoseconds: of any clock that only goes on.
  init(at nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// "12,400 packets/s  181,000 messages/s  gaps 0  lost 0  books 8,612 (3 not ok)  cycle 84 us  drops 0  DISARMED
  /// paper": rates and the longest duty cycle since the last line, all else since the beginning.
  mutating func text(_ run: LiveRun, at now: UInt64) -> String {
    let progress = run.replay.progress
    let elapsed = max(1, now &- nanoseconds)
    let newPackets = progress.first?.packets ?? 0
    let newMessages = progress.reduce(0) { $0 + $1.messages }
    let cycle = run.replay.clock.nanoseconds(ticks: progress.map { $0.takeRecentCycleTicks() }.max() ?? 0)
    let parts = [
      "\(Text.rate(newPackets &- min(packets, newPackets), nanoseconds: elapsed)) packets/s",
      "\(Text.rate(newMessages &- min(messages, newMessages), nanoseconds: elapsed)) messages/s",
      "gaps \(Text.grouped(progress.first?.gaps ?? 0))", "lost \(Text.grouped(progress.first?.messagesLost ?? 0))",
      Self.books(run), "cycle \(Text.duration(cycle))", "stalls \(Text.grouped(progress.reduce(0) { $0 + $1.stalls }))",
      Self.drops(run), Self.asked(run), Self.gate(run),
    ].compactMap { $0 }
    packets = newPackets
    messages = newMessages
    nanoseconds = now
    return parts.joined(separator: "  ") + Self.failures(run)
  }

  /// The same since the beginning, without rates.
  static func totals(_ run: LiveRun) -> String {
    let progress = run.replay.progress
    return [
      "packets \(Text.grouped(progress.first?.packets ?? 0))",
      "messages \(Text.grouped(progress.reduce(0) { $0 + $1.messages }))",
      "gaps \(Text.grouped(progress.first?.gaps ?? 0))", "lost \(Text.grouped(progress.first?.messagesLost ?? 0))",
      books(run), "longest cycle \(Text.duration(run.longestCycleNanoseconds))", drops(run),
      asked(run),
    ].compactMap { $0 }.joined(separator: "  ") + failures(run)
  }

  private static func books(_ run: LiveRun) -> String {
    let books = run.shardProgress.reduce(0) { $0 + $1.books }
    let notOk = run.shardProgress.reduce(0) { $0 + $1.booksNotOk }
    return "books \(Text.grouped(books))" + (notOk > 0 ? " (\(Text.grouped(notOk)) not ok)" : "")
  }

  /// Requests and connections to recovery servers; nil where no feed asks.
  private static func asked(_ run: LiveRun) -> String? {
    guard let feeds = run.recovery?.figures() else { return nil }
    return "asked " + Text.grouped(feeds.reduce(0) { $0 + $1[.datagramsSent] + $1[.connectionsTried] })
  }

  /// Drops of all queues; by name where one has any.
  private static func drops(_ run: LiveRun) -> String {
    let dropping = run.entries.map { ($0.queue.name, $0.queue.figures().drops) }.filter { $0.1 > 0 }
    return dropping.isEmpty
      ? "drops 0" : "drops " + dropping.map { "\($0.0) \(Text.grouped($0.1))" }.joined(separator: ", ")
  }

  /// Whether orders leave. Paper: to simulated venues.
  static func gate(_ run: LiveRun) -> String {
    if !run.settings.orders.enabled { return "orders off" }
    if run.isKillSwitchEngaged { return "KILLED paper" }
    return run.isArmed ? "ARMED paper" : "disarmed paper"
  }

  private static func failures(_ run: LiveRun) -> String {
    let failures = run.source.failures
    return failures.isEmpty ? "" : "  FAILED " + failures.map(\.name).joined(separator: ", ")
  }
}
