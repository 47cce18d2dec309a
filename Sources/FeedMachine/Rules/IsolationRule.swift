/// The scheduler keeps other tasks off the polling CPUs (`isolcpus=`).
enum IsolationRule: TuningRule {
  static let name = "isolation"
  private static let reason = """
    On a CPU that is not isolated the scheduler puts other tasks, and each of them costs the polling thread a time \
    slice of milliseconds.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    BootCPUs(
      rule: name, word: "isolcpus", flags: "managed_irq,domain,", current: machine.isolated, reason: reason
    ).findings(machine, goal)
  }
}

/// The tick stops on the polling CPUs while they run one task (`nohz_full=`).
enum TicklessRule: TuningRule {
  static let name = "tickless"
  private static let reason = "The tick interrupts a CPU 100 to 1,000 times a second, for one to five microseconds each."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    BootCPUs(rule: name, word: "nohz_full", flags: "", current: machine.tickless, reason: reason)
      .findings(machine, goal)
  }
}

/// RCU callbacks of the polling CPUs run elsewhere (`rcu_nocbs=`). `nohz_full=` implies it.
enum CallbackRule: TuningRule {
  static let name = "rcu-callbacks"
  private static let reason = "Otherwise the kernel frees memory on the polling CPU, in its softirq, when it suits."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let line = machine.commandLine?.cpus(of: "rcu_nocbs", all: machine.online)
    let current = line.map { $0.union(machine.tickless ?? []) }
    return BootCPUs(rule: name, word: "rcu_nocbs", flags: "", current: current, reason: reason)
      .findings(machine, goal)
  }
}

/// A word of the kernel's command line that names CPUs.
private struct BootCPUs {
  var rule: String
  var word: String
  /// What stands before the list.
  var flags: String
  /// CPUs for which it holds; nil: unknown.
  var current: CPUSet?
  var reason: String

  func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let line = machine.commandLine else { return [.unknown(rule, "machine", reason)] }
    let onLine = line.cpus(of: word, all: machine.online)
    guard let held = current ?? onLine else { return [.unknown(rule, "machine", reason)] }
    if goal.cpus.isSubset(of: held) { return [.good(rule, "cpu \(goal.cpus)", "\(held)", reason)] }
    if !goal.canIsolate(machine) {
      return [.information(rule, "machine", "\(held)", "\(reason) This machine has too few cores to do without one.")]
    }
    let before = line.value(of: word).map { "\(word)=\($0)" }
    return [
      .advice(
        rule, "cpu \(goal.cpus)", is: "\(held)", wanted: "\(goal.cpus)", reason, .boot,
        commands: ["\(word)=\(flags)\(goal.cpus.list)"], undo: before.map { [$0] } ?? [])
    ]
  }
}
