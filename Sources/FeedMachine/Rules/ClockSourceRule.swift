/// Reading the clock costs nanoseconds, not a call into the kernel or the hypervisor.
enum ClockSourceRule: TuningRule {
  static let name = "clock-source"
  private static let file = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
  private static let reason = """
    tsc (arch_sys_counter on arm64) is read in user mode in about 20 ns; hpet and acpi_pm take a microsecond and a \
    call into the kernel.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let source = machine.clock.source else { return [.unknown(name, "machine", reason)] }
    let good = ["tsc", "arch_sys_counter"]
    if good.contains(source) { return [.good(name, "machine", source, reason)] }
    guard let better = good.first(where: machine.clock.sources.contains) else {
      let text = machine.isVirtual == true ? "\(reason) The host's clock is read in user mode, too." : reason
      return [.information(name, "machine", "\(source); no other to choose", text)]
    }
    return [
      .change(
        name, "machine", is: source, wanted: better, reason, [.file(path: file, value: better, previous: source)])
    ]
  }
}
