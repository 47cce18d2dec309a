/// When which message to the service manager is due, by the cores' own figures. The control thread's.
struct ServiceWatch {
  private let watchdogNanoseconds: UInt64?
  private var isReady = false
  private var isStopping = false
  private var lastStatus: UInt64 = 0
  private var lastBeat: UInt64 = 0
  /// Signs of life of each core when the manager was told last.
  private var cycles: [UInt64]

  /// - Parameters:
  ///   - watchdogNanoseconds: time between two signs of life; nil: nobody waits for them.
  ///   - cores: how many there are.
  init(watchdogNanoseconds: UInt64?, cores: Int) {
    self.watchdogNanoseconds = watchdogNanoseconds
    cycles = [UInt64](repeating: 0, count: cores)
  }

  /// The lines of the next datagram; empty: nothing is due.
  ///
  /// - Parameters:
  ///   - now: a clock that only goes on.
  ///   - cycles: duty cycles of each core so far, `.max` of one that has ended; one that stands still gives no sign of
  ///     life.
  ///   - status: the status line; asked where it is due only.
  mutating func due(at now: UInt64, cycles seen: [UInt64], isStopping stops: Bool, status: () -> String) -> [String] {
    var lines: [String] = []
    if !isReady, seen.allSatisfy({ $0 > 0 }) {
      isReady = true
      lines.append("READY=1")
    }
    if stops, !isStopping {
      isStopping = true
      lines.append("STOPPING=1")
    }
    if let watchdogNanoseconds, isReady, lastBeat == 0 || now &- lastBeat >= watchdogNanoseconds {
      // Cores that end in good order stand still; the end has a limit of its own (TimeoutStopSec).
      if isStopping || zip(seen, cycles).allSatisfy({ $0 != $1 || $0 == .max }) {
        lastBeat = max(now, 1)
        cycles = seen
        lines.append("WATCHDOG=1")
      }
    }
    if lines.contains(where: { $0 != "WATCHDOG=1" }) || now &- lastStatus >= ServiceNotifier.statusNanoseconds {
      lastStatus = now
      lines.append("STATUS=" + status())
    }
    return lines
  }
}
