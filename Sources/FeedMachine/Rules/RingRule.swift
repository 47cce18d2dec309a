/// The card's receive ring holds a burst.
enum RingRule: TuningRule {
  static let name = "nic-rings"
  private static let reason = """
    The ring is what packets wait in while the polling core is busy; the card drops what does not fit. At the open \
    some thousand packets come within a millisecond.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    NICCheck.each(name, machine, goal) { nic in
      guard let current = nic.facts.settings[.ringRx], let maximum = nic.facts.settings[.ringRxMaximum], maximum > 0
      else { return .unknown(name, nic.interface, "\(reason) The driver does not tell.") }
      let asked = UInt32(clamping: NICCheck.port(nic, goal, machine)?.depth ?? 4_096)
      let wanted = min(asked, maximum)
      let text = "rx \(current) of \(maximum)"
      if current >= wanted { return .good(name, nic.interface, text, reason) }
      return .change(
        name, nic.interface, is: text, wanted: "rx \(wanted)", "\(reason) The link goes down for a moment.",
        [.nic(interface: nic.interface, setting: .ringRx, value: wanted, previous: current)])
    }
  }
}
