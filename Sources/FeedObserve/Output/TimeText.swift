/// Times as text: capture times in UTC, exchange times as the venue's time of day.
public enum TimeText {
  private static let nanosecondsPerSecond: UInt64 = 1_000_000_000
  static let nanosecondsPerDay: UInt64 = 86_400_000_000_000

  /// "09:30:00.000000123"; a fraction of `digits` digits (0 ... 9), cut off.
  public static func timeOfDay(_ nanoseconds: UInt64, digits: Int = 9) -> String {
    let seconds = nanoseconds / nanosecondsPerSecond
    var text = "\(pad(seconds / 3_600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
    if digits > 0 { text += "." + pad(nanoseconds % nanosecondsPerSecond, 9).prefix(digits) }
    return text
  }

  /// "2026-01-05T14:30:00.000000123Z". Times of the first day of 1970 are of length-prefixed files, which count from
  /// their midnight: "09:30:00.000000123".
  public static func capture(_ nanoseconds: UInt64, digits: Int = 9) -> String {
    if nanoseconds < nanosecondsPerDay { return timeOfDay(nanoseconds, digits: digits) }
    let (year, month, day) = date(days: Int64(nanoseconds / nanosecondsPerDay))
    let time = timeOfDay(nanoseconds % nanosecondsPerDay, digits: digits)
    return "\(pad(UInt64(year), 4))-\(pad(UInt64(month), 2))-\(pad(UInt64(day), 2))T\(time)Z"
  }

  /// Gregorian date of a day counted from 1 January 1970.
  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // Years begin on 1 March here, so that the leap day is a year's last; eras are 400 years of 146,097 days.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func pad(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
