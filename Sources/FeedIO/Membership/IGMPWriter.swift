import FeedCore

/// Writes reports and leaves as Ethernet frames.
///
/// ```
/// Ethernet   14 bytes (18 with a VLAN tag), padded to 60 in all
/// IPv4       24 bytes: TOS 0xC0, TTL 1, protocol 2, option Router Alert (94 04 00 00)
/// version 3  22 00 checksum 00 00 count, then records: type, 0, number of sources, group, sources  (to 224.0.0.22)
/// version 2  16 00 checksum group (to the group);   leave: 17 00 checksum group (to 224.0.0.2)
/// version 1  12 00 checksum group (to the group)
/// ```
/// RFC 3376 sections 4 and 4.2, RFC 2236 sections 2 and 3, RFC 2113.
struct IGMPWriter {
  static let allRouters: UInt32 = 0xE000_0002
  static let version3Routers: UInt32 = 0xE000_0016

  let settings: MembershipSettings

  /// As few frames as the records fit into.
  func reports(_ records: [MembershipRecord]) -> [[UInt8]] {
    MembershipPacking(room: settings.mtu - 24 - 8, addressLength: 4).frames(records).map {
      frame(to: Self.version3Routers, Self.report($0))
    }
  }

  /// A report of version 1 or 2.
  func report(_ group: UInt32, version: IGMPVersion) -> [UInt8] {
    frame(to: group, Self.short(version == .v1 ? 0x12 : 0x16, group))
  }

  /// Version 2.
  func leave(_ group: UInt32) -> [UInt8] { frame(to: Self.allRouters, Self.short(0x17, group)) }

  private static func report(_ records: [MembershipRecord]) -> [UInt8] {
    var bytes: [UInt8] = [0x22, 0, 0, 0, 0, 0]
    append(UInt16(truncatingIfNeeded: records.count), to: &bytes)
    for record in records {
      bytes += [record.kind.rawValue, 0]
      append(UInt16(truncatingIfNeeded: record.sources.count), to: &bytes)
      append(record.group.ipv4, to: &bytes)
      for source in record.sources { append(source.ipv4, to: &bytes) }
    }
    return checksummed(bytes, at: 2)
  }

  private static func short(_ type: UInt8, _ group: UInt32) -> [UInt8] {
    var bytes: [UInt8] = [type, 0, 0, 0]
    append(group, to: &bytes)
    return checksummed(bytes, at: 2)
  }

  private func frame(to destination: UInt32, _ message: [UInt8]) -> [UInt8] {
    let low = (0..<4).map { UInt8(truncatingIfNeeded: destination >> UInt32(24 - 8 * $0)) }
    var frame: [UInt8] = [0x01, 0x00, 0x5E, low[1] & 0x7F, low[2], low[3]] + settings.mac
    if let vlan = settings.vlan {
      frame += [0x81, 0x00]
      Self.append(vlan & 0x0FFF, to: &frame)
    }
    frame += [0x08, 0x00]
    var header: [UInt8] = [0x46, 0xC0]
    Self.append(UInt16(truncatingIfNeeded: 24 + message.count), to: &header)
    header += [0, 0, 0x40, 0, 1, 2, 0, 0]
    Self.append(settings.address.ipv4, to: &header)
    Self.append(destination, to: &header)
    header += [0x94, 0x04, 0, 0]
    frame += Self.checksummed(header, at: 10) + message
    // Not every card pads short frames.
    return frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
  }

  private static func checksummed(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
    let sum = bytes.withUnsafeBytes { InternetChecksum.checksum($0.baseAddress!, length: $0.count) }
    var result = bytes
    result[offset] = UInt8(sum >> 8)
    result[offset + 1] = UInt8(sum & 0xFF)
    return result
  }

  private static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
