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

/// The kernel does not move memory between nodes by itself.
enum PageBalanceRule: TuningRule {
  static let name = "numa-balancing"

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    // Absent where the kernel was built without it.
    if machine.sysctls["kernel.numa_balancing"] == nil { return [] }
    return [
      SysctlCheck(
        rule: name, name: "kernel.numa_balancing", wanted: 0,
        reason: "To find out who uses a page, the kernel unmaps it now and then: a page fault on the hot path.",
        isGood: { $0 == 0 }
      ).finding(machine)
    ]
  }
}

/// Same-page merging does not run.
enum PageMergingRule: TuningRule {
  static let name = "page-merging"
  private static let reason = "Merged pages are copied again on the first write, and the scan itself takes memory bandwidth."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let run = machine.memory.pageMerging else { return [] }
    if run != 1 { return [.good(name, "machine", "off", reason)] }
    return [
      // 0 stops the scan; 2 would also unmerge, which writing 0 again does not take back.
      .change(
        name, "machine", is: "running", wanted: "off", reason,
        [.file(path: "/sys/kernel/mm/ksm/run", value: "0", previous: "1")])
    ]
  }
}
