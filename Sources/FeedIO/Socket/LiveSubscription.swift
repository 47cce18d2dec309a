import FeedCore

/// Packets that a live queue of the kernel's is to bring: those sent to one address and UDP port.
public struct LiveSubscription: Hashable, Sendable, CustomStringConvertible {
  /// A multicast group, IPv4 or IPv6; or an address of this machine; or 0.0.0.0 or ::, any address of its interface.
  public var address: IPAddress
  /// UDP port, not 0.
  public var port: UInt16
  /// The only sources wanted (source-specific multicast, RFC 4607); empty: any. At most 64, of the group's family.
  public var sources: [IPAddress]

  public init(address: IPAddress, port: UInt16, sources: [IPAddress] = []) {
    self.address = address
    self.port = port
    self.sources = sources
  }

  /// "233.54.12.111:26477", "[ff35::1]:26477".
  public var description: String {
    FlowKey(destination: address, destinationPort: port, fileIndex: 0).description
  }

  /// One of each address and port, in the order of their first mention. Sources add up, and any source is more than
  /// all that are named.
  static func merged(_ subscriptions: [LiveSubscription]) -> [LiveSubscription] {
    var result: [LiveSubscription] = []
    for subscription in subscriptions {
      guard let known = result.firstIndex(where: {
        $0.address == subscription.address && $0.port == subscription.port
      }) else {
        var single = subscription
        single.sources = subscription.sources.uniqued()
        result.append(single)
        continue
      }
      let all = result[known].sources + subscription.sources
      let isAny = result[known].sources.isEmpty || subscription.sources.isEmpty
      result[known].sources = isAny ? [] : all.uniqued()
    }
    return result
  }
}

extension [IPAddress] {
  fileprivate func uniqued() -> [IPAddress] {
    var seen = Set<IPAddress>()
    return filter { seen.insert($0).inserted }
  }
}

extension IPAddress {
  /// 0.0.0.0 or ::.
  var isWildcard: Bool { high == 0 && (low == 0 || low == 0xFFFF_0000_0000) }

  /// Sixteen bytes in network order, of IPv4 its four first: as the shim wants them.
  func withNetworkBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    let words = isIPv4 ? (low << 32).bigEndian : high.bigEndian
    let both = (words, isIPv4 ? 0 : low.bigEndian)
    return withUnsafeBytes(of: both) { body($0.bindMemory(to: UInt8.self).baseAddress!) }
  }
}
