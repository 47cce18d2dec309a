/// What the simulation has to do at a time of its own, in order of time, then of entry: a binary heap.
struct Schedule {
  enum Action {
    /// A venue's open draws near: its auction messages, then the open itself.
    case open(venue: Int)
    /// A dislocation gains one tick in the middle of its life.
    case improve(dislocation: Int)
    case revert(dislocation: Int)
    case resumeQuotation(stock: Int)
    case resumeTrading(stock: Int)
    case resumeOperation(venue: Int, stock: Int)
    /// The owner of an order that crossed another venue notices.
    case fade(venue: Int, slot: UInt32, reference: UInt64)
  }
  private struct Entry {
    var nanoseconds: UInt64
    var serial: Int
    var action: Action
    func precedes(_ other: Entry) -> Bool { (nanoseconds, serial) < (other.nanoseconds, other.serial) }
  }
  private var heap: [Entry] = []
  private var serial = 0

  var nextNanoseconds: UInt64? { heap.first?.nanoseconds }

  mutating func add(_ action: Action, at nanoseconds: UInt64) {
    serial += 1
    heap.append(Entry(nanoseconds: nanoseconds, serial: serial, action: action))
    var child = heap.count - 1
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Action? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < heap.count && heap[left].precedes(heap[least]) { least = left }
      if left + 1 < heap.count && heap[left + 1].precedes(heap[least]) { least = left + 1 }
      if least == parent { return first.action }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
