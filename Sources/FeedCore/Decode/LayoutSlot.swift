/// Order of the bytes of a protocol's integers.
public enum ByteOrder: UInt8, Sendable, BitwiseCopyable {
  case big
  case little
}

/// How the bytes of a field are to be read and shown.
public enum FieldEncoding: UInt8, Sendable, BitwiseCopyable {
  /// Unsigned integer of 1 ... 8 bytes.
  case unsigned
  /// Two's complement integer of 1 ... 8 bytes.
  case signed
  /// Unsigned, four implied decimals: ITCH "Price(4)", OUCH "Price".
  case price4
  /// Two's complement, four implied decimals: OUCH "Signed Price".
  case signedPrice4
  /// Unsigned, eight implied decimals: ITCH "Price(8)".
  case price8
  /// Unsigned, nanoseconds since midnight of the venue.
  case timestamp
  /// One ASCII character.
  case character
  /// ASCII, left-justified, padded right with spaces.
  case text
  /// A number in ASCII digits, padded with spaces.
  case digits
  /// Bytes without a meaning; never printed, written as zero.
  case reserved

  @inlinable public var isSigned: Bool { self == .signed || self == .signedPrice4 }
  @inlinable public var isText: Bool { self == .character || self == .text || self == .digits }
}

/// Where a field's bytes lie and how to read them: the part of a `FieldLayout` that a loop over messages needs.
///
/// SAFETY: the loads do not check bounds. The caller holds the proof that the message has at least
/// `offset + size` bytes: `ProtocolDescription.verdict(of:)` said it is not short.
public struct FieldSlot: Sendable, BitwiseCopyable, Equatable {
  /// Bytes from the start of the message.
  public let offset: Int
  /// Bytes, 1 ... 8 for numbers.
  public let size: Int
  public let encoding: FieldEncoding

  public init(offset: Int, size: Int, encoding: FieldEncoding) {
    precondition(encoding.isText || (1...8).contains(size), "a number has 1 to 8 bytes")
    self.offset = offset
    self.size = size
    self.encoding = encoding
  }

  /// The field's bytes as an unsigned number.
  @inlinable @inline(__always)
  public func unsigned(at message: UnsafeRawPointer, _ order: ByteOrder) -> UInt64 {
    var value: UInt64 = 0
    if order == .big {
      // The sizes that fill the venues' messages, each one load; the loop serves the rest.
      switch size {
      case 8: return message.bigEndian(UInt64.self, at: offset)
      case 4: return UInt64(message.bigEndian(UInt32.self, at: offset))
      case 2: return UInt64(message.bigEndian(UInt16.self, at: offset))
      case 6: return message.bigEndianUInt48(at: offset)
      default: for index in 0..<size { value = value << 8 | UInt64(message.byte(at: offset + index)) }
      }
    } else {
      for index in stride(from: size - 1, through: 0, by: -1) {
        value = value << 8 | UInt64(message.byte(at: offset + index))
      }
    }
    return value
  }

  /// The field's bytes as a two's complement number.
  @inlinable @inline(__always)
  public func signed(at message: UnsafeRawPointer, _ order: ByteOrder) -> Int64 {
    let unused = UInt64(64 - 8 * size)
    return Int64(bitPattern: unsigned(at: message, order) << unused) >> Int64(unused)
  }

  /// The field's bytes as they are.
  @inlinable @inline(__always)
  public func bytes(at message: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: message + offset, count: size)
  }

  /// The field's bytes without the padding at their end, spaces and NULs; empty where there is nothing else.
  @inlinable @inline(__always)
  public func trimmed(at message: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    var count = size
    while count > 0 {
      let last = message.byte(at: offset + count - 1)
      if last != 0x20 && last != 0 { break }
      count -= 1
    }
    return UnsafeRawBufferPointer(start: message + offset, count: count)
  }
}
