import FeedCore
import FeedIO
import Glibc
import Synchronization

/// The cold thread beside a run: shows progress on a terminal and passes signals on.
///
/// SIGINT and SIGTERM stop the run early, in good order: a report follows (a second one ends the process). SIGUSR1
/// engages the kill switch of every shard. All three are blocked from `init` on, in every thread made later, and
/// waited for here, so that nothing ever runs inside a signal handler.
public final class RunControl: @unchecked Sendable {
  private static let intervalNanoseconds = 200_000_000

  private let showsProgress: Bool
  private var thread = pthread_t()
  private var body: (() -> Void)?
  private let isFinished = Atomic<Bool>(false)

  /// - Parameter showsProgress: nil = where standard error is a terminal.
  public init(showsProgress: Bool? = nil) {
    self.showsProgress = showsProgress ?? (isatty(STDERR_FILENO) == 1)
    var signals = Self.signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private static var signals: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGINT, SIGTERM, SIGUSR1] { sigaddset(&set, signal) }
    return set
  }

  // MARK: - The run's thread

  func start(_ replay: Replay<CaptureSource>, totalBytes: Int) {
    body = { [self] in watch(replay, totalBytes: totalBytes) }
    let result = pthread_create(&thread, nil, Self.main, Unmanaged.passRetained(self).toOpaque())
    // Without it the run goes on, unwatched.
    if result != 0 { body = nil }
  }

  func finish() {
    guard body != nil else { return }
    isFinished.store(true, ordering: .releasing)
    // Wakes the thread, which looks at the flag first.
    pthread_kill(thread, SIGUSR1)
    pthread_join(thread, nil)
    body = nil
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    Unmanaged<RunControl>.fromOpaque(context!).takeRetainedValue().body?()
    return nil
  }

  // MARK: - The cold thread

  private func watch(_ replay: Replay<CaptureSource>, totalBytes: Int) {
    var progress = ProgressLine(totalBytes: totalBytes)
    var pending: Set<CoreCommand> = []
    var isStopping = false
    while true {
      let signal = Self.nextSignal()
      if isFinished.load(ordering: .acquiring) { break }
      switch signal {
      case SIGINT, SIGTERM:
        if isStopping { Self.endProcess() }
        isStopping = true
        pending.insert(.stop)
      case SIGUSR1: pending.insert(.engageKillSwitch)
      default: break
      }
      for command in pending where replay.send(command) { pending.remove(command) }
      if showsProgress { Self.show("\r\(progress.text(replay.progress))\u{1B}[K") }
    }
    if showsProgress { Self.show("\r\(progress.text(replay.progress))\u{1B}[K\n") }
  }

  /// Waits for one of our signals, a fifth of a second at most; 0 where none came.
  private static func nextSignal() -> Int32 {
    var signals = signals
    var timeout = timespec(tv_sec: 0, tv_nsec: intervalNanoseconds)
    let signal = sigtimedwait(&signals, nil, &timeout)
    return signal > 0 ? signal : 0
  }

  /// The operator asked twice: as if the signal had never been caught.
  static func endProcess() -> Never {
    signal(SIGINT, SIG_DFL)
    var signals = signals
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    kill(getpid(), SIGINT)
    exit(130)
  }

  static func show(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
