import FeedCore
import Glibc

/// Why a socket queue or a packet ring cannot be opened. One line each: what, where, what is allowed, what to do.
public enum LiveOpeningError: Error, Equatable, Sendable, CustomStringConvertible {
  case noSubscription(interface: String)
  /// `have`: those that there are, with spaces between.
  case noInterface(name: String, have: String)
  case interfaceIsDown(name: String)
  case noMulticast(interface: String)
  /// AF_PACKET only: what its frames begin with is not Ethernet.
  case unknownLink(interface: String, hardwareType: UInt16)
  case badPort(subscription: String)
  case sourcesOfUnicast(subscription: String)
  case familyOfSource(subscription: String, source: String)
  case tooManySources(subscription: String, count: Int, maximum: Int)
  case tooManySubscriptions(count: Int, maximum: Int)
  case addressInUse(subscription: String)
  case notOurAddress(subscription: String, interface: String)
  /// A system call wants a right that this process has not.
  case noPermission(what: String, right: String)
  /// `net.ipv4.igmp_max_memberships`, `net.ipv4.igmp_max_msf`.
  case membershipLimit(subscription: String, setting: String)
  case tooManyFiles(count: Int)
  case noMemory(what: String, bytes: Int, remedy: String)
  /// Another ring of the fan-out group is of another kind, or on another interface.
  case fanoutRefused(interface: String, group: UInt16)
  case refused(what: String, where: String, reason: String)

  public var description: String {
    switch self {
    case .noSubscription(let interface):
      "no group and port is to be received at \(interface); name group and port of the lines (feeds[].lines[])"
    case .noInterface(let name, let have):
      "interface \(name) does not exist; there are: \(Self.list(have)); name one of them"
    case .interfaceIsDown(let name): "interface \(name) is down; ip link set \(name) up"
    case .noMulticast(let interface):
      "interface \(interface) takes no multicast; ip link set \(interface) multicast on, or choose another interface"
    case .unknownLink(let interface, let type):
      "interface \(interface) has hardware type \(type), and packet rings read Ethernet (1) and loopback (772); "
        + "use sockets there"
    case .badPort(let subscription): "\(subscription): UDP port 0 cannot be received; allowed are 1 ... 65535"
    case .sourcesOfUnicast(let subscription):
      "\(subscription) is no multicast group (224.0.0.0/4, ff00::/8), so it cannot be joined from named sources; "
        + "leave the sources out"
    case .familyOfSource(let subscription, let source):
      "\(subscription): source \(source) is of another address family; name sources of the group's own, each a host"
    case .tooManySources(let subscription, let count, let maximum):
      "\(subscription): \(count) sources exceed \(maximum); join from any source instead"
    case .tooManySubscriptions(let count, let maximum):
      "\(count) groups and ports exceed the \(maximum) of one queue; spread them over several queues"
    case .addressInUse(let subscription):
      "\(subscription) is taken by another program that does not share it (see ss -ulnp); stop that program"
    case .notOurAddress(let subscription, let interface):
      "\(subscription) is neither a multicast group (224.0.0.0/4, ff00::/8) nor an address of this machine; "
        + "correct it, or add it with ip address add to \(interface)"
    case .noPermission(let what, let right):
      "\(what) is not permitted to this user; run as root, or grant \(right) (setcap, or AmbientCapabilities= of the "
        + "service)"
    case .membershipLimit(let subscription, let setting):
      "\(subscription) cannot be joined: \(setting) is reached; raise it with sysctl -w \(setting)=..."
    case .tooManyFiles(let count):
      "no file descriptor is left for socket \(count); raise the limit with ulimit -n, or LimitNOFILE= of the service"
    case .noMemory(let what, let bytes, let remedy): "no memory for \(what) of \(bytes) bytes; \(remedy)"
    case .fanoutRefused(let interface, let group):
      "the rings of \(interface) cannot share fan-out group \(group): another program uses it differently; "
        + "choose another group"
    case .refused(let what, let place, let reason): "\(what) failed at \(place): \(reason)"
    }
  }

  /// "lo eth0" → "lo, eth0".
  static func list(_ names: String) -> String { names.split(separator: " ").joined(separator: ", ") }

  /// What the system said, for calls whose failure has no case of its own.
  ///
  /// - Parameter code: an errno value, of either sign.
  static func refused(_ what: String, at place: String, code: Int32) -> LiveOpeningError {
    .refused(what: what, where: place, reason: String(cString: strerror(abs(code))))
  }
}
