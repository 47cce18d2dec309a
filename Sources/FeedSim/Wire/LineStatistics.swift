/// Packets of one line, as sent and as impaired.
public struct LineStatistics: Sendable, Equatable {
  public var sentPackets = 0
  public var lostPackets = 0
  public var duplicatedPackets = 0
  public var reorderedPackets = 0
  public init() {}
}
