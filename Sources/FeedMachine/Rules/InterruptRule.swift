/// No device interrupts a polling CPU.
enum InterruptRule: TuningRule {
  static let name = "interrupts"
  private static let reason = """
    An interrupt takes 2 to 20 microseconds from the polling thread, and the softirq behind it more. Kernel sockets \
    that are polled (SO_BUSY_POLL) do their receiving on the polling CPU anyhow.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.interrupts.isEmpty { return [.unknown(name, "machine", reason)] }
    let housekeeping = goal.housekeeping(machine)
    let arriving = machine.interrupts.filter { !$0.cpus.intersection(goal.cpus).isEmpty && !isFixed($0) }
    var changes: [MachineChange] = arriving.map { line in
      let left = line.cpus.subtracting(goal.cpus).intersection(machine.online)
      return .file(path: line.path, value: (left.isEmpty ? housekeeping : left).list, previous: line.cpus.list)
    }
    if let later = machine.defaultInterruptCPUs, !later.intersection(goal.cpus).isEmpty {
      let path = "/proc/irq/default_smp_affinity"
      changes.append(.file(path: path, value: later.subtracting(goal.cpus).mask, previous: later.mask))
    }
    if changes.isEmpty { return [.good(name, "cpu \(goal.cpus)", "none of \(machine.interrupts.count)", reason)] }
    let subject = "cpu \(goal.cpus)"
    let current = "\(arriving.count) of \(machine.interrupts.count) may arrive there"
    if !goal.canIsolate(machine) { return [.information(name, subject, current, reason)] }
    return [.change(name, subject, is: current, wanted: "cpu \(housekeeping)", reason, changes)]
  }

  /// Interrupts of the boards themselves, which cannot be moved.
  private static func isFixed(_ line: InterruptLine) -> Bool {
    ["timer", "cascade", "arch_timer"].contains(line.name)
  }
}
