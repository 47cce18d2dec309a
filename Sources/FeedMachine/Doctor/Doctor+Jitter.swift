import FeedObserve
import Glibc

/// What the measurement of a polling CPU says.
extension Doctor {
  /// A gap that a duty cycle on a quiet CPU never has: interrupts and the tick stay below.
  static let quietNanosecondsMaximum: UInt64 = 50_000

  /// Pass up to 50 microseconds, warn up to `threads.stall`, above which a duty cycle counts as a stall: fail.
  public func check(_ jitter: JitterMeasurement) -> DoctorCheck {
    let subject = "cpu \(jitter.cpu)"
    if jitter.pinError != 0 {
      return .fail(
        "jitter", subject, "cannot be pinned to: \(String(cString: strerror(jitter.pinError)))",
        "change threads.cpus, or allow it (cpuset)")
    }
    return Self.verdict(
      subject, largest: jitter.summary.max, p999: jitter.summary.p999, seconds: jitter.nanoseconds,
      stall: settings.threads.stallNanoseconds)
  }

  static func verdict(
    _ subject: String, largest: UInt64, p999: UInt64, seconds nanoseconds: UInt64, stall: UInt64
  ) -> DoctorCheck {
    let detail =
      "largest gap \(Text.duration(largest)), 99.9 % within \(Text.duration(p999)), in \(Text.duration(nanoseconds))"
    if largest > stall {
      return .fail(
        "jitter", subject, "\(detail): more than threads.stall, \(Text.duration(stall))",
        "isolate it (feedh tune), end what else runs there, or raise threads.stall")
    }
    if largest > min(quietNanosecondsMaximum, stall) {
      return .warn("jitter", subject, detail, "isolate it: feedh tune says how")
    }
    return .pass("jitter", subject, detail)
  }
}
