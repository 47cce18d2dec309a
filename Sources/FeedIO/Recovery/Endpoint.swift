import CSocket
import FeedCore

/// An address and a port of a server or a client: "10.1.2.3:18000", "[2001:db8::1]:18000".
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var address: IPAddress
  /// 0 only where the system is to choose one.
  public var port: UInt16

  public init(_ address: IPAddress, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Nil for anything but the text of an address and a port from 1 on: no host names, no zones.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    var host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    let isBracketed = host.first == "[" && host.last == "]"
    if isBracketed { host = host.dropFirst().dropLast() }
    guard let address = IPAddress(host), address.isIPv4 != isBracketed,
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0
    else { return nil }
    self.init(address, port)
  }

  public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }

  /// As the shim has it.
  package var shim: feedh_endpoint { feedh_endpoint(LiveSubscription(address: address, port: port)) }

  package init(_ shim: feedh_endpoint) {
    var address = shim.address
    self = withUnsafeBytes(of: &address) { bytes in
      let words = (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
      return Endpoint(
        shim.is_ipv6
          ? IPAddress(high: words.0, low: words.1) : IPAddress(ipv4: UInt32(truncatingIfNeeded: words.0 >> 32)),
        shim.port)
    }
  }
}
