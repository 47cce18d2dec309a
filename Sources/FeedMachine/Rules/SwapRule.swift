/// Memory of the pipeline is not swapped out.
enum SwapRule: TuningRule {
  static let name = "swap"
  private static let reason = """
    A page that was swapped out costs milliseconds on its next use. feedh locks its memory where it may; elsewhere a \
    low swappiness keeps anonymous memory in.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let swap = machine.memory.swapKilobytes else { return [.unknown(name, "machine", reason)] }
    if swap == 0 { return [.good(name, "machine", "none", reason)] }
    return [
      SysctlCheck(rule: name, name: "vm.swappiness", wanted: 1, reason: reason, isGood: { $0 <= 10 }).finding(machine)
    ]
  }
}
