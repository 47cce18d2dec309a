import FeedCore

/// What is wanted of a port.
public struct DPDKPortSettings: Sendable, Equatable {
  /// Which packets the card lets in.
  public enum Multicast: Sendable, Equatable {
    /// Those of the groups, by their Ethernet addresses.
    case filter
    /// Those of all groups.
    case all
    /// All packets on the wire.
    case promiscuous
  }

  /// Who tells the network which groups are wanted.
  public enum Membership: Sendable, Equatable {
    /// The kernel where it shares the card, else feedh.
    case automatic
    /// feedh, by reports of its own.
    case reports
    /// The kernel, by sockets on the card's interface.
    case kernel
    /// Nobody: the switch sends everything.
    case none
  }

  /// Sends a group's packets to a queue.
  public struct Steering: Sendable, Equatable {
    public var group: IPAddress
    /// Destination UDP port; nil: any.
    public var port: UInt16?
    public var queue: Int
    public init(group: IPAddress, port: UInt16? = nil, queue: Int) {
      self.group = group
      self.port = port
      self.queue = queue
    }
  }

  /// What reports call it.
  public var name: String
  public var device: DPDKDevice
  /// Receive queues. 1 ... 64.
  public var queues = 1
  /// Packets that each receive queue holds. 64 ... 32,768.
  public var queueDepthPackets = 4_096
  /// Queues to send from, beside the one that reports of memberships use.
  public var transmitQueues = 0
  public var transmitDepthPackets = 512
  /// MTU to set; nil: it stays.
  public var mtu: Int?
  public var groups: [MulticastGroup] = []
  public var multicast = Multicast.filter
  public var membership = Membership.automatic
  /// The port's own IPv4 address, for reports; nil: its interface's where the kernel has one, else 0.0.0.0.
  public var address: IPAddress?
  /// VLAN that reports are tagged with.
  public var vlan: UInt16?
  public var igmpVersionMaximum = IGMPVersion.v3
  /// Longest wait between repeated reports.
  public var reportRepeatNanosecondsMaximum: UInt64 = 1_000_000_000
  /// Seed of the delays of reports; nil: of the port's Ethernet address.
  public var reportSeed: UInt64?
  public var steering: [Steering] = []
  /// Take the card's receive times where it has them.
  public var usesDeviceTimestamps = true

  public init(name: String, device: DPDKDevice) {
    self.name = name
    self.device = device
  }

  /// A port of the configuration: by its PCI address where it has one, else by its interface through an AF_PACKET
  /// socket. Nil: it names neither.
  public init?(_ port: PortSettings, groups: [MulticastGroup]) {
    if let address = port.pciAddress {
      self.init(name: port.name, device: .pci(address: address))
    } else if let interface = port.interface {
      self.init(
        name: port.name,
        device: .packetSocket(
          interface: interface, queues: port.queues, depth: port.queueDepthPackets,
          mtu: port.mtu ?? KernelInterface.mtu(of: interface) ?? 1_500))
    } else {
      return nil
    }
    queues = port.queues
    queueDepthPackets = port.queueDepthPackets
    self.groups = groups
  }

  /// With what the configuration says of the port beside its device and its queues.
  func refined(_ port: PortSettings) -> DPDKPortSettings {
    var settings = self
    switch port.reception {
    case .groups: break
    case .allMulticast: settings.multicast = .all
    case .promiscuous:
      settings.multicast = .promiscuous
      settings.membership = .none
    }
    switch port.membership {
    case .auto: break
    case .reports: settings.membership = .reports
    case .kernel: settings.membership = .kernel
    case .none: settings.membership = .none
    }
    settings.address = port.address.flatMap { IPAddress($0) }
    settings.vlan = port.vlan.map { UInt16(truncatingIfNeeded: $0) }
    settings.mtu = port.mtu
    settings.usesDeviceTimestamps = port.timestamps != .host
    return settings
  }

  /// Packet buffers of a receive queue: what its descriptors hold, what is kept for the cores, and what caches of
  /// threads keep back.
  static func receiveBuffers(descriptors: Int) -> Int { descriptors + heldPackets + reserve }

  /// The same of a queue to send from. Over loops of memory (net_ring) its buffers are held by the receiver.
  static func transmitBuffers(descriptors: Int) -> Int { 2 * descriptors + heldPackets + reserve }

  /// Bursts that a receive queue holds, the one being received included.
  static var heldPackets: Int { (LiveSource.retainedBursts + 2) * DPDKQueue.burstMaximum }
  /// DPDK's cache of a thread holds up to one and a half times its size; two threads, and a burst of the driver's.
  static var reserve: Int { 3 * bufferCache + 256 }
  static var bufferCache: Int { 256 }

  /// Room of a packet buffer for frames of this MTU: Ethernet and two VLAN tags, and 128 bytes that DPDK keeps free.
  static func bufferRoom(mtu: Int) -> Int { 128 + max(2_048, (mtu + 14 + 8 + 4 + 63) & ~63) }

  /// Memory that a port of these settings takes, megabytes, as `DPDKEnvironmentSettings.megabytes` counts.
  public var memoryMegabytes: Int {
    let buffers =
      queues * Self.receiveBuffers(descriptors: queueDepthPackets)
      + (transmitQueues + 1) * Self.transmitBuffers(descriptors: transmitDepthPackets)
    // Beside the room: rte_mbuf, and the pool's own words.
    return (buffers * (Self.bufferRoom(mtu: mtu ?? 1_500) + 256) + (1 << 20)) >> 20
  }
}
