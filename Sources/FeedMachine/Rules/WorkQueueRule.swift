/// Work queues of the kernel stay off the polling CPUs.
enum WorkQueueRule: TuningRule {
  static let name = "work-queues"
  private static let reason = "Deferred work of drivers and file systems runs on whichever CPUs this mask allows."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let current = machine.workQueueCPUs else { return [.unknown(name, "machine", reason)] }
    let left = current.subtracting(goal.cpus)
    if left == current { return [.good(name, "machine", "cpu \(current)", reason)] }
    if !goal.canIsolate(machine) || left.isEmpty {
      return [.information(name, "machine", "cpu \(current)", reason)]
    }
    return [
      .change(
        name, "machine", is: "cpu \(current)", wanted: "cpu \(left)", reason,
        [.file(path: "/sys/devices/virtual/workqueue/cpumask", value: left.mask, previous: current.mask)])
    ]
  }
}
