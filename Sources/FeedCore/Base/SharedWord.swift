import Synchronization

/// One word that two threads share, alone on its cache lines, so that neither side's writes disturb anything else.
///
/// The orderings are the callers' contract: a `publish` (release) makes everything written before it visible to the
/// thread whose `observe` (acquire) sees the value.
struct SharedWord: @unchecked Sendable {
  private let word: UnsafeMutablePointer<Atomic<UInt64>>

  init(_ value: UInt64 = 0) {
    // 128 bytes: two lines, because neighbouring lines are fetched in pairs.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
    word = raw.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    word.initialize(to: Atomic(value))
  }

  @inline(__always) func observe() -> UInt64 { word.pointee.load(ordering: .acquiring) }
  @inline(__always) func publish(_ value: UInt64) { word.pointee.store(value, ordering: .releasing) }
  /// For figures that somebody reads some time.
  @inline(__always) func note(_ value: UInt64) { word.pointee.store(value, ordering: .relaxed) }
  @inline(__always) func glance() -> UInt64 { word.pointee.load(ordering: .relaxed) }
}
