import FeedObserve

/// The plan for programs. Docs/FORMATS.md says what each member means.
extension TuningPlan {
  /// - Parameter outcomes: what `--apply` or `--undo` did; nil: neither.
  public func writeJSON(configuration: String?, outcomes: [ChangeOutcome]?, to output: TextOutput) {
    var writer = JSONWriter(output)
    writer.object { json in
      json.member("configuration", configuration)
      json.object("machine") { json in machine.writeMembers(&json) }
      json.object("goal") { json in writeGoal(&json) }
      json.list("findings") { json in
        for finding in findings { json.object { json in Self.write(finding, &json) } }
      }
      json.list("bootWords") { json in bootWords.forEach { json.element($0) } }
      if let outcomes {
        json.list("outcomes", of: outcomes) { json, outcome in outcome.writeMembers(&json) }
      }
      json.object("summary") { json in
        for verdict in Finding.Verdict.allCases { json.member(verdict.rawValue, count(verdict)) }
        for application in Finding.Application.allCases where application != .none {
          json.member(application.rawValue, count(application))
        }
      }
    }
  }

  private func writeGoal(_ json: inout JSONWriter) {
    json.member("cpus", goal.cpus.list)
    json.member("cpuSource", goal.cpuSource.rawValue)
    json.list("ports", isInline: true) { json in goal.ports.forEach { json.element($0.name) } }
    json.list("interfaces", isInline: true) { json in goal.interfaces.forEach { json.element($0) } }
    json.list("cards", isInline: true) { json in goal.cards.forEach { json.element($0) } }
    json.member("node", goal.node)
    json.member("receiveBufferBytes", goal.receiveBufferBytes)
    json.member("hugePageBytes", goal.hugePageBytes)
  }

  private static func write(_ finding: Finding, _ json: inout JSONWriter) {
    json.member("rule", finding.rule)
    json.member("subject", finding.subject)
    json.member("verdict", finding.verdict.rawValue)
    json.member("is", finding.current)
    json.member("shouldBe", finding.wanted.isEmpty ? nil : finding.wanted)
    json.member("reason", finding.reason)
    json.member("how", finding.application == .none ? nil : finding.application.rawValue)
    json.list("commands") { json in finding.commands.forEach { json.element($0) } }
    json.list("undo") { json in finding.undoCommands.forEach { json.element($0) } }
  }
}

extension Machine {
  func writeMembers(_ json: inout JSONWriter) {
    json.member("root", root)
    json.member("kernel", kernelRelease)
    json.member("architecture", processor.architecture?.rawValue)
    json.member("processor", processor.model)
    json.truth("isVirtual", isVirtual)
    json.member("online", online.list)
    json.member("physicalCores", coreCount)
    json.member("isolated", isolated?.list)
    json.member("tickless", tickless?.list)
    json.member("memoryKilobytes", memory.totalKilobytes)
    json.list("nodes", of: nodes) { json, node in
      json.member("number", node.number)
      json.member("cpus", node.cpus.list)
    }
    json.list("interfaces") { json in
      for nic in nics where nic.isPhysical { json.object { json in nic.writeMembers(&json) } }
    }
    json.member("clockSource", clock.source)
    json.list("hardwareClocks", isInline: true) { json in clock.hardwareClocks.forEach { json.element($0.device) } }
    json.list("daemons", isInline: true) { json in (daemons ?? []).sorted().forEach { json.element($0) } }
  }
}

extension NIC {
  func writeMembers(_ json: inout JSONWriter) {
    json.member("interface", interface)
    json.member("driver", driver)
    json.member("driverVersion", facts.version)
    json.member("firmware", facts.firmware)
    json.member("pciAddress", pciAddress)
    json.member("node", node)
    json.member("state", state)
    json.member("speedMegabits", speedMegabits)
    json.member("mtu", mtu)
    json.member("rxQueues", rxQueues.count)
    json.member("txQueues", txQueues.count)
    json.list("addresses", isInline: true) { json in facts.addresses.forEach { json.element($0) } }
    json.object("settings", isInline: true) { json in
      for setting in NICSetting.allCases {
        if let value = facts.settings[setting] { json.member(setting.rawValue, value) }
      }
    }
    json.object("features", isInline: true) { json in
      for (name, feature) in facts.features.sorted(by: { $0.key < $1.key }) { json.member(name, feature.isOn) }
    }
  }
}

extension JSONWriter {
  /// A truth value that may be unknown.
  mutating func truth(_ key: String, _ isTrue: Bool?) {
    if let isTrue { member(key, isTrue) } else { member(key, String?.none) }
  }
}
