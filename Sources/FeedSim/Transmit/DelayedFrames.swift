import FeedIO

/// Frames that leave later than the packet that is due now: a heap of fixed capacity, the earliest first, of equal
/// times the one that was put in first.
struct DelayedFrames {
  struct Entry: BitwiseCopyable {
    var frame: OutgoingFrame
    var dueNanoseconds: UInt64
    /// Of entries, from 0.
    var order: UInt64
    /// Of packets read, from 0: tells whether a later packet has left already.
    var packet: UInt64
    var line: UInt16
    /// The packet itself, held up; false: a second copy.
    var isLate: Bool

    @inline(__always)
    static func < (left: Entry, right: Entry) -> Bool {
      left.dueNanoseconds != right.dueNanoseconds
        ? left.dueNanoseconds < right.dueNanoseconds : left.order < right.order
    }
  }

  static let capacity = 65_536
  private var entries: [Entry] = []

  init() { entries.reserveCapacity(Self.capacity) }

  /// No room for a late packet and its copy.
  var isFull: Bool { entries.count > Self.capacity - 2 }
  var isEmpty: Bool { entries.isEmpty }
  var first: Entry? { entries.first }

  /// - Precondition: there is room.
  mutating func push(_ entry: Entry) {
    precondition(entries.count < Self.capacity)
    entries.append(entry)
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if !(entries[child] < entries[parent]) { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// - Precondition: not empty.
  mutating func pop() -> Entry {
    let result = entries[0]
    let last = entries.removeLast()
    if entries.isEmpty { return result }
    entries[0] = last
    var parent = 0
    while true {
      var least = 2 * parent + 1
      if least >= entries.count { break }
      if least + 1 < entries.count, entries[least + 1] < entries[least] { least += 1 }
      if !(entries[least] < entries[parent]) { break }
      entries.swapAt(least, parent)
      parent = least
    }
    return result
  }
}
