/// Puts packets of all venues and lines into capture order: a binary heap of those that a later one could still
/// precede.
struct CaptureMerger {
  struct Entry {
    /// Unix nanoseconds.
    var nanoseconds: UInt64
    var venue: Int
    var line: Int
    /// Order among packets of equal time, venue and line.
    var serial: UInt64
    var frame: [UInt8]
    /// False for the undelayed, undamaged stream that only the truth sees.
    var isCaptured: Bool
    /// True for a packet as line A would deliver it without loss, duplication or reordering.
    var isTruth: Bool

    @inline(__always)
    func precedes(_ other: Entry) -> Bool {
      if nanoseconds != other.nanoseconds { return nanoseconds < other.nanoseconds }
      if venue != other.venue { return venue < other.venue }
      if line != other.line { return line < other.line }
      return serial < other.serial
    }
  }

  private var heap: [Entry] = []
  private var serial: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }

  mutating func push(
    _ frame: [UInt8], at nanoseconds: UInt64, venue: Int, line: Int, isCaptured: Bool, isTruth: Bool
  ) {
    serial += 1
    heap.append(
      Entry(
        nanoseconds: nanoseconds, venue: venue, line: line, serial: serial, frame: frame, isCaptured: isCaptured,
        isTruth: isTruth))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if !heap[child].precedes(heap[parent]) { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// The earliest packet, if it is earlier than `nanoseconds`.
  mutating func pop(before nanoseconds: UInt64) -> Entry? {
    guard let first = heap.first, first.nanoseconds < nanoseconds else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < heap.count && heap[left].precedes(heap[least]) { least = left }
      if left + 1 < heap.count && heap[left + 1].precedes(heap[least]) { least = left + 1 }
      if least == parent { return first }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
