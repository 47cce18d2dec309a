/// The payload of one UDP datagram or TCP segment, and what its headers said. A view: no copy.
///
/// Making one proves that `payloadLength` bytes at `payload` lie inside the captured packet and that there is at
/// least one. It is valid for as long as the packet is.
public struct TransportView: BitwiseCopyable {
  public enum Transport: UInt8, Sendable, BitwiseCopyable {
    /// IP protocol numbers.
    case tcp = 6
    case udp = 17
  }

  /// Flags of `tcpFlags` (RFC 9293 section 3.1).
  public static let tcpFIN: UInt8 = 0x01
  public static let tcpSYN: UInt8 = 0x02
  public static let tcpRST: UInt8 = 0x04
  public static let tcpACK: UInt8 = 0x10

  public var payload: UnsafeRawPointer
  /// Payload bytes that are here, at least 1.
  public var payloadLength: Int
  /// Payload bytes that UDP or IP declared; greater than `payloadLength` only where the snap length cut the packet.
  public var declaredPayloadLength: Int
  /// Where it was sent, as the words of an `IPAddress`.
  public var destinationHigh: UInt64
  public var destinationLow: UInt64
  /// Where it came from.
  public var sourceHigh: UInt64
  public var sourceLow: UInt64
  public var destinationPort: UInt16
  public var sourcePort: UInt16
  /// Of the first payload byte; 0 for UDP.
  public var tcpSequenceNumber: UInt32
  /// CWR … FIN as on the wire; 0 for UDP.
  public var tcpFlags: UInt8
  public var transport: Transport

  /// The snap length cut the packet: `payload` is its beginning.
  @inlinable @inline(__always) public var isCut: Bool { declaredPayloadLength > payloadLength }
  @inlinable @inline(__always)
  public var destination: IPAddress { IPAddress(high: destinationHigh, low: destinationLow) }
  @inlinable @inline(__always)
  public var source: IPAddress { IPAddress(high: sourceHigh, low: sourceLow) }
}

/// What `FrameParser.parse` made of a frame.
public enum WireVerdict: BitwiseCopyable {
  case payload(TransportView)
  /// Nothing to hand on: count it.
  case discarded(WireCounter)
}
