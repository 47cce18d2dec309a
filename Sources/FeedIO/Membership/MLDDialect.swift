import FeedCore

/// MLD of one host: what it reads and writes, as Ethernet frames.
///
/// ```
/// Ethernet   14 bytes (18 with a VLAN tag), destination 33:33 and the last four bytes of the IPv6 destination
/// IPv6       40 bytes: next header 0, hop limit 1, from the host's link-local address
/// hop-by-hop  8 bytes: 3a 00, Router Alert 05 02 00 00, PadN 01 00
/// query      type 130: code, checksum, Maximum Response Code (16 bits), 16 bits 0, group (16 bytes; 0: all)
///            version 1 is 24 bytes; version 2, 28 and more: S and QRV, QQIC, number of sources, sources
/// version 2  type 143: 0, checksum, 16 bits 0, count, then records: kind, 0, number of sources, group, sources
///            (to ff02::16)
/// version 1  type 131: report (to the group), type 132: done (to ff02::2); 24 bytes like the query, delay 0
/// ```
/// RFC 3810 sections 5 and 8, RFC 2710 section 3, RFC 2711 section 2.1, RFC 2464 section 7.
struct MLDDialect: MembershipDialect {
  static let allNodes = IPAddress(high: 0xFF02_0000_0000_0000, low: 1)
  static let allRouters = IPAddress(high: 0xFF02_0000_0000_0000, low: 2)
  static let version2Routers = IPAddress(high: 0xFF02_0000_0000_0000, low: 0x16)
  private static let headerLength = 48

  let settings: MembershipSettings
  /// The host's own, by its Ethernet address.
  let host: IPAddress

  init(_ settings: MembershipSettings) {
    self.settings = settings
    host = Self.linkLocal(mac: settings.mac)
  }

  /// RFC 4291 appendix A: fe80:: and the Ethernet address, its second bit turned, fffe in the middle.
  static func linkLocal(mac: [UInt8]) -> IPAddress {
    let bytes = [mac[0] ^ 2, mac[1], mac[2], 0xFF, 0xFE, mac[3], mac[4], mac[5]]
    return IPAddress(high: 0xFE80_0000_0000_0000, low: bytes.reduce(0) { $0 << 8 | UInt64($1) })
  }

  // MARK: - Reading

  func read(_ frame: UnsafeRawBufferPointer) -> MembershipMessage? {
    guard let (source, destination, message) = Self.message(in: frame), message.count >= 24 else { return nil }
    let group = Self.address(message, 8)
    switch message[0] {
    case 130:
      guard let query = Self.query(message) else { return nil }
      // A query of everything goes to all nodes, one of a group to the group (RFC 3810 section 5.1.15).
      guard destination == (query.group ?? Self.allNodes) || destination == host else { return nil }
      return .query(query)
    case 131:
      guard message.count == 24, destination == group, group.isMulticast, !group.isIPv4 else { return nil }
      return .report(group: group, isOwn: source == host)
    default: return nil
    }
  }

  /// The ICMPv6 message of a frame, whole and with its checksum right, and between whom. Nil where it came from beyond
  /// the link or without Router Alert: such messages are to be dropped (RFC 3810 sections 6.2 and 7.4).
  private static func message(
    in frame: UnsafeRawBufferPointer
  ) -> (source: IPAddress, destination: IPAddress, message: UnsafeRawBufferPointer)? {
    var offset = 12
    // Two VLAN tags at most.
    for _ in 0..<3 {
      guard frame.count >= offset + 2 else { return nil }
      let type = UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1])
      offset += type == 0x86DD ? 2 : 4
      if type == 0x86DD { break }
      guard type == 0x8100 || type == 0x88A8 else { return nil }
    }
    let packet = UnsafeRawBufferPointer(rebasing: frame.dropFirst(offset))
    guard packet.count >= headerLength, packet[0] >> 4 == 6, packet[6] == 0, packet[7] == 1 else { return nil }
    let end = 40 + (Int(packet[4]) << 8 | Int(packet[5]))
    let options = 8 * (Int(packet[41]) + 1)
    guard packet.count >= end, end >= 40 + options, packet[40] == 58,
      hasRouterAlert(packet[42..<(40 + options)])
    else { return nil }
    let source = address(packet, 8)
    guard source.high >> 54 == 0xFE80 >> 6 else { return nil }
    let message = UnsafeRawBufferPointer(rebasing: packet[(40 + options)..<end])
    guard let start = message.baseAddress, !message.isEmpty else { return nil }
    let pseudo = InternetChecksum.pseudoHeader(
      addresses: packet.baseAddress! + 8, addressesLength: 32, protocol: 58, length: message.count)
    guard InternetChecksum.isValid(start, length: message.count, initial: pseudo) else { return nil }
    return (source, address(packet, 24), message)
  }

  /// Option 5 with the value 0 (RFC 2711): the packet holds MLD.
  private static func hasRouterAlert(_ options: Slice<UnsafeRawBufferPointer>) -> Bool {
    var position = options.startIndex
    while position < options.endIndex {
      // Pad1 has no length.
      if options[position] == 0 {
        position += 1
        continue
      }
      guard position + 2 <= options.endIndex else { return false }
      let next = position + 2 + Int(options[position + 1])
      if options[position] == 5, next == position + 4, next <= options.endIndex {
        return options[position + 2] == 0 && options[position + 3] == 0
      }
      position = next
    }
    return false
  }

  /// - Parameter message: at least 24 bytes, type 130.
  private static func query(_ message: UnsafeRawBufferPointer) -> MembershipQuery? {
    let group = address(message, 8)
    let isGeneral = group == IPAddress(high: 0, low: 0)
    guard isGeneral || group.isMulticast && !group.isIPv4 else { return nil }
    let code = UInt16(message[4]) << 8 | UInt16(message[5])
    var query = MembershipQuery(
      version: .v2, group: isGeneral ? nil : group, sources: [],
      responseNanosecondsMaximum: UInt64(code) * 1_000_000, intervalSeconds: nil)
    if message.count == 24 { return query }
    // Lengths between are of no version (RFC 3810 section 8.1).
    guard message.count >= 28 else { return nil }
    let count = Int(message[26]) << 8 | Int(message[27])
    guard message.count >= 28 + 16 * count, !isGeneral || count == 0 else { return nil }
    query.version = .v3
    query.sources = (0..<count).map { address(message, 28 + 16 * $0) }
    query.responseNanosecondsMaximum = decode(code) * 1_000_000
    let interval = IGMPQuery.decode(message[25])
    query.intervalSeconds = interval == 0 ? nil : interval
    return query
  }

  /// Maximum Response Code, milliseconds: below 32768 itself, above a mantissa and an exponent (RFC 3810 section 5.1.3).
  static func decode(_ code: UInt16) -> UInt64 {
    code < 32_768 ? UInt64(code) : (UInt64(code & 0xFFF) | 0x1000) << (UInt64((code >> 12) & 7) + 3)
  }

  private static func address(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> IPAddress {
    // SAFETY: callers proved `offset + 16` bytes.
    IPAddress(
      high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
      low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
  }

  // MARK: - Writing

  func reports(_ records: [MembershipRecord]) -> [[UInt8]] {
    MembershipPacking(room: settings.mtu - Self.headerLength - 8, addressLength: 16).frames(records).map {
      frame(to: Self.version2Routers, Self.report($0))
    }
  }

  func report(_ group: IPAddress, version: IGMPVersion) -> [UInt8] { frame(to: group, Self.short(131, group)) }
  func leave(_ group: IPAddress) -> [UInt8] { frame(to: Self.allRouters, Self.short(132, group)) }

  private static func report(_ records: [MembershipRecord]) -> [UInt8] {
    var bytes: [UInt8] = [143, 0, 0, 0, 0, 0]
    append(UInt16(truncatingIfNeeded: records.count), to: &bytes)
    for record in records {
      bytes += [record.kind.rawValue, 0]
      append(UInt16(truncatingIfNeeded: record.sources.count), to: &bytes)
      append(record.group, to: &bytes)
      for source in record.sources { append(source, to: &bytes) }
    }
    return bytes
  }

  private static func short(_ type: UInt8, _ group: IPAddress) -> [UInt8] {
    var bytes: [UInt8] = [type, 0, 0, 0, 0, 0, 0, 0]
    append(group, to: &bytes)
    return bytes
  }

  /// - Parameter message: ICMPv6, its checksum 0.
  private func frame(to destination: IPAddress, _ message: [UInt8]) -> [UInt8] {
    var addresses: [UInt8] = []
    Self.append(host, to: &addresses)
    Self.append(destination, to: &addresses)
    var body = message
    let pseudo = addresses.withUnsafeBytes {
      InternetChecksum.pseudoHeader(addresses: $0.baseAddress!, addressesLength: 32, protocol: 58, length: body.count)
    }
    let sum = body.withUnsafeBytes {
      InternetChecksum.checksum($0.baseAddress!, length: $0.count, initial: pseudo)
    }
    body[2] = UInt8(sum >> 8)
    body[3] = UInt8(sum & 0xFF)
    var frame: [UInt8] = [0x33, 0x33] + addresses[28...] + settings.mac
    if let vlan = settings.vlan {
      frame += [0x81, 0x00]
      Self.append(vlan & 0x0FFF, to: &frame)
    }
    frame += [0x86, 0xDD, 0x60, 0, 0, 0]
    Self.append(UInt16(truncatingIfNeeded: 8 + body.count), to: &frame)
    frame += [0, 1] + addresses + [58, 0, 5, 2, 0, 0, 1, 0] + body
    return frame
  }

  private static func append(_ value: UInt16, to bytes: inout [UInt8]) {
    bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
  }

  private static func append(_ address: IPAddress, to bytes: inout [UInt8]) {
    for word in [address.high, address.low] {
      withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
  }
}
