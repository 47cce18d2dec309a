import CSIMD

/// Changes (1001) and snapshots (1004): levels by price, absolute amounts.
extension DeribitDecoder {
  // MARK: - Every day

  private static var dayMilliseconds: UInt64 { 86_400_000 }
  private static var bookRootLength: Int { 29 }
  private static var groupHeaderLength: Int { 8 }
  private static var bookEntryLength: Int { 18 }

  /// Takes the first messages at `bytes`, as long as each is a 1001 of one or two entries, of an instrument whose
  /// changes are everyday ones (`DeribitVenue.allowEveryday`), whose chain goes on with it. Returns their length; with
  /// what comes behind them nothing was done: `decode` reads that.
  ///
  /// - Parameters:
  ///   - length: bytes that are here.
  ///   - events: where their events are written, one behind the other, `everydayEvents` of them at most.
  /// - Returns: the messages' bytes, and where their events end.
  @inline(never)
  mutating func takeEverydayBooks(
    _ bytes: UnsafeRawPointer, length: Int, _ events: UnsafeMutablePointer<BookEvent>
  ) -> (Int, UnsafeMutablePointer<BookEvent>) {
    // What is read of it each time would not fit the registers.
    let places = places
    let gate = venue.pointee.gate(channel: everyday.pointee.channel)
    let end = bytes + length
    var message = bytes
    var event = events
    var taken: UInt64 = 0
    var isEveryday = true
    repeat {
      let begun = message
      // Written as a sum: a difference checks that the length has a negative.
      let last = end + (0 &- places.pointee.length)
      // SAFETY: `places` are those of messages with this head and group, of `length` bytes, which are here.
      while message <= last, message.littleEndian(UInt64.self, at: 0) == places.pointee.head,
        message.littleEndian(UInt64.self, at: places.pointee.group) == places.pointee.dimension
      {
        isEveryday = false
        // One group and no string.
        if message.littleEndian(UInt32.self, at: 8) != 1 { break }
        let place = Int(places.pointee.lookup.value(UInt64(message.littleEndian(UInt32.self, at: 12))))
        // Place 0 stands for an instrument that is not known.
        let instrument = places.pointee.instruments + place
        if instrument.pointee.gate != gate { break }
        let entry = message + (places.pointee.group &+ Self.groupHeaderLength)
        let kinds = entry.littleEndian(UInt16.self, at: 0)
        if !Self.areKinds(kinds) { break }
        let level = Self.level(entry, kinds, instrument)
        if level < 0 { break }
        let milliseconds = message.littleEndian(UInt64.self, at: 16)
        if milliseconds &- places.pointee.day >= Self.dayMilliseconds {
          places.pointee.day = milliseconds &- milliseconds % Self.dayMilliseconds
        }
        let time = (milliseconds &- places.pointee.day) &* 1_000_000
        let isLast = message.byte(at: 40) != 0
        var head = places.pointee.lastHead
        if unlikely(!isLast) { head |= places.pointee.partialFlag }
        event.writeLevel(head | Self.sellBit(kinds), instrument.pointee.index, time, level)
        var behind = event + 1
        if places.pointee.count == 2 {
          let other = entry + Int(places.pointee.dimension & 0xFFFF)
          let kinds = other.littleEndian(UInt16.self, at: 0)
          if !Self.areKinds(kinds) { break }
          let level = Self.level(other, kinds, instrument)
          if level < 0 { break }
          behind.writeLevel(head | Self.sellBit(kinds), instrument.pointee.index, time, level)
          behind += 1
        }
        guard
          places.pointee.chain.advances(
            place &- 1, number: message.littleEndian(UInt64.self, at: 32),
            previous: message.littleEndian(UInt64.self, at: 24), isLast: isLast)
        else { break }
        isEveryday = true
        event = behind
        taken &+= 1
        message += places.pointee.length
      }
      if message != begun { places.pointee.tookLonger |= places.pointee.isLonger }
    } while isEveryday && message != end && findPlaces(message, available: end - message)
    if taken != 0 {
      type = 1
      venue.pointee.exchangeNanoseconds = (event - 1).pointee.exchangeNanoseconds
      everyday.count(1, times: taken)
    }
    return (message - bytes, event)
  }

  /// Events that a body's everyday messages may have: of the shortest, of two entries, in a UDP payload.
  static var everydayEvents: Int {
    2 * (65_507 / (DeribitMessage.headerLength + bookRootLength + groupHeaderLength + bookEntryLength))
  }

  /// Whether side and change of an entry are such.
  @inline(__always)
  private static func areKinds(_ kinds: UInt16) -> Bool { kinds & 0xFE == 0 && kinds < 0x300 }

  /// Side 0 sells.
  @inline(__always)
  private static func sellBit(_ kinds: UInt16) -> UInt64 { UInt64((kinds & 1) ^ 1) << BookEvent.Head.sellShift }

  /// Price and quantity of the level that an entry of a 1001 says, side by side; negative where they are not such as
  /// come all day: `setLevel` tells.
  @inline(__always)
  private static func level(
    _ entry: UnsafeRawPointer, _ kinds: UInt16, _ instrument: UnsafeMutablePointer<DeribitEverydayInstrument>
  ) -> Int64 {
    // SAFETY: sixteen bytes of the entry, and the scale where it stands.
    feedh_stored_pair(entry + 2, UInt32(kinds >> 8), instrument.pointee.stored)
  }

  /// Sets `places` for a 1001 of one or two entries. False, and nothing done, where it is none, or not whole.
  @inline(never)
  private mutating func findPlaces(_ message: UnsafeRawPointer, available: Int) -> Bool {
    if available < DeribitMessage.headerLength + Self.bookRootLength + Self.groupHeaderLength { return false }
    // SAFETY: the message's head is here, and the group's where it is read.
    let block = Int(message.littleEndian(UInt16.self, at: 0))
    let group = DeribitMessage.headerLength &+ block
    // Template 1001 of schema 1.
    guard message.littleEndian(UInt32.self, at: 2) == UInt32(DeribitMessage.schemaId) << 16 | 1001,
      block >= Self.bookRootLength, group &+ Self.groupHeaderLength <= available
    else { return false }
    // Its entries have neither groups nor strings.
    let dimension = message.littleEndian(UInt64.self, at: group)
    let stride = Int(dimension & 0xFFFF)
    let count = dimension >> 16
    guard count &- 1 <= 1, stride >= Self.bookEntryLength else { return false }
    let length = group &+ Self.groupHeaderLength &+ stride &* Int(count)
    if length > available { return false }
    places.pointee.set(
      head: message.littleEndian(UInt64.self, at: 0), dimension: dimension, group: group, length: length, block: block,
      stride: stride)
    return true
  }

  // MARK: - Changes

  /// Book. Offsets from the message's start:
  ///
  /// | offset | size | field |
  /// |---:|---:|---|
  /// | 12 | 4 | instrumentId |
  /// | 16 | 8 | timestampMs |
  /// | 24 | 8 | prevChangeId: changeId before this event |
  /// | 32 | 8 | changeId |
  /// | 40 | 1 | isLast: 0 = more parts of the change follow |
  mutating func decodeBook(
    _ message: DeribitMessage, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    tellTime(message.bytes.littleEndian(UInt64.self, at: 16))
    let place = place(message.bytes.littleEndian(UInt32.self, at: 12), delivery, packets)
    if place < 0 { return }
    follow(place, &writer)
    let index = ownIndex(place)
    if index < 0, venue.pointee.instruments.base[place].index != 0 { return }
    let wasCurrent = venue.pointee.join.state(of: place) == .current
    let verdict = venue.pointee.join.live(
      place, number: message.bytes.littleEndian(UInt64.self, at: 32),
      previous: message.bytes.littleEndian(UInt64.self, at: 24), isLast: message.bytes.byte(at: 40) != 0,
      UnsafeRawBufferPointer(start: message.bytes, count: message.length), captureNanoseconds: now, now: now)
    if index < 0 { return }
    switch verdict {
    case .deliver:
      if venue.pointee.instruments.base[place].isSuspect { clearSuspicion(place, index, &writer) }
      changeLevels(message, place, index, delivery, packets, &writer)
      if context.directory.pointee.everydayScales.base[index].isUsed {
        venue.pointee.allowEveryday(
          place, channel: context.channel, scale: context.directory.pointee.scales.base[index])
      }
    case .drop: break
    case .buffered:
      if wasCurrent {
        context.noteOwned(.chainBreaks, delivery, packets)
        tellGap(true, index, &writer)
      }
    }
  }

  @inline(never)
  private mutating func clearSuspicion(_ place: Int, _ index: Int, _ writer: inout EventWriter) {
    venue.pointee.instruments.base[place].isSuspect = false
    tellGap(false, index, &writer)
  }

  /// The entries of a 1001, 18 bytes: side 1 (0 ask, 1 bid), change 1 (0 created, 1 changed, 2 deleted), price 8,
  /// amount 8: the level's new total. False where one cannot be read: the book is stale then.
  private mutating func changeLevels(
    _ message: DeribitMessage, _ place: Int, _ index: Int, _ delivery: DeliveryPointer, _ packets: Packets,
    _ writer: inout EventWriter
  ) {
    guard let group = message.firstGroup(entryLength: 18) else {
      context.noteOwned(.malformed, delivery, packets)
      return loseTrack(place, index, &writer)
    }
    let isLast = message.bytes.byte(at: 40) != 0
    var entry = group.entries
    for _ in 0..<group.count {
      // SAFETY: `message` holds `count` entries of at least 18 bytes.
      let change = entry.byte(at: 1)
      guard change <= 2 else {
        context.noteOwned(.malformed, delivery, packets)
        return loseTrack(place, index, &writer)
      }
      guard
        setLevel(
          side: entry.byte(at: 0), price: entry.littleEndianDouble(at: 2),
          amount: change == 2 ? 0 : entry.littleEndianDouble(at: 10), isLast: isLast, index, delivery, packets,
          &writer)
      else { return loseTrack(place, index, &writer) }
      entry += group.stride
    }
    if group.count == 0, isLast { _ = event(.endOfEvent, index, &writer) }
  }

  /// One level. False where a value cannot be read or kept: counted.
  @inline(__always)
  private mutating func setLevel(
    side: UInt8, price: Double, amount: Double, isLast: Bool, _ index: Int, _ delivery: DeliveryPointer,
    _ packets: Packets, _ writer: inout EventWriter
  ) -> Bool {
    guard side <= 1 else { return refuse(.badSide, delivery, packets) }
    guard let price8 = DeribitReal.scaled8(price), let amount8 = DeribitReal.scaled8(amount) else {
      return refuse(.inexactReals, delivery, packets)
    }
    guard let stored = context.directory.pointee.storedPrice(raw: price8, instrument: index) else {
      return damage(.pricesOffScale, index, delivery, packets, &writer)
    }
    guard let quantity = context.directory.pointee.storedQuantity(raw: amount8, instrument: index) else {
      return damage(.quantitiesOffScale, index, delivery, packets, &writer)
    }
    let event = event(.setLevel, index, &writer)
    event.pointee.isSell = side == 0
    event.pointee.price = stored
    event.pointee.quantity = quantity
    if !isLast { event.pointee.flags = .isPartial }
    return true
  }

  @inline(never)
  private mutating func refuse(_ counter: Counter, _ delivery: DeliveryPointer, _ packets: Packets) -> Bool {
    context.noteOwned(counter, delivery, packets)
    return false
  }

  /// What the instrument's scales cannot keep: the book is not to be trusted.
  @inline(never)
  private mutating func damage(
    _ counter: Counter, _ index: Int, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) -> Bool {
    context.noteOwned(counter, delivery, packets)
    _ = event(.damage, index, &writer)
    return false
  }

  /// A change could not be read: the book waits for a snapshot.
  @inline(never)
  private mutating func loseTrack(_ place: Int, _ index: Int, _ writer: inout EventWriter) {
    venue.pointee.join.restart(place, now: now)
    tellGap(true, index, &writer)
  }

  // MARK: - Snapshots

  /// Snapshot: a book, or a part of one.
  ///
  /// | offset | size | field |
  /// |---:|---:|---|
  /// | 12 | 4 | instrumentId |
  /// | 16 | 8 | timestampMs |
  /// | 24 | 8 | changeId: the book is the state after this change |
  /// | 32 | 1 | isBookComplete: 0 = limited in depth |
  /// | 33 | 1 | isLastInBook: 0 = more parts follow |
  mutating func decodeSnapshot(
    _ message: DeribitMessage, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    tellTime(message.bytes.littleEndian(UInt64.self, at: 16))
    let place = place(message.bytes.littleEndian(UInt32.self, at: 12), delivery, packets)
    if place < 0 { return }
    let changeId = message.bytes.littleEndian(UInt64.self, at: 24)
    let isLast = message.bytes.byte(at: 33) != 0
    let open = parts.place
    let part = parts.take(place: place, changeId: changeId, isLast: isLast)
    if part != .goesOn {
      if open >= 0, parts.isTaken { venue.pointee.join.snapshotAborted(open) }
      parts.isTaken = false
    }
    // An instrument nobody named has no scales; another core's no book here.
    let index = ownIndex(place)
    if part == .unsure || index < 0 { return }
    if part == .begins { beginSnapshot(place, index, through: changeId, &writer) }
    guard parts.isTaken, venue.pointee.join.state(of: place) == .receiving else { return }
    guard let group = message.firstGroup(entryLength: 17) else {
      context.noteOwned(.malformed, delivery, packets)
      return refuseSnapshot(place)
    }
    var entry = group.entries
    for _ in 0..<group.count {
      // SAFETY: `message` holds `count` entries of at least 17 bytes: side 1, price 8, amount 8.
      guard
        setLevel(
          side: entry.byte(at: 0), price: entry.littleEndianDouble(at: 1), amount: entry.littleEndianDouble(at: 9),
          isLast: true, index, delivery, packets, &writer)
      else { return refuseSnapshot(place) }
      entry += group.stride
    }
    if isLast { endSnapshot(place, delivery, packets, &writer) }
  }

  /// A snapshot that is newer than the book, or that the book waits for, replaces it.
  private mutating func beginSnapshot(_ place: Int, _ index: Int, through: UInt64, _ writer: inout EventWriter) {
    let wasCurrent = venue.pointee.join.state(of: place) == .current
    parts.isTaken = venue.pointee.join.snapshotBegan(place, through: through, now: now)
    if parts.isTaken {
      if wasCurrent { tellGap(true, index, &writer) }
      _ = event(.clearBook, index, &writer)
    } else if wasCurrent, venue.pointee.instruments.base[place].isSuspect,
      venue.pointee.join.through(of: place) == through
    {
      // The same state: nothing was lost for it.
      clearSuspicion(place, index, &writer)
    }
  }

  private mutating func endSnapshot(
    _ place: Int, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    parts.isTaken = false
    venue.pointee.join.snapshotEnded(place, now: now)
    applyKept(of: place, delivery, packets, &writer)
  }

  /// Applies what was kept while the snapshot came, as far as the events fit: the rest comes with the next message.
  @inline(never)
  mutating func applyKept(
    of place: Int, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    venue.pointee.unfinished = -1
    let index = ownIndex(place)
    if index < 0 { return }
    while venue.pointee.join.state(of: place) == .joining {
      guard hasRoomForKept(writer) else {
        venue.pointee.unfinished = place
        return
      }
      guard let kept = venue.pointee.join.nextJoined(place, now: now) else { break }
      // SAFETY: it was a whole message with its root block when it was kept.
      guard let base = kept.bytes.baseAddress, let message = DeribitMessage(base, available: kept.bytes.count) else {
        return
      }
      changeLevels(message, place, index, delivery, packets, &writer)
    }
    if venue.pointee.join.state(of: place) == .current { clearSuspicion(place, index, &writer) }
  }

  private mutating func refuseSnapshot(_ place: Int) {
    parts.isTaken = false
    venue.pointee.join.snapshotAborted(place)
  }

  /// The rest of the book under way is lost.
  mutating func abortParts() {
    if parts.place >= 0, parts.isTaken { venue.pointee.join.snapshotAborted(parts.place) }
    parts.abort()
  }
}
