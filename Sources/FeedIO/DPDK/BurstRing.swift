import CDPDK

/// The packets of a queue's last bursts, so that their bytes stay while cores still look at them.
///
/// `LiveSource.retainedBursts` bursts and the newest are held, and one more is being filled. Each goes back to its pool
/// in one call, and none is looked at again before that.
struct BurstRing {
  typealias Slot = UnsafeMutablePointer<UnsafeMutablePointer<feedh_dpdk_mbuf>?>

  private let packets: Slot
  private let counts: UnsafeMutablePointer<UInt32>
  private var current = 0

  /// The burst being filled, the newest, and those before it.
  static var slotCount: Int { LiveSource.retainedBursts + 2 }

  init() {
    packets = .allocate(capacity: Self.slotCount * DPDKQueue.burstMaximum)
    packets.initialize(repeating: nil, count: Self.slotCount * DPDKQueue.burstMaximum)
    counts = .allocate(capacity: Self.slotCount)
    counts.initialize(repeating: 0, count: Self.slotCount)
  }

  /// Where the next burst goes: `DPDKQueue.burstMaximum` places, free.
  @inline(__always)
  var slot: Slot { packets + current &* DPDKQueue.burstMaximum }

  /// A burst of so many packets, at least one, has been put into `slot`; the oldest one's go back.
  @inline(__always)
  mutating func keep(_ count: Int) {
    counts[current] = UInt32(truncatingIfNeeded: count)
    current = current &+ 1 == Self.slotCount ? 0 : current &+ 1
    let oldest = counts[current]
    if oldest > 0 {
      counts[current] = 0
      feedh_dpdk_free(slot, oldest)
    }
  }

  /// Packets held.
  var heldCount: Int { (0..<Self.slotCount).reduce(0) { $0 + Int(counts[$1]) } }

  /// Gives all of them back.
  func freeAll() {
    for index in 0..<Self.slotCount where counts[index] > 0 {
      feedh_dpdk_free(packets + index * DPDKQueue.burstMaximum, counts[index])
      counts[index] = 0
    }
  }

  func deallocate() {
    packets.deallocate()
    counts.deallocate()
  }
}
