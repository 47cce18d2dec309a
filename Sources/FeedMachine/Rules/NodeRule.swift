/// Ports and polling CPUs are on one memory node.
enum NodeRule: TuningRule {
  static let name = "numa"
  private static let reason = """
    A packet that a card writes into the memory of another node crosses the link between the sockets, some 100 ns \
    each way, and so does every look-up in a table there.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.nodes.isEmpty { return [.unknown(name, "machine", reason)] }
    if machine.nodes.count == 1 { return [.good(name, "machine", "one node", reason)] }
    let used = Set(goal.cpus.members.compactMap { machine.node(ofCPU: $0) }).sorted()
    let cpuText = "cpu \(goal.cpus) on node \(used.map(String.init).joined(separator: ", "))"
    guard let node = goal.node else {
      return [.information(name, "machine", "\(cpuText); node of the ports unknown, or several", reason)]
    }
    if used == [node] { return [.good(name, "cpu \(goal.cpus)", "node \(node), as the ports", reason)] }
    let near = machine.nodes.first { $0.number == node }?.cpus.intersection(machine.online) ?? []
    return [
      .advice(
        name, "cpu \(goal.cpus)", is: "\(cpuText); ports on node \(node)", wanted: "CPUs of node \(node): \(near)",
        reason, .byHand,
        commands: [
          "threads: { cpus: [\(near.members.suffix(goal.coreCount).map(String.init).joined(separator: ", "))] }"
        ],
        undo: [])
    ]
  }
}
