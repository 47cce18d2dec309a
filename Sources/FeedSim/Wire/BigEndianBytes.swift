extension Array where Element == UInt8 {
  /// Appends an integer in network byte order.
  @inline(__always)
  mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
    for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> T(shift)))
    }
  }

  /// Appends the low 48 bits in network byte order: an ITCH timestamp.
  @inline(__always)
  mutating func append(bigEndian48 value: UInt64) {
    append(bigEndian: UInt16(truncatingIfNeeded: value >> 32))
    append(bigEndian: UInt32(truncatingIfNeeded: value))
  }

  /// Overwrites bytes with an integer in network byte order.
  mutating func store<T: FixedWidthInteger>(bigEndian value: T, at offset: Int) {
    for index in 0..<T.bitWidth / 8 {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> T(T.bitWidth - 8 - index * 8))
    }
  }
}
