import CPlatform
import Glibc

/// How a core waits for another: it spins, and where cores have to share CPUs it also lets the others run.
struct SpinWait {
  /// More threads than CPUs: spinning alone could keep the awaited thread off the CPU.
  let isCrowded: Bool
  private var spins = 0

  init(threads: Int) { isCrowded = threads > Int(feedh_allowed_cpu_count()) }

  @inline(__always)
  mutating func again() {
    feedh_pause()
    spins &+= 1
    if isCrowded, spins & 63 == 0 { sched_yield() }
  }
}
