/// Multicast sockets get the receive buffers they ask for, and the kernel's queue before them holds a burst.
enum ReceiveBufferRule: TuningRule {
  static let name = "receive-buffers"

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    [
      SysctlCheck(
        rule: name, name: "net.core.rmem_max", wanted: goal.receiveBufferBytes,
        reason: "The kernel cuts a socket's buffer to this without a word; what does not fit at the open is lost.",
        isGood: { $0 >= goal.receiveBufferBytes }
      ).finding(machine),
      SysctlCheck(
        rule: name, name: "net.core.netdev_max_backlog", wanted: 10_000,
        reason: "Packets that wait here for a CPU beyond this are dropped; 1,000 are 0.1 ms at 10 Gbit/s.",
        isGood: { $0 >= 10_000 }
      ).finding(machine),
    ]
  }
}

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

/// The kernel lets one socket join all groups.
enum MembershipRule: TuningRule {
  static let name = "memberships"

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let needed = max(20, goal.groups.count)
    return [
      SysctlCheck(
        rule: name, name: "net.ipv4.igmp_max_memberships", wanted: needed,
        reason: "A socket may join this many groups; the next join fails. The configuration names \(goal.groups.count).",
        isGood: { $0 >= needed }
      ).finding(machine)
    ]
  }
}

/// The source filter does not drop multicast whose sender is reached another way.
enum SourceFilterRule: TuningRule {
  static let name = "source-filter"
  private static let reason = """
    With strict filtering (1) the kernel drops packets whose sender it would answer through another interface, as \
    exchanges' senders mostly are, and counts nothing. The greater of this and the value for all interfaces holds.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let all = Int(machine.sysctls["net.ipv4.conf.all.rp_filter"] ?? "")
    return goal.interfaces.map { interface in
      let word = SysctlName.sourceFilter(of: interface)
      guard let text = machine.sysctls[word], let own = Int(text), let all else {
        return .unknown(name, interface, reason)
      }
      if max(own, all) != 1 { return .good(name, interface, "\(max(own, all))", reason) }
      let finding = Finding.change(
        name, interface, is: "1, strict", wanted: "2, loose", reason,
        [.file(path: SysctlName.path(of: word), value: "2", previous: text)])
      return goal.ports.isEmpty ? finding.byHand() : finding
    }
  }
}
