import FeedCore
import FeedIO

/// A run that is over, of captures or of live packets, as reports see it.
public protocol FinishedRun: AnyObject {
  var plan: FeedPlan { get }
  var settings: Settings { get }
  var summary: ReplaySummary { get }
  /// What was read, by `Packet.fileIndex`: capture files, or live ports.
  var inputs: [RunInput] { get }
  /// What the capture reader counted.
  var readings: [CaptureReading] { get }
  /// Capture time of the first packet, nil where there was none.
  var firstCaptureNanoseconds: UInt64? { get }
  /// Nanoseconds until the first packet could be taken.
  var startNanoseconds: UInt64 { get }
  /// Nanoseconds from then to the last event applied.
  var elapsedNanoseconds: UInt64 { get }
  /// Anonymous memory at the end of the run.
  var residentBytes: UInt64 { get }
  var clock: TickClock { get }
  /// One burst in so many is stamped.
  var sampleEvery: Int { get }
  /// Stopped before the input ended.
  var isInterrupted: Bool { get }
  /// What only a live run has.
  var live: LiveOutcome? { get }

  func contentsDigest() -> UInt64
  func consolidatedBest(of symbol: Symbol) -> ConsolidatedBest
  /// Order messages in both directions, in order of time, then of shard.
  func forEachWireMessage(_ visit: (_ shard: Int, _ message: WireLog.Message) -> Void)
}

/// One file or port that packets came from.
public struct RunInput: Sendable {
  /// Base name of the file, name of the port.
  public var name: String
  /// "pcap", "live".
  public var kind: String
  /// "none", "zstd".
  public var compression: String
  /// Bytes of the file, unpacked; of a port on the wire.
  public var bytes: UInt64
  /// Kind and packing in words.
  public var summary: String
}

/// What a live run came to, beside what its packets did.
public struct LiveOutcome: Sendable {
  /// Why a live run ended.
  public enum End: String, Sendable {
    /// SIGINT or SIGTERM.
    case signal
    /// `stop` over the control socket.
    case command
    /// `--duration` is over.
    case duration
    /// `--packets` were taken.
    case packets
    /// Every queue failed.
    case queuesFailed
  }

  public struct Queue: Sendable {
    public var name: String
    /// Which core polled it.
    public var core = 0
    public var figures: LiveQueueFigures
    /// How often the link of its port was seen to go down.
    public var linkDowns: UInt64 = 0
    /// Why it brought nothing any more; nil: it did to the end.
    public var failure: String?
  }

  public struct Line: Sendable {
    public var feed: String
    public var name: String
    public var packets: UInt64
    /// How often nothing was heard of it for `session.silence`.
    public var silences: UInt64
    /// At the end.
    public var isSilent: Bool
  }

  /// A device of DPDK's under a port.
  public struct Device: Sendable {
    public var port: String
    /// Its counters before the close, all else behind it.
    public var figures: LiveDeviceFigures
  }

  public var end = End.signal
  /// Lines of live messages, in the order of the configuration.
  public var lines: [Line] = []
  public var queues: [Queue] = []
  /// Of ports that DPDK receives from.
  public var devices: [Device] = []
  /// What was recorded, of each core and port; empty: nothing was to be.
  public var recordings: [RecordingFigures] = []
  /// Nil: nothing was to be recorded.
  public var recordFolder: String?
  /// What the way to recovery servers counted, of each feed that has one.
  public var recovery: [LiveRecoveryFigures] = []
  /// Over all cores, nanoseconds.
  public var longestCycleNanoseconds: UInt64 = 0
  /// Whether the configuration allowed arming, and whether orders were armed at the end.
  public var arming = OrderSettings.Arming.never
  public var isArmed = false
  public var timesArmed = 0
  /// What the machine did not allow, or is not tuned for: one line each.
  public var warnings: [String] = []

  public init() {}
}

extension FinishedRun {
  /// Elapsed time divided by messages, with two decimals: "57.31"; "0.00" where there were none.
  var nanosecondsPerMessage: String {
    let hundredths = summary.messages == 0
      ? 0 : UInt64(UInt128(elapsedNanoseconds) * 100 / UInt128(summary.messages))
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
