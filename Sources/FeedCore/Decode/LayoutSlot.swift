/// Order of the bytes of a protocol's numbers.
public enum ByteOrder: UInt8, Sendable, BitwiseCopyable {
  case big
  case little
}

/// How the bytes of a field are to be read and shown.
public enum FieldEncoding: UInt8, Sendable, BitwiseCopyable {
  /// Unsigned integer of 1 ... 8 bytes; with `FieldSlot.decimals` a number with implied decimals.
  case unsigned
  /// Two's complement integer of 1 ... 8 bytes; likewise.
  case signed
  /// Unsigned, nanoseconds since midnight of the venue.
  case timestamp
  /// IEEE 754 binary64.
  case real
  /// One ASCII character.
  case character
  /// ASCII, left-justified, padded right with spaces or NULs.
  case text
  /// A number in ASCII digits, padded with spaces.
  case digits
  /// Bytes shown as hexadecimal digits: the venue's text says bytes where others say text.
  case bytes
  /// Bytes without a meaning; never printed, written as zero.
  case reserved

  @inlinable public var isSigned: Bool { self == .signed }
  @inlinable public var isText: Bool { self == .character || self == .text || self == .digits }
  @inlinable public var isInteger: Bool { self == .unsigned || self == .signed || self == .timestamp }
}

/// Which value of an optional field means that there is none.
public enum NullRule: UInt8, Sendable, BitwiseCopyable {
  case none
  /// The largest value of its type: all ones where unsigned.
  case largest
  /// The smallest value of its type, 0x80 and zeros.
  case smallest
  /// Any binary64 that is not a number.
  case notANumber
}

/// Where a field's bytes lie and how to read them: the part of a `FieldLayout` that a loop over messages needs.
///
/// SAFETY: the loads do not check bounds. The caller holds the proof that the message (or the group's entry) has at
/// least `offset + size` bytes: `ProtocolDescription.judge` said it is not short.
public struct FieldSlot: Sendable, BitwiseCopyable, Equatable {
  /// Bytes from the start of the message, or of the group's entry.
  public let offset: Int
  /// Bytes, 1 ... 8 for numbers.
  public let size: Int
  public let encoding: FieldEncoding
  /// Implied decimals of an integer: the value is the number divided by ten to this power.
  public let decimals: UInt8
  public let null: NullRule

  public init(
    offset: Int, size: Int, encoding: FieldEncoding, decimals: UInt8 = 0, null: NullRule = .none
  ) {
    precondition(!encoding.isInteger || (1...8).contains(size), "a number has 1 to 8 bytes")
    precondition(encoding != .real || size == 8, "a binary64 has 8 bytes")
    precondition(decimals == 0 || encoding.isInteger && decimals <= 18, "only integers have implied decimals, up to 18")
    self.offset = offset
    self.size = size
    self.encoding = encoding
    self.decimals = decimals
    self.null = null
  }

  /// The field's bytes as an unsigned number.
  @inlinable @inline(__always)
  public func unsigned(at message: UnsafeRawPointer, _ order: ByteOrder) -> UInt64 {
    // The sizes that fill the venues' messages, each one load; the loops serve the rest.
    var value: UInt64 = 0
    if order == .big {
      switch size {
      case 8: return message.bigEndian(UInt64.self, at: offset)
      case 4: return UInt64(message.bigEndian(UInt32.self, at: offset))
      case 2: return UInt64(message.bigEndian(UInt16.self, at: offset))
      case 6: return message.bigEndianUInt48(at: offset)
      default: for index in 0..<size { value = value << 8 | UInt64(message.byte(at: offset + index)) }
      }
    } else {
      switch size {
      case 8: return message.littleEndian(UInt64.self, at: offset)
      case 4: return UInt64(message.littleEndian(UInt32.self, at: offset))
      case 2: return UInt64(message.littleEndian(UInt16.self, at: offset))
      case 1: return UInt64(message.byte(at: offset))
      default:
        for index in stride(from: size - 1, through: 0, by: -1) {
          value = value << 8 | UInt64(message.byte(at: offset + index))
        }
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

  /// The field's bytes as a binary64.
  @inlinable @inline(__always)
  public func real(at message: UnsafeRawPointer, _ order: ByteOrder) -> Double {
    Double(bitPattern: unsigned(at: message, order))
  }

  /// True where the field says that it has no value.
  @inlinable @inline(__always)
  public func isNull(at message: UnsafeRawPointer, _ order: ByteOrder) -> Bool {
    switch null {
    case .none: false
    case .notANumber: real(at: message, order).isNaN
    case .largest, .smallest: unsigned(at: message, order) == nullBits
    }
  }

  /// The bits that stand for no value; 0 where there are none.
  @inlinable
  public var nullBits: UInt64 {
    let all = UInt64.max >> UInt64(64 - 8 * min(max(size, 1), 8))
    return switch null {
    case .none: 0
    case .largest: encoding.isSigned ? all >> 1 : all
    case .smallest: encoding.isSigned ? (all >> 1) + 1 : 0
    // As Deribit writes it.
    case .notANumber: .max
    }
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
