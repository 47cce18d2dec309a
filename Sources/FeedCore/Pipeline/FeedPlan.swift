/// Which flows carry which feeds, and whose books they fill: settled before the first packet.
public struct FeedPlan: Sendable {
  /// A feed as the pipeline runs it.
  public struct Channel: Sendable {
    public var name: String
    public var venue: VenueIndex
    public var `protocol`: FeedProtocol
    /// False for length-prefixed files.
    public var isNumbered: Bool
    /// What carries each line: "233.54.12.111:26477", or a file's name.
    public var lines: [String]
    /// Which of the streams of its flows it is (PITCH unit, IEX or Deribit channel, market segment); nil where the
    /// transport has one stream a flow.
    public var stream: UInt32?
    /// Position of its feed in `Settings.feeds`; nil: it was found.
    public var feed: Int?
    public var role = FeedRole.live
    /// Role snapshot: the channel whose instruments its packets are about; nil: they go nowhere.
    public var snapshotsOf: UInt8?
    /// Role live: snapshots of its instruments come among its own packets. Role snapshot: it brings books, not only
    /// definitions.
    public var carriesSnapshots = false

    public var transport: Transport { `protocol`.transport }
  }

  public struct Route: Sendable, Equatable {
    public var channel: UInt8
    public var line: UInt8
  }

  /// One numbered stream of one flow.
  public struct StreamKey: Sendable, Hashable {
    public var flow: FlowKey
    public var stream: UInt32
    public init(flow: FlowKey, stream: UInt32) {
      self.flow = flow
      self.stream = stream
    }
  }

  /// Streams of all feeds together: a bit each in a word of the cores. The sample of Deribit has 29.
  public static let channelsMaximum = 64
  public static let venuesMaximum = 8

  public var venues: [VenueSettings] = []
  public var channels: [Channel] = []
  /// Of a flow with several streams: where its first one goes.
  public var routes: [FlowKey: Route] = [:]
  /// Streams of flows whose transport has them.
  public var streamRoutes: [StreamKey: Route] = [:]
  /// Flows that carry nothing feedh reads, with the packets seen of each during discovery.
  public var ignored: [(key: FlowKey, packets: UInt64)] = []
}

extension FeedPlan {
  /// Bit c: snapshots, or definitions, of the instruments of channel c come on flows of their own, or among its packets
  /// beside its numbers.
  var joinedChannels: UInt64 { bits { $0.role == .snapshot || $0.carriesSnapshots } }

  /// The same of snapshots alone: what is missing on channel c is its instruments' own affair.
  var recoveringChannels: UInt64 { bits { $0.carriesSnapshots } }

  private func bits(of isWanted: (Channel) -> Bool) -> UInt64 {
    var bits: UInt64 = 0
    for (index, channel) in channels.enumerated() where isWanted(channel) {
      if channel.role == .live {
        bits |= 1 << UInt64(index)
      } else if let target = channel.snapshotsOf {
        bits |= 1 << UInt64(target)
      }
    }
    return bits
  }

  /// What is missing on the channel is each instrument's own affair.
  func instrumentsRecover(channel: Int) -> Bool {
    channels[channel].transport.numbering.instrumentsRecover || recoveringChannels & (1 << UInt64(channel)) != 0
  }

  /// Transport of a flow, nil when it carries no feed.
  package func transport(of flow: FlowKey) -> Transport? {
    if let route = routes[flow] { channels[Int(route.channel)].transport } else { nil }
  }
}

/// Bad set-up of feeds: what, allowed, remedy, in one line.
public struct FeedPlanError: Error, CustomStringConvertible {
  public let description: String
}

