/// Wraps payloads into Ethernet II, IPv4 and UDP for one multicast group, with valid checksums (RFC 791, RFC 768,
/// RFC 1112 for the group's Ethernet address).
struct UDPFramer {
  /// Bytes before the payload.
  static let headerLength = 42
  let source: UInt32
  let group: UInt32
  let sourcePort: UInt16
  let port: UInt16
  private var identification: UInt16 = 0

  /// - Parameters: addresses as the four bytes of their text form, most significant first.
  init(source: UInt32, group: UInt32, sourcePort: UInt16, port: UInt16) {
    self.source = source
    self.group = group
    self.sourcePort = sourcePort
    self.port = port
  }

  mutating func frame(_ payload: [UInt8]) -> [UInt8] {
    identification &+= 1
    var frame: [UInt8] = []
    frame.reserveCapacity(Self.headerLength + payload.count)
    frame += [0x01, 0x00, 0x5E, UInt8(group >> 16 & 0x7F), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)]
    // Locally administered sender.
    frame += [0x02, 0x00, UInt8(source >> 24), UInt8(source >> 16 & 0xFF), UInt8(source >> 8 & 0xFF)]
    frame.append(UInt8(source & 0xFF))
    frame.append(bigEndian: UInt16(0x0800))

    frame += [0x45, 0x00]
    frame.append(bigEndian: UInt16(28 + payload.count))
    frame.append(bigEndian: identification)
    // Don't fragment; time to live 16; UDP; checksum to come.
    frame += [0x40, 0x00, 16, 17, 0, 0]
    frame.append(bigEndian: source)
    frame.append(bigEndian: group)
    let headerSum = InternetChecksum.complement(InternetChecksum.sum(frame, from: 14, to: 34, initial: 0))
    frame.store(bigEndian: headerSum, at: 24)

    frame.append(bigEndian: sourcePort)
    frame.append(bigEndian: port)
    frame.append(bigEndian: UInt16(8 + payload.count))
    frame += [0, 0]
    frame += payload
    // The pseudo header: both addresses, the protocol, the UDP length.
    var sum = InternetChecksum.sum(frame, from: 26, to: 34, initial: 17 + UInt64(8 + payload.count))
    sum = InternetChecksum.sum(frame, from: 34, to: frame.count, initial: sum)
    let checksum = InternetChecksum.complement(sum)
    // Zero would mean "no checksum".
    frame.store(bigEndian: checksum == 0 ? 0xFFFF : checksum, at: 40)
    return frame
  }
}
