import FeedCore
import Glibc
import Synchronization

/// Writes the packets of live queues to files, on a thread of its own, beside the cores that receive them.
///
///     let recorder = try Recorder(options)
///     let tap = try recorder.makeTap(name: "eth1", interfaces: [.init(name: "eth1") { queue.figures() }])
///     recorder.start()
///     // the core that polls, once per burst:
///     tap.offer(UnsafeBufferPointer(rebasing: burst[..<count]))
///     // when no core offers any more:
///     recorder.stop()
///
/// Each tap has files of its own: replay them together, and they are merged by time. The writing thread looks at the
/// rings every half millisecond; nobody wakes it, so that offering costs no system call.
public final class Recorder: @unchecked Sendable {
  private static let pauseNanoseconds = 500_000
  /// What was gathered reaches the file after this at the latest.
  private static let flushNanoseconds: UInt64 = 1_000_000_000
  private static let packetsPerTurn = 4_096

  public let options: RecordingOptions
  private let stopping = StopFlag()
  private let hasFailed = StopFlag()
  private let failures = Mutex<[RecordingError?]>([])
  private var series: [RecordingSeries] = []
  private var thread: WorkerThread?

  /// - Throws: options out of range, a name that cannot be, a CPU that may not be used.
  public init(_ options: RecordingOptions) throws(RecordingError) {
    try options.check()
    if let cpu = options.cpu, !WorkerThread.isAllowed(cpu: cpu) { throw .notAllowedCPU(cpu) }
    self.options = options
  }

  /// A place to offer packets at, for one core. Before `start`.
  ///
  /// - Parameters:
  ///   - name: what its files are called.
  ///   - interfaces: the queues whose packets it takes, at least one; `offer` names them by position.
  /// - Throws: a folder or file that cannot be made; a second tap where all is to go into one file.
  public func makeTap(name: String, interfaces: [RecordingInterface]) throws(RecordingError) -> RecordingTap {
    precondition(thread == nil, "taps are made before the start")
    precondition((1...Int(UInt16.max)).contains(interfaces.count), "a tap takes the packets of at least one queue")
    if options.isFile, !series.isEmpty { throw .severalIntoOneFile(path: options.path, queues: series.count + 1) }
    let names = try RecordingNames(options, tap: name)
    let tap = RecordingTap(name: name, interfaceCount: interfaces.count, options: options)
    series.append(try RecordingSeries(tap: tap, interfaces: interfaces, options: options, names: names))
    failures.withLock { $0.append(nil) }
    return tap
  }

  public func start() {
    precondition(thread == nil, "a recorder is started once")
    thread = WorkerThread(cpu: options.cpu) { [self] in write() }
  }

  /// Writes what is left and ends the files. Call once, when nobody offers packets any more.
  public func stop() {
    stopping.set()
    thread?.join()
  }

  /// What came of each tap's packets, in the order in which they were made. Any thread, at any time; adds up after
  /// `stop`.
  public func figures() -> [RecordingFigures] {
    let failures = failures.withLock { $0 }
    return series.indices.map { index in
      let (tap, counters) = (series[index].tap, series[index].counters)
      var figures = RecordingFigures()
      figures.name = tap.name
      figures.writtenPackets = counters.glance(RecordingSeries.Word.writtenPackets)
      figures.writtenBytes = counters.glance(RecordingSeries.Word.writtenBytes)
      figures.otherLinkPackets = counters.glance(RecordingSeries.Word.otherLinkPackets)
      figures.notWrittenPackets = counters.glance(RecordingSeries.Word.notWrittenPackets)
      figures.files = counters.glance(RecordingSeries.Word.files)
      figures.offeredPackets = tap.counters.glance(RecordingTap.Word.offeredPackets)
      figures.offeredBytes = tap.counters.glance(RecordingTap.Word.offeredBytes)
      figures.ringDroppedPackets = tap.counters.glance(RecordingTap.Word.droppedPackets)
      figures.ringDroppedBytes = tap.counters.glance(RecordingTap.Word.droppedBytes)
      figures.cutPackets = tap.counters.glance(RecordingTap.Word.cutPackets)
      figures.failure = failures[index]
      return figures
    }
  }

  /// Whether a file could not be written: its tap's packets are counted, and no longer written.
  public var isFailed: Bool { hasFailed.isSet }

  // MARK: - The writing thread

  private func write() {
    var flushed = SystemClock.monotonic
    while true {
      // Before the look at the rings: what was offered before the request is written.
      let isLast = stopping.isSet
      var count = 0
      for one in series { count += one.drain(limit: Self.packetsPerTurn) }
      let now = SystemClock.monotonic
      if now &- flushed >= Self.flushNanoseconds {
        for one in series { one.flush() }
        flushed = now
      }
      noteFailures()
      if count > 0 { continue }
      if isLast { break }
      var pause = timespec(tv_sec: 0, tv_nsec: Self.pauseNanoseconds)
      nanosleep(&pause, nil)
    }
    for one in series { one.finish(nowNanoseconds: SystemClock.unix) }
    noteFailures()
  }

  private func noteFailures() {
    for index in series.indices {
      guard let failure = series[index].failure else { continue }
      failures.withLock { $0[index] = failure }
      hasFailed.set()
    }
  }
}
