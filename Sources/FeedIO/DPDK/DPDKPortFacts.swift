import CDPDK

/// What a port is and can do, as its driver says.
public struct DPDKPortFacts: Sendable, Equatable {
  /// "net_pcap0", "0000:3b:00.0".
  public var device: String
  /// "net_pcap", "mlx5_pci".
  public var driver: String
  /// Six bytes.
  public var mac: [UInt8]
  /// The kernel's number of its interface, 0: the kernel has none.
  public var interfaceIndex: UInt32
  /// Memory node; nil: none.
  public var node: Int?
  public var receiveQueuesMaximum: Int
  public var transmitQueuesMaximum: Int
  public var receiveDescriptors: ClosedRange<Int>
  public var transmitDescriptors: ClosedRange<Int>
  public var mtu: Int
  public var mtuRange: ClosedRange<Int>
  public var receiveBufferMinimum: Int
  public var hasReceiveTimestamps: Bool
  public var hasReceiveSideScaling: Bool

  /// Drivers whose cards stay with the kernel, which then sees the same packets and can join groups for DPDK.
  public var isSharedWithKernel: Bool {
    interfaceIndex != 0
      && ["mlx5_pci", "mlx5_auxiliary", "mlx5_eth", "net_mlx4", "mlx4", "net_af_packet", "net_af_xdp"].contains(driver)
  }

  /// Nil: no such port.
  init?(port: UInt16) {
    var facts = feedh_dpdk_port_facts()
    guard feedh_dpdk_get_port_facts(port, &facts) == 0 else { return nil }
    device = Self.text(&facts.device)
    driver = Self.text(&facts.driver)
    mac = withUnsafeBytes(of: facts.mac) { Array($0) }
    interfaceIndex = facts.interface_index
    node = facts.node < 0 ? nil : Int(facts.node)
    receiveQueuesMaximum = Int(facts.receive_queues_maximum)
    transmitQueuesMaximum = Int(facts.transmit_queues_maximum)
    receiveDescriptors = Self.range(facts.receive_descriptors_minimum, facts.receive_descriptors_maximum)
    transmitDescriptors = Self.range(facts.transmit_descriptors_minimum, facts.transmit_descriptors_maximum)
    mtu = Int(facts.mtu)
    mtuRange = Self.range(facts.mtu_minimum, facts.mtu_maximum)
    receiveBufferMinimum = Int(facts.receive_buffer_minimum)
    hasReceiveTimestamps = facts.has_receive_timestamps
    hasReceiveSideScaling = facts.has_rss
  }

  private static func range(_ low: UInt16, _ high: UInt16) -> ClosedRange<Int> { Int(low)...max(Int(low), Int(high)) }

  private static func text<T>(_ characters: inout T) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
