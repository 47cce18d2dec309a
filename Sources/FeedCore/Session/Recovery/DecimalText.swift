/// Numbers as text: digits with spaces at either side.
enum DecimalText {
  /// Nil: no digits, anything but digits between the spaces, or beyond 64 bits. The caller holds the bounds.
  static func parse(_ bytes: UnsafeRawBufferPointer, at offset: Int, length: Int) -> UInt64? {
    var first = offset
    var end = offset + length
    while first < end, bytes[first] == 0x20 { first += 1 }
    while end > first, bytes[end - 1] == 0x20 { end -= 1 }
    if first == end { return nil }
    var value: UInt64 = 0
    for index in first..<end {
      let byte = bytes[index]
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowed2) = scaled.addingReportingOverflow(UInt64(byte &- 0x30))
      if overflowed || overflowed2 { return nil }
      value = sum
    }
    return value
  }
}
