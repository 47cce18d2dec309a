import FeedCore
import FeedIO

/// The status line of a live run: what came since the last one, what is wrong, and whether orders leave.
struct LiveStatus {
  private var packets: UInt64 = 0
  private var messages: UInt64 = 0
  private var nanoseconds: UInt64
  /// Silent lines that are named.
  private static let namesMaximum = 4

  /// - Parameter nanoseconds: of any clock that only goes on.
  init(at nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// "12,400 packets/s  181,000 messages/s  gaps 0  lost 0  books 8,612 (3 not ok)  cycle 84 us  drops 0  DISARMED
  /// paper": rates and the longest duty cycle since the last line, all else since the beginning.
  ///
  /// - Parameters:
  ///   - portsDown: by name.
  ///   - silent: lines of which nothing is heard, "feed:line".
  mutating func text(_ run: LiveRun, at now: UInt64, portsDown: [String], silent: [String]) -> String {
    let progress = run.replay.progress
    let elapsed = max(1, now &- nanoseconds)
    let newPackets = progress.reduce(0) { $0 + $1.packets }
    let newMessages = progress.reduce(0) { $0 + $1.messages }
    let cycle = run.replay.clock.nanoseconds(ticks: progress.map { $0.takeRecentCycleTicks() }.max() ?? 0)
    let parts = [
      "\(Text.rate(newPackets &- min(packets, newPackets), nanoseconds: elapsed)) packets/s",
      "\(Text.rate(newMessages &- min(messages, newMessages), nanoseconds: elapsed)) messages/s",
      Self.losses(progress), Self.books(run), "cycle \(Text.duration(cycle))",
      "stalls \(Text.grouped(progress.reduce(0) { $0 + $1.stalls }))", Self.ring(progress),
      Self.drops(run) + Self.recording(run), Self.asked(run), Self.gate(run),
    ].compactMap { $0 }
    packets = newPackets
    messages = newMessages
    nanoseconds = now
    return parts.joined(separator: "  ") + Self.lines(silent) + Self.links(portsDown) + Self.failures(run)
  }

  /// The same since the beginning, without rates.
  static func totals(_ run: LiveRun, portsDown: [String], silent: [String]) -> String {
    let progress = run.replay.progress
    return [
      "packets \(Text.grouped(progress.reduce(0) { $0 + $1.packets }))",
      "messages \(Text.grouped(progress.reduce(0) { $0 + $1.messages }))",
      losses(progress), books(run), "longest cycle \(Text.duration(run.longestCycleNanoseconds))", ring(progress),
      drops(run) + recording(run), asked(run),
    ].compactMap { $0 }.joined(separator: "  ") + lines(silent) + links(portsDown) + failures(run)
  }

  /// Of all cores that take packets; the others have none.
  private static func losses(_ progress: [CoreProgress]) -> String {
    "gaps \(Text.grouped(progress.reduce(0) { $0 + $1.gaps }))  "
      + "lost \(Text.grouped(progress.reduce(0) { $0 + $1.messagesLost }))"
  }

  /// How far cores with shards are behind those that frame; nil where nobody hands on by a ring.
  private static func ring(_ progress: [CoreProgress]) -> String? {
    Text.ringFill(
      waits: progress.reduce(0) { $0 + $1.ringFullWaits }, fillMax: progress.map(\.ringFillMax).max() ?? 0
    ).first
  }

  /// What the recording lacks; nothing where it lacks nothing.
  private static func recording(_ run: LiveRun) -> String {
    let figures = run.recording?.figures() ?? []
    let missing = figures.reduce(0) { $0 + $1.ringDroppedPackets + $1.notWrittenPackets + $1.otherLinkPackets }
    let failed = figures.contains { $0.failure != nil } ? "  RECORDING FAILED" : ""
    return (missing > 0 ? "  not recorded \(Text.grouped(missing))" : "") + failed
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

  /// The first few; all were named on standard error.
  private static func lines(_ silent: [String]) -> String {
    if silent.isEmpty { return "" }
    let others = silent.count - min(silent.count, namesMaximum)
    return "  SILENT " + silent.prefix(namesMaximum).joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
  }

  private static func links(_ portsDown: [String]) -> String {
    portsDown.isEmpty ? "" : "  LINK DOWN " + portsDown.joined(separator: ", ")
  }

  private static func failures(_ run: LiveRun) -> String {
    let failures = run.failures
    return failures.isEmpty ? "" : "  FAILED " + failures.map(\.name).joined(separator: ", ")
  }
}
