/// Requests of MEMX-TCP 1.2, big-endian: gap fill (mode R) and snapshot (mode T).
///
/// Each begins with type 1, length 2 (bytes behind these three):
///
/// | type | name | body |
/// |---:|---|---|
/// | 0 | Heartbeat | empty |
/// | 100 | Login Request | token type 1 (`P`), token ("user:password") |
/// | 101 | Replay Request | session 8, next sequence 8, count 4 |
/// | 102 | Replay All Request | session 8 |
///
/// The meaning of the letters in Login Rejected and Replay Rejected is not in the sheet: the first is `notAuthorized`,
/// the second `outOfRange`. Nor is the heartbeat's interval: 1 s is used, and 15 s of silence end a connection.
public enum MEMXRecovery {
  /// Answers name no request, so one at a time is under way.
  public static func limits(_ settings: RecoverySettings) -> RecoveryLimits {
    var limits = RecoveryLimits(settings, messagesMaximum: UInt64(UInt32.max))
    limits.requestsInFlight = 1
    return limits
  }

  public static var heartbeat: RequestBytes { header(type: 0, length: 0) }

  /// - Parameter token: "user:password".
  public static func login(token: RecoveryText) -> RequestBytes {
    var bytes = header(type: 100, length: 1 + token.count)
    bytes.append(byte: UInt8(ascii: "P"))
    bytes.append(token, width: token.count)
    return bytes
  }

  public static func replay(_ request: GapRequest, session: UInt64) -> RequestBytes {
    var bytes = header(type: 101, length: 20)
    bytes.append(big: session)
    bytes.append(big: request.range.first)
    bytes.append(big: UInt32(clamping: request.range.count))
    return bytes
  }

  public static func replayAll(session: UInt64) -> RequestBytes {
    var bytes = header(type: 102, length: 8)
    bytes.append(big: session)
    return bytes
  }

  /// AsOfSequenceNumber of a Snapshot Complete (template 100, schema 2), nil if the message is none.
  public static func snapshotThrough(_ message: UnsafeRawBufferPointer) -> UInt64? {
    guard message.count >= 22, let base = message.baseAddress, base.byte(at: 2) == 100, base.byte(at: 3) == 2 else {
      return nil
    }
    return base.bigEndian(UInt64.self, at: 14)
  }

  private static func header(type: UInt8, length: Int) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(byte: type)
    bytes.append(big: UInt16(clamping: length))
    return bytes
  }
}
