import CPlatform
import Glibc

/// What a core does with itself where nothing came.
struct IdleWait {
  private let strategy: ThreadSettings.Idle
  private var spin: SpinWait

  init(_ strategy: ThreadSettings.Idle, threads: Int) {
    self.strategy = strategy
    spin = SpinWait(threads: threads)
  }

  /// Somebody else may have run meanwhile: the time is no duty cycle's.
  var mayYield: Bool { strategy == .yield || spin.isCrowded }

  @inline(__always)
  mutating func again() {
    switch strategy {
    case .spin: if spin.isCrowded { spin.again() }
    case .pause: spin.again()
    case .yield:
      feedh_pause()
      sched_yield()
    }
  }
}
