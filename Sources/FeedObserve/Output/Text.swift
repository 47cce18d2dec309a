import FeedCore

/// Numbers, money, times and sizes as people read them.
public enum Text {
  /// "1,234,567".
  public static func grouped(_ number: some BinaryInteger) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  /// Nanodollars with `decimals` decimals, 0 ... 9, rounded half away from zero: "1,234.50".
  public static func money(_ nanodollars: Int128, decimals: Int = 2) -> String {
    var step: UInt128 = 1
    for _ in decimals..<9 { step *= 10 }
    let rounded = (nanodollars.magnitude + step / 2) / step
    var one: UInt128 = 1
    for _ in 0..<decimals { one *= 10 }
    let fraction = String(rounded % one)
    let sign = nanodollars < 0 && rounded > 0 ? "-" : ""
    if decimals == 0 { return sign + grouped(rounded) }
    return sign + grouped(rounded / one) + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// A span in its natural unit: "850 ns", "12.3 us", "9.120 s".
  public static func duration(_ nanoseconds: UInt64) -> String {
    switch nanoseconds {
    case ..<1_000: "\(nanoseconds) ns"
    case ..<1_000_000: decimal(nanoseconds, per: 1_000, decimals: 1) + " us"
    case ..<1_000_000_000: decimal(nanoseconds, per: 1_000_000, decimals: 1) + " ms"
    default: decimal(nanoseconds, per: 1_000_000_000, decimals: 3) + " s"
    }
  }

  /// "ring full 3 (16 of 16)": waits for a core with shards that was a whole ring behind, and how far one was behind at
  /// most; nothing where there is no ring.
  public static func ringFill(waits: UInt64, fillMax: UInt64) -> [String] {
    fillMax == 0 ? [] : ["ring full \(grouped(waits)) (\(fillMax) of \(ReplaySummary.ringCapacity))"]
  }

  /// "182.4 MB"; decimal units.
  public static func bytes(_ count: UInt64) -> String {
    switch count {
    case ..<1_000: "\(count) B"
    case ..<1_000_000: decimal(count, per: 1_000, decimals: 1) + " kB"
    case ..<1_000_000_000: decimal(count, per: 1_000_000, decimals: 1) + " MB"
    default: decimal(count, per: 1_000_000_000, decimals: 2) + " GB"
    }
  }

  /// A count per second: "850", "12.3 k", "4.56 M".
  public static func rate(_ count: UInt64, nanoseconds: UInt64) -> String {
    if nanoseconds == 0 { return "0" }
    let perSecond = UInt64(clamping: UInt128(count) * 1_000_000_000 / UInt128(nanoseconds))
    switch perSecond {
    case ..<1_000: return "\(perSecond)"
    case ..<1_000_000: return decimal(perSecond, per: 1_000, decimals: 1) + " k"
    default: return decimal(perSecond, per: 1_000_000, decimals: 2) + " M"
    }
  }

  /// `value` / `unit` with `decimals` decimals, cut off.
  public static func decimal(_ value: UInt64, per unit: UInt64, decimals: Int) -> String {
    var scale: UInt64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let fraction = String(value % unit * scale / unit)
    if decimals == 0 { return grouped(value / unit) }
    return grouped(value / unit) + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// Sixteen hexadecimal digits.
  public static func digest(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// "a, b, c" of things that are many: at most `limit`, then how many more.
  static func enumeration(_ parts: [String], limit: Int) -> String {
    let shown = parts.prefix(limit).joined(separator: ", ")
    return parts.count > limit ? "\(shown) and \(parts.count - limit) more" : shown
  }

  /// Left-aligned in `width` columns; longer text pushes on.
  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
