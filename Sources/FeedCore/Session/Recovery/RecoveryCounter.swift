/// Catalogue of what recoveries count. A name here is the name in every report.
public enum RecoveryCounter: Int, CaseIterable, Sendable {
  /// Times that messages began to be missing; that none was missing any more; that it was given up.
  case gapsOpened
  case gapsFilled
  case gapsGivenUp
  case requestsSent
  /// Requests that repeat an earlier one, in whole or in part.
  case requestsRepeated
  case requestsTimedOut
  case requestsAccepted
  case requestsRefused
  /// Responses that belong to no open request: late, doubled, or of another client.
  case responsesUnmatched
  /// Messages that were missing and came, by whichever way.
  case messagesRecovered
  case snapshotsRequested
  case snapshotsJoined
  /// Attempts that failed, for whichever reason.
  case snapshotsFailed
  /// Attempts that failed because of a hole between the snapshot and the buffered messages.
  case snapshotsTooOld
  case snapshotsGivenUp
  /// Snapshot messages and ends that no open request explains.
  case snapshotsUnexpected
  /// Live messages kept while a snapshot came; of these: already in the snapshot; applied after it.
  case messagesBuffered
  case messagesInSnapshot
  case messagesJoined
  /// Times that the buffer was full and began anew.
  case bufferOverflows
  /// Breaks of an instrument's own chain of changes.
  case chainBreaks
  /// Connections to servers that were opened; that failed.
  case connectionsOpened
  case connectionsFailed
  /// Requests and other bytes that found no room in the outbox.
  case outboxOverflows

  public var name: String { String(describing: self) }
}
