/// The bytes of one request, heartbeat or login: a value, so that making it allocates nothing.
///
/// Holds `capacity` bytes; the longest request of a venue (IEX gap fill, 16 ranges) has 272. What would not fit is a
/// mistake of ours: it is left out, and `isWhole` says so.
public struct RequestBytes: Sendable, BitwiseCopyable {
  public static var capacity: Int { 288 }

  private var storage = InlineArray<288, UInt8>(repeating: 0)
  public private(set) var count = 0
  public private(set) var isWhole = true

  public init() {}

  public var array: [UInt8] { (0..<count).map { storage[$0] } }

  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try Swift.withUnsafeBytes(of: storage) { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  mutating func append(byte: UInt8) {
    guard count < Self.capacity else {
      isWhole = false
      return
    }
    storage[count] = byte
    count += 1
  }

  mutating func append<T: FixedWidthInteger & UnsignedInteger>(big value: T) {
    var shift = T.bitWidth
    while shift > 0 {
      shift -= 8
      append(byte: UInt8(truncatingIfNeeded: value >> T(shift)))
    }
  }

  mutating func append<T: FixedWidthInteger & UnsignedInteger>(little value: T) {
    var shift = 0
    while shift < T.bitWidth {
      append(byte: UInt8(truncatingIfNeeded: value >> T(shift)))
      shift += 8
    }
  }

  /// Text cut or padded at the right to a width.
  mutating func append(_ text: RecoveryText, width: Int, padding: UInt8 = 0x20) {
    for index in 0..<width { append(byte: index < text.count ? text[index] : padding) }
  }

  /// A decimal number padded at the left with spaces to a width of 20.
  mutating func append(decimal20 value: UInt64) {
    var rest = value
    var digits = InlineArray<20, UInt8>(repeating: 0x20)
    var index = 19
    repeat {
      digits[index] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      index -= 1
    } while rest > 0
    for index in digits.indices { append(byte: digits[index]) }
  }
}
