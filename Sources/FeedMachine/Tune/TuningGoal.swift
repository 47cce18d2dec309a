import FeedCore

/// What a machine is to be tuned for: which CPUs poll, which network cards bring packets, how much they may bring.
public struct TuningGoal: Sendable {
  public enum Source: String, Sendable {
    /// `threads.cpus` names them.
    case configured
    /// The machine isolates them.
    case isolated
    /// Neither; they are the ones that suit best.
    case proposed
  }

  /// CPUs of the polling threads.
  public var cpus: CPUSet
  public var cpuSource: Source
  /// Polling threads.
  public var coreCount: Int
  /// Ports as configured; empty: none are.
  public var ports: [PortSettings]
  /// Interfaces that packets arrive at, each once: of the configured ports, else every wired network card that is up.
  public var interfaces: [String]
  /// The cards below those interfaces, each once: the interfaces themselves where these are cards.
  public var cards: [String]
  public var isConfigured: Bool
  public var receiveBufferBytes: Int
  /// Multicast groups of all feeds, each once.
  public var groups: [String]
  /// Huge pages that the ports ask for, bytes on their node; nil: none.
  public var hugePageBytes: Int?
  /// Memory node of the ports; nil: unknown, or they are on several.
  public var node: Int?

  /// CPUs that are left to everything else.
  public func housekeeping(_ machine: Machine) -> CPUSet { machine.online.subtracting(cpus) }

  /// On two physical cores or fewer a polling core cannot be kept from the rest of the system.
  public func canIsolate(_ machine: Machine) -> Bool { machine.coreCount > 2 && !housekeeping(machine).isEmpty }

  /// - Parameter settings: nil: no configuration, defaults stand for it.
  public init(settings: Settings?, machine: Machine) {
    let used = settings ?? Settings()
    isConfigured = settings != nil
    coreCount = used.threads.coreCount
    ports = used.live.ports
    receiveBufferBytes = used.live.receiveBufferBytes
    var groups: [String] = []
    for line in used.feeds.flatMap(\.lines) {
      if let group = line.group, Self.isMulticast(group), !groups.contains(group) { groups.append(group) }
    }
    self.groups = groups
    let nics = Self.nics(of: used.live.ports, in: machine)
    // Lines A and B may come by one interface.
    var interfaces: [String] = []
    for nic in nics where !interfaces.contains(nic.interface) { interfaces.append(nic.interface) }
    self.interfaces = interfaces
    var cards: [NIC] = []
    for interface in interfaces {
      cards += machine.cards(of: interface).filter { card in !cards.contains { $0.interface == card.interface } }
    }
    self.cards = cards.map(\.interface)
    let nodes = Set(
      cards.compactMap(\.node) + used.live.ports.compactMap { $0.pciAddress.flatMap { machine.pci.device($0)?.node } })
    let node = nodes.count == 1 ? nodes.first : nil
    self.node = node
    hugePageBytes = Self.hugePageBytes(of: used.live.ports, machine)
    let configured = CPUSet(used.threads.cpus.prefix(used.threads.coreCount))
    if !configured.isEmpty {
      (cpus, cpuSource) = (configured, .configured)
    } else if let isolated = machine.isolated, !isolated.isEmpty {
      // With a configuration as many as it has threads, those of the ports' node first.
      let near = isolated.members.filter { node != nil && machine.node(ofCPU: $0) == node }
      let order = near + isolated.members.filter { !near.contains($0) }
      (cpus, cpuSource) = (CPUSet(settings == nil ? order : Array(order.prefix(coreCount))), .isolated)
    } else {
      (cpus, cpuSource) = (Self.proposal(coreCount, near: node, machine), .proposed)
    }
  }

  /// Physical cores of the ports' node, one CPU of each, the highest first: the first CPUs of a machine are where the
  /// kernel and most services stay.
  private static func proposal(_ count: Int, near node: Int?, _ machine: Machine) -> CPUSet {
    let firstOfCores = machine.online.members.filter { number in
      (machine.cpu(number)?.siblings?.intersection(machine.online).first ?? number) == number
    }
    let candidates = firstOfCores.dropFirst().reversed()
    let near = candidates.filter { node != nil && machine.node(ofCPU: $0) == node }
    let order = near + candidates.filter { !near.contains($0) }
    // One CPU only: it has to do everything.
    return CPUSet(order.isEmpty ? Array(machine.online.members.prefix(1)) : Array(order.prefix(count)))
  }

  private static func nics(of ports: [PortSettings], in machine: Machine) -> [NIC] {
    if ports.isEmpty {
      return machine.nics.filter { $0.isPhysical && !$0.isWireless && ($0.state == "up" || $0.hasCarrier == true) }
    }
    return ports.compactMap { port in nic(of: port, in: machine) }
  }

  /// The kernel's interface of a port; nil where it has none (bound to vfio-pci) or the port is not there.
  static func nic(of port: PortSettings, in machine: Machine) -> NIC? {
    if let interface = port.interface { return machine.nic(interface) }
    return machine.nics.first { $0.pciAddress != nil && $0.pciAddress == port.pciAddress }
  }

  /// The cards that a port's packets arrive at.
  static func cards(of port: PortSettings, in machine: Machine) -> [NIC] {
    nic(of: port, in: machine).map { machine.cards(of: $0.interface) } ?? []
  }

  /// DPDK's packet memory of ports with a PCI address: four times the descriptors of all queues, at least 16,384
  /// buffers of 2,304 bytes (2,048, headroom and header), and 64 MiB for its tables. Without configuration 1 GiB on
  /// machines of 8 GiB and more that have a network card on the PCI bus.
  private static func hugePageBytes(of ports: [PortSettings], _ machine: Machine) -> Int? {
    let taken = ports.filter { $0.pciAddress != nil }
    if !taken.isEmpty {
      let buffers = taken.reduce(0) { $0 + max(16_384, $1.queues * $1.queueDepthPackets * 4) }
      return buffers * 2_304 + (64 << 20)
    }
    let isLarge = (machine.memory.totalKilobytes ?? 0) >= 8 << 20
    return ports.isEmpty && isLarge && !machine.pci.devices.isEmpty ? 1 << 30 : nil
  }

  /// 224.0.0.0/4 and ff00::/8.
  private static func isMulticast(_ address: String) -> Bool {
    if address.contains(":") { return address.lowercased().hasPrefix("ff") }
    guard let first = address.split(separator: ".").first.flatMap({ Int($0) }) else { return false }
    return (224...239).contains(first)
  }
}
