import CPlatform
import FeedCore
import FeedIO
import Glibc

/// Live packets on their way through the pipeline: queues opened by the caller, cores, and what there is to report.
///
///     let run = try LiveRun(settings: settings, queues: queues)
///     run.run(control: try LiveControl(settings: settings))
///
/// Orders go to simulated venues ("paper"): there is no gateway to a real one yet.
public final class LiveRun: FinishedRun, @unchecked Sendable {
  public let replay: Replay<LivePacketSource>
  /// The queues, by the ports they are of.
  public let entries: [LivePacketSource.Entry]
  /// One for each core that polls queues, in the order of cores.
  public let sources: [LivePacketSource]
  /// Nil: nothing is recorded.
  public let recording: LiveRecording?
  /// The way to recovery servers; nil: no feed asks.
  public let recovery: LiveRecovery?
  public private(set) var startNanoseconds: UInt64 = 0
  public private(set) var residentBytes: UInt64 = 0
  public private(set) var summary = ReplaySummary()
  public private(set) var live: LiveOutcome?
  public let inputs: [RunInput]
  private let packetsMaximum: UInt64
  private let openingTicks = feedh_ticks()

  public var plan: FeedPlan { replay.plan }
  public var settings: Settings { replay.settings }

  /// - Parameters:
  ///   - entries: all queues, open. The run closes them.
  ///   - recovery: opened with these settings. The run starts and stops it.
  ///   - packetsMaximum: the run stops behind so many packets; where several cores poll, within a burst of each.
  ///   - onWarnings: told what the system did not allow the cores, before the first packet.
  ///   - clock: for tests: Unix nanoseconds; nil: the system's.
  /// - Throws: `FeedPlanError`, `LiveRunError`, `LiveQueuePlanError`, `RecordingError`.
  public init(
    settings: Settings, queues entries: [LivePacketSource.Entry], recovery: LiveRecovery? = nil,
    packetsMaximum: UInt64 = .max,
    clock: (@Sendable () -> UInt64)? = nil, onWarnings: @escaping @Sendable ([String]) -> Void = { _ in }
  ) throws {
    try Self.check(settings)
    let plan = try FlowDiscovery.livePlan(settings: settings, portNames: settings.live.ports.map(\.name))
    let owners = try Self.owners(of: plan, settings, entries)
    recording = try settings.live.recordFolder.map {
      try LiveRecording(
        folder: $0, of: entries, portNames: settings.live.ports.map(\.name), application: "feedh \(Version.text)")
    }
    let entries = recording?.entries ?? entries
    let sources = owners.ingestCores.map { core in
      LivePacketSource(entries.filter { $0.core == core }, recovery: recovery?.makeQueue(), clock: clock)
    }
    self.sources = sources
    self.recovery = recovery
    self.entries = entries
    self.packetsMaximum = packetsMaximum
    inputs = settings.live.ports.map {
      RunInput(name: $0.name, kind: "live", compression: "none", bytes: 0, summary: "live")
    }
    var options = LiveOptions(retainedBursts: LiveSource.retainedBursts)
    options.packetsMaximum = packetsMaximum
    options.onWarnings = onWarnings
    options.owners = owners
    // Each is its core's alone.
    nonisolated(unsafe) let made = sources
    replay = Replay(
      plan: plan, settings: settings, fileCount: max(1, settings.live.ports.count), live: options,
      makeSourceOfCore: { core in made[owners.ingestCores.firstIndex(of: core)!] })
  }

  /// Channels go where their feeds go; cores poll what there is.
  private static func owners(
    of plan: FeedPlan, _ settings: Settings, _ entries: [LivePacketSource.Entry]
  ) throws -> ChannelOwners {
    let queues = try LiveQueuePlan(settings)
    let polling = Set(entries.map(\.core)).sorted()
    for (index, core) in queues.coreOfFeed.enumerated() where !polling.contains(core) {
      throw LiveRunError(
        "feed \(settings.feeds[index].name): no queue of core \(core), which is to take it, is open; open one")
    }
    return ChannelOwners(
      coreOfChannel: plan.channels.map { $0.feed.map { queues.coreOfFeed[$0] } ?? 0 }, ingestCores: polling)
  }

  /// Whether a configuration can be run live; nothing is opened.
  ///
  /// - Throws: `LiveRunError`, `FeedPlanError`, `LiveQueuePlanError`.
  public static func check(_ settings: Settings) throws {
    if settings.live.ports.isEmpty { throw LiveRunError("no live port is configured; add one under live.ports:") }
    if settings.threads.coreCount > 1, settings.threads.layout == .walk {
      throw LiveRunError(
        "threads.layout walk reads a capture once for each of \(settings.threads.coreCount) cores, and live packets "
          + "come once; allowed: rings, spread, or one core; set threads.layout: rings")
    }
    _ = try LiveQueuePlan(settings)
    _ = try FlowDiscovery.livePlan(settings: settings, portNames: settings.live.ports.map(\.name))
  }

  /// Runs until `control` says stop, or nothing can come any more. Call once.
  public func run(control: LiveControl) {
    control.start(self)
    recovery?.start()
    let begun = feedh_ticks()
    recording?.start()
    replay.run()
    recording?.stop()
    recovery?.stop()
    residentBytes = feedh_anonymous_resident_bytes()
    control.finish()
    startNanoseconds = replay.clock.nanoseconds(ticks: begun &- openingTicks) + replay.preparationNanoseconds
    summary = replay.summary()
    let failures = failures
    var outcome = LiveOutcome()
    outcome.end =
      sources.allSatisfy(\.isExhausted) ? .queuesFailed
      : control.end ?? (summary.packets >= packetsMaximum ? .packets : .signal)
    outcome.queues = entries.map { entry in
      LiveOutcome.Queue(
        name: entry.queue.name, core: entry.core, figures: entry.queue.figures(),
        linkDowns: control.linkDowns[entry.port] ?? 0,
        failure: failures.first { $0.name == entry.queue.name }?.failure.description)
    }
    outcome.lines = control.lines.map {
      LiveOutcome.Line(
        feed: $0.feed, name: $0.name, packets: packets(channel: $0.channel, line: $0.index), silences: $0.silences,
        isSilent: $0.isSilent)
    }
    outcome.recordings = recording?.figures() ?? []
    outcome.recordFolder = recording?.folder
    outcome.recovery = recovery?.figures() ?? []
    outcome.longestCycleNanoseconds = longestCycleNanoseconds
    outcome.arming = settings.orders.arming
    outcome.isArmed = isArmed
    outcome.timesArmed = control.timesArmed
    outcome.devices = closeQueues()
    outcome.warnings = control.warnings + replay.warnings + outcome.devices.compactMap(Self.warning)
    live = outcome
  }

  /// Closes all queues. Returns the devices that were under them, of each port once.
  private func closeQueues() -> [LiveOutcome.Device] {
    var devices: [(port: UInt16, queue: any LiveQueue, counters: [LiveDeviceFigures.Counter])] = []
    for entry in entries where !devices.contains(where: { $0.port == entry.port }) {
      if let figures = entry.queue.device() { devices.append((entry.port, entry.queue, figures.counters)) }
    }
    for entry in entries { entry.queue.close() }
    return devices.compactMap { port, queue, counters in
      guard var figures = queue.device() else { return nil }
      figures.counters = counters
      return LiveOutcome.Device(port: settings.live.ports[Int(port)].name, figures: figures)
    }
  }

  /// Buffers that were not given back at the end; nil: all were.
  static func warning(_ device: LiveOutcome.Device) -> String? {
    guard let buffers = device.figures.buffers, buffers.leaked > 0 else { return nil }
    let figures = device.figures
    return "port \(device.port): \(Text.grouped(buffers.leaked)) of \(Text.grouped(buffers.buffers)) packet buffers "
      + "were not given back by \(figures.device) (\(figures.driver)); they go with the process. net_af_xdp keeps its "
      + "fill ring; of another driver it is a fault to be reported"
  }

  // MARK: - While it runs

  var longestCycleNanoseconds: UInt64 {
    replay.clock.nanoseconds(ticks: replay.progress.map(\.longestCycleTicks).max() ?? 0)
  }

  /// All shards let orders out, as far as arming decides it.
  public var isArmed: Bool { shardProgress.allSatisfy(\.isArmed) }
  public var isKillSwitchEngaged: Bool { shardProgress.contains(where: \.isKillSwitchEngaged) }

  /// Figures of the cores that own shards.
  var shardProgress: [CoreProgress] {
    settings.threads.shardCores(ingest: entries.map(\.core)).map { replay.progress[$0] }
  }

  /// Packets heard so far on a line of a channel of the plan.
  func packets(channel: Int, line: Int) -> UInt64 {
    replay.progress.reduce(0) { $0 + $1.lineCounts.packets(channel: channel, line: line) }
  }

  /// Queues that failed so far, by core in the order of their failing.
  public var failures: [(name: String, failure: LiveQueueFailure)] { sources.flatMap(\.failures) }

  // MARK: - FinishedRun

  public var readings: [CaptureReading] { [] }
  public var firstCaptureNanoseconds: UInt64? { sources.compactMap(\.firstNanoseconds).min() }
  public var elapsedNanoseconds: UInt64 { replay.elapsedNanoseconds }
  public var clock: TickClock { replay.clock }
  public var sampleEvery: Int { settings.latency.sampleEvery }
  public var isInterrupted: Bool { false }
  public func contentsDigest() -> UInt64 { replay.contentsDigest(of: summary) }
  public func consolidatedBest(of symbol: Symbol) -> ConsolidatedBest { replay.consolidatedBest(of: symbol) }
  public func forEachWireMessage(_ visit: (_ shard: Int, _ message: WireLog.Message) -> Void) {
    replay.forEachWireMessage(visit)
  }
}

/// Why a live run cannot begin: what, allowed, remedy, in one line.
public struct LiveRunError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
