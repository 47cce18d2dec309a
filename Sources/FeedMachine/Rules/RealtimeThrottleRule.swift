/// A spinning SCHED_FIFO thread is not stopped 50 ms in each second.
enum RealtimeThrottleRule: TuningRule {
  static let name = "realtime-throttling"
  private static let reason = """
    By default real-time tasks get 950 ms of each second: a polling thread under SCHED_FIFO stalls for the other 50. \
    Without the limit such a thread owns its CPU, which wants CPUs left for everything else.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let check = SysctlCheck(
      rule: name, name: "kernel.sched_rt_runtime_us", wanted: -1, reason: reason,
      isGood: { $0 == -1 || $0 == Int(machine.sysctls["kernel.sched_rt_period_us"] ?? "") })
    let finding = check.finding(machine)
    if finding.verdict != .change || goal.canIsolate(machine) { return [finding] }
    return [
      .information(
        name, "kernel.sched_rt_runtime_us", finding.current,
        "\(reason) On two physical cores or fewer leave it, and do not run feedh under SCHED_FIFO.")
    ]
  }
}
