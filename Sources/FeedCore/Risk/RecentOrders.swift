import CPlatform

/// Orders sent within the duplicate window, to refuse their repetition.
///
/// A ring in order of sending, and a table over it. Each order enters and expires once, so the cost is constant per
/// order. Old ones are forgotten when new ones are remembered, behind the sending, or where room is needed; their age
/// tells that they count no more. Full means refuse: an order that could not be remembered could be sent twice.
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

    @inline(__always)
    var spread: UInt64 {
      let low = UInt64(quantity) << 32 | UInt64(UInt32(bitPattern: limitPrice))
      let high = UInt64(group) << 16 | UInt64(venue) << 8 | UInt64(side.rawValue)
      return Mix.fold(0, high, low)
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
  private mutating func expire(at nanoseconds: UInt64) {
    while count > 0 {
      let sent = ring[oldest]
      if isRecent(sent.nanoseconds, at: nanoseconds) { return }
      sentNanoseconds.remove(sent.key)
      oldest = oldest + 1 == ring.capacity ? 0 : oldest + 1
      count -= 1
    }
  }

  @inline(__always)
  private func isRecent(_ sent: UInt64, at nanoseconds: UInt64) -> Bool {
    nanoseconds < sent || nanoseconds - sent < windowNanoseconds
  }

  /// Whether it was sent within the window before `nanoseconds`.
  @inline(__always)
  func contains(_ key: Key, at nanoseconds: UInt64) -> Bool {
    let slot = sentNanoseconds.find(key)
    return unlikely(slot >= 0) && isRecent(sentNanoseconds[slot: slot], at: nanoseconds)
  }

  /// Whether so many more can be remembered.
  @inline(__always)
  mutating func makeRoom(for orders: Int, at nanoseconds: UInt64) -> Bool {
    if unlikely(count + orders > ring.capacity) { expire(at: nanoseconds) }
    return windowNanoseconds == 0 || count + orders <= ring.capacity
  }

  /// - Precondition: `makeRoom(for: 1, at: nanoseconds)` and not `contains(key, at: nanoseconds)`.
  mutating func remember(_ key: Key, at nanoseconds: UInt64) {
    if windowNanoseconds == 0 { return }
    expire(at: nanoseconds)
    assert(count < ring.capacity && !contains(key, at: nanoseconds))
    let index = oldest + count
    ring[index < ring.capacity ? index : index - ring.capacity] = Sent(key: key, nanoseconds: nanoseconds)
    count += 1
    _ = sentNanoseconds.insert(key, nanoseconds)
  }
}
