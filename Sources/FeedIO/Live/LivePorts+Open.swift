import FeedCore
import Glibc

/// One port, by the driver that receives its packets.
extension LivePorts {
  mutating func open(_ port: PortSettings, _ index: Int, _ cores: LiveQueuePlan, _ settings: Settings) throws {
    if Self.driver(of: port) == .dpdk { return try openDPDK(port, index, cores, settings) }
    // A queue of the kernel's takes what it asked for and nothing else: each core's take its own feeds' groups.
    for core in Set(cores.coresOfPorts[index]).sorted() {
      let wanted = Self.subscriptions(of: port, settings.feeds) { cores.coreOfFeed[$0] == core }
      if wanted.isEmpty { continue }
      let place = Place(port: index, core: core, queues: cores.queueCount(ofPort: index, core: core))
      switch Self.driver(of: port) {
      case .packet: try openRings(port, place, wanted, settings)
      case .libpcap: try openCapture(port, place, wanted, settings)
      default: try openSockets(port, place, wanted, settings)
      }
    }
  }

  /// One core's queues of a port.
  private struct Place {
    var port: Int
    var core: Int
    var queues: Int
  }

  /// Of the queues to come: the port's name and a number.
  private func nextName(of port: PortSettings, _ index: Int) -> String {
    "\(port.name):\(entries.count { Int($0.port) == index })"
  }

  private static func interface(of port: PortSettings) throws -> String {
    if let interface = port.interface { return interface }
    throw LiveQueueFailure(
      "port \(port.name): driver \(driver(of: port).rawValue) needs the kernel's interface, and none is named; add "
        + "interface:, or set driver: dpdk")
  }

  // MARK: - The kernel's

  /// One queue for all groups, or for as many as one takes.
  private mutating func openSockets(
    _ port: PortSettings, _ place: Place, _ wanted: [LiveSubscription], _ settings: Settings
  ) throws {
    let interface = try Self.interface(of: port)
    var options = UDPSocketOptions()
    options.receiveBufferBytes = settings.live.receiveBufferBytes
    options.burstPacketsMaximum = settings.threads.burstPackets
    options.usesHardwareTimestamps = port.timestamps == .card
    for first in stride(from: 0, to: wanted.count, by: UDPSocketQueue.subscriptionsMaximum) {
      let part = wanted[first..<min(first + UDPSocketQueue.subscriptionsMaximum, wanted.count)]
      let queue = try UDPSocketQueue(
        name: nextName(of: port, place.port), interface: interface, subscriptions: Array(part), options: options)
      note(queue.warnings, of: queue)
      add(queue, ofPort: place.port, core: place.core)
    }
    note(
      "port \(port.name): sockets on \(interface), \(wanted.count) groups and ports, polled by core \(place.core)")
  }

  /// A ring for each of the core's queues; packets go to them by flow.
  private mutating func openRings(
    _ port: PortSettings, _ place: Place, _ wanted: [LiveSubscription], _ settings: Settings
  ) throws {
    let interface = try Self.interface(of: port)
    var options = PacketRingOptions()
    options.bufferBytes = settings.live.receiveBufferBytes
    options.usesHardwareTimestamps = port.timestamps == .card
    switch port.reception {
    case .groups: options.reception = .groups
    case .allMulticast: options.reception = .allMulticast
    case .promiscuous: options.reception = .promiscuous
    }
    if place.queues > 1 {
      options.fanout = .byFlow
      options.fanoutGroup = UInt16(truncatingIfNeeded: Int(getpid()) &+ place.port &+ place.core &* 16)
    }
    for _ in 0..<place.queues {
      let queue = try PacketRingQueue(
        name: nextName(of: port, place.port), interface: interface, subscriptions: wanted, options: options)
      note(queue.warnings, of: queue)
      add(queue, ofPort: place.port, core: place.core)
    }
    note(
      "port \(port.name): \(place.queues) AF_PACKET rings on \(interface), \(wanted.count) groups and ports, polled by "
        + "core \(place.core)")
  }

  /// One capture of the core's groups.
  private mutating func openCapture(
    _ port: PortSettings, _ place: Place, _ wanted: [LiveSubscription], _ settings: Settings
  ) throws {
    let interface = try Self.interface(of: port)
    var options = PcapLiveOptions()
    options.bufferBytes = settings.live.receiveBufferBytes
    options.burstPacketsMaximum = settings.threads.burstPackets
    options.isPromiscuous = port.reception == .promiscuous
    let queue = try PcapLiveQueue(
      name: nextName(of: port, place.port), interface: interface, subscriptions: wanted, options: options)
    note(queue.warnings, of: queue)
    add(queue, ofPort: place.port, core: place.core)
    note(
      "port \(port.name): libpcap on \(interface), \(wanted.count) groups and ports, polled by core \(place.core)")
  }

  private mutating func note(_ warnings: [String], of queue: any LiveQueue) {
    for warning in warnings { warn("\(queue.name): \(warning)") }
  }

  // MARK: - DPDK

  /// Settings of all ports that DPDK receives from.
  ///
  /// - Throws: `MembershipError`, `LiveQueueFailure`.
  public static func dpdkSettings(of settings: Settings) throws -> [DPDKPortSettings] {
    try settings.live.ports.filter { driver(of: $0) == .dpdk }.map { try dpdkSettings(of: $0, settings.feeds) }
  }

  /// Settings of a port that DPDK receives from.
  static func dpdkSettings(of port: PortSettings, _ feeds: [FeedSettings]) throws -> DPDKPortSettings {
    let groups = try MulticastGroup.all(of: subscriptions(of: port, feeds))
    guard let vdev = port.vdev else {
      guard let settings = DPDKPortSettings(port, groups: groups) else {
        throw LiveQueueFailure("port \(port.name): driver dpdk needs a pciAddress, a vdev or an interface; name one")
      }
      return settings.refined(port)
    }
    var settings = DPDKPortSettings(name: port.name, device: .virtual(vdev))
    settings.queues = port.queues
    settings.queueDepthPackets = port.queueDepthPackets
    settings.groups = groups
    if !settings.device.isNetwork {
      settings.membership = .none
      settings.multicast = .all
    }
    return settings.refined(port)
  }

  /// DPDK starts once, for all its ports.
  private mutating func openDPDK(
    _ port: PortSettings, _ index: Int, _ cores: LiveQueuePlan, _ settings: Settings
  ) throws {
    let ports = try Self.dpdkSettings(of: settings)
    var wanted = try Self.dpdkSettings(of: port, settings.feeds)
    let coresOfQueues = cores.coresOfPorts[index]
    let isShared = Set(coresOfQueues).count > 1
    if isShared { wanted.steering = Self.steering(of: port, coresOfQueues, cores, settings.feeds) }
    let environment = try DPDKEnvironment.start(DPDKEnvironmentSettings(ports: ports))
    let opened = try DPDKPort.open(wanted, in: environment)
    if isShared {
      guard case .rules = opened.plan.spreading else {
        opened.close()
        throw LiveQueueFailure(
          "port \(port.name): \(opened.plan.device) has no rules that bring each core's groups to its queues, and a hash "
            + "cuts channels apart; poll all its queues with one core (live.ports[].queueCores), or give each core a "
            + "port of its own")
      }
    }
    opened.plan.lines.forEach { note("port \($0)") }
    for (number, queue) in opened.queues.enumerated() { add(queue, ofPort: index, core: coresOfQueues[number]) }
  }

  /// Each core's groups to its queues, in turn.
  static func steering(
    of port: PortSettings, _ coresOfQueues: [Int], _ cores: LiveQueuePlan, _ feeds: [FeedSettings]
  ) -> [DPDKPortSettings.Steering] {
    var rules: [DPDKPortSettings.Steering] = []
    for core in Set(coresOfQueues).sorted() {
      let queues = coresOfQueues.indices.filter { coresOfQueues[$0] == core }
      let wanted = LiveSubscription.merged(subscriptions(of: port, feeds) { cores.coreOfFeed[$0] == core })
      for (position, subscription) in wanted.enumerated() {
        rules.append(
          DPDKPortSettings.Steering(
            group: subscription.address, port: subscription.port, queue: queues[position % queues.count]))
      }
    }
    return rules
  }
}
