import FeedCore

/// The live ports of a configuration, opened: the queues that one core polls, and what is to be known of them.
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
    do {
      for (index, port) in settings.live.ports.enumerated() {
        let wanted = Self.subscriptions(of: port, settings.feeds)
        if wanted.isEmpty {
          throw LiveQueueFailure(
            "port \(port.name): no line of any feed arrives there; name it as livePort of a line, or remove the port")
        }
        let queues = try open(port, index, wanted, settings)
        entries += queues.map { LivePacketSource.Entry($0, port: UInt16(index)) }
      }
    } catch {
      close()
      throw error
    }
  }

  mutating func warn(_ warning: String) { warnings.append(warning) }
  mutating func note(_ line: String) { plan.append(line) }

  public func close() {
    for entry in entries { entry.queue.close() }
  }

  /// Group, port and source of each line that may arrive at a port, in the order of the configuration.
  static func subscriptions(of port: PortSettings, _ feeds: [FeedSettings]) -> [LiveSubscription] {
    feeds.flatMap { feed in
      feed.lines.compactMap { line in
        guard line.livePort == nil || line.livePort == port.name, let address = line.group.flatMap({ IPAddress($0) }),
          let udpPort = line.port, !feed.carriesRequestedAnswers(line)
        else { return nil }
        return LiveSubscription(
          address: address, port: udpPort, sources: line.source.flatMap { IPAddress($0) }.map { [$0] } ?? [])
      }
    }
  }

  /// What receives a port's packets where the configuration leaves it open.
  static func driver(of port: PortSettings) -> PortSettings.Driver {
    if port.driver != .auto { return port.driver }
    return port.pciAddress != nil || port.vdev != nil ? .dpdk : .socket
  }
}
