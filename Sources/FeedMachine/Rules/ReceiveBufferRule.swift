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
