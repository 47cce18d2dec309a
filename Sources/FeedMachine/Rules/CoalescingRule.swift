/// The card does not wait for more packets before it tells of one.
enum CoalescingRule: TuningRule {
  static let name = "nic-coalescing"
  private static let reason = """
    Coalescing holds a packet back, by default for 8 to 50 microseconds, to save interrupts; adaptive coalescing \
    does so differently from moment to moment.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    NICCheck.each(name, machine, goal) { nic in
      guard let wait = nic.facts.settings[.coalesceRxMicroseconds] else {
        return .unknown(name, nic.interface, "\(reason) The driver does not tell.")
      }
      let adaptive = nic.facts.settings[.coalesceAdaptiveRx] ?? 0
      let text = "rx-usecs \(wait), adaptive-rx \(adaptive == 0 ? "off" : "on")"
      if wait == 0 && adaptive == 0 { return .good(name, nic.interface, text, reason) }
      var changes: [MachineChange] = []
      // First adaptive off: as long as it is on, drivers take the time back.
      if adaptive != 0 {
        changes.append(
          .nic(interface: nic.interface, setting: .coalesceAdaptiveRx, value: 0, previous: adaptive))
      }
      if wait != 0 {
        changes.append(
          .nic(interface: nic.interface, setting: .coalesceRxMicroseconds, value: 0, previous: wait))
      }
      return .change(name, nic.interface, is: text, wanted: "rx-usecs 0, adaptive-rx off", reason, changes)
    }
  }
}
