import CMachine
import Glibc

/// A network card's clock (`/dev/ptpN`) held against the system's.
public struct CardClockReading: Equatable, Sendable {
  /// One look at the card's clock between two at the system's, nanoseconds; the card's epoch is its own.
  struct Sample: Equatable, Sendable {
    var systemBefore: Int64
    var card: Int64
    var systemAfter: Int64
  }

  /// Most looks in one go (PTP_MAX_SAMPLES).
  static let samplesMaximum = 25

  /// Whole seconds that the card is ahead: 0 counts UTC, 37 TAI since 2017.
  public var seconds: Int64
  /// What is left of the difference, card minus system, within half a second.
  public var nanoseconds: Int64
  /// By how much that may be wrong: half of the time between the two looks at the system's clock.
  public var uncertaintyNanoseconds: Int64
  /// The card took both times in hardware.
  public var isPrecise: Bool

  /// The sample with the least time around it tells the most; nil where there is none whose system times go on.
  init?(_ samples: [Sample], isPrecise: Bool) {
    let usable = samples.filter { $0.systemBefore >= 0 && $0.systemAfter >= $0.systemBefore }
    guard let best = usable.min(by: { $0.systemAfter &- $0.systemBefore < $1.systemAfter &- $1.systemBefore }) else {
      return nil
    }
    let width = best.systemAfter &- best.systemBefore
    let difference = best.card &- (best.systemBefore &+ width / 2)
    let second: Int64 = 1_000_000_000
    // To the nearest second; wrapping, as a wild clock may say anything.
    let rounded = (difference < 0 ? difference &- second / 2 : difference &+ second / 2) / second
    seconds = rounded
    nanoseconds = difference &- rounded &* second
    uncertaintyNanoseconds = width / 2 + width % 2
    self.isPrecise = isPrecise
  }

  /// Reads the clock; nothing is changed.
  ///
  /// - Parameter device: position N of `/dev/ptpN`.
  /// - Returns: the reading, or why there is none: an errno value.
  static func measure(device: Int) -> Result<CardClockReading, Failure> {
    var readings = [feedh_ptp_reading](repeating: feedh_ptp_reading(), count: samplesMaximum)
    var isPrecise = false
    let count = feedh_ptp_read("/dev/ptp\(device)", Int32(samplesMaximum), &readings, &isPrecise)
    if count < 0 { return .failure(Failure(code: -count)) }
    let samples = readings.prefix(Int(count)).map {
      Sample(systemBefore: $0.system_before, card: $0.card, systemAfter: $0.system_after)
    }
    if let reading = CardClockReading(samples, isPrecise: isPrecise) { return .success(reading) }
    return .failure(Failure(code: ERANGE))
  }

  struct Failure: Error, Equatable {
    var code: Int32
  }
}
