import CPlatform

/// The stall detector of a live core: how long its duty cycles take, from one to the next.
struct CycleWatch {
  private let limitTicks: UInt64
  private let figures: CoreProgress
  private var last: UInt64
  private var longest: UInt64
  private(set) var stalls: UInt64 = 0
  private var cycles: UInt64

  init(limitTicks: UInt64, figures: CoreProgress) {
    self.limitTicks = limitTicks
    self.figures = figures
    // A core whose packets have ended goes on with its shards: its figures go on too.
    longest = figures.longestCycleWord.glance()
    let before = figures.cyclesWord.glance()
    cycles = before == .max ? 0 : before
    last = feedh_ticks()
  }

  /// A duty cycle ends, and the next one begins.
  @inline(__always)
  mutating func lap() {
    let now = feedh_ticks()
    let took = now &- last
    last = now
    cycles &+= 1
    figures.cyclesWord.note(cycles)
    // Another thread takes the recent figure and sets it to 0: one that is lost there was seen in the longest.
    if took > figures.recentCycleWord.glance() { figures.recentCycleWord.note(took) }
    if took > longest { noteLongest(took) }
    if took > limitTicks { noteStall() }
  }

  /// What was before this is no duty cycle's: the CPU was lent.
  @inline(__always)
  mutating func restart() { last = feedh_ticks() }

  /// The core has no further duty cycle: it does not stand still.
  func end() { figures.cyclesWord.note(.max) }

  @inline(never)
  private mutating func noteLongest(_ took: UInt64) {
    longest = took
    figures.longestCycleWord.note(took)
  }

  @inline(never)
  private mutating func noteStall() {
    stalls &+= 1
    figures.stallsWord.note(figures.stallsWord.glance() &+ 1)
  }
}
