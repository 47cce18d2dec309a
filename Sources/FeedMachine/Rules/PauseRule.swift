/// The card neither sends pause frames nor obeys them.
enum PauseRule: TuningRule {
  static let name = "nic-pause"
  private static let reason = """
    A full ring should drop packets, which the other line brings again, and not stop the switch port, which delays \
    everything behind it.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    NICCheck.each(name, machine, goal) { nic in
      guard let rx = nic.facts.settings[.pauseRx], let tx = nic.facts.settings[.pauseTx] else {
        return .unknown(name, nic.interface, "\(reason) The driver does not tell.")
      }
      let negotiated = nic.facts.settings[.pauseAutonegotiation] ?? 0
      let text = "rx \(rx == 0 ? "off" : "on"), tx \(tx == 0 ? "off" : "on")"
      if rx == 0 && tx == 0 { return .good(name, nic.interface, text, reason) }
      let changes: [MachineChange] = [
        (NICSetting.pauseAutonegotiation, negotiated), (.pauseRx, rx), (.pauseTx, tx),
      ].filter { $0.1 != 0 }.map { .nic(interface: nic.interface, setting: $0.0, value: 0, previous: $0.1) }
      return .change(name, nic.interface, is: text, wanted: "rx off, tx off", reason, changes)
    }
  }
}
