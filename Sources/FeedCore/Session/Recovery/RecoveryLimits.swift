/// Bounds of one channel's recovery: the configuration's, narrowed by what the venue's protocol allows.
public struct RecoveryLimits: Sendable, BitwiseCopyable, Equatable {
  /// How a venue answers a gap request.
  public enum Answer: UInt8, Sendable, BitwiseCopyable {
    /// At most one packet per request: as many whole messages from the first wanted one as fit (MoldUDP64).
    case onePacket
    /// Everything, in as many packets as it takes.
    case many
  }
  /// Requests in flight, or waiting for their repetition, are kept in this many places.
  public static let requestsInFlightMaximum = 16

  public var answer = Answer.many
  /// Messages of one request. At least 1.
  public var messagesPerRequest: UInt64
  /// 1 ... `requestsInFlightMaximum`.
  public var requestsInFlight: Int
  /// Least time between two requests, nanoseconds.
  public var spacingNanoseconds: UInt64
  /// How long an answer may take, nanoseconds; doubled with each repetition without progress.
  public var timeoutNanoseconds: UInt64
  /// Requests for the same messages without any of them coming.
  public var attempts: UInt16
  /// How long a gap may stay open, nanoseconds.
  public var deadlineNanoseconds: UInt64
  /// Most messages missing at once.
  public var gapMessages: UInt64
  public var requestsPerSession: UInt64
  public var snapshotAttempts: UInt16
  /// How long a snapshot may stand still, nanoseconds.
  public var snapshotTimeoutNanoseconds: UInt64

  /// - Parameters:
  ///   - messagesMaximum: what the venue answers to one request.
  ///   - requestsMaximum: what the venue answers in one session.
  public init(
    _ settings: RecoverySettings, answer: Answer = .many, messagesMaximum: UInt64 = .max,
    requestsMaximum: UInt64 = .max
  ) {
    self.answer = answer
    messagesPerRequest = max(1, min(settings.requestMessages, messagesMaximum))
    requestsInFlight = max(1, min(settings.requestsInFlight, Self.requestsInFlightMaximum))
    spacingNanoseconds = settings.requestSpacingNanoseconds
    timeoutNanoseconds = settings.answerTimeoutNanoseconds
    attempts = UInt16(clamping: max(1, settings.attempts))
    deadlineNanoseconds = settings.deadlineNanoseconds
    gapMessages = settings.gapMessages
    requestsPerSession = min(settings.requestsPerSession, requestsMaximum)
    snapshotAttempts = UInt16(clamping: max(1, settings.snapshotAttempts))
    snapshotTimeoutNanoseconds = settings.snapshotTimeoutNanoseconds
  }

  /// How long to wait for the answer to a request's `attempt`: twice as long each time, at most 64 times.
  func patience(attempt: UInt16) -> UInt64 {
    let (wait, overflowed) = timeoutNanoseconds.multipliedReportingOverflow(by: 1 << UInt64(min(attempt &- 1, 6)))
    return overflowed ? .max : wait
  }
}

extension RecoveryLimits {
  /// When a gap that opened at this time is given up.
  func deadline(of openedAt: UInt64) -> UInt64 {
    let (deadline, overflowed) = openedAt.addingReportingOverflow(deadlineNanoseconds)
    return overflowed ? .max : deadline
  }
}
