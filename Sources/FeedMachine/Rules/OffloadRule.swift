/// Packets reach feedh one by one, as they came.
enum OffloadRule: TuningRule {
  static let name = "nic-offloads"
  private static let reason = """
    Receive offloads hold packets back to glue them together. For UDP they gain nothing, for captures they show \
    packets that never were on the wire.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    NICCheck.each(name, machine, goal) { nic in
      let known = NICFacts.featureNames.filter { nic.facts.features[$0] != nil }
      if known.isEmpty { return .unknown(name, nic.interface, "\(reason) The driver does not tell.") }
      let on = known.filter { nic.facts.features[$0]?.isOn == true }
      if on.isEmpty { return .good(name, nic.interface, "off", reason) }
      let changeable = on.filter { nic.facts.features[$0]?.isChangeable == true }
      let text = on.joined(separator: ", ") + " on"
      if changeable.isEmpty {
        return .information(name, nic.interface, text, "\(reason) The driver does not let them be changed.")
      }
      return .change(
        name, nic.interface, is: text, wanted: changeable.joined(separator: ", ") + " off", reason,
        changeable.map { .feature(interface: nic.interface, name: $0, isOn: false, previous: true) })
    }
  }
}
