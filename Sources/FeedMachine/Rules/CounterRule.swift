/// The cycle counter that latencies are measured with runs evenly.
enum CounterRule: TuningRule {
  static let name = "cycle-counter"
  private static let reason =
    "feedh stamps with the cycle counter; one that changes its pace or stops makes latencies wrong."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    switch machine.processor.architecture {
    case nil: return [.unknown(name, "machine", reason)]
    // ARMv8's generic timer has a fixed pace by definition.
    case .arm: return [.good(name, "machine", "generic timer", reason)]
    case .x86:
      let missing = ["constant_tsc", "nonstop_tsc"].filter { !machine.processor.flags.contains($0) }
      if missing.isEmpty { return [.good(name, "machine", "constant_tsc, nonstop_tsc", reason)] }
      let text = "the processor does not claim \(missing.joined(separator: ", "))"
      return [
        machine.isVirtual == true
          ? .information(name, "machine", text, "\(reason) Hypervisors often hide these flags.")
          : .advice(
            name, "machine", is: text, wanted: "a processor that has them", reason, .byHand,
            commands: ["use another machine, or do not trust latencies"], undo: [])
      ]
    }
  }
}
