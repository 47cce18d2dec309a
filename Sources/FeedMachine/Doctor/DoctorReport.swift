import FeedObserve

/// All checks with what was measured.
public struct DoctorReport: Sendable {
  public let doctor: Doctor
  public let checks: [DoctorCheck]
  public let jitter: [JitterMeasurement]

  public init(doctor: Doctor, checks: [DoctorCheck], jitter: [JitterMeasurement]) {
    self.doctor = doctor
    self.checks = checks
    self.jitter = jitter
  }

  public func count(_ result: DoctorCheck.Result) -> Int { checks.count { $0.result == result } }

  /// Nothing fails; warnings may stand.
  public var isReady: Bool { count(.fail) == 0 }

  // MARK: For people; not a stable format

  public func write(to output: TextOutput) {
    var table = TextTable([("result", .left), ("check", .left), ("subject", .left), ("what", .left)])
    for check in checks { table.append([check.result.rawValue, check.name, check.subject, check.detail]) }
    output.write("CHECKS\n")
    for line in table.lines { output.write("  \(TuningPlan.printable(line))\n") }
    writeJitter(to: output)
    let remedies = checks.filter { !$0.remedy.isEmpty && ($0.result == .fail || $0.result == .warn) }
    if !remedies.isEmpty { output.write("\nREMEDIES\n") }
    for check in remedies {
      output.write("  \(check.result.rawValue)  \(check.name), \(check.subject): \(check.remedy)\n")
    }
    let counts = DoctorCheck.Result.allCases.map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
    output.write("\n\(counts): \(isReady ? "ready" : "not ready") to go live\n")
  }

  private func writeJitter(to output: TextOutput) {
    let measured = jitter.filter { $0.pinError == 0 }
    if measured.isEmpty { return }
    let bounds = JitterMeasurement.bounds.map { ("to " + Text.duration($0), TextTable.Alignment.right) }
    var table = TextTable(
      [("cpu", .right)] + bounds + [("above", .right), ("p50", .right), ("p99.9", .right), ("max", .right)])
    for jitter in measured {
      let summary = jitter.summary
      table.append(
        ["\(jitter.cpu)"] + jitter.groups.map { Text.grouped($0) }
          + [summary.p50, summary.p999, summary.max].map { Text.duration($0) })
    }
    output.write("\nJITTER, gaps of a polling loop\n")
    for line in table.lines { output.write("  \(line)\n") }
  }

  // MARK: For programs

  /// Docs/FORMATS.md says what each member means.
  public func writeJSON(to output: TextOutput) {
    var writer = JSONWriter(output)
    writer.object { json in
      json.member("configuration", doctor.configuration)
      json.member("root", doctor.machine.root)
      json.member("isReady", isReady)
      json.object("summary", isInline: true) { json in
        for result in DoctorCheck.Result.allCases { json.member(result.rawValue, count(result)) }
      }
      json.list("checks", of: checks) { json, check in
        json.member("name", check.name)
        json.member("subject", check.subject)
        json.member("result", check.result.rawValue)
        json.member("detail", check.detail)
        json.member("remedy", check.remedy.isEmpty ? nil : check.remedy)
      }
      json.list("jitter") { json in
        for jitter in jitter where jitter.pinError == 0 {
          json.object { json in Self.write(jitter, &json) }
        }
      }
    }
  }

  private static func write(_ jitter: JitterMeasurement, _ json: inout JSONWriter) {
    let summary = jitter.summary
    json.member("cpu", jitter.cpu)
    json.member("nanoseconds", jitter.nanoseconds)
    json.member("count", summary.count)
    json.member("p50", summary.p50)
    json.member("p90", summary.p90)
    json.member("p99", summary.p99)
    json.member("p999", summary.p999)
    json.member("max", summary.max)
    json.list("histogram") { json in
      let bounds: [UInt64?] = JitterMeasurement.bounds + [nil]
      for (bound, count) in zip(bounds, jitter.groups) {
        json.object(isInline: true) { json in
          json.member("upToNanoseconds", bound)
          json.member("count", count)
        }
      }
    }
  }
}
