/// Nanodollars: 1e-9 of the currency unit, the common fixed point at every border between venues.
/// Range of `Int64`: about ±9.2 billion units. Never binary floating point.
public typealias Nanodollars = Int64

public enum FixedPoint {
  /// Nanodollars in one currency unit.
  public static let one: Int64 = 1_000_000_000
  /// Nanodollars in one ITCH Price(4) step (1/10,000 dollar).
  public static let perPrice4: Int64 = 100_000

  /// Parses a decimal such as "-0.0030" exactly. Returns nil for anything else, for more than nine decimals, and
  /// for values outside `Int64`.
  public static func parse(_ text: some StringProtocol) -> Int64? {
    var digits: Int64 = 0
    var decimals = 0
    var seenPoint = false
    var seenDigit = false
    var negative = false
    for (position, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where position == 0: negative = true
      case UInt8(ascii: "+") where position == 0: break
      case UInt8(ascii: "_") where seenDigit: break
      case UInt8(ascii: ".") where !seenPoint: seenPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        seenDigit = true
        if seenPoint { decimals += 1 }
        let (scaled, overflowed) = digits.multipliedReportingOverflow(by: 10)
        let (sum, overflowed2) = scaled.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
        if overflowed || overflowed2 { return nil }
        digits = sum
      default: return nil
      }
    }
    if !seenDigit || decimals > 9 { return nil }
    for _ in decimals..<9 {
      let (scaled, overflowed) = digits.multipliedReportingOverflow(by: 10)
      if overflowed { return nil }
      digits = scaled
    }
    // Digits were gathered as a negative number, whose range is the larger one.
    return negative ? digits : (digits == .min ? nil : -digits)
  }

  /// The shortest decimal that reads back to the same value: "150.25", "-0.003", "0".
  public static func format(_ value: Int64) -> String {
    let magnitude = value.magnitude
    let whole = magnitude / 1_000_000_000
    var fraction = String(magnitude % 1_000_000_000)
    fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    return (value < 0 ? "-" : "") + String(whole) + (fraction.isEmpty ? "" : "." + fraction)
  }
}

/// Side of a resting order or of an order of ours.
public enum Side: UInt8, Sendable, BitwiseCopyable {
  case buy = 0
  case sell = 1
  @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
}

/// Position of a venue in `Settings.venues`; also the digit order of every report. 0 ..< 8.
public typealias VenueIndex = UInt8

/// An instrument at one venue: venue in bits 24-31, the venue's dense private index in bits 0-23, assigned on first
/// mention. Nothing printed, sorted or digested depends on it.
public struct InstrumentID: Hashable, Sendable, BitwiseCopyable {
  public let raw: UInt32
  @inlinable @inline(__always) public init(raw: UInt32) { self.raw = raw }
  @inlinable @inline(__always)
  public init(venue: VenueIndex, index: Int) { raw = UInt32(venue) << 24 | UInt32(truncatingIfNeeded: index) }
  @inlinable @inline(__always) public var venue: VenueIndex { VenueIndex(truncatingIfNeeded: raw >> 24) }
  @inlinable @inline(__always) public var index: Int { Int(raw & 0xFF_FFFF) }
  /// No instrument.
  public static let none = InstrumentID(raw: .max)
}

/// Dense private index of a symbol across venues on one core.
public typealias GroupIndex = UInt32
