/// Little-endian bytes put one after the other: how the tests write messages from the sheets, without the code under
/// test.
struct LittleEndianBytes {
  private(set) var bytes: [UInt8] = []

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  mutating func put(_ value: some BinaryInteger, _ size: Int) {
    let word = UInt64(truncatingIfNeeded: value)
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * index))) }
  }

  mutating func pad(_ count: Int) { bytes += [UInt8](repeating: 0, count: count) }

  /// Left-justified, filled up with NULs.
  mutating func put(text: String, _ size: Int) {
    let text = Array(text.utf8).prefix(size)
    bytes += text
    pad(size - text.count)
  }

  mutating func put(real: Double) { put(real.bitPattern, 8) }
  mutating func put(_ more: [UInt8]) { bytes += more }

  /// Values and their sizes, in turn: what a table of a sheet lists.
  static func of(_ fields: (Int64, Int)...) -> [UInt8] {
    var writer = LittleEndianBytes()
    for (value, size) in fields { writer.put(value, size) }
    return writer.bytes
  }
}
