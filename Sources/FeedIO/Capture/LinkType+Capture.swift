import FeedCore

extension LinkType {
  /// From the number that pcap and pcapng files carry (LINKTYPE_…; some writers put the system's own DLT_… there).
  init(captureNumber: UInt32) {
    self =
      switch captureNumber {
      case 0, 108: .loopback
      case 1: .ethernet
      case 12, 14, 101: .rawIP
      case 113: .linuxSLL
      case 228: .ipv4
      case 229: .ipv6
      case 276: .linuxSLL2
      default: .unsupported
      }
  }

  static func name(captureNumber: UInt32) -> String {
    switch LinkType(captureNumber: captureNumber) {
    case .loopback: "loopback"
    case .ethernet: "Ethernet"
    case .rawIP: "raw IP"
    case .linuxSLL: "Linux cooked"
    case .linuxSLL2: "Linux cooked v2"
    case .ipv4: "raw IPv4"
    case .ipv6: "raw IPv6"
    case .message, .connection, .unsupported: "link type \(captureNumber) (not read)"
    }
  }
}
