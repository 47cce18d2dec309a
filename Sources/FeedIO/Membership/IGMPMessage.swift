import FeedCore

/// What a host hears of others: queries, and reports of hosts like itself.
///
/// ```
/// IPv4 header (protocol 2, TTL 1), then (RFC 3376 section 4.1)
///  0  type 0x11          1  Max Resp Code     2  checksum
///  4  group address, 0: all groups
///  8  S, QRV             9  QQIC             10  number of sources (N)    12  sources, 4 N bytes
/// ```
/// A query of 8 bytes is version 1 (Max Resp Code 0) or 2, of 12 and more version 3; of any other length it is none
/// (section 7.1). Reports of versions 1 and 2 are 8 bytes: type 0x12 or 0x16, 0, checksum, group.
enum IGMPMessage: Equatable {
  case query(IGMPQuery)
  /// A report of version 1 or 2 of this group, from this host.
  case report(group: UInt32, from: UInt32)
}

struct IGMPQuery: Equatable {
  var version: IGMPVersion
  /// 0: all groups.
  var group: UInt32
  /// Empty: all sources.
  var sources: [UInt32]
  /// Within this time an answer is wanted.
  var responseNanosecondsMaximum: UInt64
  /// The querier's interval between general queries; nil: it did not say.
  var intervalSeconds: UInt64?
}

extension IGMPMessage {
  /// Reads an Ethernet frame. Nil: not IGMP, damaged, or none of the above.
  ///
  /// The Router Alert option and a TTL of 1 are not insisted on (RFC 3376 section 9.1 says "should ignore"): queriers
  /// in switches leave the option out, and an unanswered query ends the feed. The link is as trusted as the feed on it.
  init?(frame: UnsafeRawBufferPointer, host: UInt32) {
    guard let packet = Self.ipv4(in: frame) else { return nil }
    let header = Int(packet[0] & 0xF) * 4
    let message = UnsafeRawBufferPointer(rebasing: packet[header...])
    guard let start = message.baseAddress, message.count >= 8,
      InternetChecksum.isValid(start, length: message.count)
    else { return nil }
    let (source, destination) = (Self.word(packet, 12), Self.word(packet, 16))
    let group = Self.word(message, 4)
    switch message[0] {
    case 0x11:
      guard let query = IGMPQuery(message) else { return nil }
      // A query of everything goes to all systems, one of a group to the group (RFC 3376 section 4.1.12).
      let expected = query.group == 0 ? 0xE000_0001 : query.group
      guard destination == expected || destination == host && host != 0 else { return nil }
      self = .query(query)
    case 0x12, 0x16:
      guard message.count == 8, destination == group, group >> 28 == 0xE else { return nil }
      self = .report(group: group, from: source)
    default: return nil
    }
  }

  /// The IPv4 packet of a frame, cut to its own length, if it is whole and carries IGMP.
  private static func ipv4(in frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var offset = 12
    // Two VLAN tags at most.
    for _ in 0..<3 {
      guard frame.count >= offset + 2 else { return nil }
      let type = UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1])
      offset += type == 0x0800 ? 2 : 4
      if type == 0x0800 { break }
      guard type == 0x8100 || type == 0x88A8 else { return nil }
    }
    let rest = UnsafeRawBufferPointer(rebasing: frame.dropFirst(offset))
    guard rest.count >= 20, rest[0] >> 4 == 4, rest[9] == 2 else { return nil }
    let (header, length) = (Int(rest[0] & 0xF) * 4, Int(rest[2]) << 8 | Int(rest[3]))
    // No fragments: neither "more" nor an offset.
    guard header >= 20, length >= header, rest.count >= length, rest[6] & 0x3F == 0, rest[7] == 0,
      InternetChecksum.isValid(rest.baseAddress!, length: header)
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: rest[..<length])
  }

  static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}

extension IGMPQuery {
  /// - Parameter message: at least 8 bytes, type 0x11.
  fileprivate init?(_ message: UnsafeRawBufferPointer) {
    group = IGMPMessage.word(message, 4)
    guard group == 0 || group >> 28 == 0xE else { return nil }
    sources = []
    switch message.count {
    case 8 where message[1] == 0:
      version = .v1
      // RFC 3376 section 7.2.1: 10 s.
      responseNanosecondsMaximum = 10_000_000_000
    case 8:
      version = .v2
      responseNanosecondsMaximum = UInt64(message[1]) * 100_000_000
    case 12...:
      version = .v3
      let count = Int(message[10]) << 8 | Int(message[11])
      guard message.count >= 12 + 4 * count else { return nil }
      sources = (0..<count).map { IGMPMessage.word(message, 12 + 4 * $0) }
      // Sources of all groups mean nothing.
      guard group != 0 || sources.isEmpty else { return nil }
      responseNanosecondsMaximum = Self.decode(message[1]) * 100_000_000
      let interval = Self.decode(message[9])
      intervalSeconds = interval == 0 ? nil : interval
    default: return nil
    }
  }

  /// Max Resp Code and QQIC: up to 127 itself, above a mantissa and an exponent (RFC 3376 sections 4.1.1, 4.1.7).
  static func decode(_ code: UInt8) -> UInt64 {
    code < 128 ? UInt64(code) : (UInt64(code & 0xF) | 0x10) << (UInt64((code >> 4) & 7) + 3)
  }
}
