import FeedObserve

extension TuningPlan {
  /// The plan for people; not a stable format.
  public func write(to output: TextOutput) {
    let sections: [(String, [String])] = [
      ("MACHINE", machineLines), ("GOAL", goalLines), ("PLAN", tableLines), ("CHANGES", changeLines),
      ("KERNEL COMMAND LINE", bootLines), ("SUMMARY", summaryLines),
    ]
    for (index, section) in sections.filter({ !$0.1.isEmpty }).enumerated() {
      if index > 0 { output.write("\n") }
      output.write(section.0 + "\n")
      for line in section.1 { output.write("  \(Self.printable(line))\n") }
    }
  }

  private var machineLines: [String] {
    let processor = machine.processor.model ?? machine.processor.architecture?.rawValue ?? "unknown"
    let memory = machine.memory.totalKilobytes.map { Text.bytes(UInt64(clamping: $0) &* 1_024) } ?? "unknown"
    let nodes = machine.nodes.map { "\($0.number): cpu \($0.cpus)" }.joined(separator: "; ")
    var lines = [
      "kernel     \(machine.kernelRelease ?? "unknown"), read from \(machine.root)",
      "processor  \(processor)\(machine.isVirtual == true ? ", virtual machine" : "")",
      "cpus       \(machine.online), \(machine.coreCount) physical cores",
      "memory     \(memory), nodes \(nodes.isEmpty ? "unknown" : nodes)",
    ]
    for nic in machine.nics where nic.isPhysical {
      let parts: [String?] = [
        nic.driver ?? "driver unknown", nic.facts.firmware.map { "firmware \($0)" }, nic.pciAddress,
        nic.node.map { "node \($0)" }, nic.speedMegabits.map { "\($0) Mbit/s" }, nic.state,
        nic.rxQueues.isEmpty ? nil : "\(nic.rxQueues.count) rx \(nic.txQueues.count) tx queues",
      ]
      lines.append("\(Self.padded(nic.interface, 9))  \(parts.compactMap { $0 }.joined(separator: ", "))")
    }
    return lines
  }

  private var goalLines: [String] {
    let ports = goal.ports.map { port in
      "\(port.name) (\([port.interface, port.pciAddress].compactMap { $0 }.joined(separator: ", ")))"
    }
    let cards = goal.interfaces.isEmpty ? "none" : goal.interfaces.joined(separator: ", ")
    let shown = ports.isEmpty ? "none configured; cards that are up: \(cards)" : ports.joined(separator: ", ")
    let gone = goal.ports.filter { port in port.interface != nil && TuningGoal.nic(of: port, in: machine) == nil }
    let missing = gone.map {
      "missing    \($0.name): no interface \($0.interface ?? ""); there are: "
        + "\(Doctor.list(machine.nics.map(\.interface))); correct live.ports[].interface"
    }
    let layers = goal.interfaces.compactMap { interface in
      machine.layers(of: interface).map { "below      \(interface): \($0); the cards are tuned" }
    }
    return ["polling    cpu \(goal.cpus), \(goal.cpuSource.rawValue)", "ports      \(shown)"] + missing + layers
  }

  private var tableLines: [String] {
    var table = TextTable([
      ("state", .left), ("rule", .left), ("subject", .left), ("is", .left), ("should be", .left), ("how", .left),
    ])
    for finding in findings {
      table.append([
        finding.verdict.rawValue, finding.rule, Self.cut(finding.subject), Self.cut(finding.current),
        Self.cut(finding.wanted),
        Self.how(finding.application),
      ])
    }
    return table.lines
  }

  private static func how(_ application: Finding.Application) -> String {
    switch application {
    case .runTime: "now: --apply"
    case .boot: "next start"
    case .byHand: "by hand"
    case .none: ""
    }
  }

  private var changeLines: [String] {
    findings.filter { $0.verdict == .change && $0.application != .boot }.flatMap { finding in
      ["\(finding.rule), \(finding.subject): \(finding.reason)"]
        + finding.commands.map { "  do    \($0)" } + finding.undoCommands.map { "  undo  \($0)" }
    }
  }

  private var bootLines: [String] {
    let boot = findings.filter { $0.application == .boot }
    if boot.isEmpty { return [] }
    return boot.map { "\($0.rule), \($0.subject): \($0.reason)" } + [
      "  do    add to GRUB_CMDLINE_LINUX in /etc/default/grub: \(bootWords.joined(separator: " "))",
      "        then update-grub and start anew",
      "  undo  take the words out again"
        + (boot.flatMap(\.undoCommands).isEmpty
          ? "" : ", back to: \(boot.flatMap(\.undoCommands).joined(separator: " "))"),
    ]
  }

  private var summaryLines: [String] {
    let parts = [
      "\(count(.good)) good",
      "\(count(.change)) to change: \(count(.runTime)) now, \(count(.boot)) with the next start, "
        + "\(count(.byHand)) by hand",
      "\(count(.information)) for information", "\(count(.unknown)) unknown",
    ]
    return [parts.joined(separator: "; ")]
  }

  /// What files of a machine hold may be anything, and the screen is a terminal.
  static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0 }))
  }

  /// Keeps the table on a screen; JSON has the whole text.
  private static func cut(_ text: String) -> String { text.count > 48 ? text.prefix(47) + "…" : text }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
