import FeedCore

/// What one venue said.
public struct VenueStatistics: Sendable, Equatable {
  public var name: String
  public var feedProtocol: FeedProtocol
  /// By slot of the message type (`FeedProtocol.typeText(ofSlot:)`), 256 counts.
  public var messageCounts: [Int]
  /// Packets with messages, on line A.
  public var dataPackets: Int
  public var sessions: Int
  public var liveOrders: Int
  /// Line A, then line B.
  public var lines: [LineStatistics]

  public var messageCount: Int { messageCounts.reduce(0, +) }
}
