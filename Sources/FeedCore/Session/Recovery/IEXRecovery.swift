/// Requests of IEX: gap fill (IEX-TP 1.26) and DEEP+ SNAP 1.05, little-endian.
///
/// Gap fill, UDP or TCP: a header of 16 bytes (Version 1, Request Type 1 = sequenced messages, Message Protocol ID 2,
/// Channel ID 4, Session ID 4, Request Range Count 4) and per range First 8, Last 8, both included. A request over UDP
/// is answered by at most 1,000 messages in unicast segments; an invalid one by nothing, so that only time tells.
///
/// SNAP, TCP: SnapshotRequest `r`, 59 bytes: length 2 (57), type 1, authentication token 40 (spaces), channel 4,
/// session 4, minimum sequence 8 (0 = newest).
public enum IEXRecovery {
  /// The stream asked for: the header fields of its segments.
  public struct Channel: Sendable, BitwiseCopyable, Equatable {
    public var protocolId: UInt16
    public var channelId: UInt32
    public var sessionId: UInt32
    public init(protocolId: UInt16, channelId: UInt32, sessionId: UInt32) {
      self.protocolId = protocolId
      self.channelId = channelId
      self.sessionId = sessionId
    }
  }

  public static var messagesMaximum: UInt64 { 1_000 }

  public static func limits(_ settings: RecoverySettings) -> RecoveryLimits {
    RecoveryLimits(settings, messagesMaximum: messagesMaximum)
  }

  public static func gapFill(_ request: GapRequest, _ channel: Channel) -> RequestBytes {
    var bytes = header(channel, rangeCount: 1)
    bytes.append(little: request.range.first)
    bytes.append(little: request.range.end &- 1)
    return bytes
  }

  /// A request without ranges: answered by a segment like a heartbeat, to prove the way there and back.
  public static func test(_ channel: Channel) -> RequestBytes { header(channel, rangeCount: 0) }

  public static func snapshot(_ request: SnapshotRequest, _ channel: Channel, token: RecoveryText) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(little: UInt16(57))
    bytes.append(byte: UInt8(ascii: "r"))
    bytes.append(token, width: 40)
    bytes.append(little: channel.channelId)
    bytes.append(little: channel.sessionId)
    bytes.append(little: request.throughMinimum)
    return bytes
  }

  /// What the reason of an ErrorResponse `e` means.
  public static func refusal(_ reason: UInt8) -> RecoveryRefusal {
    switch reason {
    case UInt8(ascii: "A"): .final(.notAuthorized)
    case UInt8(ascii: "S"): .final(.sessionUnavailable)
    case UInt8(ascii: "Q"): .final(.allowanceSpent)
    case UInt8(ascii: "E"), UInt8(ascii: "R"): .busy
    default: .final(.requestInvalid)
    }
  }

  private static func header(_ channel: Channel, rangeCount: UInt32) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(byte: 1)
    bytes.append(byte: 1)
    bytes.append(little: channel.protocolId)
    bytes.append(little: channel.channelId)
    bytes.append(little: channel.sessionId)
    bytes.append(little: rangeCount)
    return bytes
  }
}
