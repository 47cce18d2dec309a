/// The kernel gathers memory statistics of each CPU seldom.
enum StatisticsRule: TuningRule {
  static let name = "vm-statistics"

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    [
      SysctlCheck(
        rule: name, name: "vm.stat_interval", wanted: 120,
        reason: "By default a work item runs on each CPU every second to add up counters.", isGood: { $0 >= 10 }
      ).finding(machine)
    ]
  }
}
