import Testing

@testable import FeedCore

/// Whole replays over several cores: their merged summaries are one.
struct CoreReplayTests {
  /// Messages of length-prefixed files, one file per venue, in memory until the process ends.
  struct MessageSource: PacketSource {
    let packets: [Packet]
    private var position = 0

    init(packets: [Packet]) { self.packets = packets }

    var isExhausted: Bool { position == packets.count }

    mutating func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
      let count = min(burst.count, packets.count - position)
      for index in 0..<count { burst[index] = packets[position + index] }
      position += count
      return count
    }
  }

  /// Packets are pointers and figures that nobody changes.
  struct Packets: @unchecked Sendable {
    var list: [Packet] = []

    init(_ messages: [(venue: Int, bytes: [UInt8])]) {
      var counts = [UInt64](repeating: 0, count: 2)
      for (index, message) in messages.enumerated() {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, message.bytes.count), alignment: 1)
        message.bytes.withUnsafeBytes { source in
          if let first = source.baseAddress { bytes.copyMemory(from: first, byteCount: source.count) }
        }
        list.append(
          Packet(
            bytes: UnsafeRawPointer(bytes), captureNanoseconds: UInt64(index) * 1_000,
            capturedLength: UInt32(message.bytes.count), wireLength: UInt32(message.bytes.count),
            recordIndex: counts[message.venue], fileIndex: UInt16(message.venue), linkType: .message))
        counts[message.venue] += 1
      }
    }
  }

  static func summary(_ packets: Packets, cores: Int, layout: ThreadSettings.Layout) -> ReplaySummary {
    var plan = FeedPlan()
    plan.venues = CoreDigestTests.venues
    for venue in 0..<2 {
      plan.channels.append(
        FeedPlan.Channel(
          name: "c\(venue)", venue: VenueIndex(venue), protocol: .itch50, isNumbered: false, lines: []))
      let key = FlowKey(destination: IPAddress(high: 0, low: 0), destinationPort: 0, fileIndex: UInt16(venue))
      plan.routes[key] = FeedPlan.Route(channel: UInt8(venue), line: 0)
    }
    var settings = Settings()
    settings.capacity = CoreHarness.smallCapacity()
    settings.imbalance = ImbalanceSettings()
    settings.orders.enabled = true
    settings.threads.coreCount = cores
    settings.threads.layout = layout
    let replay = Replay(plan: plan, settings: settings, fileCount: 2) { MessageSource(packets: packets.list) }
    replay.run()
    return replay.summary()
  }

  @Test func theSummaryDoesNotDependOnCores() {
    let seed = BookTestRandom.seed()
    let packets = Packets(CoreDigestTests.messages(3_000, seed: seed))
    let one = Self.summary(packets, cores: 1, layout: .walk)
    #expect(one.bookDigest != 0 && one.orphans > 0 && one.opportunityCount > 0 && one.ordersSent > 0, "seed \(seed)")
    for (cores, layout) in [(2, ThreadSettings.Layout.walk), (3, .walk), (16, .walk), (2, .rings), (3, .rings)] {
      let other = Self.summary(packets, cores: cores, layout: layout)
      let note = "seed \(seed), \(cores) cores, \(layout)"
      #expect(other.bookDigest == one.bookDigest, "\(note)")
      #expect(other.orderDigest == one.orderDigest, "\(note)")
      #expect(other.digest == one.digest, "\(note)")
      #expect(other.messages == one.messages, "\(note)")
      #expect(other.byType == one.byType, "\(note)")
      #expect(other.orphansByType == one.orphansByType, "\(note)")
      #expect(other.liveOrders == one.liveOrders, "\(note)")
      #expect(other.counts == one.counts, "\(note)")
      #expect(other.noted.map(\.first) == one.noted.map(\.first), "\(note)")
      #expect(other.opportunities == one.opportunities, "\(note)")
      #expect(other.orders == one.orders, "\(note)")
      #expect(other.instruments.map(\.top) == one.instruments.map(\.top), "\(note)")
      #expect(other.instruments.map(\.state) == one.instruments.map(\.state), "\(note)")
    }
  }
}
