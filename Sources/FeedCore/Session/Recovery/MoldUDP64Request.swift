/// MoldUDP64 1.00, "Request Packet": 20 bytes, unicast UDP to a re-request server.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 10 | Session |
/// | 10 | 8 | Sequence Number, big-endian: the first wanted |
/// | 18 | 2 | Requested Message Count, big-endian |
///
/// The answer is one ordinary downstream packet to the sender: as many whole messages as fit. No negative answer
/// exists; silence is told by time alone.
public enum MoldUDP64Request {
  /// Counts above this mean something else in a downstream packet, and are not asked for.
  public static var messagesMaximum: UInt64 { 65_533 }

  public static func limits(_ settings: RecoverySettings) -> RecoveryLimits {
    RecoveryLimits(settings, answer: .onePacket, messagesMaximum: messagesMaximum)
  }

  public static func encode(_ request: GapRequest, session: SessionName) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(big: session.high)
    bytes.append(big: session.low)
    bytes.append(big: request.range.first)
    bytes.append(big: UInt16(clamping: min(request.range.count, messagesMaximum)))
    return bytes
  }
}
