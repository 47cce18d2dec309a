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
