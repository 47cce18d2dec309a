import Synchronization

/// Words with one writer that other threads read some time: plain loads and stores for the writer, on cache lines that
/// nothing else shares.
struct SharedCounters: @unchecked Sendable {
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  init(count: Int) {
    // Whole pairs of lines, because neighbouring lines are fetched in pairs.
    let bytes = (count * MemoryLayout<Atomic<UInt64>>.stride + 127) & ~127
    words = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 128)
      .bindMemory(to: Atomic<UInt64>.self, capacity: count)
    for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
    self.count = count
  }

  /// The owner's last call.
  func deallocate() {
    words.deinitialize(count: count)
    UnsafeMutableRawPointer(words).deallocate()
  }

  /// Any thread, some time.
  @inline(__always)
  func glance(_ index: Int) -> UInt64 {
    assert(index >= 0 && index < count)
    return words[index].load(ordering: .relaxed)
  }

  /// The writer.
  @inline(__always)
  func add(_ amount: UInt64, to index: Int) {
    assert(index >= 0 && index < count)
    words[index].store(words[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// The writer: everything it wrote before is visible to who observes the value.
  @inline(__always)
  func publish(_ value: UInt64, to index: Int) { words[index].store(value, ordering: .releasing) }

  @inline(__always)
  func observe(_ index: Int) -> UInt64 { words[index].load(ordering: .acquiring) }
}
