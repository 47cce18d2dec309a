/// One word in the cpufreq folder of each polling CPU.
struct CPUWord {
  var rule: String
  var file: String
  var wanted: String
  var reason: String
  var value: (CPU) -> String?
  /// Words that the driver takes; empty: unknown.
  var choices: (CPU) -> [String]

  func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    var known: [(cpu: CPU, value: String)] = []
    for number in goal.cpus.members {
      if let cpu = machine.cpu(number), let value = value(cpu) { known.append((cpu, value)) }
    }
    if known.isEmpty {
      let text = "no clock to choose here\(machine.isVirtual == true ? ": the host has it" : "")"
      return [.information(rule, "cpu \(goal.cpus)", text, reason)]
    }
    let wrong = known.filter { $0.value != wanted }
    if wrong.isEmpty { return [.good(rule, "cpu \(goal.cpus)", wanted, reason)] }
    let subject = "cpu \(CPUSet(wrong.map(\.cpu.number)))"
    let current = Set(wrong.map(\.value)).sorted().joined(separator: ", ")
    if wrong.contains(where: { !choices($0.cpu).isEmpty && !choices($0.cpu).contains(wanted) }) {
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
