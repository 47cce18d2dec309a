/// What the rules of network cards have in common.
///
/// Without configured ports nobody has said which cards bring packets: changes are then advice, so that `--apply` never
/// resets the link that the administrator came in by.
enum NICCheck {
  /// A finding of each interface that packets arrive at.
  static func each(
    _ rule: String, _ machine: Machine, _ goal: TuningGoal, _ judge: (NIC) -> Finding?
  ) -> [Finding] {
    goal.interfaces.compactMap { interface in
      guard let nic = machine.nic(interface), let finding = judge(nic) else { return nil }
      return goal.ports.isEmpty && finding.verdict == .change ? finding.byHand() : finding
    }
  }

  /// The configured port of an interface.
  static func port(_ nic: NIC, _ goal: TuningGoal, _ machine: Machine) -> (queues: Int, depth: Int)? {
    for port in goal.ports where TuningGoal.nic(of: port, in: machine)?.interface == nic.interface {
      return (port.queues, port.queueDepthPackets)
    }
    return nil
  }
}
