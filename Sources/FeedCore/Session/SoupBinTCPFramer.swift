/// One SoupBinTCP packet: a view into the stream.
public struct SoupBinTCPPacket {
  /// The type byte; `SoupBinTCPPacketType(rawValue:)` is nil for one that is not defined.
  public let type: UInt8
  /// The whole packet.
  public let bytes: UnsafeRawBufferPointer
  /// The bytes after the type; may be empty.
  public let payload: UnsafeRawBufferPointer
  /// Of the packet's length field, from the start of the framed bytes.
  public let offset: Int
}

/// Cuts a byte stream into SoupBinTCP packets: `length` (16 bits, big-endian, type and payload), `type`, payload.
/// SoupBinTCP 3.00, "Packet Format".
///
/// TCP splits and joins packets as it likes: what stays behind after the last whole packet is `partial`, and framing
/// can go on from `consumed` once more bytes are there. A length of zero is illegal: the walk stops, since nothing
/// tells where the next packet begins.
public struct SoupBinTCPFramer: Sequence, IteratorProtocol {
  public enum End: UInt8, Sendable, BitwiseCopyable {
    /// Every byte belongs to a whole packet (so far).
    case whole
    /// The last packet's bytes are not all here.
    case partial
    /// A packet's length is zero.
    case illegalLength
  }

  private let bytes: UnsafeRawBufferPointer
  /// Bytes of the whole packets handed out so far.
  public private(set) var consumed = 0
  /// Meaningful after `next` returned nil.
  public private(set) var end = End.whole

  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  public mutating func next() -> SoupBinTCPPacket? {
    let left = bytes.count - consumed
    guard left > 0, let base = bytes.baseAddress else { return nil }
    guard left >= 2 else {
      end = .partial
      return nil
    }
    // SAFETY: two bytes are left.
    let length = Int(base.bigEndian(UInt16.self, at: consumed))
    guard length > 0 else {
      end = .illegalLength
      return nil
    }
    guard left - 2 >= length else {
      end = .partial
      return nil
    }
    let packet = SoupBinTCPPacket(
      type: base.byte(at: consumed + 2),
      bytes: UnsafeRawBufferPointer(start: base + consumed, count: length + 2),
      payload: UnsafeRawBufferPointer(start: base + consumed + 3, count: length - 1),
      offset: consumed)
    consumed += 2 + length
    return packet
  }
}
