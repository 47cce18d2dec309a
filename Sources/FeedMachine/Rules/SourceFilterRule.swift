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
