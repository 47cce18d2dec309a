import FeedCore
import FeedIO
import FeedObserve
import FeedSim

/// What `feedh transmit` says at its end.
struct TransmitReport {
  private let captures: [String]
  private let plan: TransmitPlan
  private let summary: TransmitSummary
  private let tally: TransmitTally
  private let sinks: [(name: String, figures: FrameSinkFigures)]
  private let readings: [CaptureReading]
  private let pacing: LatencySummary

  init(
    captures: [String], plan: TransmitPlan, summary: TransmitSummary, tally: TransmitTally,
    sinks: [(name: String, figures: FrameSinkFigures)], readings: [CaptureReading]
  ) {
    self.captures = captures
    self.plan = plan
    self.summary = summary
    self.tally = tally
    self.sinks = sinks
    self.readings = readings
    pacing = LatencySummary(summary.pacingError, clock: .nanosecond)
  }

  /// Packets that no line sent, by reason.
  private var notSent: [(name: String, text: String, count: UInt64)] {
    [
      ("cut", "cut by the capture's snap length", tally.cut), ("notEthernet", "not Ethernet", tally.notEthernet),
      ("notUDP", "not UDP, empty, or fragments", tally.notUDP), ("forNoLine", "for no line", tally.forNoLine),
      ("withoutRoute", "without a route", tally.withoutRoute),
    ]
  }

  // MARK: - Text

  func write(to output: TextOutput) {
    func line(_ label: String, _ text: String) {
      output.write(label + String(repeating: " ", count: max(1, 15 - label.count)) + text + "\n")
    }
    if summary.isInterrupted { line("INTERRUPTED", "stopped early: what follows is of the part that was sent") }
    if let failure = summary.failure { line("FAILED", "\(failure)") }
    line("read", "\(Text.grouped(tally.packets)) packets of \(captures.joined(separator: ", "))")
    line("pace", plan.paceText)
    let rate = Text.rate(summary.frames, nanoseconds: summary.elapsedNanoseconds)
    let bits = Text.rate(summary.bytes &* 8, nanoseconds: summary.elapsedNanoseconds)
    line(
      "sent",
      "\(Text.grouped(summary.frames)) frames, \(Text.bytes(summary.bytes)) in "
        + "\(Text.duration(summary.elapsedNanoseconds)): \(rate) frames/s, \(bits) bit/s")
    if pacing.count > 0 {
      line(
        "pacing error",
        "p50 \(Text.duration(pacing.p50)), p99 \(Text.duration(pacing.p99)), p99.9 \(Text.duration(pacing.p999)), "
          + "max \(Text.duration(pacing.max)) behind the schedule")
    } else {
      line("pacing error", "none: there is no schedule")
    }
    let skipped = notSent.filter { $0.count > 0 }.map { "\(Text.grouped($0.count)) \($0.text)" }
    if !skipped.isEmpty { line("not sent", skipped.joined(separator: ", ")) }
    for reading in readings { line("captures", "\(reading.name) \(Text.grouped(reading.count))") }
    output.write("\n" + table.lines.joined(separator: "\n") + "\n")
    for (name, figures) in sinks {
      guard let reason = figures.firstRefusal else { continue }
      line("refused", "\(name): \(Text.grouped(figures.refused)), first: \(reason)")
    }
  }

  private var table: TextTable {
    var table = TextTable([
      ("LINE", .left), ("through", .left), ("packets", .right), ("lost", .right), ("twice", .right), ("late", .right),
      ("overtaken", .right), ("sent", .right), ("refused", .right), ("full", .right),
    ])
    for (index, line) in tally.lines.enumerated() {
      let (name, figures) = sinks[index]
      let faults = line.faults
      table.append([
        line.name, name, Text.grouped(faults.sentPackets), Text.grouped(faults.lostPackets),
        Text.grouped(faults.duplicatedPackets), Text.grouped(faults.reorderedPackets),
        Text.grouped(line.overtakenPackets), Text.grouped(figures.frames), Text.grouped(figures.refused),
        Text.grouped(figures.fullCalls),
      ])
    }
    return table
  }

  // MARK: - JSON

  func writeJSON(to output: TextOutput) {
    var json = JSONWriter(output)
    json.object { json in
      json.member("version", Version.text)
      json.member("interrupted", summary.isInterrupted)
      json.member("failure", summary.failure.map { "\($0)" })
      json.member("packets", tally.packets)
      json.member("frames", summary.frames)
      json.member("bytes", summary.bytes)
      json.member("elapsedNanoseconds", summary.elapsedNanoseconds)
      json.member("framesPerSecond", summary.framesPerSecond)
      json.object("pacingErrorNanoseconds") { json in
        json.member("count", pacing.count)
        json.member("p50", pacing.p50)
        json.member("p90", pacing.p90)
        json.member("p99", pacing.p99)
        json.member("p999", pacing.p999)
        json.member("max", pacing.max)
      }
      json.object("notSent") { json in
        for (name, _, count) in notSent { json.member(name, count) }
      }
      json.object("capture") { json in
        for reading in readings { json.member(reading.name, reading.count) }
      }
      json.list("lines") { json in
        for (index, line) in tally.lines.enumerated() { json.object { write(line, sinks[index], to: &$0) } }
      }
    }
  }

  private func write(
    _ line: TransmitTally.Line, _ sink: (name: String, figures: FrameSinkFigures), to json: inout JSONWriter
  ) {
    json.member("name", line.name)
    json.member("through", sink.name)
    json.member("packets", line.faults.sentPackets)
    json.member("lost", line.faults.lostPackets)
    json.member("duplicated", line.faults.duplicatedPackets)
    json.member("late", line.faults.reorderedPackets)
    json.member("overtaken", line.overtakenPackets)
    json.member("sent", sink.figures.frames)
    json.member("sentBytes", sink.figures.bytes)
    json.member("refused", sink.figures.refused)
    json.member("firstRefusal", sink.figures.firstRefusal)
    json.member("fullCalls", sink.figures.fullCalls)
  }
}
