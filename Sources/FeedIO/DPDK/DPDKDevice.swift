import Glibc

/// What a port of DPDK is made of.
public enum DPDKDevice: Sendable, Equatable, CustomStringConvertible {
  /// A card on the PCI bus, bound to vfio-pci, or left to its kernel driver where the two share it (mlx4, mlx5).
  case pci(address: String)
  /// A device of software: "net_pcap0" with "rx_pcap=F", "net_memif0" with "role=client,socket=PATH".
  case virtual(name: String, arguments: String)
  /// The card whose kernel interface has this name, on drivers that share it with the kernel.
  case interface(name: String)

  /// A kernel interface through an AF_PACKET socket: any card, root needed.
  ///
  /// The driver's own ring is small and loses packets without counting them; this one holds `depth` packets a queue.
  ///
  /// - Parameters:
  ///   - depth: packets each queue holds, rounded up to a power of two. 64 ... 32,768.
  ///   - mtu: longest payload of a frame.
  public static func packetSocket(
    interface: String, queues: Int, depth: Int, mtu: Int = 1_500, name: String? = nil
  ) -> DPDKDevice {
    func powerOfTwo(_ value: Int, _ least: Int) -> Int {
      var power = least
      while power < value { power *= 2 }
      return power
    }
    // 14 + 8 bytes of Ethernet and VLAN, 66 of the ring's own header.
    let frame = powerOfTwo(mtu + 14 + 8 + 66, 2_048)
    let frames = powerOfTwo(depth, 64)
    return .virtual(
      name: name ?? "net_af_packet_\(interface)",
      arguments: "iface=\(interface),qpairs=\(queues),blocksz=\(max(4_096, frame)),framesz=\(frame),framecnt=\(frames)")
  }

  /// Capture files as queues, one each, at the speed of the reader.
  public static func captures(_ paths: [String], name: String = "net_pcap0") -> DPDKDevice {
    .virtual(name: name, arguments: paths.map { "rx_pcap=\($0)" }.joined(separator: ","))
  }

  /// A device of software as DPDK's --vdev has it: "net_pcap0,rx_pcap=F".
  public static func virtual(_ text: String) -> DPDKDevice {
    let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return .virtual(name: parts[0], arguments: parts.count > 1 ? parts[1] : "")
  }

  public var description: String {
    switch self {
    case .pci(let address): address
    case .virtual(let name, _): name
    case .interface(let name): name
    }
  }

  /// Domain, bus, device, function: "0000:3b:00.0".
  static func isPCIAddress(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let digits = Array("hhhh:hh:hh.o".utf8)
    guard bytes.count == digits.count else { return false }
    return zip(bytes, digits).allSatisfy { byte, kind in
      switch kind {
      case UInt8(ascii: "h"): isxdigit(Int32(byte)) != 0
      case UInt8(ascii: "o"): (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte)
      default: byte == kind
      }
    }
  }

  /// "net_", then letters, digits, "_", "-" or ".": nothing that DPDK's own syntax gives a meaning to.
  static func isVirtualName(_ text: String) -> Bool {
    text.hasPrefix("net_") && text.utf8.count < 64
      && text.utf8.allSatisfy { isalnum(Int32($0)) != 0 || "_-.".utf8.contains($0) }
  }
}
