/// Which flows carry which feeds, and whose books they fill: settled before the first packet.
public struct FeedPlan: Sendable {
  /// A feed as the pipeline runs it.
  public struct Channel: Sendable {
    public var name: String
    public var venue: VenueIndex
    /// Protocol name, "itch50".
    public var `protocol`: String
    /// False for length-prefixed files.
    public var isNumbered: Bool
    /// What carries each line: "233.54.12.111:26477", or a file's name.
    public var lines: [String]
  }

  public struct Route: Sendable, Equatable {
    public var channel: UInt8
    public var line: UInt8
  }

  public static let channelsMaximum = 64

  public var venues: [VenueSettings] = []
  public var channels: [Channel] = []
  public var routes: [FlowKey: Route] = [:]
  /// Flows that carry nothing feedh reads, with the packets seen of each during discovery.
  public var ignored: [(key: FlowKey, packets: UInt64)] = []
}

/// Bad set-up of feeds: what, allowed, remedy, in one line.
public struct FeedPlanError: Error, CustomStringConvertible {
  public let description: String
}

/// Routes by flow key, for the hot path: open addressing, and the last one remembered.
struct RouteTable {
  struct Entry: BitwiseCopyable {
    var destinationLow: UInt64 = 0
    var destinationHigh: UInt64 = 0
    var file: UInt16 = 0
    var port: UInt16 = 0
    var channel: UInt8 = 0
    var line: UInt8 = 0
    var isUsed = false

    @inline(__always)
    func matches(low: UInt64, high: UInt64, port: UInt16, file: UInt16) -> Bool {
      isUsed && destinationLow == low && self.port == port && self.file == file && destinationHigh == high
    }
  }

  private let entries: Storage<Entry>
  private let mask: Int
  private var last = Entry()

  init(_ routes: [FlowKey: FeedPlan.Route]) {
    var slots = 64
    while slots < routes.count * 4 { slots *= 2 }
    entries = Storage(capacity: slots)
    mask = slots - 1
    for (key, route) in routes {
      var entry = Entry()
      entry.destinationLow = key.destination.low
      entry.destinationHigh = key.destination.high
      entry.file = key.fileIndex
      entry.port = key.destinationPort
      entry.channel = route.channel
      entry.line = route.line
      entry.isUsed = true
      var slot = Self.hash(low: entry.destinationLow, port: entry.port, file: entry.file) & mask
      while entries[slot].isUsed { slot = (slot + 1) & mask }
      entries[slot] = entry
    }
  }

  @inline(__always)
  private static func hash(low: UInt64, port: UInt16, file: UInt16) -> Int {
    Int(truncatingIfNeeded: Mix.spread(low ^ UInt64(port) << 32 ^ UInt64(file) << 48))
  }

  /// The route of a packet, nil when its flow carries no feed.
  @inline(__always)
  mutating func find(_ view: TransportView, file: UInt16) -> (channel: Int, line: UInt8)? {
    find(low: view.destinationLow, high: view.destinationHigh, port: view.destinationPort, file: file)
  }

  /// The route of a length-prefixed file, which is a flow without addresses.
  mutating func find(messageFile file: UInt16) -> (channel: Int, line: UInt8)? {
    find(low: 0, high: 0, port: 0, file: file)
  }

  @inline(__always)
  private mutating func find(low: UInt64, high: UInt64, port: UInt16, file: UInt16) -> (channel: Int, line: UInt8)? {
    if last.matches(low: low, high: high, port: port, file: file) { return (Int(last.channel), last.line) }
    var slot = Self.hash(low: low, port: port, file: file) & mask
    while entries.base[slot].isUsed {
      if entries.base[slot].matches(low: low, high: high, port: port, file: file) {
        last = entries.base[slot]
        return (Int(last.channel), last.line)
      }
      slot = (slot &+ 1) & mask
    }
    return nil
  }
}
