/// A network interface of the kernel.
public struct NIC: Equatable, Sendable {
  public var interface: String
  /// It has a device behind it; bridges, tunnels, lo have none.
  public var isPhysical = false
  public var isWireless = false
  /// `/sys/class/net/X/flags`: IFF_UP and others of linux/if.h.
  public var flags: Int?
  /// "up", "down", "unknown".
  public var state: String?
  public var hasCarrier: Bool?
  public var mtu: Int?
  /// Megabits per second; nil where unknown.
  public var speedMegabits: Int?
  /// Memory node; -1 and unknown are nil.
  public var node: Int?
  public var pciAddress: String?
  public var rxQueues: [Queue] = []
  public var txQueues: [Queue] = []
  public var facts = NICFacts()
  public var layer = Layer.none
  /// Interfaces that it stands on: the card of a VLAN, the members of a bond, the ports of a bridge.
  public var below: [String] = []
  /// Position N of `/dev/ptpN`, the card's own clock; nil: it has none.
  public var ptp: Int?

  public init(interface: String) { self.interface = interface }

  /// What it is made of.
  public enum Layer: Equatable, Sendable {
    /// A card, or something that stands on nothing.
    case none
    case vlan(Int?)
    case bond, bridge
    /// On others by a way of its own (macvlan, team, MACsec).
    case other

    /// "VLAN 100", "bond"; nil of a card.
    public var text: String? {
      switch self {
      case .none: nil
      case .vlan(let number): number.map { "VLAN \($0)" } ?? "VLAN"
      case .bond: "bond"
      case .bridge: "bridge"
      case .other: "virtual interface"
      }
    }
  }

  /// One queue and the CPUs that its packets are steered to (`rps_cpus`, `xps_cpus`).
  public struct Queue: Equatable, Sendable {
    public var name: String
    public var cpus: CPUSet?
  }

  /// IFF_UP.
  public var isUp: Bool? {
    if let flags { return flags & 0x1 != 0 }
    return nil
  }
  /// IFF_LOOPBACK.
  public var isLoopback: Bool? {
    if let flags { return flags & 0x8 != 0 }
    return nil
  }
  /// IFF_MULTICAST. The loopback interface has not, and takes what this machine sends to groups all the same.
  public var takesMulticast: Bool? {
    if let flags { return flags & (0x1000 | 0x8) != 0 }
    return nil
  }
  public var driver: String? { facts.driver }

  /// Queues that packets can be spread over: combined channels, or receive channels where the driver has these.
  public var queueMaximum: UInt32? {
    let counts = [NICSetting.channelsCombinedMaximum, .channelsRxMaximum].compactMap { facts.settings[$0] }
    return counts.max().flatMap { $0 == 0 ? nil : $0 }
  }
}
