import FeedCore

/// A point in time at which books are looked at: `--at`.
public enum BookTime: Equatable, Sendable {
  /// Nanoseconds since the venue's midnight: after the last message whose exchange time is not later.
  case exchange(nanoseconds: UInt64)
  /// Unix nanoseconds (of length-prefixed files: since midnight): after the last packet captured by then.
  case capture(nanoseconds: UInt64)

  /// Reads "09:35:00", "09:35:00.5" (up to nine decimals) or whole nanoseconds. Nil for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    if !bytes.isEmpty, bytes.allSatisfy(Self.isDigit) {
      guard let nanoseconds = UInt64(text) else { return nil }
      self = .capture(nanoseconds: nanoseconds)
      return
    }
    // HH:MM:SS, then nothing or a point and digits.
    guard bytes.count >= 8, bytes[2] == UInt8(ascii: ":"), bytes[5] == UInt8(ascii: ":"),
      let hours = Self.number(bytes[0..<2], below: 24), let minutes = Self.number(bytes[3..<5], below: 60),
      let seconds = Self.number(bytes[6..<8], below: 60)
    else { return nil }
    var fraction: UInt64 = 0
    if bytes.count > 8 {
      let digits = bytes[9...]
      guard bytes[8] == UInt8(ascii: "."), (1...9).contains(digits.count), digits.allSatisfy(Self.isDigit) else {
        return nil
      }
      fraction = digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
      for _ in digits.count..<9 { fraction *= 10 }
    }
    self = .exchange(nanoseconds: ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func number(_ digits: ArraySlice<UInt8>, below limit: UInt64) -> UInt64? {
    guard digits.allSatisfy(isDigit) else { return nil }
    let value = digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    return value < limit ? value : nil
  }
}
