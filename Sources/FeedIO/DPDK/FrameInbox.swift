import Glibc

/// Copies of frames on their way from a polling core to a cold thread. Full: the frame is dropped and counted.
///
/// For what is not market data, such as queries of memberships: a few frames a minute.
struct FrameInbox: @unchecked Sendable {
  /// The longest frame that is kept whole; of longer ones the beginning.
  static var frameLengthMaximum: Int { 2_046 }
  private static var slotLength: Int { 2_048 }
  private static var slotCount: UInt64 { 32 }

  /// Each slot: its frame's length in two bytes, then the frame.
  private let slots: UnsafeMutableRawPointer
  private let pushed = OwnedCount()
  private let popped = OwnedCount()
  let drops = OwnedCount()

  init() {
    slots = .allocate(byteCount: Self.slotLength * Int(Self.slotCount), alignment: 64)
  }

  /// By the polling core.
  @inline(never)
  func push(_ bytes: UnsafeRawPointer, length: Int) {
    let tail = pushed.value
    // Acquire: the cold thread has read the slot before it gave it back.
    if tail &- popped.observe() >= Self.slotCount {
      drops.add(1)
      return
    }
    let slot = slots + Int(tail % Self.slotCount) * Self.slotLength
    let kept = min(length, Self.frameLengthMaximum)
    slot.storeBytes(of: UInt16(truncatingIfNeeded: kept), as: UInt16.self)
    memcpy(slot + 2, bytes, kept)
    pushed.publish(tail &+ 1)
  }

  /// By the cold thread: hands out the oldest frame; false: there is none. The bytes are valid within `body`.
  func pop(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    let head = popped.value
    if pushed.observe() == head { return false }
    let slot = slots + Int(head % Self.slotCount) * Self.slotLength
    let length = Int(slot.load(as: UInt16.self))
    body(UnsafeRawBufferPointer(start: slot + 2, count: length))
    popped.publish(head &+ 1)
    return true
  }

  /// Once neither thread uses it.
  func deallocate() {
    slots.deallocate()
    for count in [pushed, popped, drops] { count.deallocate() }
  }
}
