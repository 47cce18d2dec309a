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
