import CPlatform

/// Messages under way, each with the time at which it arrives.
///
/// Timers due at time t happen, stamped t, in the order of their creation, before any packet with capture time ≥ t.
/// A binary heap by (due time, creation number) over message slots of 128 bytes, all sized at the start. Slots are
/// reused last in, first out, so that a quiet shard touches few pages.
struct TimerQueue {
  static let messageCapacity = OUCH50.maximumMessageLength

  /// A message that has arrived; its bytes are in the buffer handed to `popDue`.
  struct Arrival: BitwiseCopyable {
    var dueNanoseconds: UInt64
    var length: Int
    var venue: VenueIndex
    var direction: WireDirection
  }
  private struct Entry: BitwiseCopyable {
    var dueNanoseconds: UInt64
    /// Never reused: 2^64 timers outlast any run.
    var creation: UInt64
    var slot: UInt32
    var length: UInt8
    var venue: VenueIndex
    var direction: WireDirection

    func isBefore(_ other: Entry) -> Bool {
      (dueNanoseconds, creation) < (other.dueNanoseconds, other.creation)
    }
  }

  let capacity: Int
  private(set) var count = 0
  private let heap: Storage<Entry>
  private let messages: Storage<UInt8>
  private let freeSlots: Storage<UInt32>
  private var freeCount = 0
  /// Slots 0 ..< this have been used at least once.
  private var touchedSlots = 0
  private var creations: UInt64 = 0

  init(capacity: Int) {
    self.capacity = capacity
    heap = Storage(capacity: capacity, hugePages: false)
    messages = Storage(capacity: capacity * Self.messageCapacity, hugePages: false)
    freeSlots = Storage(capacity: capacity, hugePages: false)
  }

  func prefaultBeginning() {
    heap.prefaultBeginning()
    messages.prefaultBeginning()
    freeSlots.prefaultBeginning()
  }

  /// Asks for the end of the heap, its root, and the slots of the next two messages.
  @inline(__always)
  func prefetchNext() {
    feedh_prefetch(heap.base)
    feedh_prefetch(heap.base + count)
    for ahead in 0..<2 {
      // Those given back last are taken first (`takeSlot`).
      let slot = ahead < freeCount ? Int(freeSlots.base[freeCount - 1 - ahead]) : touchedSlots + ahead - freeCount
      if slot >= capacity { return }
      let message = messages.base + slot * Self.messageCapacity
      feedh_prefetch(message)
      feedh_prefetch(message + 64)
    }
  }

  /// When the next one is due; `UInt64.max` = none.
  @inline(__always)
  var nextDue: UInt64 { count == 0 ? .max : heap[0].dueNanoseconds }

  var room: Int { capacity - count }

  /// Copies the message. False, and nothing changed, when the queue is full or the message longer than a slot.
  mutating func schedule(
    _ message: UnsafeRawPointer, length: Int, venue: VenueIndex, direction: WireDirection, at dueNanoseconds: UInt64
  ) -> Bool {
    OrderCode.schedule.mark()
    if count == capacity || length < 0 || length > Self.messageCapacity { return false }
    let slot = takeSlot()
    UnsafeMutableRawPointer(messages.base + Int(slot) * Self.messageCapacity)
      .copyMemory(from: message, byteCount: length)
    let entry = Entry(
      // The greatest time means "none".
      dueNanoseconds: min(dueNanoseconds, .max - 1), creation: creations, slot: slot, length: UInt8(length),
      venue: venue, direction: direction)
    creations &+= 1
    siftUp(entry, from: count)
    count += 1
    return true
  }

  /// Takes the first timer if it is due at `nanoseconds` or before, and copies its message to `buffer`.
  ///
  /// - Parameter buffer: `messageCapacity` bytes.
  mutating func popDue(at nanoseconds: UInt64, into buffer: UnsafeMutableRawPointer) -> Arrival? {
    if nextDue > nanoseconds || count == 0 { return nil }
    let entry = heap[0]
    count -= 1
    if count > 0 { siftDown(heap[count]) }
    buffer.copyMemory(
      from: messages.base + Int(entry.slot) * Self.messageCapacity, byteCount: Int(entry.length))
    freeSlots[freeCount] = entry.slot
    freeCount += 1
    return Arrival(
      dueNanoseconds: entry.dueNanoseconds, length: Int(entry.length), venue: entry.venue, direction: entry.direction)
  }

  private mutating func takeSlot() -> UInt32 {
    if freeCount > 0 {
      freeCount -= 1
      return freeSlots[freeCount]
    }
    touchedSlots += 1
    return UInt32(touchedSlots - 1)
  }

  private mutating func siftUp(_ entry: Entry, from start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      if !entry.isBefore(heap[parent]) { break }
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = entry
  }

  private mutating func siftDown(_ entry: Entry) {
    var index = 0
    while true {
      var child = 2 * index + 1
      if child >= count { break }
      if child + 1 < count && heap[child + 1].isBefore(heap[child]) { child += 1 }
      if !heap[child].isBefore(entry) { break }
      heap[index] = heap[child]
      index = child
    }
    heap[index] = entry
  }
}
