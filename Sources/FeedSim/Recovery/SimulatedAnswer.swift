/// What a simulated server sends, and when it arrives.
public struct SimulatedAnswer: Sendable, Equatable {
  public enum Way: Sendable, Equatable {
    /// Unicast or multicast UDP.
    case datagram
    /// The next bytes of the TCP connection; arrival times of a connection never go back.
    case stream
    /// The server closed the TCP connection.
    case closed
  }
  public var at: UInt64
  public var way: Way
  public var bytes: [UInt8]
}
