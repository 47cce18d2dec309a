import FeedCore
import Testing

@testable import FeedSim

/// A day of one simulated venue: what it published, and the frames of both its lines, before anything is lost.
struct RecoveryDay {
  let feedProtocol: FeedProtocol
  let frames: [MemorySink.Frame]
  let published: [SimulatedServers.Published]
  let session: [UInt8]
  let stream: UInt32

  /// Where answering datagrams go: 10.0.0.9:30001.
  static let answerGroup: UInt32 = 0x0A00_0009
  static let answerPort: UInt16 = 30_001

  /// - Parameter isRough: packets overtake one another and come twice, and line B cuts its own.
  init(
    _ feedProtocol: FeedProtocol, seed: UInt64, messages: Int = 3_000, symbols: Int = 12, isRough: Bool = false
  ) throws {
    self.feedProtocol = feedProtocol
    var options = GeneratorOptions()
    options.venues = [VenueChoice(name: "venue", feedProtocol: feedProtocol)]
    options.symbolCount = symbols
    options.messageCount = messages
    options.dislocationCount = 0
    options.seed = seed
    if isRough {
      options.reorder = Probability(partsPerMillion: 30_000)
      options.duplicate = Probability(partsPerMillion: 30_000)
      options.lineBFramesDiffer = true
    }
    // Slow enough for several answers to come while it goes on: some fifteen seconds.
    options.intervalNanoseconds = 5_000_000
    let sink = MemorySink()
    _ = try TrafficGenerator.run(options, into: sink)
    frames = sink.frames
    var heard: [UInt64: SimulatedServers.Published] = [:]
    var session: [UInt8] = []
    for frame in sink.frames {
      let packet = try #require(UnlikeVenueTests.Packet(frame.payload, feedProtocol))
      if packet.isControl { continue }
      session = packet.session
      for (index, message) in packet.messages.enumerated() where heard[packet.sequenceNumber + UInt64(index)] == nil {
        heard[packet.sequenceNumber + UInt64(index)] = .init(at: frame.captureNanoseconds, message: message)
      }
    }
    var published = try (1...UInt64(heard.count)).map { try #require(heard[$0]) }
    // Numbers leave the venue in order, whatever overtook what.
    for index in published.indices.dropLast().reversed() {
      published[index].at = min(published[index].at, published[index + 1].at)
    }
    self.published = published
    self.session = session
    stream = feedProtocol == .pitch || feedProtocol == .deepPlus ? 1 : 0
  }

  /// The frames that are left of a lossy day: each is lost with `loss` percent, of which `late` percent only come 5 to
  /// 400 ms late; those before `start` messages are lost, and of each line the last three never.
  func lossy(_ loss: Int, late: Int = 0, seed: UInt64, from start: Int = 0) -> [MemorySink.Frame] {
    var random = RecoveryRandom(seed: seed)
    let begin = start == 0 ? 0 : published[start].at
    let keep = [0, 1].compactMap { line in frames.filter { $0.line == line }.suffix(3).first?.captureNanoseconds }
    var left: [MemorySink.Frame] = []
    for var frame in frames where frame.captureNanoseconds >= begin {
      if random.chance(loss), frame.captureNanoseconds < keep[frame.line] {
        if !random.chance(late) { continue }
        frame.captureNanoseconds += UInt64(random.int(5...400)) * millisecond
      }
      left.append(frame)
    }
    let order = left.indices.sorted { (left[$0].captureNanoseconds, $0) < (left[$1].captureNanoseconds, $1) }
    return order.map { left[$0] }
  }
}

/// Frames in memory as a packet source; the memory stays.
struct FrameSource: PacketSource, Sendable {
  struct Frames: @unchecked Sendable {
    let packets: [Packet]
    init(_ frames: [MemorySink.Frame]) {
      var record: UInt64 = 0
      packets = frames.map { frame in
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.bytes.count, alignment: 1)
        buffer.copyBytes(from: frame.bytes)
        record += 1
        return Packet(
          bytes: UnsafeRawPointer(buffer.baseAddress!), captureNanoseconds: frame.captureNanoseconds,
          capturedLength: UInt32(frame.bytes.count), wireLength: UInt32(frame.bytes.count), recordIndex: record - 1,
          fileIndex: 0, linkType: .ethernet)
      }
    }
  }

  let frames: Frames
  private var position = 0
  init(_ frames: Frames) { self.frames = frames }
  var isExhausted: Bool { position == frames.packets.count }
  mutating func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    let count = min(burst.count, frames.packets.count - position)
    for index in 0..<count { burst[index] = frames.packets[position + index] }
    position += count
    return count
  }
}

/// What a run of a day left.
struct RecoveryOutcome {
  var state: BookState
  var bookDigest: UInt64
  var contentsDigest: UInt64
  var contents: [(instrument: InstrumentSummary, digest: UInt64)]
  var recovery: RecoverySummary?
  var summary: ReplaySummary

  var failure: RecoveryFailure? { recovery?.lastFailure }
  /// Why it came out as it did.
  var explanation: String {
    let recovery = RecoveryCounter.allCases.filter { count($0) > 0 }.map { "\($0.name) \(count($0))" }
    let counters = Counter.allCases.filter { summary[$0] > 0 }.map { "\($0.name) \(summary[$0])" }
    return "\(state), \(failure.map(\.name) ?? "nothing given up"): "
      + (recovery + counters).joined(separator: ", ") + ", messages \(summary.messages), orphans \(summary.orphans)"
  }

  func count(_ counter: RecoveryCounter) -> UInt64 { recovery?.counters[counter] ?? 0 }
}

extension RecoveryDay {
  struct Servers {
    var messages: RecoveryFaults?
    var snapshots: RecoveryFaults?
    var unavailable: ClosedRange<UInt64>?
    var tellsStatus = true
    static var none: Servers { Servers() }
  }

  func settings(_ servers: Servers, _ change: (inout Settings) -> Void = { _ in }) -> Settings {
    var settings = Settings()
    settings.capacity.liveOrders = 20_000
    settings.capacity.priceLevels = 20_000
    settings.capacity.instruments = 64
    settings.capacity.records = 1_024
    settings.crossVenue = nil
    settings.session.silenceNanoseconds = 3_600_000_000_000
    settings.venues = [VenueSettings(name: "venue")]
    settings.recovery.answerTimeoutNanoseconds = 200 * millisecond
    settings.recovery.requestSpacingNanoseconds = millisecond
    settings.recovery.requestMessages = 20
    settings.recovery.deadlineNanoseconds = 60 * second
    settings.recovery.snapshotTimeoutNanoseconds = 2 * second
    // So little that what came on connections has to be worked off in between.
    settings.recovery.bufferBytes = 4_096
    var lines: [LineSettings] = []
    for line in 0...1 {
      let (_, port) = SimulatedLine.address(venue: 0, line: line)
      lines.append(
        LineSettings(
          name: SimulatedLine.name(line), group: SimulatedLine.groupText(venue: 0, line: line), port: port))
    }
    var answers = LineSettings(name: "R", file: "answers", group: "10.0.0.9", port: Self.answerPort)
    answers.role = .retransmission
    lines.append(answers)
    var feed = FeedSettings(name: "feed", venue: "venue", protocol: feedProtocol.name, lines: lines)
    feed.recovery.messages = servers.messages != nil
    feed.recovery.snapshots = servers.snapshots != nil
    feed.recovery.username = "FIRM"
    feed.recovery.password = "PASS"
    feed.recovery.sessionSubId = "0001"
    feed.recovery.sourceId = "SOURCE"
    feed.recovery.token = "user:password"
    feed.recovery.productId = 157
    feed.recovery.channelId = 3
    settings.feeds = [feed]
    change(&settings)
    return settings
  }

  /// Runs frames of the day through the pipeline, with servers to ask.
  ///
  /// - Parameter retained: packets' bytes go after so many further bursts, as live ones do; nil: they stay.
  func run(
    _ frames: [MemorySink.Frame], _ servers: Servers = .none, retained: Int? = nil,
    _ change: (inout Settings) -> Void = { _ in }
  ) throws -> RecoveryOutcome {
    let settings = settings(servers, change)
    let packets = FrameSource.Frames(frames)
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: ["day", "answers"], protocol: "auto", makeSource: { FrameSource(packets) })
    let silent = RecoveryFaults(seed: 0)
    var simulated = SimulatedServers(
      protocol: feedProtocol, stream: stream, session: session, published: published,
      messageFaults: servers.messages ?? silent, snapshotFaults: servers.snapshots ?? silent,
      tellsStatus: servers.tellsStatus)
    simulated.unavailable = servers.unavailable
    let made = simulated
    let source: @Sendable () -> RecoverySource<FrameSource> = {
      RecoverySource(
        FrameSource(packets),
        channels: [.init(servers: made, group: Self.answerGroup, port: Self.answerPort)], fileIndex: 1)
    }
    guard let retained else {
      return Self.outcome(Replay(plan: plan, settings: settings, fileCount: 2, makeSource: source))
    }
    return Self.outcome(
      Replay(plan: plan, settings: settings, fileCount: 2, live: LiveOptions(retainedBursts: retained)) {
        PoisonSource(source(), retained: retained)
      })
  }

  static func outcome<Source>(_ replay: Replay<Source>) -> RecoveryOutcome {
    replay.run()
    let summary = replay.summary()
    return RecoveryOutcome(
      state: summary.channels[0].state, bookDigest: summary.bookDigest,
      contentsDigest: replay.contentsDigest(of: summary), contents: replay.contents(of: summary),
      recovery: summary.channels[0].recovery, summary: summary)
  }
}
