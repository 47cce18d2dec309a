import FeedCore

/// Judges whether a machine can go live with a configuration.
public struct Doctor: Sendable {
  public let machine: Machine
  public let settings: Settings
  public let plan: TuningPlan
  /// The configuration's file; nil: none was given, defaults stand for it.
  public let configuration: String?

  public init(machine: Machine, settings: Settings?, configuration: String?) {
    self.machine = machine
    self.settings = settings ?? Settings()
    self.configuration = configuration
    plan = TuningPlan(machine: machine, settings: settings)
  }

  var goal: TuningGoal { plan.goal }

  /// CPUs that the polling threads of this configuration are pinned to, in their order; fewer than there are threads
  /// where the machine allows fewer.
  public var pollingCPUs: [Int] {
    let named = settings.threads.cpus
    let cpus = named.isEmpty ? (machine.process.allowedCPUs ?? machine.online).members : named
    return Array(cpus.prefix(settings.threads.coreCount))
  }

  /// What can be told without measuring, in the order of reports. Pure: the same machine and configuration give the
  /// same checks.
  public func checks() -> [DoctorCheck] {
    configurationChecks() + coreChecks() + portChecks() + multicastChecks() + bufferChecks() + clockChecks()
      + diskChecks() + permissionChecks() + memoryChecks() + tuningChecks()
  }

  private func configurationChecks() -> [DoctorCheck] {
    if let configuration { return [.pass("configuration", configuration, "can be used")] }
    return [
      .skipped("configuration", "-", "none given; defaults are judged", "name the one you go live with: --config FILE")
    ]
  }

  /// What `feedh tune` would change.
  private func tuningChecks() -> [DoctorCheck] {
    let rules = plan.findings.filter { $0.verdict == .change }.map(\.rule)
    if plan.count(.good) == 0 && rules.isEmpty { return [.skipped("tuning", "machine", "it tells nothing")] }
    if rules.isEmpty { return [.pass("tuning", "machine", "feedh tune has nothing to change")] }
    var names: [String] = []
    for rule in rules where !names.contains(rule) { names.append(rule) }
    return [
      .warn(
        "tuning", "machine", "\(rules.count) findings to change: \(names.joined(separator: ", "))",
        "see feedh tune\(configuration.map { " --config \($0)" } ?? "")")
    ]
  }
}
