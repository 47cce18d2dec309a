/// Room for the events of messages that have several, one chunk of messages at a time. All reserved up front.
struct EventList {
  /// Messages of a chunk: as many as their events fit into the nearest cache.
  static var chunkMaximum: Int { 256 }
  /// What one message can hold at most: 65,507 bytes of entries of eight.
  static var perMessageMaximum: Int { 8_192 }

  let events: Storage<BookEvent>
  private(set) var count = 0

  init() { events = Storage(capacity: 4 * Self.perMessageMaximum, hugePages: false) }

  /// False when another message may not fit: the chunk ends then.
  @inline(__always)
  var hasRoom: Bool { count <= events.capacity &- Self.perMessageMaximum }

  @inline(__always)
  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func take(_ wanted: Int) { count = wanted }

  // MARK: - Two events, without a writer

  /// Room for two events, nil where a message behind them may not fit any more.
  @inline(__always)
  func reserveTwo() -> UnsafeMutablePointer<BookEvent>? {
    count <= events.capacity &- Self.perMessageMaximum &- 2 ? events.base + count : nil
  }

  /// Takes in as many events, which stand where `reserveTwo` said, and writes their group.
  @inline(__always)
  mutating func writeGroup(
    of members: Int, head: BookEvent.Head,
    _ exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) {
    event.pointee.head = head
    event.pointee.head.kind = .group
    event.pointee.head.type = 0
    event.pointee.instrument = 0
    event.pointee.home = 0
    event.pointee.reference = UInt64(count)
    event.pointee.second = 0
    event.pointee.quantity = UInt32(truncatingIfNeeded: members)
    event.pointee.price = 0
    event.pointee.exchangeNanoseconds = exchangeNanoseconds
    count &+= members
  }
}

extension UnsafeMutablePointer<BookEvent> {
  /// One side of a quote.
  @inline(__always)
  func writeTop(
    _ head: BookEvent.Head, _ instrument: UInt32, price: Int32, quantity: UInt32, at exchangeNanoseconds: UInt64
  ) {
    pointee.head = head
    pointee.instrument = instrument
    pointee.home = 0
    pointee.reference = 0
    pointee.second = 0
    pointee.quantity = quantity
    pointee.price = price
    pointee.exchangeNanoseconds = exchangeNanoseconds
  }
}

/// Where a decoder writes the events of one message: any number of them.
///
/// `next()` gives a blank event to fill; what it is not filled with stays zero. The decoder fills it at once: a later
/// `next()` may move nothing, but `finish` looks at the last.
struct EventWriter {
  private let first: UnsafeMutablePointer<BookEvent>
  private let list: UnsafeMutablePointer<EventList>
  private let start: Int
  private let head: BookEvent.Head
  private let exchangeLimit: Int
  private(set) var count = 0

  /// - Parameters:
  ///   - first: the message's own event.
  ///   - head: venue, channel and type that all its events carry.
  @inline(__always)
  init(
    first: UnsafeMutablePointer<BookEvent>, list: UnsafeMutablePointer<EventList>, head: BookEvent.Head
  ) {
    self.first = first
    self.list = list
    self.head = head
    start = list.pointee.count
    exchangeLimit = start &+ EventList.perMessageMaximum
    first.pointee = BookEvent()
    first.pointee.head = head
  }

  /// How many more events the message may have.
  @inline(__always)
  var room: Int { EventList.perMessageMaximum &- count }

  /// A blank event, with venue, channel and type set.
  @inline(__always)
  mutating func next() -> UnsafeMutablePointer<BookEvent> {
    if count == 0 {
      count = 1
      return first
    }
    return another()
  }

  @inline(never)
  private mutating func another() -> UnsafeMutablePointer<BookEvent> {
    let events = list.pointee.events.base
    // The second event makes it a group: the first moves there.
    if count == 1 { events[start] = first.pointee }
    // A message cannot hold more; if one did, its last event would be written over.
    let position = min(start &+ count, exchangeLimit &- 1)
    if start &+ count < exchangeLimit { count &+= 1 }
    events[position] = BookEvent()
    events[position].head = head
    return events + position
  }

  /// One of the message's events so far; valid until the next `next()`.
  @inline(__always)
  func event(at position: Int) -> UnsafeMutablePointer<BookEvent> {
    count == 1 ? first : list.pointee.events.base + (start &+ position)
  }

  /// Closes the message's events.
  @inline(__always)
  mutating func finish() {
    if count > 1 { finishGroup() }
  }

  @inline(never)
  private mutating func finishGroup() {
    list.pointee.take(start &+ count)
    var group = BookEvent()
    group.head = head
    group.kind = .group
    group.reference = UInt64(start)
    group.quantity = UInt32(count)
    group.exchangeNanoseconds = list.pointee.events.base[start].exchangeNanoseconds
    first.pointee = group
  }
}
