import CPlatform
import FeedCore
import FeedIO

/// Captures on their way through the pipeline: opened, planned, run, and what there is to report.
///
///     let run = try CaptureRun(paths: ["day.pcap"], settings: settings)
///     run.run(control: RunControl())
///     let summary = run.summary
public final class CaptureRun: FinishedRun {
  public struct Options: Sendable {
    /// "auto", or the protocol of every flow the configuration does not name.
    public var protocolName = "auto"
    /// A libpcap filter expression.
    public var filter: String?
    public var speed = ReplaySpeed.maximum
    /// Messages of a later exchange time are not applied.
    public var exchangeNanosecondsMaximum = UInt64.max
    /// The run ends behind the last packet captured at or before it.
    public var captureNanosecondsMaximum = UInt64.max
    public init() {}
  }

  /// Bytes of input brought into memory before the run.
  private static let prefaultLimitBytes = 4 << 30

  public let set: CaptureSet
  public let replay: Replay<CaptureSource>
  public let options: Options
  public var plan: FeedPlan { replay.plan }
  public var settings: Settings { replay.settings }
  /// Capture time of the first packet, nil where there is none.
  public let firstCaptureNanoseconds: UInt64?
  /// Nanoseconds for opening, discovery, tables, and prefaulting of tables and input. After `run`.
  public private(set) var startNanoseconds: UInt64 = 0
  /// Anonymous memory at the end of the run, before anything is reported. After `run`.
  public private(set) var residentBytes: UInt64 = 0
  /// After `run`.
  public private(set) var summary = ReplaySummary()

  private let openingTicks: UInt64

  /// Opens the captures and settles which flows carry which feeds.
  ///
  /// - Throws: `CaptureError`, `FeedPlanError`, `CaptureRunError`.
  public init(paths: [String], settings: Settings, options: Options = Options()) throws {
    let openingTicks = feedh_ticks()
    let set = try CaptureSet(paths: paths, filter: options.filter)
    if let stream = set.files.first(where: { $0.kind == .soupBinTCP }) {
      throw CaptureRunError.orderStream(path: stream.path)
    }
    set.prefault(limitBytes: Self.prefaultLimitBytes)
    let settings = settings.fitted(toCaptureBytes: set.totalBytes)
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), protocol: options.protocolName,
      makeSource: { set.makeSource() })
    self.set = set
    self.options = options
    self.openingTicks = openingTicks
    firstCaptureNanoseconds = Self.firstCaptureNanoseconds(set.makeSource())
    replay = Replay(
      plan: plan, settings: settings, speed: options.speed, fileCount: set.files.count,
      exchangeNanosecondsMaximum: options.exchangeNanosecondsMaximum,
      captureNanosecondsMaximum: options.captureNanosecondsMaximum, bytesConsumed: { $0.consumedBytes },
      makeSource: { set.makeSource() })
  }

  /// Runs to the end, or until `control` says stop. Call once.
  public func run(control: RunControl? = nil) {
    control?.start(replay, totalBytes: set.totalBytes)
    let begun = feedh_ticks()
    replay.run()
    residentBytes = feedh_anonymous_resident_bytes()
    control?.finish()
    startNanoseconds = replay.clock.nanoseconds(ticks: begun &- openingTicks) + replay.preparationNanoseconds
    summary = replay.summary()
  }

  /// What the capture reader counted. Where every core reads the capture, each counts the same: core 0's.
  public var readings: [CaptureReading] { replay.sources.first?.readings ?? [] }

  public var inputs: [RunInput] {
    return self.set.files.map {
      RunInput(
        name: $0.baseName, kind: $0.kind.rawValue, compression: $0.compression.rawValue, bytes: UInt64($0.bytes.count),
        summary: $0.summary)
    }
  }
  public var elapsedNanoseconds: UInt64 { replay.elapsedNanoseconds }
  public var clock: TickClock { replay.clock }
  public var sampleEvery: Int { settings.latency.sampleEvery }
  public var isInterrupted: Bool { replay.isInterrupted }
  public var live: LiveOutcome? { nil }
  public func contentsDigest() -> UInt64 { replay.contentsDigest(of: summary) }
  public func consolidatedBest(of symbol: Symbol) -> ConsolidatedBest { replay.consolidatedBest(of: symbol) }
  public func forEachWireMessage(_ visit: (_ shard: Int, _ message: WireLog.Message) -> Void) {
    replay.forEachWireMessage(visit)
  }

  private static func firstCaptureNanoseconds(_ source: CaptureSource) -> UInt64? {
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 1) { burst in
      while !source.isExhausted {
        if source.receive(into: burst) > 0 { return burst[0].captureNanoseconds }
      }
      return nil
    }
  }
}

/// Why captures that can be read cannot be run.
public enum CaptureRunError: Error, Equatable, Sendable, CustomStringConvertible {
  case orderStream(path: String)

  public var description: String {
    switch self {
    case .orderStream(let path):
      "\(path): is a SoupBinTCP stream of orders, not of market data; read it with feedh decode"
    }
  }
}
