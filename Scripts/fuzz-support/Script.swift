/// Reads an input as a script; zeros once it is over.
struct Script {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isOver: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    defer { position += 1 }
    return position < bytes.count ? bytes[position] : 0
  }

  mutating func int() -> Int { Int(byte()) }

  /// At most `count` bytes, fewer where the script ends.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let end = min(position + count, bytes.count)
    defer { position = max(position, end) }
    return position < end ? Array(bytes[position..<end]) : []
  }

  mutating func rest() -> [UInt8] { bytes(bytes.count) }
}

/// Hands a copy on that ends where the bytes do, so that the address sanitizer sees a read beyond them.
func withExactCopy<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
  defer { copy.deallocate() }
  copy.copyBytes(from: bytes)
  return body(UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]))
}
