import Glibc

/// Bytes of decoded rows on their way out: grows, is emptied, is used again.
///
/// `reserve` makes room once per row; what is appended after it is not checked again outside debug builds.
public struct RowBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  public private(set) var count = 0

  public init(capacity: Int = 1 << 20) {
    self.capacity = max(capacity, 64)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Valid until the next change.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  public mutating func removeAll() { count = 0 }

  /// Makes room for `length` more bytes.
  @inline(__always)
  mutating func reserve(_ length: Int) {
    if length > capacity - count { grow(by: length) }
  }

  @inline(never)
  private mutating func grow(by length: Int) {
    let larger = max(capacity * 2, count + length)
    let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    // SAFETY: `count` bytes are initialised, and `larger` is not less.
    new.update(from: base, count: count)
    base.deallocate()
    base = new
    capacity = larger
  }

  // SAFETY, for all below: the caller reserved the bytes; debug builds check it.

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    assert(count < capacity)
    base[count] = byte
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    assert(bytes.count <= capacity - count)
    guard let source = bytes.baseAddress else { return }
    memcpy(base + count, source, bytes.count)
    count &+= bytes.count
  }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Decimal digits, at most 20.
  @inline(__always)
  mutating func appendDecimal(_ number: UInt64) {
    if number < 10 {
      append(UInt8(truncatingIfNeeded: number) | 0x30)
      return
    }
    let digits = Self.digitCount(number)
    assert(digits <= capacity - count)
    writeDigits(number, endingAt: count &+ digits)
    count &+= digits
  }

  /// Decimal digits with leading zeros; `digits` must be enough.
  mutating func appendDecimal(_ number: UInt64, digits: Int) {
    assert(digits <= capacity - count)
    let end = count + digits
    let start = end - Self.digitCount(number)
    for index in count..<max(count, start) { base[index] = 0x30 }
    writeDigits(number, endingAt: end)
    count = end
  }

  mutating func appendDecimal(_ number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    appendDecimal(number.magnitude)
  }

  /// Two digits a step.
  private func writeDigits(_ number: UInt64, endingAt end: Int) {
    var rest = number
    var index = end
    while rest >= 100 {
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      index &-= 2
      writePair(pair, at: index)
      rest = quotient
    }
    if rest >= 10 {
      writePair(rest, at: index &- 2)
    } else {
      base[index &- 1] = UInt8(truncatingIfNeeded: rest) | 0x30
    }
  }

  /// - Precondition: `pair` is less than 100.
  @inline(__always)
  private func writePair(_ pair: UInt64, at index: Int) {
    // 103/1024 is a tenth, exact enough for two digits.
    let tens = (pair &* 103) >> 10
    base[index] = UInt8(truncatingIfNeeded: tens) | 0x30
    base[index &+ 1] = UInt8(truncatingIfNeeded: pair &- tens &* 10) | 0x30
  }

  /// From the length in bits, times log 2 in 1/4096, and one comparison.
  private static func digitCount(_ number: UInt64) -> Int {
    let bits = 64 &- (number | 1).leadingZeroBitCount
    let least = (bits &* 1233) >> 12
    return least &+ (number >= power(least) ? 1 : 0)
  }

  /// 10 to the power of 0 ... 19. Constants in a switch: a static table would be initialised lazily.
  @inline(__always)
  private static func power(_ exponent: Int) -> UInt64 {
    switch exponent {
    case 0: 0
    case 1: 10
    case 2: 100
    case 3: 1_000
    case 4: 10_000
    case 5: 100_000
    case 6: 1_000_000
    case 7: 10_000_000
    case 8: 100_000_000
    case 9: 1_000_000_000
    case 10: 10_000_000_000
    case 11: 100_000_000_000
    case 12: 1_000_000_000_000
    case 13: 10_000_000_000_000
    case 14: 100_000_000_000_000
    case 15: 1_000_000_000_000_000
    case 16: 10_000_000_000_000_000
    case 17: 100_000_000_000_000_000
    case 18: 1_000_000_000_000_000_000
    default: 10_000_000_000_000_000_000
    }
  }

  /// Two hexadecimal digits a byte, small letters.
  mutating func appendHexadecimal(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { appendHexadecimal(byte) }
  }

  @inline(__always)
  mutating func appendHexadecimal(_ byte: UInt8) {
    append(Self.hexadecimal(byte >> 4))
    append(Self.hexadecimal(byte & 0xF))
  }

  @inline(__always)
  private static func hexadecimal(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble }

  /// The inside of a JSON string: bytes are taken as U+0000 ... U+00FF, and only printable ASCII appears as it is.
  /// At most six bytes for one.
  @inline(__always)
  mutating func appendJSON(_ text: UnsafeRawBufferPointer) {
    for byte in text {
      if byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C {
        append(byte)
      } else {
        appendJSONEscape(byte)
      }
    }
  }

  @inline(never)
  private mutating func appendJSONEscape(_ byte: UInt8) {
    append(UInt8(ascii: "\\"))
    switch byte {
    case 0x22, 0x5C: append(byte)
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0C: append(UInt8(ascii: "f"))
    case 0x0D: append(UInt8(ascii: "r"))
    default:
      append("u00")
      appendHexadecimal(byte)
    }
  }

  /// Text for people and spreadsheets: bytes outside printable ASCII as "\xNN", "\" doubled. At most four for one.
  mutating func appendVisible(_ text: UnsafeRawBufferPointer) {
    for byte in text {
      if byte == UInt8(ascii: "\\") {
        append(byte)
        append(byte)
      } else if byte >= 0x20 && byte < 0x7F {
        append(byte)
      } else {
        append("\\x")
        appendHexadecimal(byte)
      }
    }
  }

  /// `number` right-aligned in `width` columns; wider numbers push on.
  mutating func appendRightAligned(_ number: UInt64, width: Int) {
    appendSpaces(width - Self.digitCount(number))
    appendDecimal(number)
  }

  mutating func appendSpaces(_ number: Int) {
    for _ in 0..<max(number, 0) { append(UInt8(ascii: " ")) }
  }
}
