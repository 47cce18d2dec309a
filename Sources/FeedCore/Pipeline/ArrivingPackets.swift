/// A source whose packets come when they come, and that knows the time while none does.
///
/// Packets' bytes stay for `retainedBursts` further calls of `receive` that return packets, not longer.
public protocol ArrivingPackets: PacketSource, AnyObject {
  /// What time it is by the clock that stamps the packets, Unix nanoseconds: no packet handed out later is earlier.
  /// Asked where no packet came.
  func now() -> UInt64

  /// The thread that is going to call `receive` says so, once, before the first packet: what its queues need of it is
  /// done then.
  func prepareThread()

  /// The pipeline has worked off these packets of the burst that came last; those of it that follow are still to come,
  /// or the run ended before them.
  func workedOff(_ packets: UnsafeBufferPointer<Packet>)
}

extension ArrivingPackets {
  public func prepareThread() {}
  public func workedOff(_ packets: UnsafeBufferPointer<Packet>) {}
}

/// Which core takes the packets of which channels, where several poll queues.
public struct ChannelOwners: Sendable, Equatable {
  /// By channel of the plan: the core that polls its lines, frames and arbitrates it.
  public var coreOfChannel: [Int]
  /// The cores that poll queues, ascending.
  public var ingestCores: [Int]

  public init(coreOfChannel: [Int], ingestCores: [Int]) {
    self.coreOfChannel = coreOfChannel
    self.ingestCores = ingestCores
  }

  /// Bit c: the core owns channel c.
  func channels(of core: Int) -> UInt64 {
    coreOfChannel.enumerated().reduce(0) { $1.element == core ? $0 | 1 << UInt64($1.offset) : $0 }
  }
}

/// How a run of live packets differs from one of captures.
public struct LiveOptions: Sendable {
  /// The run stops behind so many packets; where several cores take packets, within a burst of each of them.
  public var packetsMaximum = UInt64.max
  /// Nil: core 0 takes all packets.
  public var owners: ChannelOwners?
  /// For how many further bursts of the source the bytes of a packet stay. At least 1.
  public var retainedBursts: UInt64
  /// Told what the system did not allow the cores, before the first packet.
  public var onWarnings: @Sendable ([String]) -> Void = { _ in }
  public init(retainedBursts: Int) { self.retainedBursts = UInt64(max(1, retainedBursts)) }
}
