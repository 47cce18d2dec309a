/// Deribit multicast (SBE, schema 1, versions 1 to 3) → book events. One per channel; the channels of a venue share a
/// `DeribitVenue`.
///
/// A delivery is the body of a packet: messages back to back, walked by block, group and string lengths
/// (`DeribitMessage`). What cannot be walked to its end is malformed, and what the packet said is as good as lost.
///
/// How far a book is to be believed is each instrument's own affair, by the chain of its change ids (`InstrumentJoin`):
///
/// | what happens | the book |
/// |---|---|
/// | named, or its channel began anew | stale until a snapshot; changes are kept |
/// | snapshot (1004) through change S | replaced, then the kept changes beyond S; whole again if they continue S |
/// | change (1001) that continues the last one | changed |
/// | change that does not | stale until a snapshot: `chainBreaks` |
/// | packets of its event channel are lost | stale until its next change that continues, or a snapshot not behind |
/// | packets of the snapshot channel are lost | as it was; a snapshot whose parts are not all there is none |
/// | an entry that cannot be read | stale until a snapshot |
///
/// Which channel carries an instrument's changes no message says: the first 1001 or 1002 about it does.
/// Deribit multicast, "Book rules", "Snapshot channel, joining and recovery".
struct DeribitDecoder: EventDecoder {
  let context: DecoderContext
  let everyday: EverydayTables.Pointer
  private let longer = LongerJudge.make(DeribitLayouts.description)
  let venue: UnsafeMutablePointer<DeribitVenue>
  /// The number on the next packet of the channel, nil before the first.
  private var nextSequence: UInt32?
  /// Its numbers began anew, which its next packet tells.
  private var isRestarted = false
  /// The channel has shown what it carries: snapshots; changes.
  private var carriesSnapshots = false
  private var carriesChanges = false
  /// Of the message at hand: its type slot, and how many bytes of the body come from it on.
  var type: UInt8 = 0
  private var bytesLeft = 0
  var now: UInt64 = 0
  var parts = DeribitSnapshotParts()
  let places: UnsafeMutablePointer<DeribitEverydayPlaces>

  typealias Packets = DecoderContext.Packets
  typealias DeliveryPointer = UnsafeMutablePointer<Delivery>

  /// The decoder of a channel that is its venue's only one.
  init(_ context: DecoderContext) { self.init(context, venue: Self.makeVenue(context)) }

  init(_ context: DecoderContext, venue: UnsafeMutablePointer<DeribitVenue>) {
    self.context = context
    everyday = EverydayTables.make(context)
    places = .allocate(capacity: 1)
    places.initialize(to: DeribitEverydayPlaces(head: everyday.pointee.headWord, venue: venue))
    self.venue = venue
  }

  /// What the decoders of a venue's channels share. Never freed, like all tables of a run.
  static func makeVenue(_ context: DecoderContext) -> UnsafeMutablePointer<DeribitVenue> {
    let venue = UnsafeMutablePointer<DeribitVenue>.allocate(capacity: 1)
    venue.initialize(
      to: DeribitVenue(instruments: context.directory.pointee.records.capacity, settings: context.recovery))
    return venue
  }

  /// Bytes of a template's root block as far as it is read, -1 for a template that is not known.
  static func rootLength(ofTemplate template: UInt16) -> Int {
    switch template {
    case 1000: 140
    case 1001: 29
    case 1002: 4
    case 1003: 133
    case 1004: 22
    case 1005: 4
    case 1006: 0
    case 1007: 4
    case 1008: 32
    case 1009: 22
    case 1010: 139
    default: -1
    }
  }

  /// A body holds several messages, and `decode` takes those that come all day together (`takeEverydayBooks`): so all
  /// bodies are read here. An instrument that they name first is known to the books behind the run.
  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    let head = context.head(type: 0)
    return run.take(into: events) { delivery, event in
      if !list.pointee.hasRoom { return false }
      if !takeEverydayBody(delivery, packets, list, head, event) {
        decodeAnyBody(delivery, packets, EventWriter(first: event, list: list, head: head))
      }
      return true
    }
  }

  /// A body that is the channel's next and begins with everyday messages. False, and nothing done, of any other.
  @inline(__always)
  private mutating func takeEverydayBody(
    _ delivery: DeliveryPointer, _ packets: Packets, _ list: UnsafeMutablePointer<EventList>, _ head: BookEvent.Head,
    _ event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    let bytes = delivery.pointee.bytes
    let length = Int(delivery.pointee.length)
    guard let nextSequence, bytes - packets[Int(delivery.pointee.packet)].payload == DeribitPacket.headerLength,
      // SAFETY: as in `hear`.
      (bytes - DeribitPacket.headerLength).littleEndian(UInt32.self, at: 4) == nextSequence,
      venue.pointee.unfinished < 0
    else { return false }
    let first = list.pointee.end
    let (taken, end) = takeEverydayBooks(bytes, length: length, first)
    if taken == 0 { return false }
    self.nextSequence = nextSequence &+ 1
    if unlikely(taken != length || places.pointee.tookLonger != 0) {
      finishBody(delivery, packets, from: taken, EventWriter(first: event, list: list, head: head), end)
    } else if end == first + 1 {
      event.pointee = first.pointee
    } else {
      list.pointee.writeGroup(of: end - first, head: head, first.pointee.exchangeNanoseconds, into: event)
    }
    return true
  }

  /// What a body has behind its first everyday messages.
  @inline(never)
  private mutating func finishBody(
    _ delivery: DeliveryPointer, _ packets: Packets, from start: Int, _ writer: EventWriter,
    _ end: UnsafeMutablePointer<BookEvent>
  ) {
    var writer = writer
    writer.end = end
    now = packets[Int(delivery.pointee.packet)].captureNanoseconds
    noteIfTookLonger(delivery.pointee.bytes, length: start, delivery, packets)
    decodeMessages(delivery, packets, from: start, &writer)
    writer.finish()
  }

  @inline(never)
  private mutating func decodeAnyBody(_ delivery: DeliveryPointer, _ packets: Packets, _ writer: EventWriter) {
    var writer = writer
    _ = decode(delivery, packets: packets, into: &writer)
    writer.finish()
  }

  mutating func decode(
    _ delivery: DeliveryPointer, packets: Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    now = packets[Int(delivery.pointee.packet)].captureNanoseconds
    if delivery.pointee.length == 0 { context.note(.emptyMessages, delivery, packets) }
    bytesLeft = Int(delivery.pointee.length)
    hear(delivery, packets, &writer)
    if venue.pointee.unfinished >= 0 { applyKept(of: venue.pointee.unfinished, delivery, packets, &writer) }
    decodeMessages(delivery, packets, from: 0, &writer)
    return .other
  }

  /// The messages of a body, from its byte `start` on.
  private mutating func decodeMessages(
    _ delivery: DeliveryPointer, _ packets: Packets, from start: Int, _ writer: inout EventWriter
  ) {
    let length = Int(delivery.pointee.length)
    bytesLeft = length - start
    while bytesLeft > 0 {
      let next = delivery.pointee.bytes + (length - bytesLeft)
      if writer.room >= Self.everydayEvents {
        let (taken, end) = takeEverydayBooks(next, length: bytesLeft, writer.end)
        writer.end = end
        noteIfTookLonger(next, length: taken, delivery, packets)
        bytesLeft -= taken
        if bytesLeft == 0 { break }
      }
      guard
        let message = DeribitMessage(delivery.pointee.bytes + (length - bytesLeft), available: bytesLeft)
      else {
        context.note(.malformed, delivery, packets)
        lose(&writer)
        break
      }
      decode(message, delivery, packets, &writer)
      bytesLeft -= message.length
    }
  }

  private mutating func decode(
    _ message: DeribitMessage, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    noteIfLonger(message, delivery, packets)
    let template = message.templateId
    let needed = Self.rootLength(ofTemplate: template)
    guard needed >= 0, message.schema == DeribitMessage.schemaId else {
      return context.note(.unknownTypes, delivery, packets)
    }
    guard message.blockLength >= needed else {
      context.note(.malformed, delivery, packets)
      return lose(&writer)
    }
    type = UInt8(truncatingIfNeeded: template &- 1000)
    context.count(type: type)
    // SAFETY: the root block holds all fields read below, by the length checked above.
    switch template {
    case 1001: decodeBook(message, delivery, packets, &writer)
    case 1003: decodeTicker(message, delivery, packets, &writer)
    case 1002: decodeTrades(message, delivery, packets, &writer)
    case 1004:
      carriesSnapshots = true
      decodeSnapshot(message, delivery, packets, &writer)
    case 1000: decodeInstrument(message, fields: 0, delivery, packets, &writer)
    // As 1000, but for rfq, the byte at 20.
    case 1010: decodeInstrument(message, fields: -1, delivery, packets, &writer)
    case 1005, 1006:
      carriesSnapshots = true
      abortParts()
      parts.isAtBeginning = true
    case 1007: parts.isAtBeginning = true
    default: break  // 1008 price indexes, 1009 requests for quotes: no effect on books.
    }
  }

  // MARK: - Longer messages

  /// Counts a message that goes on beyond its layout.
  @inline(__always)
  private func noteIfLonger(_ message: DeribitMessage, _ delivery: DeliveryPointer, _ packets: Packets) {
    if context.countsMessages == 0 || places.pointee.areExact(for: message) { return }
    if longer.isLonger(message.bytes, message.length) {
      context.counters.note(
        .longerMessages, at: packets[Int(delivery.pointee.packet)].occurrence(of: message.bytes))
    }
  }

  /// Counts such among messages that were taken, `length` bytes of them.
  @inline(__always)
  private mutating func noteIfTookLonger(
    _ bytes: UnsafeRawPointer, length: Int, _ delivery: DeliveryPointer, _ packets: Packets
  ) {
    if places.pointee.tookLonger != 0 { noteLonger(bytes, length: length, delivery, packets) }
  }

  @inline(never)
  private mutating func noteLonger(
    _ bytes: UnsafeRawPointer, length: Int, _ delivery: DeliveryPointer, _ packets: Packets
  ) {
    places.pointee.tookLonger = 0
    var offset = 0
    while offset < length, let message = DeribitMessage(bytes + offset, available: length - offset) {
      noteIfLonger(message, delivery, packets)
      offset += message.length
    }
  }

  // MARK: - The channel

  /// A hole in the channel's numbers. The arbiter hands on in order, and what was lost is lost for good.
  ///
  /// The framing header is the delivery's prefix; a body that stands alone (no packet) has none.
  private mutating func hear(_ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter) {
    let bytes = delivery.pointee.bytes
    guard bytes - packets[Int(delivery.pointee.packet)].payload == DeribitPacket.headerLength else { return }
    // SAFETY: the packet's header, proved when it was parsed, stands before its body.
    let sequence = (bytes - DeribitPacket.headerLength).littleEndian(UInt32.self, at: 4)
    if isRestarted || nextSequence != nil && sequence != nextSequence { lose(&writer) }
    isRestarted = false
    nextSequence = sequence &+ 1
  }

  /// Messages of this channel are lost.
  @inline(never)
  private mutating func lose(_ writer: inout EventWriter) {
    abortParts()
    parts.isAtBeginning = false
    if carriesSnapshots { return }
    var channels = venue.pointee.suspect(channel: context.channel)
    while channels != 0 {
      let event = writer.next()
      event.pointee.kind = .channelGap
      event.pointee.channel = UInt8(channels.trailingZeroBitCount)
      event.pointee.exchangeNanoseconds = venue.pointee.exchangeNanoseconds
      channels &= channels &- 1
    }
  }

  /// The channel's numbers begin anew, and the books that stand under it are empty.
  mutating func restart(now: UInt64) {
    abortParts()
    parts = DeribitSnapshotParts()
    nextSequence = nil
    isRestarted = true
    venue.pointee.restart(channel: context.channel, now: now)
  }

  // MARK: - Instruments

  /// The place of the instrument a message names, -1 where there is no room for it.
  mutating func place(_ instrumentId: UInt32, _ delivery: DeliveryPointer, _ packets: Packets) -> Int {
    let known = venue.pointee.find(instrumentId)
    if known >= 0 { return known }
    let place = venue.pointee.add(instrumentId, channel: context.channel)
    if place < 0 { context.note(.instrumentsFull, delivery, packets) }
    return place
  }

  /// This channel carries the instrument's changes: its trust counts for it.
  @inline(__always)
  mutating func follow(_ place: Int, _ writer: inout EventWriter) {
    let instrument = venue.pointee.instruments.base + place
    if instrument.pointee.isFollowed, instrument.pointee.channel == context.channel { return }
    followAnew(place, &writer)
  }

  @inline(never)
  private mutating func followAnew(_ place: Int, _ writer: inout EventWriter) {
    carriesChanges = true
    let instrument = venue.pointee.instruments.base + place
    instrument.pointee.isFollowed = true
    instrument.pointee.channel = context.channel
    venue.pointee.pair(place)
    venue.pointee.forgetEveryday(place)
    let index = Int(instrument.pointee.index) - 1
    if index < 0 { return }
    context.directory.pointee.channels[index] = context.channel
    if context.owns(index) { _ = event(.assignChannel, index, &writer) }
  }

  /// A ticker stands on both kinds of channels: it tells only where the channel is known to carry changes.
  mutating func followTicker(_ place: Int, _ writer: inout EventWriter) {
    if carriesChanges, !carriesSnapshots { follow(place, &writer) }
  }

  /// Dense index of the instrument at `place` if it is named and this core's, else -1.
  @inline(__always)
  func ownIndex(_ place: Int) -> Int {
    let index = Int(venue.pointee.instruments.base[place].index) &- 1
    return index >= 0 && context.owns(index) ? index : -1
  }

  // MARK: - Events

  @inline(__always)
  func event(
    _ kind: BookEvent.Kind, _ index: Int, _ writer: inout EventWriter
  ) -> UnsafeMutablePointer<BookEvent> {
    let event = writer.next()
    event.pointee.kind = kind
    event.pointee.type = type
    event.pointee.instrument = UInt32(truncatingIfNeeded: index)
    event.pointee.exchangeNanoseconds = venue.pointee.exchangeNanoseconds
    return event
  }

  /// The instrument's book misses changes, or is whole again.
  func tellGap(_ isStale: Bool, _ index: Int, _ writer: inout EventWriter) {
    event(.instrumentGap, index, &writer).pointee.quantity = isStale ? 1 : 0
  }

  /// Whether the events of one more kept message fit: after all that the rest of the body may bring.
  func hasRoomForKept(_ writer: borrowing EventWriter) -> Bool {
    // A message takes 12 bytes at least; what has more events than one has as many bytes more.
    writer.room - bytesLeft / DeribitMessage.headerLength - 8 >= Self.keptEventsMaximum
  }

  /// Events of one 1001: entries of 18 bytes in a UDP payload.
  private static var keptEventsMaximum: Int { 65_507 / 18 + 2 }

  /// Messages tell milliseconds since 1970 UTC; the venue's day is UTC's. Told of every message, whoever owns its
  /// instrument: messages without a time happen at the last one told, on every core alike.
  func tellTime(_ milliseconds: UInt64) {
    venue.pointee.exchangeNanoseconds = milliseconds % 86_400_000 * 1_000_000
  }
}
