/// US Eastern time of day from times since 1970 that come message by message: a division an hour instead of several a
/// message.
///
/// Daylight saving time begins and ends at a full hour UTC, so within an hour the difference is fixed
/// (`EasternTime`).
struct EasternClock: BitwiseCopyable {
  private static var hour: UInt64 { 3_600_000_000_000 }

  /// The hour that was asked for last, nanoseconds since 1970; at first that of 0, which counts from midnight already
  /// (`EasternTime`).
  private var start: UInt64 = 0
  /// Nanoseconds since midnight, US Eastern, at its start.
  private var startOfDay: UInt64 = 0

  /// Nanoseconds since midnight, US Eastern, at `nanoseconds` since 1970 UTC. Any value is one.
  @inline(__always)
  mutating func sinceMidnight(_ nanoseconds: UInt64) -> UInt64 {
    if nanoseconds &- start >= Self.hour { Self.enterHour(of: nanoseconds, &self) }
    return startOfDay &+ (nanoseconds &- start)
  }

  /// The same within the hour that was asked for last; nil beyond it.
  @inline(__always)
  func sinceMidnightThisHour(_ nanoseconds: UInt64) -> UInt64? {
    let within = nanoseconds &- start
    return within < Self.hour ? startOfDay &+ within : nil
  }

  @inline(never)
  private static func enterHour(of nanoseconds: UInt64, _ clock: inout EasternClock) {
    clock.start = nanoseconds - nanoseconds % hour
    clock.startOfDay = EasternTime.nanosecondsSinceMidnight(captureNanoseconds: clock.start)
  }
}
