import FeedIO

/// Watches the links of a live run's ports: says once that one went down and once that it is up again, and counts.
///
/// A port is down where any of its queues says so; where none can tell, nothing is said. Looked at a few times a
/// second: a link that comes back sooner is not noticed here, what it cost is in the gaps.
struct LinkWatch {
  private let portNames: [String]
  private var isUp: [UInt16: Bool] = [:]
  /// How often each port went down, by its position.
  private(set) var downs: [UInt16: UInt64] = [:]

  init(portNames: [String]) { self.portNames = portNames }

  /// Ports that are down now, by name.
  var down: [String] { isUp.filter { !$0.value }.keys.sorted().map(name) }

  /// What there is to say. Queues that failed are no link's affair: they are named as such.
  mutating func look(_ entries: [LivePacketSource.Entry]) -> [String] {
    var now: [UInt16: Bool] = [:]
    for entry in entries where entry.queue.failure == nil {
      guard let link = entry.queue.figures().linkIsUp, entry.queue.failure == nil else { continue }
      now[entry.port] = (now[entry.port] ?? true) && link
    }
    var lines: [String] = []
    for port in now.keys.sorted() {
      let before = isUp[port] ?? true
      guard let link = now[port], link != before else { continue }
      if link {
        lines.append("feedh: port \(name(port)): the link is up again")
      } else {
        downs[port, default: 0] += 1
        lines.append("feedh: port \(name(port)): the link is down; the run goes on, its packets come when it is up again")
      }
    }
    isUp = now
    return lines
  }

  private func name(_ port: UInt16) -> String {
    Int(port) < portNames.count ? portNames[Int(port)] : "\(port)"
  }
}
