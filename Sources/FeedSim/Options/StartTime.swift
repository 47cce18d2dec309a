/// The exchange's date and wall clock (US Eastern) at the first message.
public struct StartTime: Sendable, Equatable {
  /// Unix time of the date's midnight at the exchange, seconds.
  public var midnightUnixSeconds: Int64
  /// Nanoseconds since that midnight, 0 ..< 86,400 s.
  public var nanosecondsOfDay: UInt64

  /// 2026-01-05 09:29:58: two seconds of start of day and pre-open, then the open at 09:30.
  public init() {
    midnightUnixSeconds = Self.midnight(year: 2026, month: 1, day: 5)
    nanosecondsOfDay = (9 * 3600 + 29 * 60 + 58) * 1_000_000_000
  }

  /// Reads `HH:MM:SS[.fraction]` (on 2026-01-05), `YYYY-MM-DDTHH:MM:SS[.fraction]`, both US Eastern, or Unix
  /// nanoseconds.
  public init(parsing text: String) throws(GeneratorError) {
    self.init()
    if !text.contains(":"), let unix = UInt64(text), unix < 4_000_000_000_000_000_000 {
      self.init(unixNanoseconds: unix)
      return
    }
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    var date: (Int, Int, Int)? = (2026, 1, 5)
    if parts.count == 2 { date = Self.date(parts[0]) }
    guard parts.count <= 2, let date, let time = Self.timeOfDay(parts[parts.count - 1]) else {
      throw GeneratorError(
        "--start '\(text)' is no time; use HH:MM:SS, YYYY-MM-DDTHH:MM:SS (US Eastern) or Unix nanoseconds")
    }
    midnightUnixSeconds = Self.midnight(year: date.0, month: date.1, day: date.2)
    nanosecondsOfDay = time
  }

  init(unixNanoseconds: UInt64) {
    let seconds = Int64(unixNanoseconds / 1_000_000_000)
    // The date at the exchange is the UTC date of a moment four or five hours earlier.
    var date = Self.civil(days: (seconds - 5 * 3600) / 86_400)
    if Self.midnight(year: date.year, month: date.month, day: date.day) + 86_400 <= seconds {
      date = Self.civil(days: (seconds - 4 * 3600) / 86_400)
    }
    midnightUnixSeconds = Self.midnight(year: date.year, month: date.month, day: date.day)
    nanosecondsOfDay = unixNanoseconds - UInt64(midnightUnixSeconds) * 1_000_000_000
  }

  private static func date(_ text: Substring) -> (Int, Int, Int)? {
    let fields = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard fields.count == 3, (1990...2090).contains(fields[0]), (1...12).contains(fields[1]) else { return nil }
    guard (1...daysInMonth(year: fields[0], month: fields[1])).contains(fields[2]) else { return nil }
    return (fields[0], fields[1], fields[2])
  }

  private static func timeOfDay(_ text: Substring) -> UInt64? {
    let halves = text.split(separator: ".", omittingEmptySubsequences: false)
    let fields = halves[0].split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) ?? .max }
    guard halves.count <= 2, fields.count == 3, fields[0] < 24, fields[1] < 60, fields[2] < 60 else { return nil }
    var nanoseconds: UInt64 = 0
    if halves.count == 2 {
      guard (1...9).contains(halves[1].count), halves[1].allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
      nanoseconds = UInt64(halves[1] + String(repeating: "0", count: 9 - halves[1].count))!
    }
    return ((fields[0] * 60 + fields[1]) * 60 + fields[2]) * 1_000_000_000 + nanoseconds
  }

  static func daysInMonth(year: Int, month: Int) -> Int {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  /// Days from 1970-01-01 to a date of the Gregorian calendar.
  static func days(year: Int, month: Int, day: Int) -> Int64 {
    var days = 0
    for y in min(year, 1970)..<max(year, 1970) { days += daysInMonth(year: y, month: 2) + 337 }
    if year < 1970 { days = -days }
    for m in 1..<month { days += daysInMonth(year: year, month: m) }
    return Int64(days + day - 1)
  }

  static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
    var year = 1970
    var left = Int(days)
    while left >= daysInMonth(year: year, month: 2) + 337 {
      left -= daysInMonth(year: year, month: 2) + 337
      year += 1
    }
    var month = 1
    while left >= daysInMonth(year: year, month: month) {
      left -= daysInMonth(year: year, month: month)
      month += 1
    }
    return (year, month, left + 1)
  }

  /// Unix seconds of midnight at the exchange: UTC−4 from the second Sunday of March to the first of November (the
  /// rule since 2007), else UTC−5. The clock changes at 2 in the morning, after the midnight of its day.
  static func midnight(year: Int, month: Int, day: Int) -> Int64 {
    func sunday(_ number: Int, month: Int) -> Int64 {
      let first = days(year: year, month: month, day: 1)
      // 1970-01-01 was a Thursday.
      let weekday = ((first + 4) % 7 + 7) % 7
      return first + (7 - weekday) % 7 + Int64(number - 1) * 7
    }
    let date = days(year: year, month: month, day: day)
    let summer = date > sunday(2, month: 3) && date <= sunday(1, month: 11)
    return date * 86_400 + (summer ? 4 : 5) * 3600
  }
}
