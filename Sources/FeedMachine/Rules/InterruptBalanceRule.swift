/// No daemon moves interrupts back.
enum InterruptBalanceRule: TuningRule {
  static let name = "irqbalance"
  private static let reason = "irqbalance spreads interrupts anew every ten seconds and undoes what was arranged."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let daemons = machine.daemons else { return [.unknown(name, "machine", reason)] }
    if !daemons.contains("irqbalance") { return [.good(name, "machine", "not running", reason)] }
    if goal.cpus.isSubset(of: machine.isolated ?? []) {
      return [.good(name, "machine", "running, leaves isolated CPUs alone", reason)]
    }
    return [
      .advice(
        name, "machine", is: "running", wanted: "stopped, or kept off cpu \(goal.cpus)",
        "\(reason) It leaves isolated CPUs alone.", .byHand, commands: ["systemctl disable --now irqbalance"],
        undo: ["systemctl enable --now irqbalance"])
    ]
  }
}
