/// One of the two ends of a connection.
public enum StreamSide: UInt8, Sendable, BitwiseCopyable {
  /// The one who logs in and sends orders.
  case client
  /// The venue.
  case server

  public var other: StreamSide { self == .client ? .server : .client }
}

/// What the first bytes of a stream's rest are, judged by a protocol's framing.
public enum StreamFrameVerdict: Sendable, Equatable {
  /// A packet of this many bytes, all here.
  case whole(length: Int)
  /// The beginning of a packet; the rest has not come yet.
  case partial
  /// No packet begins here.
  case illegal
}
