/// Counts a core's books and those that are not ok, a few at a time, so that no duty cycle gets long by it.
struct BookCensus {
  private static var slice: Int { 32 }
  private let figures: CoreProgress
  private var venue = 0
  private var instrument = 0
  private var count: UInt64 = 0
  private var notOk: UInt64 = 0

  init(figures: CoreProgress) { self.figures = figures }

  /// Looks at the next few; after the last one the figures are those of this round.
  @inline(never)
  mutating func advance(_ books: Books) {
    if venue >= books.venueCount {
      figures.booksWord.note(count)
      figures.booksNotOkWord.note(notOk)
      (venue, instrument, count, notOk) = (0, 0, 0, 0)
      return
    }
    let book = books.venues + venue
    let end = min(instrument + Self.slice, book.pointee.admitted)
    while instrument < end {
      if book.pointee.headers[instrument].flags.contains(.owned) {
        count &+= 1
        if books.state(of: InstrumentID(venue: VenueIndex(venue), index: instrument)) != .ok { notOk &+= 1 }
      }
      instrument += 1
    }
    if instrument >= book.pointee.admitted { (venue, instrument) = (venue + 1, 0) }
  }
}
