/// The tick stops on the polling CPUs while they run one task (`nohz_full=`).
enum TicklessRule: TuningRule {
  static let name = "tickless"
  private static let reason =
    "The tick interrupts a CPU 100 to 1,000 times a second, for one to five microseconds each."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    BootCPUs(rule: name, word: "nohz_full", flags: "", current: machine.tickless, reason: reason)
      .findings(machine, goal)
  }
}
