import FeedCore

/// One direction of a TCP connection.
public struct TCPFlow: Hashable, Sendable, CustomStringConvertible {
  public var source: IPAddress
  public var destination: IPAddress
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  public init(_ segment: TCPSegment) {
    source = segment.source
    destination = segment.destination
    sourcePort = segment.sourcePort
    destinationPort = segment.destinationPort
  }

  /// The other direction of the same connection.
  public var reversed: TCPFlow {
    var flow = self
    swap(&flow.source, &flow.destination)
    swap(&flow.sourcePort, &flow.destinationPort)
    return flow
  }

  /// "10.0.0.1:50123>10.0.0.2:26400".
  public var description: String { "\(Self.text(source, sourcePort))>\(Self.text(destination, destinationPort))" }

  static func text(_ address: IPAddress, _ port: UInt16) -> String {
    address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
