import Synchronization

/// A count that one thread writes and others read some time, on cache lines of its own.
struct OwnedCount: @unchecked Sendable {
  private let word: UnsafeMutablePointer<Atomic<UInt64>>

  init() {
    // 128 bytes: two lines, because neighbouring lines are fetched in pairs.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
    word = raw.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    word.initialize(to: Atomic(0))
  }

  /// By its owner. Relaxed: nothing else hangs on the value.
  @inline(__always)
  func add(_ count: UInt64) {
    word.pointee.store(word.pointee.load(ordering: .relaxed) &+ count, ordering: .relaxed)
  }

  /// By its owner: what was written before is there for whoever `observe`s this value.
  @inline(__always) func publish(_ value: UInt64) { word.pointee.store(value, ordering: .releasing) }
  @inline(__always) func observe() -> UInt64 { word.pointee.load(ordering: .acquiring) }
  @inline(__always) var value: UInt64 { word.pointee.load(ordering: .relaxed) }

  /// Once no thread uses it.
  func deallocate() { word.deallocate() }
}
