/// The polling threads have CPUs of their own that exist.
enum PipelineCPUsRule: TuningRule {
  static let name = "pipeline-cpus"
  private static let reason = """
    A polling thread takes its CPU whole. Isolated CPUs are not among those that a process gets by itself, so \
    threads.cpus has to name them.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.online.isEmpty { return [.unknown(name, "machine", reason)] }
    let missing = goal.cpus.subtracting(machine.online)
    if !missing.isEmpty {
      return [
        .advice(
          name, "cpu \(missing)", is: "not on this machine, which runs \(machine.online)",
          wanted: "CPUs of this machine", reason, .byHand, commands: ["threads: { cpus: [\(usable(machine, goal))] }"],
          undo: [])
      ]
    }
    let current = "\(goal.cpuSource.rawValue): \(goal.cpus)"
    if goal.cpuSource == .configured { return [.good(name, "threads.cpus", current, reason)] }
    if !goal.canIsolate(machine) {
      return [
        .information(
          name, "machine", "\(machine.coreCount) physical cores run",
          "With two physical cores or fewer none can be kept for polling: fine for replays, not for going live.")
      ]
    }
    if goal.cpuSource == .isolated && !goal.isConfigured { return [.good(name, "machine", current, reason)] }
    return [
      .advice(
        name, "threads.cpus", is: goal.isConfigured ? "[]" : "no configuration", wanted: "[\(numbers(goal.cpus))]",
        reason, .byHand, commands: ["threads: { cores: \(goal.cpus.count), cpus: [\(numbers(goal.cpus))] }"], undo: [])
    ]
  }

  private static func numbers(_ cpus: CPUSet) -> String { cpus.members.map(String.init).joined(separator: ", ") }

  /// What the configuration could name instead: its own as far as they run, then the highest that do.
  private static func usable(_ machine: Machine, _ goal: TuningGoal) -> String {
    let own = goal.cpus.intersection(machine.online)
    let others = machine.online.subtracting(own).members.reversed().prefix(max(0, goal.coreCount - own.count))
    return numbers(CPUSet(own.members + others))
  }
}
