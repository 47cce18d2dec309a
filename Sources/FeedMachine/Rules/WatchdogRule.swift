/// The kernel's watchdogs leave the polling CPUs alone.
enum WatchdogRule: TuningRule {
  static let name = "watchdogs"
  private static let reason = """
    The lockup detectors run a timer on each CPU, and the one for hard lockups takes a performance counter and an NMI \
    as well.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.sysctls["kernel.watchdog"] == nil, machine.sysctls["kernel.nmi_watchdog"] == nil {
      return [.unknown(name, "machine", reason)]
    }
    var findings: [Finding] = []
    if machine.sysctls["kernel.nmi_watchdog"] != nil {
      findings.append(
        SysctlCheck(rule: name, name: "kernel.nmi_watchdog", wanted: 0, reason: reason, isGood: { $0 == 0 })
          .finding(machine))
    }
    if machine.sysctls["kernel.watchdog"] != nil { findings.append(softFinding(machine, goal)) }
    return findings
  }

  /// Off, or away from the polling CPUs; away is enough, and keeps it for the others.
  private static func softFinding(_ machine: Machine, _ goal: TuningGoal) -> Finding {
    let word = "kernel.watchdog_cpumask"
    guard machine.sysctls["kernel.watchdog"] != "0" else { return .good(name, "kernel.watchdog", "0", reason) }
    // The mask is printed as a list.
    guard let text = machine.sysctls[word], let cpus = CPUSet(list: text), !cpus.isEmpty else {
      return .unknown(name, word, reason)
    }
    let left = cpus.subtracting(goal.cpus)
    if left == cpus { return .good(name, word, text, reason) }
    if !goal.canIsolate(machine) || left.isEmpty { return .information(name, word, text, reason) }
    return .change(
      name, word, is: text, wanted: left.list, reason,
      [.file(path: SysctlName.path(of: word), value: left.list, previous: text)])
  }
}
