/// Why a recovery was given up, or an attempt of it failed. A name here is the name in every report.
///
/// Whatever the reason, the books concerned stay as they are and stay untrusted.
public enum RecoveryFailure: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// No answer within the timeout, for every attempt.
  case serverSilent
  /// Answers came, but the gap was not filled within `recovery.deadline`.
  case deadlinePassed
  /// More messages are missing than `recovery.gapMessages` allows to ask for.
  case gapTooLarge
  /// More separate ranges are missing than are kept.
  case tooManyGaps
  /// `recovery.requestsPerSession`, or the venue's allowance, is used up.
  case allowanceSpent
  /// The server does not keep the wanted range (any more).
  case outOfRange
  /// The server has lost the wanted messages itself (NYSE "Message Unavailable").
  case messagesUnavailable
  /// The server refuses the request as such: unknown channel, unit, product, or form.
  case requestInvalid
  /// The server went on refusing for a reason that passes (rate, service not ready), for every attempt.
  case serverBusy
  case notAuthorized
  /// The server knows another session than ours, or none, or another login uses it.
  case sessionUnavailable
  case connectionLost
  /// The server's bytes contradict its protocol.
  case malformedAnswer
  /// More arrived while recovering than the buffer holds.
  case bufferFull
  /// The snapshot ended before all of it was there.
  case snapshotIncomplete
  /// Between the snapshot and the first buffered message some are missing.
  case snapshotTooOld
  /// The input, or the session, ended before the answer came.
  case interrupted

  public var name: String { String(describing: self) }
}
