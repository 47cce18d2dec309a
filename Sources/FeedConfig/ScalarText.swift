import FeedCore

/// Reads and writes the numbers of a configuration. Nothing here passes through binary floating point.
enum ScalarText {
  /// Why a text is not the number that it should be.
  enum Failure: Error, Equatable {
    /// Not of the form at all.
    case form
    /// Of the form, but with a leading zero, which YAML 1.1 reads as octal.
    case leadingZero
    /// Of the form, but outside the machine's integers.
    case tooLarge
    /// Of the form, but with more decimals than are kept.
    case tooFine
    /// A duration without its unit.
    case noUnit
  }

  /// Duration units, the greatest first, in nanoseconds.
  static let durationUnits: [(name: String, nanoseconds: Int64)] = [
    ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
    ("ns", 1),
  ]

  /// An integer: optional sign, digits, underscores between digits. No octal, hexadecimal or exponent.
  static func integer(_ text: some StringProtocol) -> Result<Int64, Failure> {
    var bytes = Array(text.utf8)
    var negative = false
    if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      negative = sign == UInt8(ascii: "-")
      bytes.removeFirst()
    }
    guard let digits = plainDigits(bytes) else { return .failure(.form) }
    if digits.count > 1 && digits[0] == UInt8(ascii: "0") { return .failure(.leadingZero) }
    guard let value = Int64((negative ? "-" : "") + String(decoding: digits, as: UTF8.self)) else {
      return .failure(.tooLarge)
    }
    return .success(value)
  }

  /// A decimal such as "-0.0030" in parts of 1e-9.
  static func decimal(_ text: some StringProtocol) -> Result<Int64, Failure> {
    let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    let parts = unsigned.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard plainDigits(Array(parts[0].utf8)) != nil else { return .failure(.form) }
    if parts.count == 2 {
      guard let decimals = plainDigits(Array(parts[1].utf8)) else { return .failure(.form) }
      if decimals.count > 9 { return .failure(.tooFine) }
    }
    guard let value = FixedPoint.parse(text) else { return .failure(.tooLarge) }
    return .success(value)
  }

  /// A duration such as "1ms", "2.5s" or "0", in nanoseconds.
  static func duration(_ text: some StringProtocol) -> Result<Int64, Failure> {
    let number = text.prefix { !$0.isLetter }
    let unitName = text[number.endIndex...]
    let digits = number.hasSuffix(" ") ? number.dropLast() : number
    if unitName.isEmpty {
      switch decimal(digits) {
      case .success(0): return .success(0)
      case .success, .failure(.tooLarge), .failure(.tooFine): return .failure(.noUnit)
      case .failure(let failure): return .failure(failure)
      }
    }
    // U+00B5 and U+03BC both look like the prefix micro.
    let isMicro = unitName == "\u{B5}s" || unitName == "\u{3BC}s"
    guard let unit = durationUnits.first(where: { $0.name == (isMicro ? "us" : String(unitName)) }) else {
      return .failure(.form)
    }
    return scaled(digits, by: unit.nanoseconds)
  }

  /// `text` times `scale`, where that is a whole number.
  private static func scaled(_ text: some StringProtocol, by scale: Int64) -> Result<Int64, Failure> {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole: Int64
    switch integer(parts[0]) {
    case .success(let value): whole = value
    case .failure(let failure): return .failure(failure)
    }
    var fraction: Int64 = 0
    if parts.count == 2 {
      guard let decimals = plainDigits(Array(parts[1].utf8)) else { return .failure(.form) }
      // 13 decimals of an hour are finer than a nanosecond; the bound also keeps the power inside 64 bits.
      guard decimals.count <= 13, let digits = Int64(String(decoding: decimals, as: UTF8.self)) else {
        return .failure(.tooFine)
      }
      let power = decimals.reduce(Int64(1)) { power, _ in power * 10 }
      let (quotient, remainder) = power.dividingFullWidth(scale.multipliedFullWidth(by: digits))
      if remainder != 0 { return .failure(.tooFine) }
      fraction = quotient
    }
    let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
    let isNegative = text.hasPrefix("-")
    let (sum, overflow2) = isNegative
      ? product.subtractingReportingOverflow(fraction) : product.addingReportingOverflow(fraction)
    return overflow || overflow2 ? .failure(.tooLarge) : .success(sum)
  }

  /// The digits of `bytes` without the underscores between them; nil where it is anything but digits.
  private static func plainDigits(_ bytes: [UInt8]) -> [UInt8]? {
    guard let first = bytes.first, let last = bytes.last, first != UInt8(ascii: "_"), last != UInt8(ascii: "_") else {
      return nil
    }
    let digits = bytes.filter { $0 != UInt8(ascii: "_") }
    return digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? digits : nil
  }

  /// Digits in groups of three from 10,000 on: "1024", "16_384".
  static func format(_ value: Int64) -> String {
    if value.magnitude < 10_000 { return String(value) }
    var text = ""
    for (position, digit) in String(value.magnitude).reversed().enumerated() {
      if position > 0 && position % 3 == 0 { text.append("_") }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + String(text.reversed())
  }

  /// The shortest form in whole units: "10us", "1ms", "90s", "0ns".
  static func format(nanoseconds value: Int64) -> String {
    let unit = durationUnits.first { $0.name != "min" && value % $0.nanoseconds == 0 && value != 0 } ?? ("ns", 1)
    return format(value / unit.nanoseconds) + unit.name
  }
}
