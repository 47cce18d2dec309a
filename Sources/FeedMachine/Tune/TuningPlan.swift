import FeedCore

/// What a machine should be for a configuration: all findings of all rules.
public struct TuningPlan: Sendable {
  public let machine: Machine
  public let goal: TuningGoal
  public let findings: [Finding]

  /// - Parameter settings: nil: no configuration, defaults stand for it.
  public init(machine: Machine, settings: Settings?) {
    self.machine = machine
    goal = TuningGoal(settings: settings, machine: machine)
    findings = TuningRules.findings(machine, goal)
  }

  /// What `--apply` does, in this order.
  public var changes: [MachineChange] { findings.flatMap(\.changes) }

  /// Words that the kernel's command line should have.
  public var bootWords: [String] { findings.filter { $0.application == .boot }.flatMap(\.commands) }

  public func count(_ verdict: Finding.Verdict) -> Int { findings.count { $0.verdict == verdict } }
  public func count(_ application: Finding.Application) -> Int { findings.count { $0.application == application } }
}
