import FeedCore

/// What came of a transmission.
public struct TransmitSummary: Sendable {
  /// Frames that the sinks took, refused ones too.
  public var frames: UInt64 = 0
  /// Their bytes: of frames the whole, of datagrams the payload.
  public var bytes: UInt64 = 0
  /// From the start to the last frame's leaving.
  public var elapsedNanoseconds: UInt64 = 0
  /// Calls that found a sink full.
  public var fullCalls: UInt64 = 0
  /// How much later than due frames had left, in nanoseconds: the time at which the system call that took a frame was
  /// over. Nothing at maximal speed, which has no schedule.
  public var pacingError = LatencyHistogram()
  /// Stopped before everything was sent.
  public var isInterrupted = false
  /// What ended it early; nil: nothing.
  public var failure: TransmitError?

  public init() {}

  /// Frames per second, 0 where no time passed.
  public var framesPerSecond: UInt64 {
    if elapsedNanoseconds == 0 { return 0 }
    return UInt64(clamping: UInt128(frames) * 1_000_000_000 / UInt128(elapsedNanoseconds))
  }
}
