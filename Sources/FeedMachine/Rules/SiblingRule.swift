/// Nothing else runs on the other hardware thread of a polling core.
enum SiblingRule: TuningRule {
  static let name = "smt"
  private static let reason = """
    Two hardware threads share one core's units and its first caches: a busy sibling takes a third of the speed and \
    makes latency depend on what it does.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let known = goal.cpus.filter { machine.cpu($0)?.siblings != nil }
    if known.isEmpty { return [.unknown(name, "cpu \(goal.cpus)", reason)] }
    var shared: [CPUSet] = []
    for number in goal.cpus.members {
      guard let both = machine.cpu(number)?.siblings?.intersection(goal.cpus), both.count > 1 else { continue }
      if !shared.contains(both) { shared.append(both) }
    }
    if !shared.isEmpty {
      let pairs = shared.map(\.list).joined(separator: "; ")
      return [
        .advice(
          name, "cpu \(goal.cpus)", is: "share cores: \(pairs)", wanted: "one CPU of each core", reason, .byHand,
          commands: ["threads: { cpus: [\(oneOfEach(goal.cpus, machine))] }"], undo: [])
      ]
    }
    let siblings = machine.siblings(of: goal.cpus).intersection(machine.online)
    if siblings.isEmpty { return [.good(name, "cpu \(goal.cpus)", "no sibling runs", reason)] }
    if !goal.canIsolate(machine) {
      return [.information(name, "cpu \(siblings)", "siblings of \(goal.cpus)", reason)]
    }
    // Taken off line, a CPU gives its interrupts and cpusets away for good: no undo would be exact.
    return [
      .advice(
        name, "cpu \(siblings)", is: "on line, siblings of \(goal.cpus)", wanted: "off line", reason, .byHand,
        commands: ShellCommands.commands(switches(siblings, "0")),
        undo: ShellCommands.commands(switches(siblings, "1")))
    ]
  }

  private static func switches(_ cpus: CPUSet, _ value: String) -> [MachineChange] {
    cpus.members.map {
      .file(path: "/sys/devices/system/cpu/cpu\($0)/online", value: value, previous: value == "0" ? "1" : "0")
    }
  }

  private static func oneOfEach(_ cpus: CPUSet, _ machine: Machine) -> String {
    cpus.filter { machine.cpu($0)?.siblings?.intersection(cpus).first ?? $0 == $0 }.members.map(String.init)
      .joined(separator: ", ")
  }
}
