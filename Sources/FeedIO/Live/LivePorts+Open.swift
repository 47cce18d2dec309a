import FeedCore
import Glibc

/// One port, by the driver that receives its packets.
extension LivePorts {
  mutating func open(
    _ port: PortSettings, _ index: Int, _ wanted: [LiveSubscription], _ settings: Settings
  ) throws -> [any LiveQueue] {
    switch Self.driver(of: port) {
    case .socket: return try openSockets(port, wanted, settings)
    case .packet: return try openRings(port, index, wanted, settings)
    case .dpdk, .auto: return try openDPDK(port, settings)
    }
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
    _ port: PortSettings, _ wanted: [LiveSubscription], _ settings: Settings
  ) throws -> [any LiveQueue] {
    let interface = try Self.interface(of: port)
    var options = UDPSocketOptions()
    options.receiveBufferBytes = settings.live.receiveBufferBytes
    options.burstPacketsMaximum = settings.threads.burstPackets
    var queues: [any LiveQueue] = []
    do {
      for first in stride(from: 0, to: wanted.count, by: UDPSocketQueue.subscriptionsMaximum) {
        let part = wanted[first..<min(first + UDPSocketQueue.subscriptionsMaximum, wanted.count)]
        let queue = try UDPSocketQueue(
          name: "\(port.name):\(queues.count)", interface: interface, subscriptions: Array(part), options: options)
        note(queue.warnings, of: queue)
        queues.append(queue)
      }
    } catch {
      for queue in queues { queue.close() }
      throw error
    }
    note("port \(port.name): sockets on \(interface), \(wanted.count) groups and ports")
    return queues
  }

  /// A ring for each queue; packets go to them by flow.
  private mutating func openRings(
    _ port: PortSettings, _ index: Int, _ wanted: [LiveSubscription], _ settings: Settings
  ) throws -> [any LiveQueue] {
    let interface = try Self.interface(of: port)
    var options = PacketRingOptions()
    options.bufferBytes = settings.live.receiveBufferBytes
    if port.queues > 1 {
      options.fanout = .byFlow
      options.fanoutGroup = UInt16(truncatingIfNeeded: Int(getpid()) &+ index)
    }
    var queues: [any LiveQueue] = []
    do {
      for number in 0..<port.queues {
        let queue = try PacketRingQueue(
          name: "\(port.name):\(number)", interface: interface, subscriptions: wanted, options: options)
        note(queue.warnings, of: queue)
        queues.append(queue)
      }
    } catch {
      for queue in queues { queue.close() }
      throw error
    }
    note("port \(port.name): \(port.queues) AF_PACKET rings on \(interface), \(wanted.count) groups and ports")
    return queues
  }

  private mutating func note(_ warnings: [String], of queue: any LiveQueue) {
    for warning in warnings { warn("\(queue.name): \(warning)") }
  }

  // MARK: - DPDK

  /// Settings of a port that DPDK receives from.
  static func dpdkSettings(of port: PortSettings, _ feeds: [FeedSettings]) throws -> DPDKPortSettings {
    var groups: [MulticastGroup] = []
    for subscription in LiveSubscription.merged(subscriptions(of: port, feeds))
    where subscription.address.isMulticast && !groups.contains(where: { $0.address == subscription.address }) {
      groups.append(try MulticastGroup(subscription.address, sources: subscription.sources))
    }
    guard let vdev = port.vdev else {
      guard let settings = DPDKPortSettings(port, groups: groups) else {
        throw LiveQueueFailure("port \(port.name): driver dpdk needs a pciAddress, a vdev or an interface; name one")
      }
      return settings
    }
    let parts = vdev.split(separator: ",", maxSplits: 1)
    let name = String(parts[0])
    var settings = DPDKPortSettings(
      name: port.name, device: .virtual(name: name, arguments: parts.count > 1 ? String(parts[1]) : ""))
    settings.queues = port.queues
    settings.queueDepthPackets = port.queueDepthPackets
    settings.groups = groups
    // Files and memory have no switch behind them that would want to know of groups.
    if ["net_pcap", "net_ring", "net_null", "net_memif"].contains(where: name.hasPrefix) {
      settings.membership = .none
      settings.multicast = .all
    }
    return settings
  }

  /// DPDK starts once, for all its ports.
  private mutating func openDPDK(_ port: PortSettings, _ settings: Settings) throws -> [any LiveQueue] {
    let ports = try settings.live.ports.filter { Self.driver(of: $0) == .dpdk }
      .map { try Self.dpdkSettings(of: $0, settings.feeds) }
    let environment = try DPDKEnvironment.start(DPDKEnvironmentSettings(ports: ports))
    let opened = try DPDKPort.open(try Self.dpdkSettings(of: port, settings.feeds), in: environment)
    opened.plan.lines.forEach { note("port \($0)") }
    return opened.queues
  }
}
