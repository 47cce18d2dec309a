/// The kernel does not hand packets of a card from one CPU to another (RPS).
enum SteeringRule: TuningRule {
  static let name = "nic-steering"
  private static let reason = """
    With RPS the CPU that took the interrupt sends a part of its packets to other CPUs, for which it interrupts them. \
    The queues are spread by the card already.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    NICCheck.each(name, machine, goal, includesUpper: true) { nic in
      let known = nic.rxQueues.compactMap { queue in queue.cpus.map { (queue.name, $0) } }
      if known.isEmpty { return nic.below.isEmpty ? .unknown(name, nic.interface, reason) : nil }
      let steering = known.filter { !$0.1.isEmpty }
      if steering.isEmpty { return .good(name, nic.interface, "no RPS on \(known.count) queues", reason) }
      let cpus = steering.reduce(CPUSet()) { $0.union($1.1) }
      return .change(
        name, nic.interface, is: "RPS to cpu \(cpus) on \(steering.count) queues", wanted: "none", reason,
        steering.map { queue, cpus in
          .file(path: "/sys/class/net/\(nic.interface)/queues/\(queue)/rps_cpus", value: "0", previous: cpus.mask)
        })
    }
  }
}
