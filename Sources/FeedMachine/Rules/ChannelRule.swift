/// The card has at least as many receive queues as are wanted of it.
enum ChannelRule: TuningRule {
  static let name = "nic-channels"
  private static let reason = "Each polling core takes queues of its own; a queue that is not there cannot be polled."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    NICCheck.each(name, machine, goal) { nic in
      let isCombined = nic.facts.settings[.channelsCombinedMaximum].map { $0 > 0 } ?? false
      let setting: NICSetting = isCombined ? .channelsCombined : .channelsRx
      guard let current = nic.facts.settings[setting], let maximum = nic.queueMaximum else {
        return .unknown(name, nic.interface, "\(reason) The driver does not tell.")
      }
      let wanted = UInt32(clamping: NICCheck.port(nic, goal, machine)?.queues ?? 1)
      let text = "\(current) of \(maximum)"
      if current >= wanted { return .good(name, nic.interface, text, reason) }
      if maximum < wanted {
        return .advice(
          name, nic.interface, is: text, wanted: "\(wanted)", "\(reason) This card has no more than \(maximum).",
          .byHand, commands: ["live.ports: queues: \(maximum)"], undo: [])
      }
      return .change(
        name, nic.interface, is: text, wanted: "\(wanted)", "\(reason) The link goes down for a moment.",
        [.nic(interface: nic.interface, setting: setting, value: wanted, previous: current)])
    }
  }
}
