/// What the rules of network cards have in common.
///
/// Without configured ports nobody has said which cards bring packets: changes are then advice, so that `--apply` never
/// resets the link that the administrator came in by.
enum NICCheck {
  /// A finding of each card that packets arrive at, also where the configuration names a VLAN, a bond or a bridge above
  /// it: rings, queues and offloads are the card's. The loopback interface, which rehearsals use, has no card.
  ///
  /// - Parameter includesUpper: the interface above is judged too.
  static func each(
    _ rule: String, _ machine: Machine, _ goal: TuningGoal, includesUpper: Bool = false, _ judge: (NIC) -> Finding?
  ) -> [Finding] {
    let upper = includesUpper ? goal.interfaces.filter { !goal.cards.contains($0) } : []
    return (goal.cards + upper).compactMap { interface in
      guard let nic = machine.nic(interface), nic.isLoopback != true, var finding = judge(nic) else { return nil }
      let above = goal.interfaces.filter { name in
        name != interface && machine.cards(of: name).contains { $0.interface == interface }
      }
      if !above.isEmpty { finding.reason += " The packets of \(above.joined(separator: ", ")) come by this card." }
      return goal.ports.isEmpty && finding.verdict == .change ? finding.byHand() : finding
    }
  }

  /// What the configured ports of an interface ask of it, the most where there are several; nil: none is configured.
  static func port(_ nic: NIC, _ goal: TuningGoal, _ machine: Machine) -> (queues: Int, depth: Int)? {
    let ports = goal.ports.filter { port in
      TuningGoal.cards(of: port, in: machine).contains { $0.interface == nic.interface }
    }
    guard let queues = ports.map(\.queues).max(), let depth = ports.map(\.queueDepthPackets).max() else { return nil }
    return (queues, depth)
  }
}
