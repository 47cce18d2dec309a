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
