import FeedCore

/// Frames made byte by byte from the RFCs: 768 (UDP), 791 (IPv4), 8200 (IPv6), IEEE 802.1Q.
struct TestFrame {
  var source = "10.9.0.77"
  var sourcePort: UInt16 = 20_000
  var group = "239.1.2.3"
  var port: UInt16 = 26_477
  var payload: [UInt8] = [1, 2, 3, 4]
  /// Tags in front of the EtherType, outermost first: EtherType and tag control information.
  var tags: [UInt32] = []

  /// Ethernet, tags, IP, UDP, payload; every checksum right.
  var bytes: [UInt8] {
    let source = IPAddress(source)!
    let group = IPAddress(group)!
    let addresses = group.isIPv4
      ? big(source.low & 0xFFFF_FFFF, 4) + big(group.low & 0xFFFF_FFFF, 4)
      : big(source.high, 8) + big(source.low, 8) + big(group.high, 8) + big(group.low, 8)
    let length = UInt64(8 + payload.count)
    var udp = big(UInt64(sourcePort), 2) + big(UInt64(port), 2) + big(length, 2) + [0, 0] + payload
    let pseudo = group.isIPv4 ? addresses + [0, 17] + big(length, 2) : addresses + big(length, 4) + [0, 0, 0, 17]
    udp.replaceSubrange(6..<8, with: checksum(pseudo + udp))
    var frame: [UInt8] = destinationMAC(group) + [0x02, 0, 0, 0, 0, 0x77]
    for tag in tags { frame += big(UInt64(tag), 4) }
    if group.isIPv4 {
      var ip = [0x45, 0] + big(20 + length, 2) + [0x12, 0x34, 0x40, 0, 16, 17, 0, 0] + addresses
      ip.replaceSubrange(10..<12, with: checksum(ip))
      return frame + [0x08, 0x00] + ip + udp
    }
    return frame + [0x86, 0xDD] + [0x60, 0, 0, 0] + big(length, 2) + [17, 16] + addresses + udp
  }

  /// RFC 1112 section 6.4, RFC 2464 section 7.
  private func destinationMAC(_ group: IPAddress) -> [UInt8] {
    group.isIPv4 ? [0x01, 0x00, 0x5E] + big(group.low & 0x7F_FFFF, 3) : [0x33, 0x33] + big(group.low & 0xFFFF_FFFF, 4)
  }

  private func big(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
  }

  /// RFC 1071, a pair of bytes at a time.
  private func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var sum = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += Int(bytes[index]) << 8 + (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    let value = ~sum & 0xFFFF
    return big(UInt64(value == 0 ? 0xFFFF : value), 2)
  }
}
