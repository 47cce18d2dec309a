/// A word of the kernel's command line that names CPUs.
struct BootCPUs {
  var rule: String
  var word: String
  /// What stands before the list.
  var flags: String
  /// CPUs for which it holds; nil: unknown.
  var current: CPUSet?
  var reason: String

  func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let line = machine.commandLine else { return [.unknown(rule, "machine", reason)] }
    let onLine = line.cpus(of: word, all: machine.online)
    guard let held = current ?? onLine else { return [.unknown(rule, "machine", reason)] }
    if goal.cpus.isSubset(of: held) { return [.good(rule, "cpu \(goal.cpus)", "\(held)", reason)] }
    if !goal.canIsolate(machine) {
      return [.information(rule, "machine", "\(held)", "\(reason) This machine has too few cores to do without one.")]
    }
    let before = line.value(of: word).map { "\(word)=\($0)" }
    return [
      .advice(
        rule, "cpu \(goal.cpus)", is: "\(held)", wanted: "\(goal.cpus)", reason, .boot,
        commands: ["\(word)=\(flags)\(goal.cpus.list)"], undo: before.map { [$0] } ?? [])
    ]
  }
}
