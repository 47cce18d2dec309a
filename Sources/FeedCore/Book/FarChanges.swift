import CPlatform

/// Changes of far levels whose cache lines are on their way: a short queue, first in, first out.
///
/// Where a far level stands follows from the order's price and the book's header, too late to ask for it with the
/// message; and nothing that is done with the message needs it. So a change waits here until some more have come, or
/// somebody looks at far levels (`VenueBook.settleFar`). What a change could bring that its message must know of
/// (no room, a quantity beyond 32 bits) is settled before it is put here.
struct FarChanges {
  struct Change: BitwiseCopyable {
    var header: UnsafeMutablePointer<BookHeader>
    var key: Int32
    var quantity: UInt32
    var isSell: Bool
    var isAddition: Bool
  }

  static var capacity: Int { 8 }
  /// An addition of this many shares or more does not wait.
  static var quantityLimit: UInt32 { 1 << 20 }
  /// A level of this many shares or more ends the waiting of its book: those that wait can't add up to the rest.
  static var levelLimit: UInt32 { 1 << 31 }

  private let changes = Storage<Change>(capacity: capacity, hugePages: false)
  private var first = 0
  private(set) var count = 0

  @inline(__always) var isFull: Bool { count == Self.capacity }

  @inline(__always)
  mutating func append(_ change: Change) {
    changes.base[(first &+ count) & (Self.capacity &- 1)] = change
    count &+= 1
  }

  /// There is one.
  @inline(__always)
  mutating func removeFirst() -> Change {
    let change = changes.base[first]
    first = (first &+ 1) & (Self.capacity &- 1)
    count &-= 1
    return change
  }
}
