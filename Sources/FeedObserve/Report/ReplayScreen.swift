import FeedCore
import FeedIO

/// What `feedh replay` and `feedh run` print: one screen, a section per question an operator asks, the worst first in each.
public struct ReplayScreen {
  private static let labelWidth = 15
  private static let lineWidth = 118
  private static let faultLinesMaximum = 8
  private static let opportunityLinesMaximum = 3
  private static let positionLinesMaximum = 3
  private static let unmatchedMaximum = 5
  /// Up to this many cores get a line per stage; more get one line each.
  private static let detailedCoresMaximum = 2

  private let run: any FinishedRun
  private let summary: ReplaySummary
  private let configuration: String?
  private var lines: [String] = []

  /// - Parameters:
  ///   - run: one that has run.
  ///   - configuration: path of the configuration, nil = defaults.
  public init(_ run: any FinishedRun, configuration: String?) {
    self.run = run
    summary = run.summary
    self.configuration = configuration
    addHead()
    addFeeds()
    addSession()
    addFaults()
    addBooks()
    addOpportunities()
    addOrders()
    addPositions()
    addDigests()
    addSpeed()
    addLatency()
  }

  public var text: String { lines.joined(separator: "\n") + "\n" }

  /// One section: its label before the first line. Lines that are too long are cut.
  private mutating func add(_ label: String, _ content: [String]) {
    for (position, line) in content.enumerated() {
      var full = Text.left(position == 0 ? label : "", Self.labelWidth) + line
      if full.count > Self.lineWidth { full = String(full.prefix(Self.lineWidth - 1)) + "…" }
      lines.append(full)
    }
  }

  // MARK: What was read

  private mutating func addHead() {
    let threads = run.settings.threads
    let cpus = summary.cpus.compactMap(\.self).map(String.init)
    var how = ["\(threads.coreCount) core\(threads.coreCount == 1 ? "" : "s")"]
    if threads.coreCount > 1 { how.append("layout \(threads.layout.rawValue)") }
    how.append(cpus.isEmpty ? "not pinned" : "CPU " + Text.enumeration(cpus, limit: 8))
    how.append("\(run.settings.shardCount) shards")
    how.append("instruction set \(ReplayReport.instructionSet)")
    add("feedh \(Version.text)", ["\(how.joined(separator: ", ")), configuration \(configuration ?? "built in")"])
    if run.isInterrupted { add("INTERRUPTED", ["stopped early: everything below is of the part that was read"]) }
    if let live = run.live { return addQueues(live) }
    let files = run.inputs.map { "\($0.name) (\($0.summary), \(Text.bytes($0.bytes)))" }
    add("read", [Text.enumeration(files, limit: 2), readLine])
  }

  /// What came from where, and what the machine stood in the way of.
  private mutating func addQueues(_ live: LiveOutcome) {
    add("live", ["ended by \(live.end.rawValue), longest duty cycle \(Text.duration(live.longestCycleNanoseconds))"])
    add("read", [readLine] + live.queues.map(Self.queueLine))
    if !live.devices.isEmpty { add("devices", live.devices.map(Self.deviceLine)) }
    let silent = live.lines.filter { $0.silences > 0 || $0.packets == 0 }.map(Self.silentLine)
    if !silent.isEmpty { add("silent", Array(silent.prefix(8)) + (silent.count > 8 ? ["… see the report"] : [])) }
    if let folder = live.recordFolder { add("recorded", ["to \(folder)"] + live.recordings.map(Self.recordingLine)) }
    let recovery = live.recovery.compactMap(Self.serversLine)
    if !recovery.isEmpty { add("servers", recovery) }
    if !live.warnings.isEmpty { add("warnings", live.warnings) }
  }

  /// "feed-a  0000:3b:00.0, driver net_ice; 6,940 buffers, all back; 12 queries heard, 15 reports sent".
  private static func deviceLine(_ device: LiveOutcome.Device) -> String {
    let figures = device.figures
    var line = "\(device.port)  \(figures.device), driver \(figures.driver)"
    if let buffers = figures.buffers {
      line += "; \(Text.grouped(buffers.buffers)) buffers, "
        + (buffers.leaked == 0 ? "all back" : "\(Text.grouped(buffers.leaked)) NOT BACK")
    }
    if let membership = figures.membership {
      line += "; \(Text.grouped(membership.queries)) queries heard, \(Text.grouped(membership.sent)) reports sent"
    }
    return line
  }

  private static func silentLine(_ line: LiveOutcome.Line) -> String {
    let times = line.silences == 1 ? "once" : "\(Text.grouped(line.silences)) times"
    return "\(line.feed)  line \(line.name): \(Text.grouped(line.packets)) packets"
      + (line.silences > 0 ? ", silent \(times)" : "") + (line.isSilent ? ", at the end too" : "")
  }

  private static func recordingLine(_ recorded: RecordingFigures) -> String {
    var line = "\(recorded.name)  \(Text.grouped(recorded.writtenPackets)) packets, "
      + "\(Text.bytes(recorded.writtenBytes)), \(Text.grouped(recorded.files)) files, "
      + "dropped \(Text.grouped(recorded.ringDroppedPackets))"
    let others = recorded.notWrittenPackets + recorded.otherLinkPackets
    if others > 0 { line += ", not written \(Text.grouped(others))" }
    if let failure = recorded.failure { line += ", FAILED: \(failure)" }
    return line
  }

  /// What went to a feed's recovery servers and came back; nil: nothing did.
  private static func serversLine(_ feed: LiveRecoveryFigures) -> String? {
    let parts = LiveRecoveryCounter.allCases.filter { feed[$0] > 0 }.map { "\($0.name) \(Text.grouped(feed[$0]))" }
    return parts.isEmpty ? nil : "\(feed.name)  \(parts.joined(separator: ", "))"
  }

  private static func queueLine(_ queue: LiveOutcome.Queue) -> String {
    let figures = queue.figures
    var line = "\(queue.name)  \(Text.grouped(figures.packets)) packets, \(Text.bytes(figures.bytes)), "
      + "drops \(Text.grouped(figures.drops)), errors \(Text.grouped(figures.errors)), "
      + "cut \(Text.grouped(figures.cut)), \(figures.timestamps.rawValue) timestamps"
    if queue.linkDowns > 0 { line += ", link down \(queue.linkDowns) times" }
    if figures.linkIsUp == false { line += ", link down" }
    if let failure = queue.failure { line += ", FAILED: \(failure)" }
    return line
  }

  private var readLine: String {
    var line = "\(Text.grouped(summary.packets)) packets, \(Text.grouped(summary.messages)) messages"
    if let first = run.firstCaptureNanoseconds, summary.clock >= first {
      line += ", \(TimeText.capture(first, digits: 3)) … \(TimeText.capture(summary.clock, digits: 3))"
      line += " (\(Text.duration(summary.clock - first)))"
    }
    return line
  }

  private mutating func addFeeds() {
    if summary.channels.isEmpty {
      add("feeds", ["none: no flow of these captures carries a protocol that feedh reads"])
      return
    }
    let width = summary.channels.map(\.name.count).max() ?? 0
    let venueWidth = summary.channels.map(\.venueName.count).max() ?? 0
    var content = summary.channels.map { channel in
      "\(Text.left(channel.name, width))  \(Text.left(channel.venueName, venueWidth))  \(channel.protocol)  "
        + "\(Text.left("\(channel.state)", 9))  \(channel.lines.joined(separator: ", "))"
    }
    if content.count > 8 { content = content.prefix(7) + ["… and \(content.count - 7) more feeds"] }
    if !run.plan.ignored.isEmpty {
      let packets = run.plan.ignored.reduce(0) { $0 + $1.packets }
      content.append("\(run.plan.ignored.count) other flows, \(Text.grouped(packets)) packets: see feedh info")
    }
    add("feeds", content)
  }

  private mutating func addSession() {
    let parts = [
      "gaps \(Text.grouped(summary[.gaps]))", "lost \(Text.grouped(summary[.messagesLost]))",
      "gaps filled \(Text.grouped(summary[.gapsFilled]))", "duplicates \(Text.grouped(summary[.duplicates]))",
      "restarts \(Text.grouped(summary[.sessionRestarts]))", "orphans \(Text.grouped(summary.orphans))",
      "heartbeats \(Text.grouped(summary[.heartbeats]))",
    ]
    add("session", [parts.joined(separator: ", ")] + summary.channels.compactMap(recoveryLine))
  }

  /// What a feed that may ask has asked for, and what it gave up; nil: nothing.
  private func recoveryLine(_ channel: ChannelSummary) -> String? {
    guard let recovery = channel.recovery else { return nil }
    let shown: [(RecoveryCounter, String)] = [
      (.requestsSent, "requests"), (.messagesRecovered, "messages recovered"), (.snapshotsRequested, "snapshots asked"),
      (.snapshotsJoined, "snapshots joined"), (.requestsTimedOut, "timed out"), (.requestsRefused, "refused"),
    ]
    let parts = shown.filter { recovery.counters[$0.0] > 0 }
      .map { "\($0.1) \(Text.grouped(recovery.counters[$0.0]))" }
    let failure = recovery.lastFailure.map { ["given up: \($0.name)"] } ?? []
    return parts.isEmpty && failure.isEmpty
      ? nil : "recovery of \(channel.name): \((parts + failure).joined(separator: ", "))"
  }

  /// Counters that should be zero, with the place of the first.
  private mutating func addFaults() {
    let faults = Fault.all(of: run)
    var table = TextTable([("counter", .left), ("count", .right), ("first at", .left)])
    for fault in faults.prefix(Self.faultLinesMaximum) {
      table.append([fault.name, Text.grouped(fault.count), fault.place])
    }
    var content = faults.isEmpty ? ["none"] : Array(table.lines.dropFirst())
    if faults.count > Self.faultLinesMaximum {
      content.append("… and \(faults.count - Self.faultLinesMaximum) more kinds: see --report")
    }
    add("faults", content)
  }

  // MARK: Results

  private mutating func addBooks() {
    let states = BookState.allCases.compactMap { state -> String? in
      let count = summary.instruments.count { $0.state == state }
      return count == 0 ? nil : "\(state) \(Text.grouped(count))"
    }
    let head = "\(Text.grouped(summary.instruments.count)) instruments, \(Text.grouped(summary.liveOrders)) live orders"
    add("books", [([head] + states).joined(separator: ", ")])
    addUnmatched()
  }

  /// With several venues: symbols that only one of them lists.
  private mutating func addUnmatched() {
    let unmatched = UnmatchedSymbols(summary.instruments, venueCount: run.plan.venues.count)
    if unmatched.count == 0 { return }
    let first = unmatched.listings.prefix(Self.unmatchedMaximum).map { "\($0.symbol) at \($0.venue)" }
    add(
      "symbols",
      ["unmatched: \(Text.grouped(unmatched.count)) at one venue only, first " + first.joined(separator: ", ")])
  }

  private mutating func addOpportunities() {
    var content = ["\(Text.grouped(summary.opportunityCount)) across venues"]
    if run.settings.crossVenue == nil { content = ["cross-venue detector off"] }
    if run.settings.imbalance != nil { content[0] += ", \(Text.grouped(summary.imbalanceSignals)) imbalance signals" }
    let best = summary.opportunities.enumerated()
      .sorted { ($1.element.gain, $0.offset) < ($0.element.gain, $1.offset) }.prefix(Self.opportunityLinesMaximum)
    if !best.isEmpty {
      var table = TextTable([
        ("best", .left), ("buy", .left), ("sell", .left), ("begin", .left), ("life", .right), ("edge", .right),
        ("shares", .right), ("gain $", .right), ("pairs", .right),
      ])
      for (_, record) in best {
        table.append([
          record.symbol.description, run.plan.venueName(record.buyVenue), run.plan.venueName(record.sellVenue),
          TimeText.timeOfDay(record.beginNanoseconds % TimeText.nanosecondsPerDay, digits: 6),
          Text.duration(record.endNanoseconds - record.beginNanoseconds),
          Text.money(Int128(record.maximumEdge), decimals: 4), Text.grouped(record.quantity),
          Text.money(Int128(record.gain)), "\(record.orderPairs)",
        ])
      }
      content += table.lines
    }
    add("opportunities", content)
  }

  private mutating func addOrders() {
    if !run.settings.orders.enabled {
      add("orders", ["off (orders.enabled): opportunities are detected only"])
      return
    }
    let replies = summary.replies
    let shares = summary.positions.reduce(0) { $0 + $1.sharesBought + $1.sharesSold }
    var content = [
      "\(Text.grouped(summary.ordersSent)) sent, \(Text.grouped(replies.accepted)) accepted, "
        + "\(Text.grouped(replies.executed)) fills of \(Text.grouped(shares)) shares, "
        + "\(Text.grouped(replies.canceled)) canceled, \(Text.grouped(replies.rejected)) rejected"
    ]
    let refused = summary.refusals.reduce(0) { $0 + $1.count }
    if refused > 0 {
      let reasons = summary.refusals.map { "\($0.reason) \(Text.grouped($0.count))" }
      content.append("\(Text.grouped(refused)) pairs refused: " + reasons.joined(separator: ", "))
    } else {
      content.append("none refused")
    }
    if let live = run.live {
      content.append(
        "paper: to simulated venues; armed \(live.timesArmed) times (orders.arming \(live.arming.rawValue)), "
          + "\(Text.grouped(summary.cancelsSent)) cancels at the end")
    }
    if summary.recordsDropped + summary.wireMessagesDropped > 0 {
      content.append("\(Text.grouped(summary.recordsDropped)) records kept no detail: raise capacity.records")
    }
    add("orders", content)
  }

  private mutating func addPositions() {
    let positions = MarkedPosition.all(of: run)
    if positions.isEmpty { return }
    let profit = ProfitSummary(positions)
    var content = [
      "profit $ \(Text.money(profit.profit)) = cash \(Text.money(profit.cash)) + shares at mid or last "
        + "\(Text.money(profit.marked)); fees paid \(Text.money(profit.fees)); \(positions.count) symbols"
    ]
    if profit.unmarkedCount > 0 { content[0] += ", \(profit.unmarkedCount) without a price" }
    let open = positions.filter { $0.position.shares != 0 }
    for entry in open.sorted(by: Self.isLarger).prefix(Self.positionLinesMaximum) {
      let mark = entry.mark.map { "at \(Text.money(Int128($0), decimals: 4)) (\(entry.source?.rawValue ?? ""))" }
      content.append(
        "\(Text.left(entry.position.symbol.description, 8))  \(Text.right(Text.grouped(entry.position.shares), 9)) "
          + "shares \(mark ?? "without a price")")
    }
    add("positions", content)
  }

  private static func isLarger(_ a: MarkedPosition, _ b: MarkedPosition) -> Bool {
    func size(_ entry: MarkedPosition) -> UInt128 {
      (Int128(entry.position.shares) * Int128(entry.mark ?? 0)).magnitude
    }
    return (size(b), a.position.symbol) < (size(a), b.position.symbol)
  }

  // MARK: Digests and the machine

  private mutating func addDigests() {
    add(
      "digests",
      [
        "book \(Text.digest(summary.bookDigest)), order \(Text.digest(summary.orderDigest)), "
          + "both \(Text.digest(summary.digest))"
      ])
  }

  private mutating func addSpeed() {
    let elapsed = run.elapsedNanoseconds
    add(
      "speed",
      [
        "\(Text.duration(elapsed)), \(Text.rate(summary.messages, nanoseconds: elapsed)) messages/s, "
          + "\(run.nanosecondsPerMessage) ns/message, start \(Text.duration(run.startNanoseconds)), "
          + "memory \(Text.bytes(run.residentBytes)), stalls \(Text.grouped(summary.stalls)), "
          + Text.ringFill(waits: summary.ringFullWaits, fillMax: summary.ringFillMax).map { "\($0), " }.joined()
          + "faults \(Text.grouped(summary.pageFaults))"
      ])
  }

  private mutating func addLatency() {
    let every = run.sampleEvery
    let heading = "nanoseconds; one burst in \(every) stamped, order pairs always"
    let cores = summary.stages.filter { entry in
      StageHistograms.Stage.allCases.contains { entry.stages[$0].count > 0 }
    }
    if cores.isEmpty { return add("latency", ["nothing stamped"]) }
    add("latency", [heading] + (cores.count > Self.detailedCoresMaximum ? compact(cores) : detailed(cores)))
  }

  private typealias CoreStages = (core: Int, cpu: Int?, stages: StageHistograms)

  private func detailed(_ cores: [CoreStages]) -> [String] {
    var table = TextTable([
      ("core", .left), ("stage", .left), ("count", .right), ("p50", .right), ("p90", .right), ("p99", .right),
      ("p99.9", .right), ("max", .right),
    ])
    for entry in cores {
      for stage in StageHistograms.Stage.allCases where entry.stages[stage].count > 0 {
        let figures = LatencySummary(entry.stages[stage], clock: run.clock)
        table.append(
          ["\(entry.core)", stage.name]
            + [figures.count, figures.p50, figures.p90, figures.p99, figures.p999, figures.max].map {
              Text.grouped($0)
            })
      }
    }
    return table.lines
  }

  /// A line per core: p50 and p99.9 of each stage.
  private func compact(_ cores: [CoreStages]) -> [String] {
    var table = TextTable(
      [("p50/p99.9", .left)] + StageHistograms.Stage.allCases.map { ($0.name, TextTable.Alignment.right) })
    for entry in cores {
      table.append(
        ["core \(entry.core)"]
          + StageHistograms.Stage.allCases.map { stage in
            if entry.stages[stage].count == 0 { return "-" }
            let figures = LatencySummary(entry.stages[stage], clock: run.clock)
            return "\(Text.grouped(figures.p50))/\(Text.grouped(figures.p999))"
          })
    }
    return table.lines
  }
}
