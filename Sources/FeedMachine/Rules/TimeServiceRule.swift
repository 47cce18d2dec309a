/// Something keeps the clock right.
enum TimeServiceRule: TuningRule {
  static let name = "time-service"
  private static let reason = """
    Capture times, exchange times and the time of orders are compared with each other: PTP keeps them within \
    microseconds, chrony over the network within a millisecond or better.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.daemons == nil { return [.unknown(name, "machine", reason)] }
    let services = machine.timeServices
    let clocks = machine.clock.hardwareClocks.map { "\($0.device) \($0.name)" }
    let hardware = clocks.isEmpty ? "no hardware clock" : clocks.joined(separator: ", ")
    if services.contains("ptp4l") || services.contains("sfptpd") || services.contains("chronyd") {
      return [.good(name, "machine", "\(services.joined(separator: ", ")); \(hardware)", reason)]
    }
    let command =
      clocks.isEmpty ? "apt-get install chrony" : "apt-get install linuxptp  # then ptp4l and phc2sys, or chrony"
    return [
      .advice(
        name, "machine", is: "\(services.isEmpty ? "none" : services.joined(separator: ", ")); \(hardware)",
        wanted: clocks.isEmpty ? "chrony" : "ptp4l with phc2sys, or chrony", reason, .byHand, commands: [command],
        undo: [clocks.isEmpty ? "apt-get remove chrony" : "apt-get remove linuxptp"])
    ]
  }
}
