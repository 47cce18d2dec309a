/// OUCH ClOrdID: 14 characters, left-justified, space-padded.
public struct ClOrdID: BitwiseCopyable, Sendable, Equatable {
  /// The first eight characters, packed big-endian.
  public var first8: UInt64
  /// The last six, in the low 48 bits.
  public var last6: UInt64

  public init(first8: UInt64, last6: UInt64) {
    self.first8 = first8
    self.last6 = last6 & 0xFFFF_FFFF_FFFF
  }

  /// Greatest order number that fits.
  public static let maximumOrderNumber: UInt64 = 9_999_999_999

  /// "S03-0000000042": shard and number of the order within the shard.
  ///
  /// - Parameters:
  ///   - shard: two digits are kept.
  ///   - orderNumber: ten digits are kept.
  public init(shard: Int, orderNumber: UInt64) {
    var rest = orderNumber
    var last: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 48, by: 8) {
      last |= (0x30 + rest % 10) << shift
      rest /= 10
    }
    var first: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 32, by: 8) {
      first |= (0x30 + rest % 10) << shift
      rest /= 10
    }
    let number = UInt64(shard.magnitude)
    first |= UInt64(UInt8(ascii: "S")) << 56 | (0x30 + number / 10 % 10) << 48 | (0x30 + number % 10) << 40
    first |= UInt64(UInt8(ascii: "-")) << 32
    self.init(first8: first, last6: last)
  }

  /// The next order's number, where its last digit alone changes; else false, and nothing has changed.
  @inline(__always)
  mutating func countUp() -> Bool {
    if last6 & 0xFF >= 0x39 { return false }
    last6 &+= 1
    return true
  }

  /// - Precondition: `bytes` holds 14 bytes.
  public init(unchecked bytes: UnsafeRawPointer) {
    first8 = bytes.bigEndian(UInt64.self, at: 0)
    last6 = bytes.bigEndianUInt48(at: 8)
  }

  /// Writes 14 bytes.
  public func encode(into buffer: UnsafeMutableRawPointer) {
    buffer.storeBigEndian(first8, at: 0)
    buffer.storeBigEndianUInt48(last6, at: 8)
  }
}
