import FeedCore

/// What the segments of one direction of a TCP connection did.
public struct StreamStatistics: Sendable {
  public var flow: TCPFlow
  /// Nil where the protocol was not recognised.
  public var side: StreamSide?
  public var counters: TCPCounters
  /// Bytes between one message boundary lost and the next one found.
  public var skippedLength: UInt64
}
