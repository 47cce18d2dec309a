/// Names a flow of packets: the capture file it stands in, and where it was sent. Two lines of a feed are two flows,
/// even where they share a group and came from two files.
public struct FlowKey: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  public let destination: IPAddress
  public let destinationPort: UInt16
  /// Position of the file on the command line.
  public let fileIndex: UInt16

  @inlinable @inline(__always)
  public init(destination: IPAddress, destinationPort: UInt16, fileIndex: UInt16) {
    self.destination = destination
    self.destinationPort = destinationPort
    self.fileIndex = fileIndex
  }

  @inlinable @inline(__always)
  public init(_ view: TransportView, fileIndex: UInt16) {
    self.init(destination: view.destination, destinationPort: view.destinationPort, fileIndex: fileIndex)
  }

  /// Group and port: "233.54.12.111:26477", "[ff05::1]:26477".
  public var description: String {
    destination.isIPv4 ? "\(destination):\(destinationPort)" : "[\(destination)]:\(destinationPort)"
  }

  /// All three parts on three multiplications; the synthesised hash (SipHash) costs more than framing a packet.
  @inlinable @inline(__always)
  public var hash64: UInt64 {
    Mix.fold(
      Mix.fold(0, destination.high, destination.low), UInt64(destinationPort), UInt64(fileIndex))
  }
}
