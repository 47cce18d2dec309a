/// Puts a TCP stream together again: bytes in as they come, whole messages out.
///
/// The buffer is fixed; it must hold the longest message of the protocol. What has been read makes room when more
/// comes, so that pointers into it are good until the next `append`. A copy of the value shares the memory: a client
/// has one owner.
struct RecoveryStream: @unchecked Sendable {
  private let storage: Storage<UInt8>
  private var start = 0
  private var end = 0

  init(capacity: Int) { storage = Storage(capacity: max(1, capacity), hugePages: false) }

  var count: Int { end - start }
  var capacity: Int { storage.capacity }

  /// SAFETY: valid for `count` bytes until the next `append`.
  var base: UnsafeRawPointer { UnsafeRawPointer(storage.base + start) }

  /// Takes what fits and returns how many bytes that was; the rest has to be given again after reading.
  mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    if start > 0 {
      // SAFETY: both ranges lie in the storage; memmove allows them to overlap.
      if end > start { UnsafeMutableRawPointer(storage.base).copyMemory(from: base, byteCount: end - start) }
      end -= start
      start = 0
    }
    let taken = min(bytes.count, storage.capacity - end)
    if taken > 0, let source = bytes.baseAddress {
      // SAFETY: `taken` bytes are left behind `end`.
      UnsafeMutableRawPointer(storage.base + end).copyMemory(from: source, byteCount: taken)
      end += taken
    }
    return taken
  }

  /// Takes the next `length` bytes out, nil while they are not here.
  mutating func take(_ length: Int) -> UnsafeRawBufferPointer? {
    guard length <= count else { return nil }
    let bytes = UnsafeRawBufferPointer(start: base, count: length)
    start += length
    return bytes
  }

  mutating func reset() {
    start = 0
    end = 0
  }
}
