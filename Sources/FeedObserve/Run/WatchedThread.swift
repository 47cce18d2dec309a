import FeedIO
import Glibc

/// A thread that does a command's work while the calling thread watches: shows progress on a terminal and passes
/// SIGINT and SIGTERM on as a request to stop (a second one ends the process).
///
/// The signals are blocked from the call on, in every thread made later, and waited for here, so that nothing ever runs
/// inside a signal handler.
public enum WatchedThread {
  private static let sliceNanoseconds = 20_000_000
  private static let slicesPerLine = 10

  /// Runs `work` on a thread and returns when it has ended.
  ///
  /// - Parameters:
  ///   - cpu: what the thread is pinned to; nil: not pinned.
  ///   - showsProgress: nil = where standard error is a terminal.
  ///   - progress: a line of text, five times a second.
  public static func run(
    stop: StopFlag, cpu: Int? = nil, showsProgress: Bool? = nil, progress: () -> String,
    _ work: @escaping @Sendable () -> Void
  ) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let isShown = showsProgress ?? (isatty(STDERR_FILENO) == 1)
    let ended = StopFlag()
    let thread = WorkerThread(cpu: cpu) {
      work()
      ended.set()
    }
    var slice = 0
    while !ended.isSet {
      var timeout = timespec(tv_sec: 0, tv_nsec: sliceNanoseconds)
      if sigtimedwait(&signals, nil, &timeout) > 0 {
        if stop.isSet { RunControl.endProcess() }
        stop.set()
      }
      slice += 1
      if isShown, slice % slicesPerLine == 0 { RunControl.show("\r\(progress())\u{1B}[K") }
    }
    thread.join()
    if isShown { RunControl.show("\r\(progress())\u{1B}[K\n") }
  }
}
