/// What a port has counted since it was started, all queues together, as its driver counts.
///
/// Not all drivers count what they lose (net_af_packet does not): loss is accounted by sequence gaps.
public struct DPDKPortFigures: Sendable, Equatable {
  public var packets: UInt64 = 0
  public var bytes: UInt64 = 0
  /// Dropped by the card: no descriptor was free.
  public var missed: UInt64 = 0
  /// Received damaged.
  public var errors: UInt64 = 0
  /// Receive buffers that could not be had: the pool was empty.
  public var noBuffer: UInt64 = 0
  public var sentPackets: UInt64 = 0
  public var sentBytes: UInt64 = 0
  public var sendErrors: UInt64 = 0
  /// Nil: the driver does not tell.
  public var linkIsUp: Bool?

  public init() {}
}
