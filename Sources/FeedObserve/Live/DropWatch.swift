import FeedCore
import FeedIO

/// Watches what a live run's queues lose before a core sees it: says once of each queue that it drops packets, and what
/// helps. How many they are by now stands in the status line and in the report; what they were tells by the gaps.
struct DropWatch {
  private let live: LiveSettings
  private var told: Set<String> = []

  init(_ live: LiveSettings) { self.live = live }

  /// What there is to say.
  ///
  /// - Parameter queues: what each has counted; `port` is the position of its port.
  mutating func look(_ queues: [(name: String, port: Int, figures: LiveQueueFigures)]) -> [String] {
    queues.compactMap { queue in
      guard queue.figures.drops > 0, told.insert(queue.name).inserted else { return nil }
      let port = live.ports.indices.contains(queue.port) ? live.ports[queue.port] : PortSettings(name: queue.name)
      return "feedh: queue \(queue.name) drops packets, \(Text.grouped(queue.figures.drops)) so far: "
        + help(port, queue.figures)
    }
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
