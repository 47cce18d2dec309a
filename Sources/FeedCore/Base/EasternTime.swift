/// US Eastern time of day, which OUCH timestamps count in, from the capture clock alone: the same on every core and
/// in every time zone, without the system's tables.
enum EasternTime {
  private static let nanosecondsPerDay: UInt64 = 86_400_000_000_000
  private static let secondsPerDay: Int64 = 86_400

  /// Nanoseconds since midnight, US Eastern, at a capture time.
  ///
  /// Capture times of the first day of 1970 come from length-prefixed files and count from midnight already
  /// (`Packet.captureNanoseconds`). Daylight saving time follows the rule in force since 2007.
  static func nanosecondsSinceMidnight(captureNanoseconds: UInt64) -> UInt64 {
    if captureNanoseconds < nanosecondsPerDay { return captureNanoseconds }
    let seconds = Int64(captureNanoseconds / 1_000_000_000)
    let local = seconds - (isDaylightSaving(seconds) ? 4 : 5) * 3_600
    return UInt64(local % secondsPerDay) * 1_000_000_000 + captureNanoseconds % 1_000_000_000
  }

  /// From the second Sunday of March, 2:00 EST (7:00 UTC), to the first Sunday of November, 2:00 EDT (6:00 UTC).
  private static func isDaylightSaving(_ seconds: Int64) -> Bool {
    let year = Self.year(ofDay: seconds / secondsPerDay)
    let newYear = firstDay(of: year)
    let leapDay = firstDay(of: year + 1) - newYear - 365
    let begin = (sunday(onOrAfter: newYear + leapDay + 59) + 7) * secondsPerDay + 7 * 3_600
    let end = sunday(onOrAfter: newYear + leapDay + 304) * secondsPerDay + 6 * 3_600
    return seconds >= begin && seconds < end
  }

  /// The Gregorian year of a day since 1 January 1970.
  static func year(ofDay day: Int64) -> Int64 {
    // A first guess from the mean year of 400 years' 146,097 days; it is off by one at most.
    let year = 1970 + day * 400 / 146_097
    if day < firstDay(of: year) { return year - 1 }
    return day >= firstDay(of: year + 1) ? year + 1 : year
  }

  /// Days from 1 January 1970 to 1 January of `year`, Gregorian.
  static func firstDay(of year: Int64) -> Int64 {
    func leapYears(before year: Int64) -> Int64 { (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 }
    return 365 * (year - 1970) + leapYears(before: year) - leapYears(before: 1970)
  }

  static func sunday(onOrAfter day: Int64) -> Int64 {
    // 1 January 1970 was a Thursday, four days after a Sunday.
    day + (7 - (day + 4) % 7) % 7
  }
}
