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
