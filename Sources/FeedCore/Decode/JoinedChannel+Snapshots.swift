/// What of a snapshot is to be applied, and what follows it.
extension JoinedChannel {
  /// A packet of a snapshot flow, which was proved to hold its header.
  mutating func beginPacket(_ packet: UnsafeRawBufferPointer) {
    // A header of any of them.
    snapshotSent = packet.count >= 32 ? packet.baseAddress.map(sendTime) ?? 0 : 0
    reader.begin(packet)
  }

  /// `clearBook` begins a book's snapshot; where not, the packets say which symbol's begins.
  var booksBeginCleared: Bool { numbers != .counted }

  /// An instrument's snapshot begins: true where it is taken, and its book is to be emptied.
  mutating func begin(_ index: Int, through: UInt64, now: UInt64) -> Bool {
    // Numbers of its own do not tell whether some are missing before the first one kept: the send times do.
    if isSnapshotStale || numbers == .instrument && (!isStarted || snapshotSent < startSent) {
      context.counters.add(.snapshotsTooOld)
      return false
    }
    let (join, place) = place(of: index)
    let tooOld = join.pointee.counters[.snapshotsTooOld]
    let isTaken = join.pointee.snapshotBegan(place, through: through, now: now)
    if join.pointee.counters[.snapshotsTooOld] != tooOld { context.counters.add(.snapshotsTooOld) }
    nextDue = min(nextDue, join.pointee.nextDue)
    guard isTaken else { return false }
    setTold(.current, false, index)
    if openCount < 4 {
      open[openCount] = index
      openCount += 1
    }
    return true
  }

  /// True where the book is current, and the books were not told: no live message was about it.
  mutating func isNewlyCurrent(_ index: Int) -> Bool {
    if state(of: index) != .current || isTold(.current, index) { return false }
    setTold(.current, true, index)
    return true
  }

  /// Its snapshot is whole; `nextKept` gives what follows.
  mutating func end(_ index: Int, now: UInt64) {
    close(index)
    guard state(of: index) == .receiving else { return }
    let (join, place) = place(of: index)
    join.pointee.snapshotEnded(place, now: now)
    context.counters.add(
      join.pointee.state(of: place) == .current || join.pointee.state(of: place) == .joining
        ? .snapshotsJoined : .snapshotsFailed)
  }

  /// Its snapshot is in the book.
  func isJoined(_ index: Int) -> Bool { state(of: index) == .joining || state(of: index) == .current }

  mutating func nextKept(_ index: Int, now: UInt64) -> BookEvent? {
    let (join, place) = place(of: index)
    while let kept = join.pointee.nextJoined(place, now: now) {
      // A message without events, of an instrument whose messages are counted.
      guard let bytes = kept.bytes.baseAddress, kept.bytes.count == MemoryLayout<BookEvent>.size else { continue }
      // SAFETY: `keep` put a whole event there.
      return bytes.loadUnaligned(as: BookEvent.self)
    }
    return nil
  }

  /// What the books cannot follow any more waits for the next snapshot.
  mutating func abort(_ index: Int) {
    close(index)
    guard state(of: index) == .receiving else { return }
    let (join, place) = place(of: index)
    join.pointee.snapshotAborted(place)
    context.counters.add(.snapshotsFailed)
  }

  /// The rest of what is under way does not come.
  mutating func abortOpen() {
    expected = nil
    while openCount > 0 { abort(open[openCount - 1]) }
  }

  /// A snapshot of the instrument is under way.
  func isOpen(_ index: Int) -> Bool {
    for position in 0..<openCount where open[position] == index { return true }
    return false
  }

  private mutating func close(_ index: Int) {
    var kept = 0
    for position in 0..<openCount where open[position] != index {
      open[kept] = open[position]
      kept += 1
    }
    openCount = kept
  }

  /// A definition, or a mapping, that came beside a snapshot.
  mutating func define(_ event: UnsafeMutablePointer<BookEvent>, now: UInt64) {
    guard isRecovering, event.pointee.kind == .instrumentGap, event.pointee.quantity == 1 else { return }
    let index = Int(event.pointee.instrument)
    let (join, place) = place(of: index)
    join.pointee.begin(place, at: next, now: now)
    nextDue = min(nextDue, join.pointee.nextDue)
    setTold(.current, false, index)
  }

  /// A refresh says which symbol it is of.
  mutating func expect(symbol: UInt32, through: UInt64) { expected = (symbol, through) }

  /// The symbol that is expected, once it has a name; nil where it has none, or is another core's.
  mutating func takeExpected(now: UInt64) -> (index: Int, through: UInt64)? {
    guard let waiting = expected else { return nil }
    guard let index = context.directory.pointee.find(identifier: UInt64(waiting.symbol)) else { return nil }
    expected = nil
    guard context.owns(index) else { return nil }
    takeName(UInt64(waiting.symbol), index, now: now)
    return (index, waiting.through)
  }

  /// The dense index of a symbol index that a refresh is of; nil where it has no name, or is another core's.
  func index(ofSymbol symbol: UInt32) -> Int? {
    guard let index = context.directory.pointee.find(identifier: UInt64(symbol)), context.owns(index) else {
      return nil
    }
    return index
  }

  /// Whether a trading state that a snapshot tells is news: no live message told one, or the snapshot is the book.
  func takesStatus(of index: Int) -> Bool {
    state(of: index) == .receiving || !isTold(.status, index) && !isSnapshotStale
  }
  var takesHours: Bool { !areHoursTold && !isSnapshotStale }

  /// The instrument's book belongs to this channel, whichever flow named it.
  func claim(_ index: Int) { context.directory.pointee.channels[index] = context.channel }
}
