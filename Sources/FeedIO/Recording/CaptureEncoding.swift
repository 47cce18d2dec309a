/// Writes little-endian words one after the other into memory that the caller has proved to be long enough.
struct CaptureEncoding {
  let start: UnsafeMutableRawPointer
  private(set) var length = 0

  init(_ start: UnsafeMutableRawPointer) { self.start = start }

  mutating func put<T: FixedWidthInteger>(_ value: T) {
    // SAFETY: see the type's sentence; callers reserve the length they compute with the same rules.
    (start + length).storeBytes(of: value.littleEndian, as: T.self)
    length += MemoryLayout<T>.size
  }

  mutating func put(_ bytes: UnsafeRawPointer, _ count: Int) {
    (start + length).copyMemory(from: bytes, byteCount: count)
    length += count
  }

  /// Zeros up to a multiple of four.
  mutating func pad() {
    while length & 3 != 0 { put(0 as UInt8) }
  }
}
