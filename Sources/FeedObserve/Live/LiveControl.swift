import FeedCore
import FeedIO
import Glibc
import Synchronization

/// The cold thread beside a live run: signals, the control socket, status lines, the end by time.
///
/// SIGINT and SIGTERM end the run in good order (a second one ends the process), SIGUSR1 engages the kill switch,
/// SIGUSR2 disarms: signals only ever make it safer. Arming takes the control socket and a configuration that allows
/// it. The signals are blocked from `init` on, in every thread made later.
public final class LiveControl: @unchecked Sendable {
  public struct Options: Sendable {
    /// A line on standard error so often; nil: none.
    public var statusNanoseconds: UInt64?
    /// The run ends so long after its first duty cycle; nil: not by time.
    public var durationNanoseconds: UInt64?
    /// Signals to the process are for this run. Off where a process has several.
    public var takesSignals = true
    /// Where the service manager listens (`NOTIFY_SOCKET`), and how long it waits for a sign of life.
    public var environment = ServiceNotifier.processEnvironment
    public init() {}
  }

  private static let pollMilliseconds: Int32 = 20
  /// Between two looks at the links.
  private static let linkNanoseconds: UInt64 = 200_000_000

  /// Of the control socket; nil: none.
  public let socketPath: String?
  private let options: Options
  private let server: ControlServer?
  private let write: @Sendable (String) -> Void
  private var thread = pthread_t()
  private var body: (() -> Void)?
  private let isFinished = Atomic<Bool>(false)
  private var pending: Set<CoreCommand> = []
  /// By queue, and by what is recorded.
  private var failuresTold: Set<String> = []
  private var isStopping = false
  private var links = LinkWatch(portNames: [])
  private var drops = DropWatch(LiveSettings())
  private let notifier: ServiceNotifier?
  private var service = ServiceWatch(watchdogNanoseconds: nil, cores: 0)
  private let linksDown = Mutex<[String]>([])
  private var lineWatch: LineWatch?
  /// What ended the run, where it was this. After `finish`.
  public private(set) var end: LiveOutcome.End?
  /// How often it was armed. After `finish`.
  public private(set) var timesArmed = 0
  /// What is wrong with the machine. Set before the run.
  public var warnings: [String] = []

  /// - Parameters:
  ///   - socketPath: of the control socket; nil: none.
  ///   - write: takes status lines; nil: standard error.
  /// - Throws: `ControlSocketError`.
  public init(
    socketPath: String? = nil, options: Options = Options(), write: (@Sendable (String) -> Void)? = nil
  ) throws {
    self.options = options
    self.socketPath = socketPath
    self.write = write ?? { Self.writeError($0) }
    notifier = ServiceNotifier(environment: options.environment)
    server = if let socketPath { try ControlServer(path: socketPath) } else { nil }
    var signals = Self.signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private static var signals: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGINT, SIGTERM, SIGUSR1, SIGUSR2] { sigaddset(&set, signal) }
    return set
  }

  /// Ports whose link is down now. Any thread.
  var portsDown: [String] { linksDown.withLock { $0 } }
  private var silentLines: [String] { lineWatch?.silent ?? [] }
  /// How often the link of each port went down, by its position. After `finish`.
  var linkDowns: [UInt16: UInt64] { links.downs }
  /// Lines that were watched, as they were seen last. After `finish`.
  var lines: [LineWatch.Line] { lineWatch?.lines ?? [] }

  // MARK: - The run's thread

  func start(_ run: LiveRun) {
    body = { [self] in watch(run) }
    let result = pthread_create(&thread, nil, Self.main, Unmanaged.passRetained(self).toOpaque())
    // Without it nobody could stop the run in good order.
    if result != 0 { fatalError("cannot start the control thread: \(String(cString: strerror(result)))") }
  }

  func finish() {
    isFinished.store(true, ordering: .releasing)
    pthread_join(thread, nil)
    body = nil
    server?.close()
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    Unmanaged<LiveControl>.fromOpaque(context!).takeRetainedValue().body?()
    return nil
  }

  // MARK: - The cold thread

  private func watch(_ run: LiveRun) {
    var status = LiveStatus(at: SystemClock.monotonic)
    let begun = SystemClock.monotonic
    var lastStatus = begun
    var lastLinks = begun
    links = LinkWatch(portNames: run.settings.live.ports.map(\.name))
    drops = DropWatch(run.settings.live)
    lineWatch = LineWatch(run.plan, run.settings, at: begun)
    service = ServiceWatch(watchdogNanoseconds: notifier?.watchdogNanoseconds, cores: run.replay.progress.count)
    while !isFinished.load(ordering: .acquiring) {
      serve(run)
      takeSignals()
      let now = SystemClock.monotonic
      if let duration = options.durationNanoseconds, now &- begun >= duration { stop(.duration) }
      for command in pending where run.replay.send(command) { pending.remove(command) }
      tellFailures(run)
      if now &- lastLinks >= Self.linkNanoseconds {
        lastLinks = now
        lookAtLinks(run)
        lookAtDrops(run)
        lookAtLines(run, now)
      }
      if let interval = options.statusNanoseconds, now &- lastStatus >= interval {
        lastStatus = now
        writeStatus(&status, run, at: now)
      }
      notify(run, at: now)
    }
    isStopping = true
    notify(run, at: SystemClock.monotonic)
    notifier?.close()
    tellFailures(run)
    lookAtDrops(run)
    if options.statusNanoseconds != nil { writeStatus(&status, run, at: SystemClock.monotonic) }
  }

  /// Tells the service manager what is due.
  private func notify(_ run: LiveRun, at now: UInt64) {
    guard let notifier else { return }
    let lines = service.due(at: now, cycles: run.replay.progress.map(\.cycles), isStopping: isStopping) {
      "\(LiveStatus.gate(run)); " + LiveStatus.totals(run, portsDown: portsDown, silent: silentLines)
    }
    if !lines.isEmpty { notifier.send(lines) }
  }

  private func writeStatus(_ status: inout LiveStatus, _ run: LiveRun, at now: UInt64) {
    write(status.text(run, at: now, portsDown: portsDown, silent: silentLines))
  }

  private func takeSignals() {
    if !options.takesSignals { return }
    var signals = Self.signals
    var none = timespec()
    while true {
      let signal = sigtimedwait(&signals, nil, &none)
      switch signal {
      case SIGINT, SIGTERM:
        if isStopping { Self.endProcess() }
        stop(.signal)
      case SIGUSR1: pending.insert(.engageKillSwitch)
      case SIGUSR2: disarm()
      default: return
      }
    }
  }

  private func stop(_ reason: LiveOutcome.End) {
    if isStopping { return }
    isStopping = true
    end = reason
    pending.insert(.stop)
  }

  private func disarm() {
    pending.remove(.arm)
    pending.insert(.disarm)
  }

  // MARK: - Commands

  /// Waits a little for requests and answers them; without a socket it only waits.
  private func serve(_ run: LiveRun) {
    guard let server else {
      poll(nil, 0, Self.pollMilliseconds)
      return
    }
    server.serve(milliseconds: Self.pollMilliseconds) { answer($0, run) }
  }

  /// The answer to a request; the first word is `ok` or `refused`.
  private func answer(_ request: String, _ run: LiveRun) -> String {
    guard let command = ControlCommand(rawValue: request) else {
      return "refused: \"\(request.prefix(40))\" is no command; allowed: \(ControlCommand.names)"
    }
    switch command {
    case .status:
      return "ok \(LiveStatus.gate(run)); "
        + LiveStatus.totals(run, portsDown: portsDown, silent: silentLines)
    case .arm: return arm(run)
    case .disarm:
      disarm()
      return "ok disarmed: every order is refused from now on"
    case .kill:
      pending.insert(.engageKillSwitch)
      return "ok kill switch engaged: every order is refused until the run ends"
    case .stop:
      stop(.command)
      return "ok stopping: open orders are cancelled"
    }
  }

  private func arm(_ run: LiveRun) -> String {
    if !run.settings.orders.enabled { return "refused: orders.enabled is false; set it to true and start again" }
    if run.settings.orders.arming == .never {
      return "refused: orders.arming is never; set it to command and start again"
    }
    if run.isKillSwitchEngaged || pending.contains(.engageKillSwitch) {
      return "refused: the kill switch is engaged, which lasts until the run ends"
    }
    if isStopping { return "refused: the run is stopping" }
    pending.remove(.disarm)
    pending.insert(.arm)
    timesArmed += 1
    return "ok armed: orders go to simulated venues (paper)"
  }

  private func lookAtLinks(_ run: LiveRun) {
    for line in links.look(run.entries) { write(line) }
    let down = links.down
    linksDown.withLock { $0 = down }
  }

  private func lookAtDrops(_ run: LiveRun) {
    for line in drops.look(run.entries.map { ($0.queue.name, Int($0.port), $0.queue.figures()) }) { write(line) }
  }

  private func lookAtLines(_ run: LiveRun, _ now: UInt64) {
    let said = lineWatch?.look(
      at: now, heard: { channel, line in run.packets(channel: channel, line: line) },
      portPackets: { port in
        run.entries.reduce(0) { $0 + (port == nil || Int($1.port) == port ? $1.queue.figures().packets : 0) }
      })
    for line in said ?? [] { write(line) }
  }

  private func tellFailures(_ run: LiveRun) {
    for (name, failure) in run.failures where failuresTold.insert(name).inserted {
      write("feedh: queue \(name) failed: \(failure)")
    }
    for figures in run.recording?.figures() ?? [] {
      guard let failure = figures.failure, failuresTold.insert("recording \(figures.name)").inserted else { continue }
      write("feedh: recording \(figures.name) failed, the run goes on: \(failure)")
    }
    for notice in run.recovery?.takeNotices() ?? [] { write("feedh: \(notice)") }
  }

  // MARK: - The system

  /// The operator asked twice: as if the signal had never been caught.
  private static func endProcess() -> Never {
    signal(SIGINT, SIG_DFL)
    var signals = signals
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    kill(getpid(), SIGINT)
    exit(130)
  }

  private static func writeError(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
