/// Turns stamps of a network card's clock into Unix nanoseconds.
///
/// A card's clock that PTP disciplines counts TAI, which is whole seconds ahead of UTC (37 since 2017); one that is set
/// from the system counts UTC; one that nobody sets counts from the machine's start. The first two differ from the
/// system's clock by whole seconds, which are found here; the third is no clock to trust, and its stamps are refused.
struct HardwareClock: BitwiseCopyable, Sendable, Equatable {
  /// How far the fraction may be off: packets wait in buffers before they are looked at, and clocks wander.
  static var tolerance: Int64 { 100_000_000 }

  /// Whole seconds to add, as nanoseconds; nil before the first stamp.
  private(set) var offsetNanoseconds: Int64?
  /// The last comparison found a clock that is not the system's.
  private(set) var isRefused = false

  init() {}

  /// A stamp as Unix nanoseconds; nil where the card's clock is no clock to trust: use the kernel's stamp.
  ///
  /// - Parameters:
  ///   - stamp: of the card's clock, not 0.
  ///   - system: the kernel's stamp of the same packet, or the time when it is looked at.
  @inline(__always)
  mutating func unixNanoseconds(_ stamp: UInt64, system: UInt64) -> UInt64? {
    if let offset = offsetNanoseconds {
      let time = stamp &+ UInt64(bitPattern: offset)
      // Two seconds: more than a burst may have waited; a card's clock that was set since is found.
      if Int64(bitPattern: time &- system).magnitude < 2_000_000_000 { return time }
    }
    return compare(stamp, system: system)
  }

  @inline(never)
  private mutating func compare(_ stamp: UInt64, system: UInt64) -> UInt64? {
    let difference = Int64(bitPattern: system &- stamp)
    let second: Int64 = 1_000_000_000
    // Rounded to the nearest second, halves away from zero; wrapping, as a wild stamp may be anything.
    let half = difference < 0 ? difference &- second / 2 : difference &+ second / 2
    let offset = half / second &* second
    isRefused = (difference &- offset).magnitude > UInt64(Self.tolerance)
    offsetNanoseconds = isRefused ? nil : offset
    return isRefused ? nil : stamp &+ UInt64(bitPattern: offset)
  }
}
