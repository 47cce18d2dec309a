import FeedCore
import FeedIO

/// Watches what a live run's queues lose before a core sees it: says once of each queue that it drops packets, that it
/// cuts them, that they come damaged, and what helps. How many they are by now stands in the report, drops also in the
/// status line; what they were tells by the gaps.
struct DropWatch {
  private let live: LiveSettings
  private var told: Set<String> = []

  init(_ live: LiveSettings) { self.live = live }

  /// What there is to say.
  ///
  /// - Parameter queues: what each has counted; `port` is the position of its port.
  mutating func look(_ queues: [(name: String, port: Int, figures: LiveQueueFigures)]) -> [String] {
    queues.flatMap { queue -> [String] in
      let port = live.ports.indices.contains(queue.port) ? live.ports[queue.port] : PortSettings(name: queue.name)
      let losses: [(count: UInt64, what: String, help: String)] = [
        (queue.figures.drops, "drops packets", help(port, queue.figures)),
        (queue.figures.cut, "cuts packets", Self.helpAgainstCuts(port)),
        (queue.figures.errors, "counts damaged packets", Self.helpAgainstDamage(port)),
      ]
      return losses.compactMap { loss in
        guard loss.count > 0, told.insert("\(queue.name) \(loss.what)").inserted else { return nil }
        return "feedh: queue \(queue.name) \(loss.what), \(Text.grouped(loss.count)) so far: \(loss.help)"
      }
    }
  }

  /// Buffers are as long as the MTU wants them.
  private static func helpAgainstCuts(_ port: PortSettings) -> String {
    let isDPDK = LivePorts.driver(of: port) == .dpdk
    let how = isDPDK ? "mtu of its entry in live.ports" : "ip link set \(port.interface ?? "…") mtu 9000"
    return "they are longer than the MTU of port \(port.name), and what is missing counts as malformed; raise it "
      + "(\(how)) and start again"
  }

  private static func helpAgainstDamage(_ port: PortSettings) -> String {
    "the card refuses them: a bad cable or transceiver, or frames longer than its MTU"
      + (port.interface.map { "; ethtool -S \($0) says which" } ?? "; live.devices of the report says which")
  }

  private func help(_ port: PortSettings, _ figures: LiveQueueFigures) -> String {
    let ownCPU = "give the core a CPU of its own (feedh tune)"
    switch LivePorts.driver(of: port) {
    case .dpdk where figures.noBuffers > 0:
      return "DPDK had no free buffer; raise queueDepthPackets (\(port.queueDepthPackets)) of port \(port.name), which "
        + "says how many there are"
    case .dpdk:
      return "its core comes too late to the card's ring; \(ownCPU), or raise queueDepthPackets "
        + "(\(port.queueDepthPackets)) of port \(port.name)"
    case .auto, .socket, .packet, .libpcap:
      return "its core comes too late to the kernel's buffer, or the kernel to the card's ring; \(ownCPU), or raise "
        + "live.receiveBufferBytes (\(live.receiveBufferBytes)) and the ring (feedh tune, nic-rings)"
    }
  }
}
