import CPlatform
import Glibc

/// How fast a replay gives packets to the pipeline.
public enum ReplaySpeed: Sendable, Equatable {
  /// As fast as it goes.
  case maximum
  /// At the capture's pace times a factor in parts per million (1,000,000 = real time), 1 ... 10^12.
  case paced(partsPerMillion: UInt64)
}

/// Runs packets through the pipeline on one or several cores: captures at any speed, or live packets as they arrive
/// (`live`), with one and the same duty cycle (`Replay+Reading.swift`).
///
/// `Source` is made anew for each core that reads (`makeSource`). Results do not depend on the number of cores, the
/// layout or the speed; live, where several cores take packets, what is about several channels does: which core's
/// packets are worked off first is a race (`RingInbox`).
///
/// Live, its cores start disarmed, packets that outlast their burst are copied, and a stop command is the ordinary end:
/// open orders are cancelled, what is under way arrives.
public final class Replay<Source: PacketSource & SendableMetatype>: @unchecked Sendable {
  public let plan: FeedPlan
  public let settings: Settings
  public let speed: ReplaySpeed
  public let progress: [CoreProgress]
  /// Nil: captures.
  public let live: LiveOptions?
  let threads: [CoreThread]
  let makeSource: @Sendable (_ core: Int) -> Source
  let bytesConsumed: @Sendable (Source) -> Int
  let fileCount: Int
  let exchangeNanosecondsMaximum: UInt64
  let captureNanosecondsMaximum: UInt64
  /// Of the cores' tables, which so live as long as this object: `summary` reads them.
  let memory = StorageOwner()
  let ready = Gate()
  let commands: [SPSCRing<CoreCommand>]
  let stopAgreement: StopAgreement
  /// By which cores with books tell those that take packets what to ask for, where they are not one.
  let needs = SnapshotNeeds()
  /// Nanoseconds from the first packet taken to the last event applied, over all cores.
  public private(set) var elapsedNanoseconds: UInt64 = 0
  /// Nanoseconds to reserve and touch the tables.
  public private(set) var preparationNanoseconds: UInt64 = 0
  public let clock: TickClock
  /// One per core that read the capture, in core order.
  public private(set) var sources: [Source] = []
  /// What the system did not allow, one line each, with the remedy. After `run`; told by `onWarnings` before it.
  public private(set) var warnings: [String] = []
  /// A stop command ended the run before its input did.
  public private(set) var isInterrupted = false

  /// - Parameters:
  ///   - exchangeNanosecondsMaximum: later messages are not applied; `.max` = all.
  ///   - captureNanosecondsMaximum: the run ends behind the last packet captured at or before it, as if the capture
  ///     ended there; `.max` = at its end.
  ///   - live: of a source whose packets arrive (`ArrivingPackets`); one core, or layouts rings and spread.
  ///   - bytesConsumed: how far a source has come, for progress.
  public init(
    plan: FeedPlan, settings: Settings, speed: ReplaySpeed = .maximum, fileCount: Int,
    exchangeNanosecondsMaximum: UInt64 = .max, captureNanosecondsMaximum: UInt64 = .max, live: LiveOptions? = nil,
    bytesConsumed: @escaping @Sendable (Source) -> Int = { _ in 0 },
    makeSourceOfCore makeSource: @escaping @Sendable (_ core: Int) -> Source
  ) {
    self.plan = plan
    var settings = settings
    // A capture is one input: one core reads it for all.
    if live == nil, settings.threads.layout == .spread { settings.threads.layout = .rings }
    self.settings = settings
    self.speed = speed
    self.live = live
    precondition(
      live == nil || settings.threads.coreCount == 1 || settings.threads.layout != .walk,
      "live packets come once: one core reads each")
    self.fileCount = fileCount
    self.makeSource = makeSource
    self.bytesConsumed = bytesConsumed
    self.exchangeNanosecondsMaximum = exchangeNanosecondsMaximum
    self.captureNanosecondsMaximum = captureNanosecondsMaximum
    clock = TickClock.calibrate()
    let cores = max(1, settings.threads.coreCount)
    progress = (0..<cores).map { _ in CoreProgress(channelCount: plan.channels.count) }
    commands = (0..<cores).map { _ in SPSCRing(capacity: 16) }
    threads = (0..<cores).map { CoreThread(index: $0) }
    stopAgreement = StopAgreement(readers: settings.threads.layout == .rings ? 1 : cores)
  }

  /// The same where one source is as good as another: each core that reads makes one.
  public convenience init(
    plan: FeedPlan, settings: Settings, speed: ReplaySpeed = .maximum, fileCount: Int,
    exchangeNanosecondsMaximum: UInt64 = .max, captureNanosecondsMaximum: UInt64 = .max, live: LiveOptions? = nil,
    bytesConsumed: @escaping @Sendable (Source) -> Int = { _ in 0 }, makeSource: @escaping @Sendable () -> Source
  ) {
    self.init(
      plan: plan, settings: settings, speed: speed, fileCount: fileCount,
      exchangeNanosecondsMaximum: exchangeNanosecondsMaximum, captureNanosecondsMaximum: captureNanosecondsMaximum,
      live: live, bytesConsumed: bytesConsumed, makeSourceOfCore: { _ in makeSource() })
  }

  /// Sends a command to every core. One thread's to call. False when a core's ring was full, for it has not taken the
  /// last commands yet: send it again, no core minds a command that comes twice.
  @discardableResult
  public func send(_ command: CoreCommand) -> Bool {
    commands.reduce(true) { $1.push(command) && $0 }
  }

  /// Runs to the end. Call once.
  public func run() {
    let started = TickClock.now
    feedh_hot_path_find_trap()
    let needsRings = threads.count > 1 && settings.threads.layout != .walk
    let rings = needsRings ? memory.own { CoreRings(settings.threads, live?.owners) } : nil
    for thread in threads {
      thread.start { [self] in
        pin(thread.index)
        if live != nil, settings.threads.scheduling == .fifo { thread.schedulingError = schedule() }
        memory.own {
          if let rings {
            rings.isIngest(thread.index) ? runIngest(thread, rings: rings) : runShards(thread, rings: rings)
          } else {
            runPipeline(thread)
          }
        }
      }
    }
    for thread in threads { thread.waitUntilPrepared() }
    if live != nil {
      warnings = threadWarnings()
      live?.onWarnings(warnings)
    }
    let begun = TickClock.now
    preparationNanoseconds = clock.nanoseconds(ticks: begun &- started)
    ready.open()
    for thread in threads { thread.join() }
    let ended = threads.map(\.endedTicks).max() ?? begun
    elapsedNanoseconds = clock.nanoseconds(ticks: ended &- begun)
    sources = threads.compactMap { $0.source as? Source }
    isInterrupted = threads.contains { $0.isInterrupted }
  }

  // MARK: - Placement

  /// Shards in turn over the cores.
  func shards(of core: Int, among cores: Int) -> UInt64 {
    (0..<settings.shardCount).reduce(0) { $1 % cores == core ? $0 | 1 << UInt64($1) : $0 }
  }

  /// The calling thread under SCHED_FIFO: 0, or an errno value.
  private func schedule() -> Int32 {
    var parameters = sched_param(sched_priority: Int32(settings.threads.priority))
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
  }

  private func threadWarnings() -> [String] {
    threads.flatMap { thread -> [String] in
      var lines: [String] = []
      if thread.cpu == nil {
        lines.append(
          "core \(thread.index) is not pinned to a CPU: the system may move it; name CPUs that this process may use "
            + "under threads.cpus")
      }
      if thread.schedulingError != 0 {
        lines.append(
          "core \(thread.index) does not run under SCHED_FIFO: \(String(cString: strerror(thread.schedulingError))); "
            + "run as root, grant CAP_SYS_NICE, or set threads.scheduling: normal")
      }
      return lines
    }
  }

  /// A core that can't be pinned runs where the system puts it; the report says so.
  private func pin(_ core: Int) {
    let cpus = settings.threads.cpus
    let cpu = core < cpus.count ? cpus[core] : Int(feedh_allowed_cpu(Int32(core)))
    if cpus.isEmpty, Int(feedh_allowed_cpu_count()) < threads.count { return }
    if cpu >= 0, feedh_pin_thread(Int32(cpu)) == 0 { threads[core].cpu = cpu }
  }
}
