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

/// intel_pstate and amd_pstate prefer speed to energy on the polling CPUs.
enum EnergyPreferenceRule: TuningRule {
  static let name = "energy-preference"
  private static let reason = "The processor picks its own clock below the governor's; this says which way to lean."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    // Only these drivers have it.
    if goal.cpus.members.allSatisfy({ machine.cpu($0)?.energyPreference == nil }) { return [] }
    return CPUWord(
      rule: name, file: "energy_performance_preference", wanted: "performance", reason: reason,
      value: { $0.energyPreference }, choices: { $0.energyPreferences }
    ).findings(machine, goal)
  }
}

/// One word in the cpufreq folder of each polling CPU.
private struct CPUWord {
  var rule: String
  var file: String
  var wanted: String
  var reason: String
  var value: (CPU) -> String?
  /// Words that the driver takes; empty: unknown.
  var choices: (CPU) -> [String]

  func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let known = goal.cpus.members.compactMap { number in machine.cpu(number).flatMap { cpu in value(cpu).map { (cpu, $0) } } }
    if known.isEmpty {
      let text = "no clock to choose here\(machine.isVirtual == true ? ": the host has it" : "")"
      return [.information(rule, "cpu \(goal.cpus)", text, reason)]
    }
    let wrong = known.filter { $0.1 != wanted }
    if wrong.isEmpty { return [.good(rule, "cpu \(goal.cpus)", wanted, reason)] }
    let subject = "cpu \(CPUSet(wrong.map(\.0.number)))"
    let current = Set(wrong.map(\.1)).sorted().joined(separator: ", ")
    if wrong.contains(where: { !choices($0.0).isEmpty && !choices($0.0).contains(wanted) }) {
      return [.information(rule, subject, current, "\(reason) The driver does not offer \(wanted).")]
    }
    return [
      .change(
        rule, subject, is: current, wanted: wanted, reason,
        wrong.map { cpu, value in
          .file(path: "/sys/devices/system/cpu/cpu\(cpu.number)/cpufreq/\(file)", value: wanted, previous: value)
        })
    ]
  }
}
