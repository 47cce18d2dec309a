import FeedCore
import FeedIO

/// Starts DPDK and opens the ports of a configuration once, joining nothing and receiving nothing.
///
/// DPDK starts once a process and may take the process with it: `feedh doctor` runs this in another one
/// (`DryRunProcess`).
public enum EnvironmentDryRun {
  /// Ports that DPDK is to receive from, as `feedh run` opens them (`LivePorts`), but that nothing is joined.
  ///
  /// - Throws: what keeps a run from opening them, before DPDK is asked.
  static func ports(of settings: Settings) throws -> [DPDKPortSettings] {
    try LivePorts.dpdkSettings(of: settings).map { port in
      var dpdk = port
      dpdk.groups = []
      dpdk.multicast = .all
      dpdk.membership = .none
      return dpdk
    }
  }

  /// One check for the environment, and one for each port.
  public static func perform(_ settings: Settings) -> [DoctorCheck] {
    let ports: [DPDKPortSettings]
    do {
      ports = try self.ports(of: settings)
    } catch {
      return [failure("environment", "\(error)")]
    }
    do throws(DPDKError) {
      let environment = try DPDKEnvironment.start(DPDKEnvironmentSettings(ports: ports))
      let memory = environment.usesHugePages ? "huge pages" : "ordinary memory"
      let detail = "starts, with \(environment.settings.megabytes) MB of \(memory)"
      let start: DoctorCheck =
        environment.usesHugePages
        ? .pass("dpdk", "environment", detail)
        : .warn(
          "dpdk", "environment", detail, "reserve huge pages (feedh tune --apply): cards on the PCI bus need them")
      return [start] + ports.map { check($0, in: environment) }
    } catch {
      return [failure("environment", error.description)]
    }
  }

  private static func check(_ settings: DPDKPortSettings, in environment: DPDKEnvironment) -> DoctorCheck {
    do throws(DPDKError) {
      let port = try DPDKPort.open(settings, in: environment)
      defer { port.close() }
      return .pass("dpdk", settings.name, "\(port.plan.device) opens, driver \(port.plan.driver)")
    } catch {
      return failure(settings.name, error.description)
    }
  }

  /// What is wrong stands before the error's last semicolon, the remedy behind it.
  private static func failure(_ subject: String, _ text: String) -> DoctorCheck {
    guard let semicolon = text.lastIndex(of: ";") else { return .fail("dpdk", subject, text, "") }
    let remedy = text[text.index(after: semicolon)...].drop { $0 == " " }
    return .fail("dpdk", subject, String(text[..<semicolon]), String(remedy))
  }

  // MARK: Between the processes

  /// A check as a line of tab-separated fields.
  public static func line(_ check: DoctorCheck) -> String {
    [check.result.rawValue, check.name, check.subject, check.detail, check.remedy]
      .map { String($0.map { $0 == "\t" || $0.isNewline ? " " : $0 }) }.joined(separator: "\t")
  }

  /// Nil: not such a line.
  static func check(line: Substring) -> DoctorCheck? {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 5, let result = DoctorCheck.Result(rawValue: fields[0]) else { return nil }
    return DoctorCheck(name: fields[1], subject: fields[2], result: result, detail: fields[3], remedy: fields[4])
  }
}
