/// How a `UDPSocketQueue` receives.
public struct UDPSocketOptions: Sendable {
  /// Receive buffer of each socket, bytes: `live.receiveBufferBytes`. 65,536 ... 1 G.
  public var receiveBufferBytes = 33_554_432
  /// Datagrams of one burst; a greater burst is filled to here. 1 ... 256. The queue's buffers take 33 times this many
  /// slots (`LiveSource.retainedBursts` bursts stay where they are).
  public var burstPacketsMaximum = 64
  /// Longest datagram kept whole, bytes of payload; what is longer is cut. Nil: what the interface's MTU lets through in
  /// one piece, 1,472 ... 9,216. 1 ... 65,527.
  public var datagramLengthMaximum: Int?
  /// How long the kernel may poll the driver for a socket that has nothing, microseconds (`SO_BUSY_POLL`); 0: not.
  public var busyPollMicroseconds = 50
  /// Stamp packets with the network card's clock, where it has one that goes with the system's.
  public var usesHardwareTimestamps = false
  public init() {}
}
