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

  /// Behind the events so far.
  @inline(__always)
  var end: UnsafeMutablePointer<BookEvent> { events.base + count }

  // MARK: - Two events, without a writer

  /// Room for two events, nil where a message behind them may not fit any more.
  @inline(__always)
  func reserveTwo() -> UnsafeMutablePointer<BookEvent>? {
    count <= events.capacity &- Self.perMessageMaximum &- 2 ? events.base + count : nil
  }

  /// Takes in as many events, which stand at `end`, and writes their group.
  @inline(__always)
  mutating func writeGroup(
    of members: Int, head: BookEvent.Head,
    _ exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) {
    event.pointee.head = head
    event.pointee.head.kind = .group
    event.pointee.head.type = 0
    event.pointee.instrument = 0
    event.pointee.reference = UInt64(count)
    event.pointee.second = 0
    event.pointee.quantity = UInt32(truncatingIfNeeded: members)
    event.pointee.price = 0
    event.pointee.exchangeNanoseconds = exchangeNanoseconds
    count &+= members
  }
}

extension UnsafeMutablePointer<BookEvent> {
  /// All fields but the head are zero.
  @inline(__always)
  func blank(_ head: BookEvent.Head) {
    pointee.reference = 0
    pointee.second = 0
    pointee.exchangeNanoseconds = 0
    pointee.price = 0
    pointee.quantity = 0
    pointee.instrument = 0
    pointee.home = 0
    pointee.head = head
  }

  /// One side of a quote.
  @inline(__always)
  func writeTop(
    _ head: BookEvent.Head, _ instrument: UInt32, price: Int32, quantity: UInt32, at exchangeNanoseconds: UInt64
  ) {
    pointee.head = head
    pointee.instrument = instrument
    pointee.reference = 0
    pointee.second = 0
    pointee.quantity = quantity
    pointee.price = price
    pointee.exchangeNanoseconds = exchangeNanoseconds
  }
}
