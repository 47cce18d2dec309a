/// Requests to NYSE's request server: XDP / Pillar Common Client Specification 2.4p, little-endian, over TCP.
///
/// Each stands behind a packet header of 16 bytes (PktSize 2, DeliveryFlag 1 = 11, NumberMsgs 1, SeqNum 4 of our own,
/// SendTime 4, SendTimeNS 4) and begins with MsgSize 2, MsgType 2:
///
/// | type | length | fields behind MsgType |
/// |---:|---:|---|
/// | 10 Retransmission | 24 | BeginSeqNum 4, EndSeqNum 4 (both included), SourceID 10, ProductID 1, ChannelID 1 |
/// | 12 Heartbeat Response | 14 | SourceID 10 |
/// | 13 Symbol Index Mapping | 21 | SymbolIndex 4 (0 = all), SourceID 10, ProductID 1, ChannelID 1, RetransmitMethod 1 = 0 |
/// | 15 Refresh | 20 | SymbolIndex 4 (0 = all), SourceID 10, ProductID 1, ChannelID 1 |
public enum NYSERecovery {
  /// Who asks, and for which channel. SourceID: at most 10 ASCII characters.
  public struct Client: Sendable, BitwiseCopyable {
    public var sourceId: RecoveryText
    /// NYSE 11, American 59, National 109, Arca 157, Texas 209.
    public var productId: UInt8
    public var channelId: UInt8
    public init(sourceId: RecoveryText, productId: UInt8, channelId: UInt8) {
      self.sourceId = sourceId
      self.productId = productId
      self.channelId = channelId
    }

    init(_ identity: RecoveryIdentity) {
      self.init(sourceId: identity.sourceId, productId: identity.productId, channelId: identity.channelId)
    }
  }

  public static var messagesMaximum: UInt64 { 1_000 }
  public static var requestsMaximum: UInt64 { 10_000 }

  public static func limits(_ settings: RecoverySettings) -> RecoveryLimits {
    RecoveryLimits(settings, messagesMaximum: messagesMaximum, requestsMaximum: requestsMaximum)
  }

  /// - Parameters:
  ///   - sequence: SeqNum of our packet; the response names it.
  ///   - now: Unix nanoseconds.
  public static func retransmission(
    _ request: GapRequest, _ client: Client, sequence: UInt32, now: UInt64
  ) -> RequestBytes {
    var bytes = header(messageLength: 24, type: 10, sequence: sequence, now: now)
    bytes.append(little: UInt32(truncatingIfNeeded: request.range.first))
    bytes.append(little: UInt32(truncatingIfNeeded: request.range.end &- 1))
    append(client, to: &bytes)
    return bytes
  }

  public static func refresh(symbolIndex: UInt32, _ client: Client, sequence: UInt32, now: UInt64) -> RequestBytes {
    var bytes = header(messageLength: 20, type: 15, sequence: sequence, now: now)
    bytes.append(little: symbolIndex)
    append(client, to: &bytes)
    return bytes
  }

  public static func symbolIndexMapping(
    symbolIndex: UInt32, _ client: Client, sequence: UInt32, now: UInt64
  ) -> RequestBytes {
    var bytes = header(messageLength: 21, type: 13, sequence: sequence, now: now)
    bytes.append(little: symbolIndex)
    append(client, to: &bytes)
    bytes.append(byte: 0)
    return bytes
  }

  static func heartbeatResponse(_ client: Client, sequence: UInt32, now: UInt64) -> RequestBytes {
    var bytes = header(messageLength: 14, type: 12, sequence: sequence, now: now)
    bytes.append(client.sourceId, width: 10, padding: 0)
    return bytes
  }

  /// What a Request Response's status means; nil: accepted.
  public static func refusal(_ status: UInt8) -> RecoveryRefusal? {
    switch status {
    case UInt8(ascii: "0"): nil
    case UInt8(ascii: "1"): .final(.notAuthorized)
    case UInt8(ascii: "3"), UInt8(ascii: "6"): .final(.outOfRange)
    case UInt8(ascii: "4"), UInt8(ascii: "5"): .final(.allowanceSpent)
    default: .final(.requestInvalid)
    }
  }

  /// The range of a Message Unavailable (type 31), nil if the message is none.
  public static func unavailable(_ message: UnsafeRawBufferPointer) -> SequenceRange? {
    guard message.count >= 14, let base = message.baseAddress, base.littleEndian(UInt16.self, at: 2) == 31 else {
      return nil
    }
    return SequenceRange(
      UInt64(base.littleEndian(UInt32.self, at: 4)), UInt64(base.littleEndian(UInt32.self, at: 8)) + 1)
  }

  private static func header(messageLength: UInt16, type: UInt16, sequence: UInt32, now: UInt64) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(little: 16 &+ messageLength)
    bytes.append(byte: 11)
    bytes.append(byte: 1)
    bytes.append(little: sequence)
    bytes.append(little: UInt32(truncatingIfNeeded: now / 1_000_000_000))
    bytes.append(little: UInt32(truncatingIfNeeded: now % 1_000_000_000))
    bytes.append(little: messageLength)
    bytes.append(little: type)
    return bytes
  }

  private static func append(_ client: Client, to bytes: inout RequestBytes) {
    bytes.append(client.sourceId, width: 10, padding: 0)
    bytes.append(byte: client.productId)
    bytes.append(byte: client.channelId)
  }
}
