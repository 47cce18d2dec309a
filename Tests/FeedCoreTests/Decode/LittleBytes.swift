/// Messages written by hand, byte by byte, little-endian: nothing of the code under test helps.
struct LittleBytes {
  var bytes: [UInt8] = []

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  func u8(_ value: UInt8) -> LittleBytes { LittleBytes(bytes + [value]) }
  func u16(_ value: UInt16) -> LittleBytes { number(UInt64(value), 2) }
  func u32(_ value: UInt32) -> LittleBytes { number(UInt64(value), 4) }
  func u64(_ value: UInt64) -> LittleBytes { number(value, 8) }
  func i32(_ value: Int32) -> LittleBytes { number(UInt64(UInt32(bitPattern: value)), 4) }
  func i64(_ value: Int64) -> LittleBytes { number(UInt64(bitPattern: value), 8) }
  func pad(_ count: Int) -> LittleBytes { LittleBytes(bytes + [UInt8](repeating: 0, count: count)) }
  /// Filled up with NULs.
  func text(_ text: String, _ count: Int) -> LittleBytes {
    LittleBytes(bytes + (Array(text.utf8) + [UInt8](repeating: 0, count: count)).prefix(count))
  }
  func and(_ more: [UInt8]) -> LittleBytes { LittleBytes(bytes + more) }

  private func number(_ value: UInt64, _ count: Int) -> LittleBytes {
    LittleBytes(bytes + (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) })
  }
}
