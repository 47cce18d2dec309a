/// Snapshots of single instruments, from flows of their own: `JoinedChannel` says what of them is to be applied.
extension Core {
  /// One packet of a snapshot flow, read by the decoder of the channel whose instruments it is about.
  mutating func applySnapshotPacket(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: UnsafeMutablePointer<DeliveredPacket>, now: UInt64
  ) {
    guard let joined = decoders.joined[Int(delivery.pointee.channel)] else { return }
    let packet = UnsafeRawBufferPointer(start: delivery.pointee.bytes, count: Int(delivery.pointee.length))
    let venue = books.venues + Int(channelVenues[Int(delivery.pointee.channel)])
    let time = venue.pointee.exchangeNanoseconds
    var message = delivery.pointee
    joined.pointee.beginPacket(packet)
    while let step = joined.pointee.reader.next(in: packet) {
      switch step.kind {
      case .began: joined.pointee.expect(symbol: step.symbol, through: step.through)
      case .message, .definition:
        message.bytes = delivery.pointee.bytes + step.offset
        message.length = UInt16(truncatingIfNeeded: step.length)
        applyContent(step, &message, joined, packets: packets, now: now)
      case .ended:
        if let index = joined.pointee.index(ofSymbol: step.symbol) {
          endSnapshot(index, joined, at: Place(delivery: packets + Int(message.packet), bytes: message.bytes), now: now)
        }
      case .aborted: joined.pointee.abortOpen()
      case .malformed:
        if countsMessages { books.counters.note(.malformed, at: delivery.pointee.occurrence(in: packets)) }
      }
    }
    books.takeDepartures(desk: &desk)
    // A snapshot is older than what is live.
    if time > 0 { venue.pointee.exchangeNanoseconds = time }
  }

  private mutating func applyContent(
    _ step: SnapshotReader.Step, _ message: inout Delivery, _ joined: UnsafeMutablePointer<JoinedChannel>,
    packets: UnsafeMutablePointer<DeliveredPacket>, now: UInt64
  ) {
    if countsMessages { books.counters.add(.snapshotMessages) }
    decoders.list.pointee.removeAll()
    let event = events.base
    _ = decoders.decodeOther(&message, packets: packets, isLive: false, into: event)
    books.admitNewInstruments()
    let place = Place(delivery: packets + Int(message.packet), bytes: message.bytes)
    if step.kind == .message, let (index, through) = joined.pointee.takeExpected(now: now) {
      beginSnapshot(index, through: through, joined, now: now)
    }
    var ends = InlineArray<4, Int>(repeating: 0)
    var endCount = 0
    var totals = InlineArray<2, BookEvent>(repeating: BookEvent())
    var totalCount = 0
    let isGroup = event.pointee.kind == .group
    let first = isGroup ? decoders.list.pointee.events.base + Int(event.pointee.reference) : event
    for position in 0..<(isGroup ? Int(event.pointee.quantity) : 1) {
      let member = first + position
      if member.pointee.kind == .none { continue }
      guard isSnapshotInTime(member, now: now) else {
        joined.pointee.abortOpen()
        endCount = 0
        break
      }
      // Parts of a snapshot are no events of the venue's.
      member.pointee.flags = member.pointee.flags.subtracting(.isPartial)
      if joined.pointee.isRecovering, joined.pointee.leavesName(member) {
        joined.pointee.retire(Int(member.pointee.instrument))
        books.apply(member: member, place: place)
        books.suspect(member.pointee.instrument, venue: member.pointee.venue)
        continue
      }
      if step.kind == .definition {
        joined.pointee.define(member, now: now)
        applyDefinition(member, joined, place)
        continue
      }
      let index = Int(member.pointee.instrument)
      switch SnapshotEventClass(member) {
      case .cleared where joined.pointee.booksBeginCleared && !joined.pointee.isOpen(index):
        beginSnapshot(index, through: step.through, joined, now: now)
      case .whole:
        if endCount < 4 {
          ends[endCount] = index
          endCount += 1
        }
      case .missing: joined.pointee.abort(index)
      case .change, .cleared:
        if joined.pointee.state(of: index) == .receiving { books.apply(member: member, place: place) }
      case .status: if joined.pointee.takesStatus(of: index) { books.apply(member: member, place: place) }
      case .hours: if joined.pointee.takesHours { books.apply(member: member, place: place) }
      case .totals:
        if totalCount < 2 {
          totals[totalCount] = member.pointee
          totalCount += 1
        }
      case .other, .trade, .channelCleared: break
      }
    }
    for position in 0..<endCount {
      joined.pointee.end(ends[position], now: now)
      if joined.pointee.isJoined(ends[position]) {
        for total in 0..<totalCount where Int(totals[total].instrument) == ends[position] {
          books.apply(member: &totals[total], place: place)
        }
      }
      followSnapshot(ends[position], joined, at: place, now: now)
    }
  }

  /// Definitions and mappings have no books of their own to begin; a trading state that a live message told stays.
  private mutating func applyDefinition(
    _ event: UnsafeMutablePointer<BookEvent>, _ joined: UnsafeMutablePointer<JoinedChannel>, _ place: Place
  ) {
    if SnapshotEventClass(event) == .status, !joined.pointee.takesStatus(of: Int(event.pointee.instrument)) { return }
    books.apply(member: event, place: place)
  }

  private mutating func beginSnapshot(
    _ index: Int, through: UInt64, _ joined: UnsafeMutablePointer<JoinedChannel>, now: UInt64
  ) {
    let venue = joined.pointee.context.venue
    if joined.pointee.begin(index, through: through, now: now) {
      claim(index, joined)
      books.beginSnapshot(of: index, venue: venue)
    } else if joined.pointee.isNewlyCurrent(index) {
      claim(index, joined)
      books.endSnapshot(of: index, venue: venue)
    }
  }

  private func claim(_ index: Int, _ joined: UnsafeMutablePointer<JoinedChannel>) {
    joined.pointee.claim(index)
    books.venues[Int(joined.pointee.context.venue)].assign(index, to: joined.pointee.context.channel)
  }

  /// The snapshot is in the book: what was kept follows, and then the book is whole.
  private mutating func endSnapshot(
    _ index: Int, _ joined: UnsafeMutablePointer<JoinedChannel>, at place: Place, now: UInt64
  ) {
    joined.pointee.end(index, now: now)
    followSnapshot(index, joined, at: place, now: now)
  }

  private mutating func followSnapshot(
    _ index: Int, _ joined: UnsafeMutablePointer<JoinedChannel>, at place: Place, now: UInt64
  ) {
    var applied = 0
    while var kept = joined.pointee.nextKept(index, now: now) {
      if kept.exchangeNanoseconds <= exchangeNanosecondsMaximum { books.apply(member: &kept, place: place) }
      applied &+= 1
      if applied & 255 == 0 { books.takeDepartures(desk: &desk) }
    }
    if joined.pointee.isNewlyCurrent(index) { books.endSnapshot(of: index, venue: joined.pointee.context.venue) }
  }

  /// Books at a time: content beyond it is not applied, and says nothing of what is live.
  private mutating func isSnapshotInTime(_ event: UnsafeMutablePointer<BookEvent>, now: UInt64) -> Bool {
    if event.pointee.exchangeNanoseconds <= directMaximum { return true }
    return event.pointee.exchangeNanoseconds <= exchangeNanosecondsMaximum && isWithinTime(event, now: now)
  }
}
