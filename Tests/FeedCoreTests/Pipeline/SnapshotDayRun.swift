@testable import FeedCore

/// A `SnapshotDay` through discovery and replay, over two lines each of its live and its snapshot flow.
struct SnapshotDayRun {
  /// What a capture holds of the day.
  struct Capture {
    /// The first packet of the day that it has, of all.
    var begins = 0
    /// Packets lost per thousand, on each line by itself.
    var liveLoss = 0
    var snapshotLoss = 0
    var seed: UInt64 = 0
    /// False: the snapshot flow is not captured.
    var hasSnapshots = true
    /// Snapshots come on the live flow.
    var isInBand = false
  }

  struct Threads {
    var cores = 1
    var layout = ThreadSettings.Layout.walk
    var burst = 64
  }

  /// Packets are pointers and figures that nobody changes; in memory until the process ends.
  struct Packets: @unchecked Sendable {
    private(set) var list: [Packet] = []

    mutating func add(_ frame: [UInt8], at time: UInt64) {
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: frame.count, alignment: 1)
      bytes.copyMemory(from: frame, byteCount: frame.count)
      list.append(
        Packet(
          bytes: UnsafeRawPointer(bytes), captureNanoseconds: time, capturedLength: UInt32(frame.count),
          wireLength: UInt32(frame.count), recordIndex: UInt64(list.count), fileIndex: 0, linkType: .ethernet))
    }
  }

  let plan: FeedPlan
  let summary: ReplaySummary
  let books: [String: SnapshotDay.Book]
  let states: [String: BookState]
  var digests: [String: UInt64] {
    Dictionary(uniqueKeysWithValues: summary.instruments.map { ($0.symbol.description, $0.digest) })
  }

  static func packets(of day: SnapshotDay, _ capture: Capture) -> Packets {
    var random = BookTestRandom(seed: capture.seed)
    var packets = Packets()
    let last = day.sent.lastIndex { $0.flow == .live }!
    for (index, sent) in day.sent.enumerated().dropFirst(capture.begins) {
      if sent.flow == .snapshot, !capture.hasSnapshots { continue }
      let loss = sent.flow == .live ? capture.liveLoss : sent.flow == .snapshot ? capture.snapshotLoss : 0
      let isLive = sent.flow == .live || sent.flow == .snapshot && capture.isInBand
      for line in 1...2 {
        // Nothing tells of a loss behind which nothing comes.
        if random.chance(loss), index != last { continue }
        let group = sent.flow == .definition ? "224.0.3.1" : isLive ? "224.0.1.\(line)" : "224.0.2.\(line)"
        if sent.flow == .definition, line == 2 { continue }
        packets.add(
          TestCapture.frame(sent.payload, group: group, port: 14_310), at: sent.time + UInt64(line - 1) * 20_000)
      }
    }
    return packets
  }

  /// - Parameter liveFeeds: the plan is that of a live run of these; nil: what discovery finds.
  init(
    _ day: SnapshotDay, _ capture: Capture = Capture(), liveFeeds: [FeedSettings]? = nil, threads: Threads = Threads(),
    exchangeNanosecondsMaximum: UInt64 = .max, configure: (inout Settings) -> Void = { _ in }
  ) throws {
    let packets = Self.packets(of: day, capture)
    var settings = Settings()
    settings.capacity = CoreHarness.smallCapacity()
    settings.recovery.bufferMessages = 65_536
    settings.recovery.bufferBytes = 1 << 22
    settings.crossVenue = nil
    settings.threads.coreCount = threads.cores
    settings.threads.layout = threads.layout
    settings.threads.burstPackets = threads.burst
    configure(&settings)
    if let liveFeeds {
      settings.feeds = liveFeeds
      settings.venues = [VenueSettings(name: "x")]
      plan = try FlowDiscovery.livePlan(settings: settings, portNames: ["day"])
    } else {
      plan = try FlowDiscovery.plan(
        settings: settings, fileNames: ["day"], makeSource: { TestCapture.Source(packets: packets.list) })
    }
    let replay = Replay(
      plan: plan, settings: settings, fileCount: 1, exchangeNanosecondsMaximum: exchangeNanosecondsMaximum
    ) { TestCapture.Source(packets: packets.list) }
    replay.run()
    summary = replay.summary()
    var books: [String: SnapshotDay.Book] = [:]
    var states: [String: BookState] = [:]
    for instrument in summary.instruments {
      let name = instrument.symbol.description
      states[name] = instrument.state
      func side(_ side: Side) -> [SnapshotDay.Level] {
        let queue = replay.queue(of: instrument, side: side)
        return replay.levels(of: instrument, side: side).map { level in
          SnapshotDay.Level(
            price: level.price, quantity: level.quantity,
            orders: day.venue == .eobi
              ? [] : queue.filter { $0.price == level.price }.map(\.orderReferenceNumber))
        }
      }
      books[name] = SnapshotDay.Book(buys: side(.buy), sells: side(.sell))
    }
    self.books = books
    self.states = states
  }

  /// Symbols that say `ok`.
  var trusted: Set<String> { Set(states.filter { $0.value == .ok }.keys) }

  /// Books that say `ok` and are not those of the day.
  func wrong(_ day: SnapshotDay) -> [String] {
    let truth = day.books
    return trusted.sorted().filter { truth[$0] != books[$0] }
      .map { "\($0): \(books[$0]!) instead of \(truth[$0].map(\.description) ?? "nothing")" }
  }
}
