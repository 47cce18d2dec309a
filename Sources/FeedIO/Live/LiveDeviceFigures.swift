/// What lies under a port's queues and counts for itself: a card, or a device of software, that DPDK drives.
public struct LiveDeviceFigures: Sendable, Equatable {
  /// A counter of the driver's own (xstats), in its words.
  public struct Counter: Sendable, Equatable {
    public var name: String
    public var value: UInt64
  }

  /// "0000:3b:00.0", "net_pcap0".
  public var device: String
  /// "mlx5_pci", "net_pcap".
  public var driver: String
  /// Those that are not 0.
  public var counters: [Counter] = []
  /// What was heard and said about groups; nil: the kernel does that, or nobody.
  public var membership: MembershipCounts?
  /// Where the packet buffers are; nil: the port is open.
  public var buffers: DPDKBufferAccount?

  public init(device: String, driver: String) {
    self.device = device
    self.driver = driver
  }
}
