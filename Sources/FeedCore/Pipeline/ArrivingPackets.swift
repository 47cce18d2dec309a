/// A source whose packets come when they come, and that knows the time while none does.
///
/// Packets' bytes stay for `retainedBursts` further calls of `receive` that return packets, not longer.
public protocol ArrivingPackets: PacketSource, AnyObject {
  /// What time it is by the clock that stamps the packets, Unix nanoseconds: no packet handed out later is earlier.
  /// Asked where no packet came.
  func now() -> UInt64
}

/// How a run of live packets differs from one of captures.
public struct LiveOptions: Sendable {
  /// The run stops behind so many packets.
  public var packetsMaximum = UInt64.max
  /// For how many further bursts of the source the bytes of a packet stay. At least 1.
  public var retainedBursts: UInt64
  /// Told what the system did not allow the cores, before the first packet.
  public var onWarnings: @Sendable ([String]) -> Void = { _ in }
  public init(retainedBursts: Int) { self.retainedBursts = UInt64(max(1, retainedBursts)) }
}
