import FeedCore

/// The live ports of a configuration, opened: the queues, with the core that polls each, and what is to be known of
/// them.
public struct LivePorts {
  public private(set) var entries: [LivePacketSource.Entry] = []
  /// What the system or a device did not grant, with the remedy; one line each.
  public private(set) var warnings: [String] = []
  /// How packets come to their queues, one line a port.
  public private(set) var plan: [String] = []

  /// Opens every port for the lines that may arrive there (`LineSettings.livePort`). What was opened before a failure
  /// is closed again.
  ///
  /// - Throws: the driver's own error, or `LiveQueueFailure`: one line.
  public init(_ settings: Settings) throws {
    let cores = try LiveQueuePlan(settings)
    do {
      for (index, port) in settings.live.ports.enumerated() {
        if Self.subscriptions(of: port, settings.feeds).isEmpty {
          throw LiveQueueFailure(
            "port \(port.name): no line of any feed arrives there; name it as livePort of a line, or remove the port")
        }
        try Self.checkInterface(of: port)
        try open(port, index, cores, settings)
      }
    } catch {
      close()
      throw error
    }
  }

  /// The kernel's interface of a port is there; which port's is not is said before any driver says it its way.
  ///
  /// - Throws: `LiveQueueFailure`.
  private static func checkInterface(of port: PortSettings) throws {
    // A card that DPDK has taken from the kernel has none any more.
    if driver(of: port) == .dpdk, port.pciAddress != nil || port.vdev != nil { return }
    guard let interface = port.interface, let names = LiveInterface.alternatives(to: interface) else { return }
    throw LiveQueueFailure(
      "port \(port.name): interface \(interface) does not exist; there are: \(names); correct live.ports[].interface")
  }

  mutating func add(_ queue: any LiveQueue, ofPort port: Int, core: Int) {
    entries.append(LivePacketSource.Entry(queue, port: UInt16(port), core: core))
  }

  mutating func warn(_ warning: String) { warnings.append(warning) }
  mutating func note(_ line: String) { plan.append(line) }

  public func close() {
    for entry in entries { entry.queue.close() }
  }

  /// Group, port and source of each line that may arrive at a port, in the order of the configuration.
  ///
  /// - Parameter isWanted: of which feeds, by position.
  static func subscriptions(
    of port: PortSettings, _ feeds: [FeedSettings], where isWanted: (Int) -> Bool = { _ in true }
  ) -> [LiveSubscription] {
    feeds.indices.filter(isWanted).map { feeds[$0] }.flatMap { feed in
      feed.lines.compactMap { line in
        line.livePort == nil || line.livePort == port.name ? subscription(of: line, feed) : nil
      }
    }
  }

  /// Nil where it comes by no port, or is not told by its address.
  static func subscription(of line: LineSettings, _ feed: FeedSettings) -> LiveSubscription? {
    guard let address = line.group.flatMap({ IPAddress($0) }), let port = line.port, !feed.carriesRequestedAnswers(line)
    else { return nil }
    return LiveSubscription(
      address: address, port: port, sources: line.source.flatMap { IPAddress($0) }.map { [$0] } ?? [])
  }

  /// What receives a port's packets where the configuration leaves it open.
  public static func driver(of port: PortSettings) -> PortSettings.Driver {
    if port.driver != .auto { return port.driver }
    return port.pciAddress != nil || port.vdev != nil ? .dpdk : .socket
  }
}
