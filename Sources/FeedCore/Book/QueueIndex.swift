import CPlatform

/// Where to look for the orders near the touch of the few books that somebody trades: of each side a list of order
/// references, which may have left or moved since.
///
/// The order table has no links from a level to its orders, and needs none while books are only kept. Whoever fills
/// orders against a book (`Books.forEachRestingOrder`) asks for a side again and again; searching the table each time
/// costs a walk over all recent orders of the venue. So a book that is likely to be asked about has its lists from its
/// first order on (`VenueBook.openQueues`), and for any other the first question about a side opens its list, with what
/// the walk found; from then on the book's new orders are noted in it (`BookHeader.Flags.watchQueue`). A list is a hint and
/// never the truth: what it names is looked up in the table, and it serves only where the shares of what was found make
/// up those of the levels. So entries of orders that left may stay, and any may be dropped.
///
/// Memory: 32 MiB of address space per venue, of which what open lists hold is touched. With all lists taken a question
/// gives up the one opened longest ago.
struct QueueIndex {
  /// References a list holds: 1 KiB.
  static var listCapacity: Int { 128 }
  /// What is left in a list at most when it is tidied up, so that tidying is rare.
  static var keptMaximum: Int { 96 }
  static var listCount: Int { 32_768 }

  private let references = Storage<UInt64>(capacity: listCount * listCapacity, hugePages: false)
  private let counts = Storage<UInt16>(capacity: listCount, hugePages: false)
  /// Side of a book (twice its instrument, plus 1 of the asks) that each list is about.
  private let owners = Storage<UInt32>(capacity: listCount, hugePages: false)
  /// The list of each side, plus 1; 0: none.
  private let lists: Storage<UInt16>
  /// Lists that were opened at least once, and the one to be given up next.
  private var opened = 0
  private var oldest = 0

  /// - Parameter instruments: instruments that the venue may have.
  init(instruments: Int) { lists = Storage(capacity: 2 * instruments, hugePages: false) }

  static func side(_ instrument: Int, isSell: Bool) -> Int { 2 * instrument + (isSell ? 1 : 0) }

  /// The list of a side; nil where it has none.
  func list(ofSide side: Int) -> List? {
    lists[side] == 0 ? nil : list(Int(lists[side]) - 1)
  }

  private func list(_ index: Int) -> List {
    List(references: references.base + index * Self.listCapacity, countWord: counts.base + index)
  }

  /// A list is free that no side has had yet.
  var hasRoom: Bool { opened < Self.listCount }

  /// Opens an empty list for a side that has none. `givenUp` is the side that has none any more because of it; −1
  /// where there was a free one.
  mutating func open(side: Int) -> (list: List, givenUp: Int) {
    var index = opened
    var givenUp = -1
    if opened < Self.listCount {
      opened += 1
    } else {
      index = oldest
      oldest = (oldest + 1) % Self.listCount
      givenUp = Int(owners[index])
      lists[givenUp] = 0
    }
    owners[index] = UInt32(side)
    lists[side] = UInt16(index + 1)
    counts[index] = 0
    // Touched now, not with the first order that is noted.
    references[index * Self.listCapacity] = 0
    return (list(index), givenUp)
  }

  /// References of one side, in no order that counts.
  struct List {
    let references: UnsafeMutablePointer<UInt64>
    fileprivate let countWord: UnsafeMutablePointer<UInt16>

    var count: Int { Int(countWord.pointee) }
    var isFull: Bool { count >= QueueIndex.listCapacity }

    /// - Precondition: it is not full.
    func append(_ reference: UInt64) {
      references[count] = reference
      countWord.pointee += 1
    }

    /// Leaves the first `count` entries.
    func shorten(to count: Int) { countWord.pointee = UInt16(count) }
  }
}
