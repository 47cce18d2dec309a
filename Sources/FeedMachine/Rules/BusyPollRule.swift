/// Sockets may poll their card's queue instead of waiting for an interrupt.
enum BusyPollRule: TuningRule {
  static let name = "busy-poll"

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.sysctls["net.core.busy_read"] == nil { return [] }
    return [
      SysctlCheck(
        rule: name, name: "net.core.busy_read", wanted: 50,
        reason: """
          Microseconds that a read looks into the card's queue before it waits. feedh asks for it per socket, which \
          needs CAP_NET_ADMIN above this value.
          """,
        isGood: { $0 >= 50 }
      ).finding(machine)
    ]
  }
}
