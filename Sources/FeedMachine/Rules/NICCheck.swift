/// What the rules of network cards have in common.
///
/// Without configured ports nobody has said which cards bring packets: changes are then advice, so that `--apply` never
/// resets the link that the administrator came in by.
enum NICCheck {
  /// A finding of each interface that packets arrive at. The loopback interface, which rehearsals use, has no card.
  static func each(
    _ rule: String, _ machine: Machine, _ goal: TuningGoal, _ judge: (NIC) -> Finding?
  ) -> [Finding] {
    goal.interfaces.compactMap { interface in
      guard let nic = machine.nic(interface), nic.isLoopback != true, let finding = judge(nic) else { return nil }
      return goal.ports.isEmpty && finding.verdict == .change ? finding.byHand() : finding
    }
  }

  /// What the configured ports of an interface ask of it, the most where there are several; nil: none is configured.
  static func port(_ nic: NIC, _ goal: TuningGoal, _ machine: Machine) -> (queues: Int, depth: Int)? {
    let ports = goal.ports.filter { TuningGoal.nic(of: $0, in: machine)?.interface == nic.interface }
    guard let queues = ports.map(\.queues).max(), let depth = ports.map(\.queueDepthPackets).max() else { return nil }
    return (queues, depth)
  }
}
