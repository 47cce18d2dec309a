extension Array where Element == UInt8 {
  /// Appends an integer, least significant byte first.
  @inline(__always)
  mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> T(shift))) }
  }

  /// Overwrites bytes with an integer, least significant byte first.
  mutating func store<T: FixedWidthInteger>(littleEndian value: T, at offset: Int) {
    for index in 0..<T.bitWidth / 8 { self[offset + index] = UInt8(truncatingIfNeeded: value >> T(index * 8)) }
  }

  /// Appends text, cut or filled up to `length`.
  mutating func append(text: [UInt8], length: Int, padding: UInt8 = 0x20) {
    self += text.prefix(length)
    for _ in text.count..<Swift.max(length, text.count) { append(padding) }
  }
}
