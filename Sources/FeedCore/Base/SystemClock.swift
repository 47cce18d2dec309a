import Glibc

/// The kernel's clocks, nanoseconds. For cold threads, and where a time is not one of this machine's counter
/// (`TickClock`).
public enum SystemClock {
  /// Since some moment in the past; never goes back.
  public static var monotonic: UInt64 { nanoseconds(CLOCK_MONOTONIC) }
  /// Since 1970; set by whoever sets the time.
  public static var unix: UInt64 { nanoseconds(CLOCK_REALTIME) }

  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
