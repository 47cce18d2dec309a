import FeedCore

/// What the first bytes of a file say it is, with the pcap file header where it is one.
enum CaptureFormat: Sendable, Equatable {
  case pcap(PcapHeader)
  case pcapng
  case lengthPrefixedITCH
  case soupBinTCP

  /// pcap's file header (draft-ietf-opsawg-pcap, section 4).
  struct PcapHeader: Sendable, Equatable {
    static let length = 24
    /// Written by a machine of the other byte order.
    var isSwapped: Bool
    /// 1,000 (magic a1b2c3d4) or 1 (magic a1b23c4d).
    var nanosecondsPerTick: UInt64
    var snapLength: UInt32
    var linkNumber: UInt32
  }

  var kind: CaptureKind {
    switch self {
    case .pcap: .pcap
    case .pcapng: .pcapng
    case .lengthPrefixedITCH: .lengthPrefixedITCH
    case .soupBinTCP: .soupBinTCP
    }
  }

  /// gzip (RFC 1952), or zstd (RFC 8878: a frame, or a skippable frame before the first).
  static func compression(of bytes: UnsafeRawBufferPointer) -> CaptureCompression {
    guard bytes.count >= 4, let base = bytes.baseAddress else { return .none }
    if base.bigEndian(UInt16.self, at: 0) == 0x1F8B && base.byte(at: 2) == 8 { return .gzip }
    let magic = base.littleEndian(UInt32.self, at: 0)
    return magic == 0xFD2F_B528 || magic & 0xFFFF_FFF0 == 0x184D_2A50 ? .zstd : .none
  }

  /// Nil for what is none of the four. Captures announce themselves; message streams are believed when their first
  /// records chain.
  static func recognise(_ bytes: UnsafeRawBufferPointer) -> CaptureFormat? {
    if let header = pcapHeader(bytes) { return .pcap(header) }
    if isPcapng(bytes) { return .pcapng }
    if chains(bytes, accepts: isITCHRecord) { return .lengthPrefixedITCH }
    if chains(bytes, accepts: isSoupBinTCPRecord) { return .soupBinTCP }
    return nil
  }

  private static func pcapHeader(_ bytes: UnsafeRawBufferPointer) -> PcapHeader? {
    guard bytes.count >= PcapHeader.length, let base = bytes.baseAddress else { return nil }
    let magic = base.littleEndian(UInt32.self, at: 0)
    let isSwapped: Bool
    let nanosecondsPerTick: UInt64
    switch magic {
    case 0xA1B2_C3D4: (isSwapped, nanosecondsPerTick) = (false, 1_000)
    case 0xA1B2_3C4D: (isSwapped, nanosecondsPerTick) = (false, 1)
    case 0xD4C3_B2A1: (isSwapped, nanosecondsPerTick) = (true, 1_000)
    case 0x4D3C_B2A1: (isSwapped, nanosecondsPerTick) = (true, 1)
    default: return nil
    }
    func word(_ offset: Int) -> UInt32 {
      isSwapped ? base.bigEndian(UInt32.self, at: offset) : base.littleEndian(UInt32.self, at: offset)
    }
    // Only the low half of the last word is the link type; the rest tells of frame check sequences.
    return PcapHeader(
      isSwapped: isSwapped, nanosecondsPerTick: nanosecondsPerTick, snapLength: word(16), linkNumber: word(20) & 0xFFFF)
  }

  /// Section Header Block: type, length, byte-order magic (draft-ietf-opsawg-pcapng, section 4.1).
  private static func isPcapng(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 12, let base = bytes.baseAddress else { return false }
    let magic = base.littleEndian(UInt32.self, at: 8)
    return base.littleEndian(UInt32.self, at: 0) == 0x0A0D_0D0A && (magic == 0x1A2B_3C4D || magic == 0x4D3C_2B1A)
  }

  /// Records looked at before a stream is believed.
  private static let chainedRecords = 16

  /// True when the first records, each a 2-byte length and that many bytes, are all accepted, and at least one of
  /// them is whole. Stops at the end of the file and at length 0.
  private static func chains(
    _ bytes: UnsafeRawBufferPointer, accepts: (_ length: Int, _ type: UInt8) -> Bool
  ) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    var offset = 0
    var whole = 0
    while whole < chainedRecords, bytes.count - offset >= 3 {
      let length = Int(base.bigEndian(UInt16.self, at: offset))
      if length == 0 { break }
      if !accepts(length, base.byte(at: offset + 2)) { return false }
      if bytes.count - offset - 2 < length { break }
      offset += 2 + length
      whole += 1
    }
    return whole > 0
  }

  /// Message lengths of TotalView-ITCH 5.0.
  private static func isITCHRecord(length: Int, type: UInt8) -> Bool {
    let expected =
      switch Character(Unicode.Scalar(type)) {
      case "S": 12
      case "R": 39
      case "H": 25
      case "Y": 20
      case "L": 26
      case "V": 35
      case "W": 12
      case "K": 28
      case "J": 35
      case "h": 21
      case "A": 36
      case "F": 40
      case "E": 31
      case "C": 36
      case "X": 23
      case "D": 19
      case "U": 35
      case "P": 44
      case "Q": 40
      case "B": 19
      case "I": 50
      case "N": 20
      case "O": 48
      default: -1
      }
    return length == expected
  }

  /// Packet types of SoupBinTCP 3.00 and 4.x, with the lengths that tell them from text: no text file begins with a
  /// number this small.
  private static func isSoupBinTCPRecord(length: Int, type: UInt8) -> Bool {
    switch Character(Unicode.Scalar(type)) {
    case "S", "U", "+": length <= 4096
    case "A": length == 31
    case "J": length == 2
    case "L": length == 47 || length == 52
    case "H", "R", "O", "Z": length == 1
    default: false
    }
  }
}
