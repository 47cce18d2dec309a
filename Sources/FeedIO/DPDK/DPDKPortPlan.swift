/// What a port was set up as, for people: which way each thing that cards do differently is done on this one.
public struct DPDKPortPlan: Sendable, Equatable {
  /// How packets come to their queues.
  public enum Spreading: Sendable, Equatable {
    case oneQueue
    /// Rules of the card, so many, a group to a queue; what they do not name by `rest`.
    case rules(count: Int, rest: Rest)
    case rest(Rest)

    public enum Rest: String, Sendable {
      /// Receive-side scaling over addresses and ports.
      case hash = "by the card's hash of addresses and ports (RSS)"
      /// The driver has its own way: fanout of AF_PACKET, a file for each queue.
      case driver = "as the driver does"
    }
  }

  public var name: String
  public var device: String
  public var driver: String
  public var node: Int?
  public var mtu: Int
  public var queues: Int
  public var receiveDescriptors: Int
  public var buffersPerQueue: Int
  public var bufferLength: Int
  public var transmitQueues: Int
  public var spreading = Spreading.oneQueue
  public var multicast = ""
  public var times = ""
  public var membership = ""
  public var usesHugePages: Bool
  /// What was wanted and is not so, each with what is instead.
  public var notes: [String] = []

  public var lines: [String] {
    let place = node.map { "memory node \($0)" } ?? "no memory node"
    let memory = usesHugePages ? "huge pages" : "ordinary memory"
    var lines = [
      "\(name): \(device), driver \(driver), \(place), MTU \(mtu)",
      "\(name): \(queues) receive queues of \(receiveDescriptors) packets, \(buffersPerQueue) buffers of "
        + "\(bufferLength) bytes each, in \(memory); \(transmitQueues) transmit queues",
      "\(name): packets to queues: \(spreadingText)",
      "\(name): multicast: \(multicast); membership: \(membership)",
      "\(name): times: \(times)",
    ]
    lines += notes.map { "\(name): note: \($0)" }
    return lines
  }

  private var spreadingText: String {
    switch spreading {
    case .oneQueue: "one queue; groups that no feed wants are dropped by the pipeline's routes"
    case .rules(let count, let rest): "\(count) rules of the card (rte_flow), the rest \(rest.rawValue)"
    case .rest(let rest):
      "\(rest.rawValue); groups that no feed wants are dropped by the pipeline's routes"
    }
  }
}
