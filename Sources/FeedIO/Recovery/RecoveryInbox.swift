import FeedCore
import Glibc

/// What servers sent, on its way to the core that polls: slots of memory, filled by the cold thread and emptied by the
/// core, which gives each back when nothing points into it any more. No slot free: the cold thread leaves the bytes in
/// the kernel's socket buffer, so that TCP waits, and UDP drops there, counted.
///
///     slot: 64 bytes for headers │ payload, 9,216 bytes │ at least 7 bytes of nothing
struct RecoveryInbox: @unchecked Sendable {
  static var slotCount: Int { 256 }
  static var payloadCapacity: Int { 9_216 }
  private static var stride: Int { DatagramHeader.length + payloadCapacity + 64 }

  private let memory: UnsafeMutableRawPointer
  private let packets: UnsafeMutablePointer<Packet>
  /// Slots ever filled; written by the cold thread. Apart from `freed`, so that neither side's writes disturb the other.
  private let filled = SharedCounters(count: 1)
  /// Slots ever given back; written by the core.
  private let freed = SharedCounters(count: 1)

  init() {
    memory = .allocate(byteCount: Self.slotCount * Self.stride, alignment: 64)
    packets = .allocate(capacity: Self.slotCount)
  }

  /// When neither thread uses it any more.
  func deallocate() {
    memory.deallocate()
    packets.deallocate()
    filled.deallocate()
    freed.deallocate()
  }

  // MARK: - The cold thread

  var freeSlots: Int { Self.slotCount - Int(filled.glance(0) &- freed.observe(0)) }

  /// The next free slot; its payload begins `DatagramHeader.length` bytes on.
  ///
  /// - Precondition: `freeSlots` > 0.
  var slot: UnsafeMutableRawPointer { memory + Int(filled.glance(0) % UInt64(Self.slotCount)) * Self.stride }

  /// Hands the slot over, with what it holds.
  func publish(_ packet: Packet) {
    let count = filled.glance(0)
    (packets + Int(count % UInt64(Self.slotCount))).initialize(to: packet)
    filled.publish(count &+ 1, to: 0)
  }

  // MARK: - The core

  /// How many slots were filled so far: what they hold is visible.
  @inline(__always)
  func observe() -> UInt64 { filled.observe(0) }

  @inline(__always)
  func packet(_ number: UInt64) -> Packet { packets[Int(number % UInt64(Self.slotCount))] }

  /// Everything before this number may be filled again.
  @inline(__always)
  func release(before number: UInt64) { freed.publish(number, to: 0) }
}
