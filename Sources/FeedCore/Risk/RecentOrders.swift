import CPlatform

/// Orders sent within the duplicate window, to refuse their repetition.
///
/// A ring in order of sending, and a table over it. Each order enters and expires once, so the cost is constant per
/// order. Full means refuse: an order that could not be remembered could be sent twice.
struct RecentOrders {
  /// What makes two orders the same.
  struct Key: FixedTableKey {
    var group: GroupIndex
    var limitPrice: Int32
    var quantity: UInt32
    var venue: VenueIndex
    var side: Side

    init(_ intent: OrderIntent) {
      group = intent.group
      limitPrice = intent.limitPrice
      quantity = intent.quantity
      venue = intent.venue
      side = intent.side
    }

    var spread: UInt64 {
      let low = UInt64(quantity) << 32 | UInt64(UInt32(bitPattern: limitPrice))
      let high = UInt64(group) << 16 | UInt64(venue) << 8 | UInt64(side.rawValue)
      return Mix.spread(low ^ Mix.spread(high))
    }
  }
  private struct Sent: BitwiseCopyable {
    var key: Key
    var nanoseconds: UInt64
  }

  let windowNanoseconds: UInt64
  private let ring: Storage<Sent>
  private var oldest = 0
  private(set) var count = 0
  private var sentNanoseconds: FixedTable<Key, UInt64>

  /// - Parameter windowNanoseconds: 0 = nothing is a duplicate, nothing is remembered.
  init(windowNanoseconds: UInt64, capacity: Int) {
    self.windowNanoseconds = windowNanoseconds
    ring = Storage(capacity: max(1, capacity), hugePages: false)
    sentNanoseconds = FixedTable(capacity: max(1, capacity))
  }

  func prefaultBeginning() {
    ring.prefaultBeginning()
    sentNanoseconds.prefaultBeginning()
  }

  /// Enough for all orders that the token bucket lets out within the window, at most 65,536.
  static func capacity(for limits: ShardLimits) -> Int {
    let inWindow = UInt128(limits.duplicateWindowNanoseconds) * UInt128(limits.ordersPerSecond) / 1_000_000_000
    return Int(min(65_536, inWindow + UInt128(limits.orderBurst) + 2))
  }

  @inline(__always)
  func prefetch(_ key: Key) { sentNanoseconds.prefetch(key) }

  /// Asks for the oldest entry, which may have to go, and for where the next two will stand.
  @inline(__always)
  func prefetchNext() {
    feedh_prefetch(ring.base + oldest)
    let next = oldest + count
    feedh_prefetch(ring.base + (next < ring.capacity ? next : next - ring.capacity))
  }

  /// Forgets orders sent `windowNanoseconds` or longer ago.
  mutating func expire(at nanoseconds: UInt64) {
    while count > 0 {
      let sent = ring[oldest]
      if nanoseconds < sent.nanoseconds || nanoseconds - sent.nanoseconds < windowNanoseconds { return }
      sentNanoseconds.remove(sent.key)
      oldest = oldest + 1 == ring.capacity ? 0 : oldest + 1
      count -= 1
    }
  }

  /// Call after `expire(at:)`.
  func contains(_ key: Key) -> Bool { windowNanoseconds > 0 && sentNanoseconds.find(key) >= 0 }

  func hasRoom(for orders: Int) -> Bool { windowNanoseconds == 0 || count + orders <= ring.capacity }

  /// - Precondition: `hasRoom(for: 1)` and not `contains(key)`.
  mutating func remember(_ key: Key, at nanoseconds: UInt64) {
    if windowNanoseconds == 0 { return }
    assert(hasRoom(for: 1) && !contains(key))
    let index = oldest + count
    ring[index < ring.capacity ? index : index - ring.capacity] = Sent(key: key, nanoseconds: nanoseconds)
    count += 1
    _ = sentNanoseconds.insert(key, nanoseconds)
  }
}
