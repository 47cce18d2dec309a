/// Which of a channel's servers.
public enum RecoveryService: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// The one that repeats messages.
  case messages
  /// The one that has snapshots.
  case snapshots
}

/// One thing that a channel's recovery wants done: a value, for whoever does I/O.
public struct RecoveryOutput: Sendable, BitwiseCopyable {
  public enum Action: UInt8, Sendable, BitwiseCopyable {
    /// Send `bytes` as a datagram; the answers come to a line whose role is `retransmission`.
    case datagram
    /// Open a TCP connection; what was open of the service before is closed.
    case open
    /// Send `bytes` on the connection, once it is open.
    case bytes
    /// Close the connection.
    case close
  }
  public var action: Action
  public var service: RecoveryService
  public var channel: UInt8
  /// Counts the connections of the channel's service; a packet of the connection names it.
  public var connection: UInt32
  /// By the capture clock, Unix nanoseconds.
  public var captureNanoseconds: UInt64
  public var bytes = RequestBytes()
}
