/// GLIMPSE 5.0: the snapshot of an ITCH channel, over SoupBinTCP with requested sequence number 1 and blank session.
///
/// Its messages have the feed's layouts; the last one is `G`, End of Snapshot:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | Message Type `G` |
/// | 1 | 20 | Sequence Number, ASCII digits: the next number to PROCESS, so that the snapshot is through that less one |
///
/// Source: itch50 sheet, "GLIMPSE 5.0". Never seen on real bytes.
public enum GlimpseSnapshot {
  public enum Message: Equatable {
    /// A message of the feed, to apply.
    case content
    /// The snapshot holds everything up to and including this number.
    case end(through: UInt64)
    /// A `G` that holds no number above 0.
    case malformed
  }

  public static let endLength = 21

  public static func classify(_ message: UnsafeRawBufferPointer) -> Message {
    guard let first = message.first, first == UInt8(ascii: "G") else { return .content }
    guard message.count >= endLength, let next = DecimalText.parse(message, at: 1, length: 20), next > 0 else {
      return .malformed
    }
    return .end(through: next - 1)
  }

  /// Hands one event of the GLIMPSE connection to the join. True: the message goes into the books, emptied before the
  /// first one (`snapshotBegan` says so through `clear`).
  public static func take(
    _ event: SoupBinTCPClient.Event, into join: inout SnapshotJoin, clear: inout Bool, now: UInt64
  ) -> Bool {
    switch event {
    case .loggedIn:
      if join.snapshotBegan(through: nil, messageCount: nil, now: now) { clear = true }
      return false
    case .message(_, let bytes):
      switch classify(bytes) {
      case .content: return join.snapshotMessage(now: now)
      case .end(let through): join.snapshotEnded(through: through, now: now)
      case .malformed: join.failed(.malformedAnswer, now: now)
      }
      return false
    // Before the end of snapshot this is too early; after it the join does not care.
    case .ended: join.failed(.snapshotIncomplete, now: now)
    case .failed(.notAuthorized): join.refused(.final(.notAuthorized), now: now)
    case .failed(let failure): join.failed(failure, now: now)
    }
    return false
  }
}
