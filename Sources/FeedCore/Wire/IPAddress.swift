import Glibc

/// An IPv6 address in two words, or an IPv4 address mapped into it (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2),
/// so that one comparison serves both families.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// First eight bytes of the address, most significant first.
  public let high: UInt64
  /// Last eight bytes.
  public let low: UInt64

  @inlinable @inline(__always)
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Parameter ipv4: the four bytes, first one most significant.
  @inlinable @inline(__always)
  public init(ipv4: UInt32) { self.init(high: 0, low: Self.ipv4Prefix | UInt64(ipv4)) }

  /// Parses "233.54.12.111" or an IPv6 text form (RFC 4291 section 2.2). Nil for anything else: ports, zones,
  /// brackets, host names.
  public init?(_ text: some StringProtocol) {
    let text = String(text)
    var ipv4 = in_addr()
    var ipv6 = in6_addr()
    if inet_pton(AF_INET, text, &ipv4) == 1 {
      self.init(ipv4: UInt32(bigEndian: ipv4.s_addr))
    } else if inet_pton(AF_INET6, text, &ipv6) == 1 {
      self = withUnsafeBytes(of: &ipv6) { bytes in
        IPAddress(
          high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
          low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      }
    } else {
      return nil
    }
  }

  /// True for an IPv4 address.
  @inlinable public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// A group: 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291, section 2.7).
  public var isMulticast: Bool { isIPv4 ? low >> 28 & 0xF == 0xE : high >> 56 == 0xFF }

  /// "233.54.12.111", or the shortest IPv6 form (RFC 5952).
  public var description: String {
    if isIPv4 {
      return (0..<4).map { String(UInt8(truncatingIfNeeded: low >> UInt64(24 - 8 * $0))) }.joined(separator: ".")
    }
    let bytes = (high.bigEndian, low.bigEndian)
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let ok = withUnsafeBytes(of: bytes) { inet_ntop(AF_INET6, $0.baseAddress, &text, socklen_t(INET6_ADDRSTRLEN)) }
    assert(ok != nil, "INET6_ADDRSTRLEN is room for any address")
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @usableFromInline static let ipv4Prefix: UInt64 = 0xFFFF_0000_0000
}
