import FeedCore

/// A group to receive, from any sender or from named ones only.
public struct MulticastGroup: Hashable, Sendable, CustomStringConvertible {
  /// 224.0.0.0/4 or ff00::/8.
  public let address: IPAddress
  /// Senders to receive from, each once; empty: all of them.
  public let sources: [IPAddress]

  /// - Throws: `address` is no multicast address, or a source is of the other family or a multicast address itself.
  public init(_ address: IPAddress, sources: [IPAddress] = []) throws(MembershipError) {
    guard address.isMulticast else { throw .notMulticast(group: "\(address)") }
    var each: [IPAddress] = []
    for source in sources where !each.contains(source) {
      guard !source.isMulticast, source.isIPv4 == address.isIPv4 else {
        throw .badSource(group: "\(address)", source: "\(source)")
      }
      each.append(source)
    }
    self.address = address
    self.sources = each
  }

  /// The Ethernet address of the group: 01:00:5e and 23 bits (RFC 1112 section 6.4), 33:33 and 32 bits (RFC 2464
  /// section 7).
  public var mac: [UInt8] {
    let low = UInt32(truncatingIfNeeded: address.low)
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: low >> UInt32(24 - 8 * $0)) }
    return address.isIPv4 ? [0x01, 0x00, 0x5E, bytes[1] & 0x7F] + bytes[2...] : [0x33, 0x33] + bytes
  }

  /// "233.54.12.111", or "232.1.2.3 from 10.0.0.5".
  public var description: String {
    sources.isEmpty ? "\(address)" : "\(address) from \(sources.map(\.description).joined(separator: ", "))"
  }
}

extension IPAddress {
  /// 224.0.0.0/4 (RFC 1112), ff00::/8 (RFC 4291).
  public var isMulticast: Bool { isIPv4 ? (low >> 28) & 0xF == 0xE : high >> 56 == 0xFF }

  /// The four bytes of an IPv4 address, first one most significant.
  var ipv4: UInt32 { UInt32(truncatingIfNeeded: low) }
}
