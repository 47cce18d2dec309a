import FeedCore

/// What is to be sent: a whole frame, or a datagram's payload and where it goes.
public struct OutgoingFrame: BitwiseCopyable {
  /// Valid until the sink has taken it.
  public var bytes: UnsafeRawPointer
  public var length: UInt32
  /// Of a payload; sinks that take frames ignore both.
  public var destinationPort: UInt16
  public var destination: IPAddress

  public init(
    bytes: UnsafeRawPointer, length: UInt32, destination: IPAddress = IPAddress(high: 0, low: 0),
    destinationPort: UInt16 = 0
  ) {
    self.bytes = bytes
    self.length = length
    self.destination = destination
    self.destinationPort = destinationPort
  }
}
