/// What a schedule made of the captures' packets.
public struct TransmitTally: Sendable, Equatable {
  /// Of one line.
  public struct Line: Sendable, Equatable {
    public var name = ""
    /// Packets for this line, and what was done to them on purpose. `reorderedPackets` left late.
    public var faults = LineStatistics()
    /// Late packets that at least one later packet of the line did overtake.
    public var overtakenPackets = 0
    /// Frames handed out: packets − lost + second copies.
    public var frames = 0
    public init() {}
  }

  /// Packets read, all repetitions together.
  public var packets: UInt64 = 0
  /// Not Ethernet, so no frames: only payloads can be sent.
  public var notEthernet: UInt64 = 0
  /// Shorter in the capture than on the wire.
  public var cut: UInt64 = 0
  /// No UDP, without payload, or a fragment.
  public var notUDP: UInt64 = 0
  /// No line takes them.
  public var forNoLine: UInt64 = 0
  /// No route says where they go.
  public var withoutRoute: UInt64 = 0
  public var lines: [Line] = []

  public init() {}
}
