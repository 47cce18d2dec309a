import FeedCore

@testable import FeedSim

/// Plain traffic of any protocol on channels of one venue, each a flow of one line, run as a live run is planned.
struct PlainRun {
  /// 2026-01-05 in New York.
  static let midnight: UInt64 = 1_767_589_200_000_000_000
  private static let port: UInt16 = 14_310

  /// The packets of one channel.
  struct Channel {
    private var packets: PlainPackets
    private var framer: UDPFramer

    init(_ feedProtocol: FeedProtocol, _ place: Int = 0) {
      packets = PlainPackets(feedProtocol, midnightNanoseconds: PlainRun.midnight)
      // 224.0.1.1, 224.0.1.2, …
      framer = UDPFramer(
        source: 0x0A00_0101, group: 0xE000_0101 + UInt32(place), sourcePort: 51_000, port: PlainRun.port)
    }

    mutating func frame(_ messages: [[UInt8]], at nanoseconds: UInt64) -> MemorySink.Frame {
      MemorySink.Frame(
        bytes: framer.frame(packets.packet(messages, at: nanoseconds)),
        captureNanoseconds: PlainRun.midnight + nanoseconds, venue: 0, line: 0)
    }
  }

  let summary: ReplaySummary
  let contentsDigest: UInt64
  /// By symbol.
  let states: [String: BookState]

  init(
    _ feedProtocol: FeedProtocol, channels: Int = 1, _ frames: [MemorySink.Frame],
    _ change: (inout Settings) -> Void = { _ in }
  ) throws {
    var settings = Settings()
    settings.capacity.liveOrders = 40_000
    settings.capacity.priceLevels = 40_000
    settings.capacity.instruments = 2_048
    settings.capacity.records = 1_024
    settings.crossVenue = nil
    settings.session.silenceNanoseconds = 3_600_000_000_000
    settings.venues = [VenueSettings(name: "x")]
    settings.feeds = (1...channels).map { channel in
      var feed = FeedSettings(
        name: "c\(channel)", venue: "x", protocol: feedProtocol.name,
        lines: [LineSettings(name: "A", group: "224.0.1.\(channel)", port: Self.port)])
      feed.stream = feedProtocol.transport.hasStreams ? 1 : nil
      return feed
    }
    change(&settings)
    let plan = try FlowDiscovery.livePlan(settings: settings, portNames: ["day"])
    let packets = FrameSource.Frames(frames)
    let replay = Replay(plan: plan, settings: settings, fileCount: 1) { FrameSource(packets) }
    replay.run()
    summary = replay.summary()
    contentsDigest = replay.contentsDigest(of: summary)
    states = Dictionary(uniqueKeysWithValues: summary.instruments.map { ($0.symbol.description, $0.state) })
  }
}
