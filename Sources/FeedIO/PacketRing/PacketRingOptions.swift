/// How a `PacketRingQueue` receives.
public struct PacketRingOptions: Sendable, Equatable {
  /// Which packets the card lets through to the kernel.
  public enum Reception: Sendable, Equatable {
    /// Those of the groups subscribed to, which are joined (IGMP, MLD).
    case groups
    /// Every multicast packet that arrives; the groups are joined too.
    case allMulticast
    /// Every packet that arrives, for a mirror port or tap: nothing is joined.
    case promiscuous
  }

  /// How rings of one interface share its packets. Each ring has a filter of its own in any case: rings that are to
  /// have groups of their own need no fan-out.
  public enum Fanout: Sendable, Equatable {
    /// By addresses and ports: a flow stays with one ring.
    case byFlow
    /// By the card's receive queue: the n-th ring opened gets queue n.
    case byQueue
  }

  /// Memory of the ring, bytes: `live.receiveBufferBytes`. Raised to what 48 blocks need, a block being as long as the
  /// longest packet at least; rounded to whole blocks. 65,536 ... 1 G.
  public var bufferBytes = 33_554_432
  /// How long the kernel may keep packets in a block that is not full, milliseconds: the latency at low rates. 1 ... 1,000.
  public var blockTimeoutMilliseconds = 1
  public var reception = Reception.groups
  /// Nil: this ring sees all packets of the interface.
  public var fanout: Fanout?
  /// Number of the fan-out group, the same for all rings that share, of this machine and namespace.
  public var fanoutGroup: UInt16 = 0
  /// Stamp packets with the network card's clock, where it has one that goes with the system's.
  public var usesHardwareTimestamps = false
  public init() {}
}
