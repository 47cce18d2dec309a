/// All books of a venue the slow way, and when they may be looked at.
///
/// What an event of the venue changes is looked at when the packet ends in which the event ends, or a later one if the
/// book is in the middle of another event by then. Each look that shows another top than the last one is counted.
struct SlowMarket {
  var books: [String: SlowBook] = [:]
  private(set) var topChanges: UInt64 = 0
  private var published: [String: String] = [:]
  /// Changed by the event under way; by events that ended within the packet.
  private var open: Set<String> = []
  private var ended: Set<String> = []

  /// Changes the book of a symbol within the event under way.
  mutating func change(_ symbol: String, _ work: (inout SlowBook) -> Void) {
    open.insert(symbol)
    work(&books[symbol, default: SlowBook()])
  }

  /// Changes what is no part of an event: states, trades.
  mutating func note(_ symbol: String, _ work: (inout SlowBook) -> Void) { work(&books[symbol, default: SlowBook()]) }

  /// A book of `main`'s security, which is named with it, and whose state it has if that was told before.
  mutating func make(_ symbol: String, of main: String) {
    var book = SlowBook()
    book.isTrading = books[main, default: SlowBook()].isTrading
    if books[main] == nil { books[main] = SlowBook() }
    if books[symbol] == nil { books[symbol] = book }
  }

  mutating func endEvent() {
    ended.formUnion(open)
    open = []
  }

  mutating func endPacket() {
    for symbol in ended.subtracting(open) {
      let top = books[symbol]?.top ?? "- -"
      if published[symbol, default: "- -"] != top { topChanges += 1 }
      published[symbol] = top
    }
    ended = []
  }

  /// Every book that was named, in order of symbol.
  var lines: [String] { books.sorted { $0.key < $1.key }.flatMap { $1.lines($0) } }
}
