import Testing

@testable import FeedCore

/// Frames made byte by byte, with correct lengths and checksums unless a test then spoils them.
enum TestFrame {
  static let payload: [UInt8] = Array("feedh payload".utf8)
  static let source4: [UInt8] = [10, 1, 2, 3]
  static let group4: [UInt8] = [233, 54, 12, 111]
  static let source6: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [7]
  static let group6: [UInt8] = [0xFF, 0x05] + [UInt8](repeating: 0, count: 13) + [0x99]

  static func bigEndian(_ value: Int, bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * (bytes - 1 - $0))) }
  }

  /// RFC 1071 word by word: the slow twin of `InternetChecksum`.
  static func scalarSum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
      sum = (sum & 0xFFFF) + (sum >> 16)
    }
    return UInt16(sum)
  }

  static func udp(
    _ payload: [UInt8] = payload, source: [UInt8] = source4, destination: [UInt8] = group4, port: Int = 26477,
    checksum: Bool = true
  ) -> [UInt8] {
    let length = 8 + payload.count
    var bytes = bigEndian(51000, bytes: 2) + bigEndian(port, bytes: 2) + bigEndian(length, bytes: 2) + [0, 0] + payload
    if checksum {
      let sum = ~scalarSum(source + destination + bigEndian(17, bytes: 2) + bigEndian(length, bytes: 4) + bytes)
      bytes.replaceSubrange(6..<8, with: bigEndian(Int(sum == 0 ? 0xFFFF : sum), bytes: 2))
    }
    return bytes
  }

  static func tcp(_ payload: [UInt8] = payload, sequence: Int = 0x0102_0304, flags: UInt8 = 0x18, options: Int = 12)
    -> [UInt8]
  {
    bigEndian(51000, bytes: 2) + bigEndian(26400, bytes: 2) + bigEndian(sequence, bytes: 4) + [0, 0, 0, 0]
      + [UInt8((20 + options) / 4) << 4, flags, 1, 0, 0, 0, 0, 0] + [UInt8](repeating: 1, count: options) + payload
  }

  static func ipv4(
    _ body: [UInt8], protocol number: UInt8 = 17, options: [UInt8] = [], fragment: Int = 0x4000,
    totalLength: Int? = nil
  ) -> [UInt8] {
    let headerLength = 20 + options.count
    var header: [UInt8] =
      [0x40 | UInt8(headerLength / 4), 0] + bigEndian(totalLength ?? headerLength + body.count, bytes: 2) + [0, 1]
      + bigEndian(fragment, bytes: 2) + [16, number, 0, 0] + source4 + group4 + options
    header.replaceSubrange(10..<12, with: bigEndian(Int(~scalarSum(header)), bytes: 2))
    return header + body
  }

  static func ipv6(_ body: [UInt8], next: UInt8 = 17, payloadLength: Int? = nil) -> [UInt8] {
    [0x60, 0, 0, 0] + bigEndian(payloadLength ?? body.count, bytes: 2) + [next, 16] + source6 + group6 + body
  }

  static func udp6(_ payload: [UInt8] = payload, checksum: Bool = true) -> [UInt8] {
    udp(payload, source: source6, destination: group6, checksum: checksum)
  }

  static func ethernet(_ type: Int, _ body: [UInt8], tags: [Int] = []) -> [UInt8] {
    [1, 0, 0x5E, 0x36, 0x0C, 0x6F, 0, 0x1C, 0x73, 0x0A, 0x2B, 0x48]
      + tags.flatMap { bigEndian($0, bytes: 2) + [0, 100] } + bigEndian(type, bytes: 2) + body
  }

  static var plain: [UInt8] { ethernet(0x0800, ipv4(udp())) }
}

/// What a parser made of a frame, without pointers.
enum Outcome: Equatable {
  case payload(
    bytes: [UInt8], declared: Int, destination: String, source: String, port: UInt16, sourcePort: UInt16,
    transport: TransportView.Transport, sequence: UInt32, flags: UInt8)
  case discarded(WireCounter)

  var payloadBytes: [UInt8]? { if case .payload(let bytes, _, _, _, _, _, _, _, _) = self { bytes } else { nil } }
  var declaredLength: Int? { if case .payload(_, let length, _, _, _, _, _, _, _) = self { length } else { nil } }

  init(_ verdict: WireVerdict) {
    switch verdict {
    case .discarded(let counter): self = .discarded(counter)
    case .payload(let view):
      self = .payload(
        bytes: Array(UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength)),
        declared: view.declaredPayloadLength, destination: view.destination.description,
        source: view.source.description, port: view.destinationPort, sourcePort: view.sourcePort,
        transport: view.transport, sequence: view.tcpSequenceNumber, flags: view.tcpFlags)
    }
  }

  static func udp4(_ bytes: [UInt8] = TestFrame.payload, declared: Int? = nil) -> Outcome {
    .payload(
      bytes: bytes, declared: declared ?? bytes.count, destination: "233.54.12.111", source: "10.1.2.3", port: 26477,
      sourcePort: 51000, transport: .udp, sequence: 0, flags: 0)
  }

  static func udp6(_ bytes: [UInt8] = TestFrame.payload) -> Outcome {
    .payload(
      bytes: bytes, declared: bytes.count, destination: "ff05::99", source: "fe80::7", port: 26477,
      sourcePort: 51000, transport: .udp, sequence: 0, flags: 0)
  }
}

/// Runs the parser over a copy of `frame` that ends exactly where its memory does, so that a sanitizer sees any
/// read beyond; and checks that the short path and the general one agree.
func outcome(
  _ frame: [UInt8], link: LinkType = .ethernet, wireLength: Int? = nil, verifyChecksums: Bool = true
) -> Outcome {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, frame.count), alignment: 1)
  defer { memory.deallocate() }
  memory.copyBytes(from: frame)
  let packet = Packet(
    bytes: UnsafeRawPointer(memory.baseAddress!), captureNanoseconds: 0, capturedLength: UInt32(frame.count),
    wireLength: UInt32(wireLength ?? frame.count), recordIndex: 0, fileIndex: 0, linkType: link)
  let parser = FrameParser(verifyChecksums: verifyChecksums)
  let short = Outcome(parser.parse(packet))
  let general = Outcome(parser.parseGeneral(packet))
  #expect(short == general, "frame \(frame)")
  return short
}
