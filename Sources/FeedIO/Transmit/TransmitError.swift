import Glibc

/// Why packets cannot be sent, or not any more: what, where, what to do, in one line.
public enum TransmitError: Error, Equatable, Sendable, CustomStringConvertible {
  case noInterface(String)
  case interfaceDown(String)
  case notEthernet(String)
  case noPermission(interface: String)
  /// A multicast group without an interface to send it through: none is guessed.
  case multicastNeedsInterface(group: String)
  /// The system refused; `reason` is its message.
  case cannotOpen(name: String, reason: String)
  /// The file that is to tell how far it was sent.
  case position(path: String, reason: String)
  /// The interface went away while it was sent to.
  case vanished(name: String, reason: String)

  public var description: String {
    switch self {
    case .noInterface(let name):
      "\(name): no such interface; there are: \(LiveOpeningError.list(LiveInterface.names())); name one of them with "
        + "--interface or --line"
    case .interfaceDown(let name): "\(name): is down; ip link set \(name) up"
    case .notEthernet(let name):
      "\(name): is no Ethernet interface, so it takes no frames; send the payloads instead (--group)"
    case .noPermission(let interface):
      "\(interface): no permission to send frames; run as root or with CAP_NET_RAW, or send the payloads (--group)"
    case .multicastNeedsInterface(let group):
      "\(group) is a multicast group and none is sent through a guessed interface; name it with --interface or --line"
    case .cannotOpen(let name, let reason): "\(name): cannot be sent to: \(reason)"
    case .position(let path, let reason):
      "\(path): cannot keep how far was sent: \(reason); name a file that this user may write"
    case .vanished(let name, let reason): "\(name): takes no packets any more: \(reason); check the interface"
    }
  }

  /// From an error number of opening.
  init(interface: String, code: Int32) {
    self =
      switch code {
      case ENODEV, ENXIO: .noInterface(interface)
      case ENETDOWN: .interfaceDown(interface)
      case EPFNOSUPPORT: .notEthernet(interface)
      case EPERM, EACCES: .noPermission(interface: interface)
      default: .cannotOpen(name: interface, reason: String(cString: strerror(code)))
      }
  }
}
