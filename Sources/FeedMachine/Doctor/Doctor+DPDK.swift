import FeedIO

/// A rehearsal of DPDK's start.
extension Doctor {
  /// More than any start takes: some hundred milliseconds, and a second or two of a card's link.
  private static let millisecondsMaximum: Int32 = 20_000

  /// Starts DPDK with the configuration's ports, in a process of its own. Changes nothing that outlasts it; a card that
  /// another feedh receives from is taken by that one, and says so.
  ///
  /// - Parameter program: feedh, and its words for the rehearsal.
  public func environmentChecks(program words: [String]) -> [DoctorCheck] {
    if settings.live.ports.allSatisfy({ LivePorts.driver(of: $0) != .dpdk }) {
      return [.skipped("dpdk", "-", "no port is DPDK's")]
    }
    // Without DPDK in the build there is a failed check of libraries.
    if DPDKEnvironment.version == nil { return [] }
    let (ending, output) = DryRunProcess.run(words, milliseconds: Self.millisecondsMaximum)
    let checks = output.split(separator: "\n").compactMap(EnvironmentDryRun.check)
    let remedy = "see dmesg, and the driver's page in DPDK's NIC guide"
    switch ending {
    case .exited(0) where !checks.isEmpty: return checks
    case .exited(let status):
      return checks + [.fail("dpdk", "environment", "its rehearsal ended with \(status)", remedy)]
    case .died(let signal):
      return checks + [.fail("dpdk", "environment", "its rehearsal died of signal \(signal)", remedy)]
    case .tooLong:
      return checks + [.fail("dpdk", "environment", "its rehearsal took more than 20 s", remedy)]
    case .notStarted(let reason):
      return [.skipped("dpdk", "environment", "no process for its rehearsal: \(reason)")]
    }
  }
}
