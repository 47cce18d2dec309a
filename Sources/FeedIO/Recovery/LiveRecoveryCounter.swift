/// Catalogue of what the way to recovery servers counts, for each feed. A name here is the name in every report.
public enum LiveRecoveryCounter: Int, CaseIterable, Sendable {
  /// Requests that left as datagrams; that the system did not take.
  case datagramsSent
  case datagramsUnsent
  /// Answers from a server that was asked; datagrams of anybody else, which are dropped.
  case datagramsReceived
  case datagramsForeign
  /// Answers longer than is kept, which are dropped.
  case datagramsTooLong
  /// Answers that found the socket's buffer full.
  case datagramsDropped
  /// Times that the next server of several was turned to, because the one before did not answer.
  case serversChanged
  /// Requests and connections for which no server is configured.
  case requestsWithoutServer
  /// Connections begun; that came about.
  case connectionsTried
  case connectionsMade
  /// Why connections did not come about, or ended from the other side.
  case connectionsRefused
  case connectionsTimedOut
  case connectionsReset
  case connectionsFailed
  /// The server closed.
  case connectionsEnded
  case bytesSent
  case bytesReceived
  /// Connections closed because the server did not take what was to be sent.
  case sendOverflows

  public var name: String { String(describing: self) }
}

/// What one feed's way to its servers has counted.
public struct LiveRecoveryFigures: Sendable {
  /// Name of the feed.
  public var name: String
  /// By `LiveRecoveryCounter.rawValue`.
  public var counts: [UInt64]
  public subscript(counter: LiveRecoveryCounter) -> UInt64 { counts[counter.rawValue] }
}
