/// Where a decoder writes the events of one message: any number of them.
///
/// `next()` gives a blank event to fill; what it is not filled with stays zero. They stand in the list, one behind the
/// other; `finish` leaves the message's own event: the only one, a group of several, or none.
struct EventWriter {
  private let first: UnsafeMutablePointer<BookEvent>
  private let list: UnsafeMutablePointer<EventList>
  /// In the list, from where it ends.
  private let events: UnsafeMutablePointer<BookEvent>
  private let head: BookEvent.Head
  private(set) var count = 0

  /// - Parameters:
  ///   - first: the message's own event.
  ///   - list: with room for a message's events (`EventList.hasRoom`).
  ///   - head: venue, channel and type that all its events carry.
  @inline(__always)
  init(
    first: UnsafeMutablePointer<BookEvent>, list: UnsafeMutablePointer<EventList>, head: BookEvent.Head
  ) {
    self.first = first
    self.list = list
    self.head = head
    events = list.pointee.events.base + list.pointee.count
  }

  /// How many more events the message may have.
  @inline(__always)
  var room: Int { EventList.perMessageMaximum &- count }

  /// A blank event, with venue, channel and type set.
  @inline(__always)
  mutating func next() -> UnsafeMutablePointer<BookEvent> {
    // A message cannot hold more; if one did, its last event would be written over.
    if count == EventList.perMessageMaximum { count &-= 1 }
    let event = events + count
    count &+= 1
    event.blank(head)
    return event
  }

  /// Behind the message's events so far. Who writes events there without `next`, `room` of them at most, fills all of
  /// each, and sets it to where they end.
  @inline(__always)
  var end: UnsafeMutablePointer<BookEvent> {
    get { events + count }
    set { count = newValue - events }
  }

  /// One of the message's events so far.
  @inline(__always)
  func event(at position: Int) -> UnsafeMutablePointer<BookEvent> { events + position }

  /// Closes the message's events.
  @inline(__always)
  mutating func finish() {
    if count == 1 {
      first.pointee = events.pointee
    } else {
      finishGroup()
    }
  }

  @inline(never)
  private mutating func finishGroup() {
    first.blank(head)
    if count == 0 { return }
    list.pointee.take(list.pointee.count + count)
    first.pointee.kind = .group
    first.pointee.reference = UInt64(events - list.pointee.events.base)
    first.pointee.quantity = UInt32(count)
    first.pointee.exchangeNanoseconds = events.pointee.exchangeNanoseconds
  }
}
