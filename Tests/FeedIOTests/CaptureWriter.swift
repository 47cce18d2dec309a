/// Capture files made byte by byte.
struct ByteWriter {
  var bytes: [UInt8] = []
  var isBigEndian = false

  mutating func integer<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// One packet to write, or as read back.
struct TestPacket: Equatable {
  var nanoseconds: UInt64
  var bytes: [UInt8]
  var wireLength: Int

  init(_ nanoseconds: UInt64, _ bytes: [UInt8], wireLength: Int? = nil) {
    self.nanoseconds = nanoseconds
    self.bytes = bytes
    self.wireLength = wireLength ?? bytes.count
  }
}

enum Pcap {
  static func header(
    bigEndian: Bool = false, nanoseconds: Bool = true, snapLength: UInt32 = 65_535, link: UInt32 = 1
  ) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(nanoseconds ? UInt32(0xA1B2_3C4D) : 0xA1B2_C3D4)
    writer.integer(UInt16(2))
    writer.integer(UInt16(4))
    writer.integer(UInt64(0))
    writer.integer(snapLength)
    writer.integer(link)
    return writer.bytes
  }

  static func record(
    _ packet: TestPacket, bigEndian: Bool = false, nanoseconds: Bool = true, capturedLength: UInt32? = nil
  ) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(UInt32(packet.nanoseconds / 1_000_000_000))
    writer.integer(UInt32(packet.nanoseconds % 1_000_000_000 / (nanoseconds ? 1 : 1_000)))
    writer.integer(capturedLength ?? UInt32(packet.bytes.count))
    writer.integer(UInt32(packet.wireLength))
    return writer.bytes + packet.bytes
  }

  static func file(
    _ packets: [TestPacket], bigEndian: Bool = false, nanoseconds: Bool = true, link: UInt32 = 1
  ) -> [UInt8] {
    header(bigEndian: bigEndian, nanoseconds: nanoseconds, link: link)
      + packets.flatMap { record($0, bigEndian: bigEndian, nanoseconds: nanoseconds) }
  }
}

enum Pcapng {
  static func block(_ type: UInt32, _ body: [UInt8], bigEndian: Bool = false, length: UInt32? = nil) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    writer.integer(type)
    writer.integer(length ?? UInt32(12 + padded.count))
    writer.bytes += padded
    writer.integer(UInt32(12 + padded.count))
    return writer.bytes
  }

  static func section(bigEndian: Bool = false, major: UInt16 = 1) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(UInt32(0x1A2B_3C4D))
    writer.integer(major)
    writer.integer(UInt16(0))
    writer.integer(Int64(-1))
    return block(0x0A0D_0D0A, writer.bytes, bigEndian: bigEndian)
  }

  static func option(_ code: UInt16, _ value: [UInt8], bigEndian: Bool = false) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(code)
    writer.integer(UInt16(value.count))
    return writer.bytes + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
  }

  static func interface(
    link: UInt16 = 1, snapLength: UInt32 = 0, resolution: UInt8? = nil, offsetSeconds: Int64? = nil,
    bigEndian: Bool = false
  ) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(link)
    writer.integer(UInt16(0))
    writer.integer(snapLength)
    // A name first: options that are not wanted are passed over.
    writer.bytes += option(2, Array("eth0".utf8), bigEndian: bigEndian)
    if let resolution { writer.bytes += option(9, [resolution], bigEndian: bigEndian) }
    if let offsetSeconds {
      var value = ByteWriter(isBigEndian: bigEndian)
      value.integer(offsetSeconds)
      writer.bytes += option(14, value.bytes, bigEndian: bigEndian)
    }
    writer.bytes += option(0, [], bigEndian: bigEndian)
    return block(1, writer.bytes, bigEndian: bigEndian)
  }

  static func enhanced(
    _ bytes: [UInt8], ticks: UInt64, interface: UInt32 = 0, wireLength: Int? = nil, bigEndian: Bool = false,
    capturedLength: UInt32? = nil, options: [UInt8] = []
  ) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(interface)
    writer.integer(UInt32(truncatingIfNeeded: ticks >> 32))
    writer.integer(UInt32(truncatingIfNeeded: ticks))
    writer.integer(capturedLength ?? UInt32(bytes.count))
    writer.integer(UInt32(wireLength ?? bytes.count))
    let padding = [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    return block(6, writer.bytes + bytes + padding + options, bigEndian: bigEndian)
  }

  static func obsolete(_ bytes: [UInt8], ticks: UInt64, interface: UInt16 = 0, bigEndian: Bool = false) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(interface)
    writer.integer(UInt16(7))
    writer.integer(UInt32(truncatingIfNeeded: ticks >> 32))
    writer.integer(UInt32(truncatingIfNeeded: ticks))
    writer.integer(UInt32(bytes.count))
    writer.integer(UInt32(bytes.count))
    return block(2, writer.bytes + bytes, bigEndian: bigEndian)
  }

  static func simple(_ bytes: [UInt8], wireLength: Int? = nil, bigEndian: Bool = false) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: bigEndian)
    writer.integer(UInt32(wireLength ?? bytes.count))
    return block(3, writer.bytes + bytes, bigEndian: bigEndian)
  }
}

enum Messages {
  /// An ITCH System Event: 12 bytes, timestamp at offset 5.
  static func systemEvent(_ nanoseconds: UInt64, code: Character = "O") -> [UInt8] {
    [UInt8(ascii: "S"), 0, 0, 0, 0] + (0..<6).map { UInt8(truncatingIfNeeded: nanoseconds >> (40 - 8 * UInt64($0))) }
      + [code.asciiValue!]
  }

  static func prefixed(_ message: [UInt8]) -> [UInt8] {
    [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
  }
}

enum UDPFrame {
  /// Ethernet, IPv4, UDP; no checksums.
  static func make(_ payload: [UInt8], port: UInt16 = 26_477) -> [UInt8] {
    var writer = ByteWriter(isBigEndian: true)
    writer.bytes = [1, 0, 0x5E, 0x36, 0x0C, 0x6F, 0, 0x1C, 0x73, 0x0A, 0x2B, 0x48, 8, 0, 0x45, 0]
    writer.integer(UInt16(28 + payload.count))
    writer.bytes += [0, 1, 0x40, 0, 16, 17, 0, 0, 10, 1, 2, 3, 233, 54, 12, 111, 0xC7, 0x38]
    writer.integer(port)
    writer.integer(UInt16(8 + payload.count))
    writer.bytes += [0, 0] + payload
    return writer.bytes
  }
}
