import CSocket
import FeedCore

/// The headers that a socket took off a datagram, written in front of it again, so that frames from sockets, rings and
/// captures take one path and a recording of them is an ordinary capture.
///
///     byte  0        22 (IPv4)        36              56      64
///           │ unused │ Ethernet [14]  │ IPv4 [20]     │ UDP   │ payload
///           │ 2 (IPv6) Ethernet [14] │ 16: IPv6 [40]  │ [8]   │
///
/// RFC 791, RFC 8200, RFC 768. What the kernel does not say is filled in: the source MAC address is zero, the time to
/// live 1, the identification 0. The kernel has checked the checksums: IPv4's header gets a right one, IPv4's UDP none
/// (0), IPv6's UDP the sum of the pseudo header, which readers take for one left to the card.
struct DatagramHeader: BitwiseCopyable {
  static var length: Int { SocketBuffers.headerLength }

  /// All 64 bytes, with what differs from datagram to datagram left zero.
  private let template: SIMD64<UInt8>
  /// Sum of the 16-bit words of it that the checksum covers.
  private let constantSum: UInt32
  private let isIPv6: Bool
  /// The socket takes datagrams to any address: each says where it was sent.
  private let isWildcard: Bool

  /// Where the frame begins.
  var frameOffset: Int { isIPv6 ? 2 : 22 }
  /// Link-layer header, IP and UDP.
  var frameLength: Int { Self.length - frameOffset }
  var linkType: LinkType { .ethernet }

  /// - Parameter macAddress: of the interface, for datagrams that are not multicast.
  init(_ subscription: LiveSubscription, macAddress: UInt64) {
    let address = subscription.address
    var bytes = [UInt8](repeating: 0, count: Self.length)
    var sum: UInt32 = 0
    isIPv6 = !address.isIPv4
    isWildcard = address.isWildcard
    func put(_ value: UInt64, length: Int, at offset: Int, isSummed: Bool = false) {
      for index in 0..<length {
        let byte = UInt8(truncatingIfNeeded: value >> UInt64(8 * (length - 1 - index)))
        bytes[offset + index] = byte
        // Offsets of what is summed are even.
        if isSummed { sum += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
      }
    }
    // RFC 1112 section 6.4, RFC 2464 section 7.
    let multicast = isIPv6 ? 0x3333_0000_0000 | address.low & 0xFFFF_FFFF : 0x0100_5E00_0000 | address.low & 0x7F_FFFF
    put(address.isMulticast ? multicast : macAddress, length: 6, at: isIPv6 ? 2 : 22)
    put(isIPv6 ? 0x86DD : 0x0800, length: 2, at: isIPv6 ? 14 : 34)
    if isIPv6 {
      put(0x6000_0000, length: 4, at: 16)
      put(17, length: 1, at: 22)
      put(1, length: 1, at: 23)
      put(address.high, length: 8, at: 40, isSummed: true)
      put(address.low, length: 8, at: 48, isSummed: true)
      // The pseudo header's protocol (RFC 8200 section 8.1).
      sum += 17
    } else {
      put(0x4500, length: 2, at: 36, isSummed: true)
      // Don't fragment: it is whole.
      put(0x4000, length: 2, at: 42, isSummed: true)
      put(0x0111, length: 2, at: 44, isSummed: true)
      put(isWildcard ? 0 : address.low & 0xFFFF_FFFF, length: 4, at: 52, isSummed: true)
    }
    put(UInt64(subscription.port), length: 2, at: 58)
    template = bytes.withUnsafeBytes { $0.loadUnaligned(as: SIMD64<UInt8>.self) }
    constantSum = sum
  }

  /// Writes the 64 bytes in front of a payload.
  ///
  /// - Parameters:
  ///   - slot: at least 64 bytes; the payload follows them.
  ///   - datagram: its `length` is what was sent, at most 65,535.
  @inline(__always)
  func write(to slot: UnsafeMutableRawPointer, _ datagram: borrowing feedh_datagram) {
    // SAFETY: `slot` holds the 64 bytes that every offset below lies in.
    slot.storeBytes(of: template, as: SIMD64<UInt8>.self)
    let length = UInt16(truncatingIfNeeded: datagram.length &+ 8)
    slot.storeBytes(of: datagram.source_port.bigEndian, toByteOffset: 56, as: UInt16.self)
    slot.storeBytes(of: length.bigEndian, toByteOffset: 60, as: UInt16.self)
    if isIPv6 { writeIPv6(to: slot, datagram, length: length) } else { writeIPv4(to: slot, datagram, length: length) }
  }

  @inline(__always)
  private func writeIPv4(to slot: UnsafeMutableRawPointer, _ datagram: borrowing feedh_datagram, length: UInt16) {
    let totalLength = length &+ 20
    slot.storeBytes(of: totalLength.bigEndian, toByteOffset: 38, as: UInt16.self)
    slot.copyBytes(of: datagram.source, count: 4, to: 48)
    var sum = constantSum &+ UInt32(totalLength) &+ slot.words(at: 48, count: 2)
    if isWildcard {
      slot.copyBytes(of: datagram.destination, count: 4, to: 52)
      sum &+= slot.words(at: 52, count: 2)
    }
    slot.storeBytes(of: (~Self.folded(sum)).bigEndian, toByteOffset: 46, as: UInt16.self)
  }

  @inline(__always)
  private func writeIPv6(to slot: UnsafeMutableRawPointer, _ datagram: borrowing feedh_datagram, length: UInt16) {
    slot.storeBytes(of: length.bigEndian, toByteOffset: 20, as: UInt16.self)
    slot.copyBytes(of: datagram.source, count: 16, to: 24)
    var sum = constantSum &+ UInt32(length) &+ slot.words(at: 24, count: 8)
    if isWildcard {
      slot.copyBytes(of: datagram.destination, count: 16, to: 40)
      sum &+= slot.words(at: 40, count: 8)
    }
    slot.storeBytes(of: Self.folded(sum).bigEndian, toByteOffset: 62, as: UInt16.self)
  }

  /// The ones'-complement sum in 16 bits (RFC 1071).
  @inline(__always)
  private static func folded(_ sum: UInt32) -> UInt16 {
    let once = (sum & 0xFFFF) &+ (sum >> 16)
    return UInt16(truncatingIfNeeded: (once & 0xFFFF) &+ (once >> 16))
  }
}

extension UnsafeMutableRawPointer {
  /// Sum of so many big-endian 16-bit words.
  @inline(__always)
  fileprivate func words(at offset: Int, count: Int) -> UInt32 {
    var sum: UInt32 = 0
    for index in 0..<count {
      sum &+= UInt32(UInt16(bigEndian: loadUnaligned(fromByteOffset: offset &+ 2 &* index, as: UInt16.self)))
    }
    return sum
  }

  @inline(__always)
  fileprivate func copyBytes<Value: BitwiseCopyable>(of value: Value, count: Int, to offset: Int) {
    assert(count <= MemoryLayout<Value>.size)
    withUnsafeBytes(of: value) { (self + offset).copyMemory(from: $0.baseAddress!, byteCount: count) }
  }
}
