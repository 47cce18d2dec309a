import CPlatform

/// Asks for the bytes of packets to come, a cache line with each message that is decoded: so they come while books are
/// at work, where a burst that is read all at once waits for memory as fast as it delivers.
struct InputAhead: BitwiseCopyable {
  private var next: UnsafeRawPointer
  /// From one line to the next; 0: nothing is known of what comes, and a line that is near is asked for again.
  private var step: Int

  /// - Parameter nearby: any memory that is at hand.
  init(nearby: UnsafeRawPointer) {
    next = nearby
    step = 0
  }

  /// What comes next, if that is known (`PacketSource.upcoming`).
  @inline(__always)
  mutating func begin(at upcoming: UnsafeRawPointer?) {
    guard let upcoming else { return }
    next = upcoming
    step = 64
  }

  @inline(__always)
  mutating func ask() {
    feedh_prefetch_read(next)
    next += step
  }
}
