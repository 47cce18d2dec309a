/// How to read the first byte of a packet.
public enum LinkType: UInt16, Sendable, BitwiseCopyable {
  /// BSD loopback: four bytes of address family, in either byte order, then IP (DLT 0; 108 in some files).
  case loopback = 0
  /// Ethernet (DLT 1).
  case ethernet = 1
  /// Raw IP, version from the first nibble (DLT 101; 12 and 14 in some files).
  case rawIP = 101
  /// Linux "cooked" capture v1 (DLT 113).
  case linuxSLL = 113
  /// Linux "cooked" capture v2 (DLT 276).
  case linuxSLL2 = 276
  /// Raw IPv4 (DLT 228).
  case ipv4 = 228
  /// Raw IPv6 (DLT 229).
  case ipv6 = 229
  /// Not a packet: one message of a length-prefixed file, no header at all.
  case message = 0xFFFF
  /// Not a packet: bytes of a recovery's TCP connection, see `Packet.connection`.
  case connection = 0xFFFD
  /// A link type feedh does not read: counted, skipped.
  case unsupported = 0xFFFE
}

/// One captured packet: a view, no copy.
///
/// `bytes` stays valid for as long as its source says (`PacketSource`): a capture file's packets until the run ends.
public struct Packet: BitwiseCopyable {
  /// First byte of the link layer (or of the message, `LinkType.message`).
  public var bytes: UnsafeRawPointer
  /// When it was captured, Unix nanoseconds; for length-prefixed files nanoseconds since midnight, the message's
  /// own timestamp. Never less than that of the packet before it.
  public var captureNanoseconds: UInt64
  /// Bytes that are here.
  public var capturedLength: UInt32
  /// Bytes that were on the wire; greater where the capture's snap length cut the packet.
  public var wireLength: UInt32
  /// 0-based position of its record in its file.
  public var recordIndex: UInt64
  /// Position of its file on the command line.
  public var fileIndex: UInt16
  public var linkType: LinkType

  public init(
    bytes: UnsafeRawPointer, captureNanoseconds: UInt64, capturedLength: UInt32, wireLength: UInt32,
    recordIndex: UInt64, fileIndex: UInt16, linkType: LinkType
  ) {
    self.bytes = bytes
    self.captureNanoseconds = captureNanoseconds
    self.capturedLength = capturedLength
    self.wireLength = wireLength
    self.recordIndex = recordIndex
    self.fileIndex = fileIndex
    self.linkType = linkType
  }
}

/// Where packets come from: a capture, or live queues (`ArrivingPackets`). Called once per burst.
public protocol PacketSource {
  /// Writes up to `burst.count` packets, in order, and returns how many. 0 means none now; see `isExhausted`.
  ///
  /// `captureNanoseconds` never goes back from one packet to the next, over all files of the source.
  mutating func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int
  /// True when no packet will come any more.
  var isExhausted: Bool { get }
  /// Where the bytes of the packets behind the last burst begin, in a memory that goes on: for who asks for their cache
  /// lines ahead. Nil: not known, or not there yet.
  var upcoming: UnsafeRawPointer? { get }
}

extension PacketSource {
  public var upcoming: UnsafeRawPointer? { nil }
}
