/// The polling CPUs run at full clock (`scaling_governor`).
enum GovernorRule: TuningRule {
  static let name = "governor"
  private static let reason = "Other governors lower the clock between bursts and take microseconds to raise it."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    CPUWord(
      rule: name, file: "scaling_governor", wanted: "performance", reason: reason, value: { $0.governor },
      choices: { $0.governors }
    ).findings(machine, goal)
  }
}
