import CPlatform

/// The loop over a core's messages, in blocks: decode one, then apply the one before it, whose cache lines have come.
extension Core {
  /// Messages of a block, and so how many at least lie between the request for a message's cache lines and their use;
  /// Docs/decisions/0003-look-ahead.md.
  private static var blockLength: Int { 16 }
  /// Where an event stands is its position with this mask: two blocks take turns, near at hand.
  private static var blocksMask: Int { 2 &* blockLength &- 1 }
  /// Where all of a chunk is decoded first.
  private static var chunkMask: Int { EventList.chunkMaximum &- 1 }

  /// Applies the first messages of `deliveries`, up to `count`, and returns how many. Ends early behind one that
  /// changes how later ones are to be read, and before a delivery that is no message.
  ///
  /// On a sampled burst all are decoded first, so that the two stages can be told apart.
  @inline(__always)
  mutating func applyMessages(
    _ deliveries: UnsafeMutablePointer<Delivery>, count: Int, packets: UnsafeMutablePointer<DeliveredPacket>,
    stamps: inout BurstStamps
  ) -> Int {
    decoders.list.pointee.removeAll()
    let step = stamps.isSampled ? count : Self.blockLength
    let mask = stamps.isSampled ? Self.chunkMask : Self.blocksMask
    var limit = count
    var decoded = 0
    var applied = 0
    repeat {
      let ready = decoded
      if decoded < limit {
        decoded = decode(deliveries, from: decoded, upTo: min(decoded &+ step, limit), limit: &limit, packets, mask)
        stamps.decoded()
      }
      apply(deliveries, from: applied, upTo: ready, packets, mask, &stamps)
      applied = ready
    } while applied < limit
    stamps.applied()
    if countsMessages { messages &+= UInt64(truncatingIfNeeded: limit) }
    books.takeDepartures(desk: &desk)
    return limit
  }

  // MARK: - Decode

  /// Decodes messages, asks for the memory that applying them will touch, and returns where it stopped. `limit` is
  /// lowered to what may be decoded before what comes next is applied.
  @inline(__always)
  private mutating func decode(
    _ deliveries: UnsafeMutablePointer<Delivery>, from start: Int, upTo end: Int, limit: inout Int,
    _ packets: UnsafeMutablePointer<DeliveredPacket>, _ mask: Int
  ) -> Int {
    var position = start
    while position < end {
      let channel = deliveries[position].channel
      if decoders.feedProtocol(channel) == .itch50 {
        position = decodeRun(
          of: decoders.itch50 + Int(channel), deliveries, from: position, upTo: end, packets, mask)
      } else {
        position = decodeRun(on: channel, deliveries, from: position, upTo: end, packets, mask)
        // The next message's events may not fit: it is decoded when those before it are applied.
        if !decoders.list.pointee.hasRoom {
          limit = position
          return position
        }
      }
      if position == end { return position }
      if deliveries[position].channel != channel { continue }
      if deliveries[position].kind != .message {
        limit = position
        return position
      }
      let outcome = decodeOther(deliveries + position, packets, into: events.base + (position & mask))
      position &+= 1
      input.ask()
      if outcome == .barrier {
        limit = position
        return position
      }
    }
    return position
  }

  /// Decodes everyday ITCH messages of one channel until something else comes.
  @inline(__always)
  private mutating func decodeRun(
    of decoder: UnsafeMutablePointer<ITCH50Decoder>, _ deliveries: UnsafeMutablePointer<Delivery>, from start: Int,
    upTo end: Int, _ packets: UnsafeMutablePointer<DeliveredPacket>, _ mask: Int
  ) -> Int {
    // A block does not wrap round the events.
    let events = events.base + (start & mask)
    let count = decoder.pointee.decodeRun(deliveries + start, count: end &- start, packets: packets, into: events)
    let lines = books.venues[Int(decoder.pointee.venue)].lines
    for position in 0..<count {
      lines.prefetch(events + position)
      input.ask()
    }
    if crossVenue != nil { prefetchPeers(from: start, count: count, mask) }
    return start &+ count
  }

  /// The same of another protocol's channel, as far as its decoder takes messages by runs.
  @inline(__always)
  private mutating func decodeRun(
    on channel: UInt8, _ deliveries: UnsafeMutablePointer<Delivery>, from start: Int, upTo end: Int,
    _ packets: UnsafeMutablePointer<DeliveredPacket>, _ mask: Int
  ) -> Int {
    let events = events.base + (start & mask)
    let count = decoders.decodeRun(
      deliveries + start, count: end &- start, channel: channel, packets: packets, into: events)
    books.admitNewInstruments()
    let lines = books.venues[Int(decoders.venue(channel))].lines
    for position in 0..<count {
      if events[position].changesOrders { lines.prefetch(events + position) }
      // Where orders alone are named, their books are known a block later.
      if start &+ position >= Self.blockLength {
        lines.prefetchBook(ofOrderOf: self.events.base + ((start &+ position &- Self.blockLength) & mask))
      }
      input.ask()
    }
    if crossVenue != nil { prefetchPeers(from: start, count: count, mask) }
    return start &+ count
  }

  /// Asks for what the detectors look at beside the book that a message changes: its symbol's group, and a block later,
  /// when that has come, the other venues' books of the symbol.
  @inline(never)
  private func prefetchPeers(from start: Int, count: Int, _ mask: Int) {
    for position in start..<(start &+ count) {
      if let group = group(of: events.base + (position & mask)) {
        // What is read of it lies in two cache lines at most.
        feedh_prefetch(group)
        feedh_prefetch(UnsafeRawPointer(group) + MemoryLayout<SymbolGroup>.size - 1)
      }
      if position < Self.blockLength { continue }
      let earlier = events.base + ((position &- Self.blockLength) & mask)
      guard let group = group(of: earlier) else { continue }
      var others = group.pointee.venueMask & ~(1 << (earlier.pointee.venue & 7))
      while others != 0 {
        let other = VenueIndex(others.trailingZeroBitCount)
        others &= others &- 1
        if let index = group.pointee.listing(at: other) {
          feedh_prefetch(books.venues[Int(other)].headers.base + index)
        }
      }
    }
  }

  /// The group of an event's instrument, nil where the event names none.
  @inline(__always)
  private func group(of event: UnsafeMutablePointer<BookEvent>) -> UnsafeMutablePointer<SymbolGroup>? {
    let directory = books.venues[Int(event.pointee.venue)].directory
    let instrument = Int(truncatingIfNeeded: event.pointee.instrument)
    if instrument >= directory.pointee.count { return nil }
    return books.symbols.pointee.groups.base + Int(directory.pointee.groups.base[instrument])
  }

  /// Decodes one message of any kind.
  @inline(never)
  mutating func decodeOther(
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: UnsafeMutablePointer<DeliveredPacket>,
    into event: UnsafeMutablePointer<BookEvent>
  ) -> DecodeOutcome {
    let channel = delivery.pointee.channel
    let outcome =
      decoders.feedProtocol(channel) == .itch50
      ? decoders.itch50[Int(channel)].decodeOther(delivery, packets: packets, into: event)
      : decoders.decodeOther(delivery, packets: packets, into: event)
    if outcome != .everyday { books.admitNewInstruments() }
    if event.pointee.changesOrders { books.venues[Int(event.pointee.venue)].lines.prefetch(event) }
    return outcome
  }

  // MARK: - Apply

  /// Applies decoded messages, packet by packet.
  @inline(__always)
  private mutating func apply(
    _ deliveries: UnsafeMutablePointer<Delivery>, from start: Int, upTo end: Int,
    _ packets: UnsafeMutablePointer<DeliveredPacket>, _ mask: Int, _ stamps: inout BurstStamps
  ) {
    // A block does not wrap round the events.
    var event = events.base + (start & mask)
    var delivery = deliveries + start
    let last = deliveries + end
    while delivery < last {
      let packet = packets + Int(delivery.pointee.packet)
      let now = packet.pointee.captureNanoseconds
      // Of two packets of one time the second waits for what the first let out without latency.
      if likely(now > clock) || unlikely(now >= desk.nextDue) { advance(to: now) }
      // A packet is of one channel, and so of one venue.
      let venue = books.venues + Int(channelVenues.base[Int(delivery.pointee.channel)])
      var endsPacket: Bool
      repeat {
        if likely(event.pointee.exchangeNanoseconds <= directMaximum) || isWithinTime(event, now: now) {
          let place = Place(delivery: packet, bytes: delivery.pointee.bytes)
          if unlikely(!books.applyEveryday(event, of: venue, place: place)) {
            applyOther(event, place: place, now: now)
          }
        }
        endsPacket = delivery.pointee.endsPacket
        delivery += 1
        event += 1
      } while !endsPacket && delivery < last
      if endsPacket, books.changedCount > 0 {
        stamps.applied()
        publish(now)
        stamps.detected()
      }
    }
  }

  @inline(never)
  private mutating func applyOther(_ event: UnsafeMutablePointer<BookEvent>, place: Place, now: UInt64) {
    books.apply(event, place: place)
    if event.pointee.kind == .system { applySystemEvent(event, now: now) }
  }
}
