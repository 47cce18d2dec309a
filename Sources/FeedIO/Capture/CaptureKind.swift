/// What a capture file is, recognised by its content.
public enum CaptureKind: String, Sendable, CaseIterable, CustomStringConvertible {
  case pcap
  case pcapng
  /// ITCH 5.0 messages, each behind a 2-byte big-endian length; length 0 ends the file. Nasdaq's file form.
  case lengthPrefixedITCH
  /// A raw SoupBinTCP 3.00 or 4.x byte stream: 2-byte length that counts the type byte, type, payload.
  case soupBinTCP

  public var description: String {
    switch self {
    case .pcap: "pcap"
    case .pcapng: "pcapng"
    case .lengthPrefixedITCH: "length-prefixed ITCH 5.0"
    case .soupBinTCP: "SoupBinTCP stream"
    }
  }
}

/// How a capture file was packed.
public enum CaptureCompression: String, Sendable, CaseIterable {
  case none
  case gzip
  case zstd
}
