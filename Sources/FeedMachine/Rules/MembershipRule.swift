/// The kernel lets one socket join all groups.
enum MembershipRule: TuningRule {
  static let name = "memberships"

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let needed = max(20, goal.groups.count)
    return [
      SysctlCheck(
        rule: name, name: "net.ipv4.igmp_max_memberships", wanted: needed,
        reason:
          "A socket may join this many groups; the next join fails. The configuration names \(goal.groups.count).",
        isGood: { $0 >= needed }
      ).finding(machine)
    ]
  }
}
