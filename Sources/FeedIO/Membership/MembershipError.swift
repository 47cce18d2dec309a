/// Why groups cannot be joined. One line each: what, where, what to do.
public enum MembershipError: Error, Equatable, Sendable, CustomStringConvertible {
  case notMulticast(group: String)
  case badSource(group: String, source: String)
  /// A host reports groups of one family.
  case bothFamilies(group: String)
  /// Not a unicast IPv4 address.
  case badHostAddress(address: String)
  case interfaceMissing(interface: String)
  /// The kernel refused; `reason` is its message.
  case refused(group: String, interface: String, reason: String)

  public var description: String {
    switch self {
    case .notMulticast(let group):
      "\(group) is no multicast group; groups are 224.0.0.0 ... 239.255.255.255 and ff00::/8"
    case .badSource(let group, let source):
      "\(source) cannot be a source of \(group); name the sender's own address, of the group's family"
    case .bothFamilies(let group):
      "\(group) is of another family than the groups before it; give each family a host of its own"
    case .badHostAddress(let address):
      "\(address) cannot send membership reports; name the port's own IPv4 address, or 0.0.0.0"
    case .interfaceMissing(let interface): "no interface \(interface) to join groups on; see ip link"
    case .refused(let group, let interface, let reason):
      "\(group) cannot be joined on \(interface): \(reason); is the interface up, with an address?"
    }
  }
}
