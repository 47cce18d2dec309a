import FeedCore

/// The ports, and what the configuration asks of them.
extension Doctor {
  /// What venues' packets take: they fill Ethernet's usual frames.
  static let mtuMinimum = 1_500

  func portChecks() -> [DoctorCheck] {
    if settings.live.ports.isEmpty {
      return [.skipped("ports", "-", "none configured", "name the ports under live.ports")]
    }
    return settings.live.ports.flatMap { port in deviceChecks(port) + interfaceChecks(port) + limitChecks(port) }
  }

  /// The card on the PCI bus.
  private func deviceChecks(_ port: PortSettings) -> [DoctorCheck] {
    guard let address = port.pciAddress else { return [] }
    guard let device = machine.pci.device(address) else {
      return [
        .fail(
          "ports", port.name, "no Ethernet card at \(address)",
          "change live.ports pciAddress; there are: \(Self.list(machine.pci.devices.map(\.address)))")
      ]
    }
    let ready = ["vfio-pci", "uio_pci_generic", "igb_uio", "mlx5_core", "mlx4_core"]
    let driver = device.driver ?? "no driver"
    if ready.contains(driver) { return [.pass("ports", port.name, "\(address) is bound to \(driver)")] }
    if port.interface != nil {
      return [.pass("ports", port.name, "\(address) is bound to \(driver): kernel sockets, not DPDK")]
    }
    return [
      .fail(
        "ports", port.name, "\(address) is bound to \(driver), which DPDK cannot use",
        "dpdk-devbind.py --bind=vfio-pci \(address), or name its interface")
    ]
  }

  private func interfaceChecks(_ port: PortSettings) -> [DoctorCheck] {
    guard let interface = port.interface else { return [] }
    guard let nic = machine.nic(interface) else {
      return [
        .fail(
          "ports", port.name, "no interface \(interface)",
          "change live.ports interface; there are: \(Self.list(machine.nics.map(\.interface)))")
      ]
    }
    var checks: [DoctorCheck] = []
    switch nic.isUp {
    case nil: checks.append(.skipped("ports", port.name, "whether \(interface) is up is unknown"))
    case false?: checks.append(.fail("ports", port.name, "\(interface) is down", "ip link set \(interface) up"))
    case true?:
      if nic.hasCarrier == false {
        checks.append(.fail("ports", port.name, "\(interface) has no link", "check the cable and the switch port"))
      } else {
        let speed = nic.speedMegabits.map { ", \($0) Mbit/s" } ?? ""
        checks.append(.pass("ports", port.name, "\(interface) is up\(speed)"))
      }
    }
    if let mtu = nic.mtu, mtu < Self.mtuMinimum {
      checks.append(
        .fail(
          "ports", port.name, "MTU \(mtu) of \(interface) is below the \(Self.mtuMinimum) that venues send",
          "ip link set \(interface) mtu \(Self.mtuMinimum)"))
    }
    if let layers = machine.layers(of: interface) { checks += lowerChecks(port, interface, layers) }
    return checks
  }

  /// The cards below a VLAN, a bond, a bridge.
  private func lowerChecks(_ port: PortSettings, _ interface: String, _ layers: String) -> [DoctorCheck] {
    let cards = machine.cards(of: interface).filter { $0.interface != interface }
    if cards.isEmpty {
      return [
        .warn(
          "ports", port.name, "\(interface) is a \(layers), of which no card is seen",
          "name the card itself, or look at it where it is seen (another network namespace)")
      ]
    }
    return cards.map { card in
      if card.isUp == false || card.hasCarrier == false {
        return .warn(
          "ports", port.name, "\(card.interface) below \(interface) (\(layers)) has no link",
          "check its cable, and ip link set \(card.interface) up")
      }
      return .pass("ports", port.name, "\(card.interface) is below \(interface): \(layers)")
    }
  }

  private func limitChecks(_ port: PortSettings) -> [DoctorCheck] {
    TuningGoal.cards(of: port, in: machine).flatMap { limitChecks(port, $0) }
  }

  /// Queues and descriptors against what the card has.
  private func limitChecks(_ port: PortSettings, _ nic: NIC) -> [DoctorCheck] {
    var checks: [DoctorCheck] = []
    if let maximum = nic.queueMaximum {
      let detail = "\(port.queues) queues of \(maximum)"
      checks.append(
        port.queues <= Int(maximum)
          ? .pass("queues", port.name, detail)
          : .fail(
            "queues", port.name, "\(port.queues) queues exceed the card's \(maximum)", "lower live.ports queues"))
    } else if port.queues > max(1, nic.rxQueues.count) {
      checks.append(
        .fail(
          "queues", port.name, "\(port.queues) queues exceed the interface's \(nic.rxQueues.count)",
          "lower live.ports queues"))
    } else {
      checks.append(.skipped("queues", port.name, "the driver does not tell its limit"))
    }
    guard let maximum = nic.facts.settings[.ringRxMaximum], maximum > 0 else {
      return checks + [.skipped("queue-depth", port.name, "the driver does not tell its limit")]
    }
    checks.append(
      port.queueDepthPackets <= Int(maximum)
        ? .pass("queue-depth", port.name, "\(port.queueDepthPackets) packets of \(maximum)")
        : .fail(
          "queue-depth", port.name, "queue depth \(port.queueDepthPackets) exceeds the card's \(maximum)",
          "lower live.ports queueDepthPackets"))
    return checks
  }

  static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
