/// Unix nanoseconds → nanoseconds since a venue's local midnight, cheap enough for every message: the calendar is asked
/// once an hour. Offsets from UTC are whole hours, so none changes within one.
struct VenueDay: BitwiseCopyable {
  enum Zone: UInt8, BitwiseCopyable {
    /// Chicago.
    case usCentral
    /// Frankfurt.
    case centralEurope
  }

  private let zone: Zone
  private var hour: UInt64 = 0
  private var sinceMidnight: UInt64 = 0
  private static var nanosecondsPerHour: UInt64 { 3_600_000_000_000 }

  init(_ zone: Zone) { self.zone = zone }

  /// Times of the first day of 1970 count from midnight already, as in `EasternTime`.
  @inline(__always)
  mutating func nanoseconds(_ unixNanoseconds: UInt64) -> UInt64 {
    let within = unixNanoseconds &- hour
    if within < Self.nanosecondsPerHour { return sinceMidnight &+ within }
    return begin(unixNanoseconds)
  }

  /// The same within the hour that was asked for last; nil beyond it.
  @inline(__always)
  func nanosecondsThisHour(_ unixNanoseconds: UInt64) -> UInt64? {
    let within = unixNanoseconds &- hour
    return within < Self.nanosecondsPerHour ? sinceMidnight &+ within : nil
  }

  @inline(never)
  private mutating func begin(_ unixNanoseconds: UInt64) -> UInt64 {
    let within = unixNanoseconds % Self.nanosecondsPerHour
    hour = unixNanoseconds - within
    sinceMidnight = Self.nanosecondsSinceMidnight(hour, zone)
    return sinceMidnight + within
  }

  private static func nanosecondsSinceMidnight(_ hour: UInt64, _ zone: Zone) -> UInt64 {
    if hour < 24 * nanosecondsPerHour { return hour }
    switch zone {
    case .usCentral:
      // An hour behind Eastern, and each change of the clocks an hour later.
      return EasternTime.nanosecondsSinceMidnight(
        captureNanoseconds: max(24 * nanosecondsPerHour, hour - nanosecondsPerHour))
    case .centralEurope:
      let seconds = Int64(hour / 1_000_000_000)
      let local = seconds + (isEuropeanSummer(seconds) ? 2 : 1) * 3_600
      return UInt64(local % 86_400) * 1_000_000_000
    }
  }

  /// From the last Sunday of March, 1:00 UTC, to the last Sunday of October, 1:00 UTC: the rule since 1996.
  private static func isEuropeanSummer(_ seconds: Int64) -> Bool {
    let newYear = EasternTime.year(ofDay: seconds / 86_400)
    let first = EasternTime.firstDay(of: newYear)
    let leapDay = EasternTime.firstDay(of: newYear + 1) - first - 365
    // The last Sunday of a month of 31 days is the first from the 25th on: 25 March and 25 October.
    let begin = EasternTime.sunday(onOrAfter: first + leapDay + 83) * 86_400 + 3_600
    let end = EasternTime.sunday(onOrAfter: first + leapDay + 297) * 86_400 + 3_600
    return seconds >= begin && seconds < end
  }
}
