/// The polling CPUs do not fall into sleep that takes long to leave.
enum IdleStateRule: TuningRule {
  static let name = "idle-states"
  /// C1 takes 1 or 2 microseconds; what lies above is a state in which caches are given up or clocks stopped.
  static let latencyMicrosecondsMaximum = 10
  private static let reason = """
    A polling CPU never idles, but one that starts, waits for a disk, or feeds another thread does: deep states take \
    10 to 1,000 microseconds to leave.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let cpus = goal.cpus.members.compactMap { machine.cpu($0) }
    if cpus.allSatisfy({ $0.idleStates.isEmpty }) {
      return [.information(name, "cpu \(goal.cpus)", "the kernel knows no idle states here", reason)]
    }
    let deep = cpus.flatMap { cpu in
      cpu.idleStates.filter { $0.latencyMicroseconds > latencyMicrosecondsMaximum && !$0.isDisabled }.map { (cpu, $0) }
    }
    if deep.isEmpty {
      return [.good(name, "cpu \(goal.cpus)", "none above \(latencyMicrosecondsMaximum) us", reason)]
    }
    var names: [String] = []
    for (_, state) in deep where !names.contains(state.name) { names.append(state.name) }
    let slowest = deep.map(\.1.latencyMicroseconds).max() ?? 0
    return [
      .change(
        name, "cpu \(CPUSet(deep.map(\.0.number)))", is: "\(names.joined(separator: ", ")), up to \(slowest) us",
        wanted: "disabled above \(latencyMicrosecondsMaximum) us", reason,
        deep.map { .file(path: $0.1.disablePath, value: "1", previous: "0") })
    ]
  }
}
