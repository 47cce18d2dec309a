/// CME MDP 3.0, schema 1 in versions 5 to 13 → book events. Little-endian; where the fields of each template and
/// version stand is data (`CMETemplates`).
///
/// One security has up to three books, which are instruments of their own (`NumberedInstruments`): the levels the venue
/// publishes, by position (`ESZ5`: templates 32, 46, 64), its implied levels (`ESZ5 IMPLIED`: the entries E and F of
/// the same templates), and its orders (`ESZ5 MBO`: 43, 47 and the orders behind levels in 32, 46, 64). Levels and
/// orders say the same twice; one book of both would count every contract twice.
///
/// Prices become mantissas of nine decimals, whatever the template's; a book keeps ticks of the definition. Book rules:
/// CME MDP 3.0 sheet, "Book rules (MBP)".
struct CMEDecoder: MessageDecoder {
  typealias Packets = DecoderContext.Packets
  typealias View = NumberedInstruments.View

  let context: DecoderContext
  let instruments: NumberedInstruments
  private let templates = CMETemplates()
  let everyday: EverydayTables.Pointer
  private let longer = LongerJudge.make(CMELayouts.description)
  /// Of the last everyday message, which most are like.
  private let places: UnsafeMutablePointer<CMEEverydayPlaces>
  /// By MDEntryType: the side, as in an event's head, and the view above it, as in an identifier; all ones for none.
  private let everydayBooks = Storage<UInt64>(capacity: 256, hugePages: false)
  /// By MDUpdateAction: kinds of events, 0 where only the long way reads it.
  private let everydayKinds = Storage<UInt8>(capacity: 256, hugePages: false)
  private var day = VenueDay(.usCentral)
  /// Books of this channel are in the middle of the venue's event.
  private var isOpen = false
  /// Something was named, or moved to this channel, by the message under work.
  var isNew = false

  /// Levels a side has without a definition: of the real book, of the implied one.
  static var standardDepth: UInt8 { 10 }
  static var standardImpliedDepth: UInt8 { 2 }
  private static var endOfEvent: UInt8 { 0x80 }

  init(_ context: DecoderContext) {
    self.context = context
    instruments = NumberedInstruments(context)
    everyday = EverydayTables.make(context)
    places = .allocate(capacity: 1)
    places.initialize(to: CMEEverydayPlaces())
    // New, change, delete, overlay.
    for (action, kind) in [0: BookEvent.Kind.insertLevelAt, 1: .changeLevelAt, 2: .deleteLevelAt, 5: .changeLevelAt] {
      everydayKinds[action] = kind.rawValue
    }
    for type in UInt8.min...UInt8.max {
      everydayBooks[Int(type)] =
        Self.book(ofType: type).map { $0.view.rawValue << 32 | ($0.isSell ? 1 : 0) << BookEvent.Head.sellShift } ?? .max
    }
  }

  /// One message, where it stands in its packet, and what it is.
  struct Message {
    let bytes: UnsafeRawPointer
    let length: Int
    /// Where the root block ends.
    let rootEnd: Int
    let template: UnsafeMutablePointer<CMETemplate>
    let delivery: UnsafeMutablePointer<Delivery>
    let packets: Packets
    var stamp: EventStamp

    /// SAFETY: offsets are those of the template, and the root block holds its fields: checked before.
    @inline(__always)
    func has(_ offset: UInt16) -> Bool { offset != CMETemplate.absent }
  }

  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    if isOpen { return 0 }
    let (places, everyday, day) = (places, everyday, day)
    let (books, kinds) = (everydayBooks.base, everydayKinds.base)
    let records = context.directory.pointee.records.base
    let taken = run.take(into: events) { delivery, event in
      let bytes = delivery.pointee.bytes
      let length = Int(delivery.pointee.length)
      // SAFETY: `places` are those of messages with this head, of `end` bytes at least, which are here.
      if length < places.pointee.end || bytes.littleEndian(UInt64.self, at: 2) != places.pointee.head
        || bytes.littleEndian(UInt32.self, at: places.pointee.group) & 0xFF_FFFF != places.pointee.dimension
      {
        guard findPlaces(bytes, length: length) else { return false }
      }
      everyday.hint(UInt32(truncatingIfNeeded: length ^ places.pointee.length))
      // The end of the venue's event, and no order behind the level.
      guard bytes.byte(at: places.pointee.indicator) & Self.endOfEvent != 0,
        bytes.byte(at: places.pointee.orderCount) == 0,
        let now = day.nanosecondsThisHour(bytes.littleEndian(UInt64.self, at: places.pointee.time)),
        Self.writeEverydayLevel(
          bytes, places, book: books[Int(bytes.byte(at: places.pointee.entryType))],
          kind: kinds[Int(bytes.byte(at: places.pointee.action))], everyday, records, into: event)
      else { return false }
      event.pointee.exchangeNanoseconds = now
      everyday.count(Int(places.pointee.type))
      return true
    }
    return ended(run, taken, packets)
  }

  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets) -> Bool {
    longer.isLonger(delivery.pointee.bytes, Int(delivery.pointee.length))
  }

  /// Sets `places` for a message of one level. False, and nothing done, where it is none of every day.
  @inline(never)
  private mutating func findPlaces(_ bytes: UnsafeRawPointer, length: Int) -> Bool {
    if length < MDP3Packet.messageHeaderLength { return false }
    // SAFETY: the head is here, and the group's where it is read.
    let template = templates.find(
      template: bytes.littleEndian(UInt16.self, at: 4), version: bytes.littleEndian(UInt16.self, at: 8))
    let block = bytes.littleEndian(UInt16.self, at: 2)
    let group = MDP3Packet.messageHeaderLength &+ Int(block)
    guard bytes.littleEndian(UInt16.self, at: 6) == 1, template.pointee.isEverydayLevels,
      block >= template.pointee.rootLength, group &+ 3 <= length
    else { return false }
    let stride = bytes.littleEndian(UInt16.self, at: group)
    guard bytes.byte(at: group &+ 2) == 1, stride >= template.pointee.entryLength else { return false }
    let found = CMEEverydayPlaces(
      head: bytes.littleEndian(UInt64.self, at: 2), group: group, stride: stride, template.pointee,
      type: bytes.byte(at: 4))
    guard length >= found.end else { return false }
    places.pointee = found
    return true
  }

  @inline(__always)
  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let bytes = delivery.pointee.bytes
    let length = Int(delivery.pointee.length)
    noteIfLonger(delivery, packets)
    guard length >= MDP3Packet.messageHeaderLength else {
      context.note(length == 0 ? .emptyMessages : .malformed, delivery, packets)
      return .other
    }
    // SAFETY: the head is here.
    let number = bytes.littleEndian(UInt16.self, at: 4)
    guard bytes.littleEndian(UInt16.self, at: 6) == 1 else { return decodeForeign(number, delivery, packets) }
    let template = templates.find(template: number, version: bytes.littleEndian(UInt16.self, at: 8))
    if template.pointee.kind == .unknown {
      context.note(.unknownTypes, delivery, packets)
      return .other
    }
    let block = bytes.littleEndian(UInt16.self, at: 2)
    let rootEnd = MDP3Packet.messageHeaderLength &+ Int(block)
    guard block >= template.pointee.rootLength, rootEnd <= length else {
      context.note(.malformed, delivery, packets)
      return .other
    }
    let type = UInt8(truncatingIfNeeded: number)
    var message = Message(
      bytes: bytes, length: length, rootEnd: rootEnd, template: template, delivery: delivery, packets: packets,
      stamp: EventStamp(type: type, exchangeNanoseconds: 0))
    // Definitions have no time of their own but that of the last change: the packet's counts.
    message.stamp.exchangeNanoseconds = day.nanoseconds(
      message.has(template.pointee.time)
        ? bytes.littleEndian(UInt64.self, at: Int(template.pointee.time))
        : MDP3Packet.sendingTime(of: bytes, in: packets[Int(delivery.pointee.packet)].payload))
    // Where there is no indicator, the message is an event of its own.
    var ends = true
    if message.has(template.pointee.indicator) {
      ends = bytes.byte(at: Int(template.pointee.indicator)) & Self.endOfEvent != 0
    }
    isNew = false
    let before = writer.count
    if !ends, template.pointee.kind != .definition { message.stamp.flags = .isPartial }
    guard apply(message, &writer) else {
      context.note(.malformed, delivery, packets)
      return .other
    }
    context.count(type: type)
    // A definition is no part of an event, whatever its indicator says.
    if template.pointee.kind == .definition { return .other }
    if !ends {
      if writer.count > before { isOpen = true }
    } else if isOpen, template.pointee.indicator != CMETemplate.absent {
      isOpen = false
      _ = writer.next(.endOfChannelEvent, 0, message.stamp)
    }
    // A reset is part of the digest of every book that is there: later messages must not have named more by then.
    if template.pointee.kind == .reset { return .barrier }
    return isNew ? .other : .everyday
  }

  /// False where the message ends before its groups do, or entries are shorter than known: nothing was written.
  @inline(__always)
  private mutating func apply(_ message: Message, _ writer: inout EventWriter) -> Bool {
    var groups = MessageCursor(message.bytes, count: message.length, order: .little, offset: message.rootEnd)
    let template = message.template
    switch template.pointee.kind {
    case .unknown: return true
    case .status:
      applyStatus(message, &writer)
      return true
    case .definition:
      return applyDefinition(message, &groups, &writer)
    default: break
    }
    if template.pointee.groupCount == 0 { return true }
    guard let entries = groups.group(CMELayouts.size3),
      entries.count == 0 || entries.stride >= Int(template.pointee.entryLength)
    else { return false }
    switch template.pointee.kind {
    case .levels:
      if template.pointee.groupCount == 1 {
        for index in 0..<entries.count { applyLevel(entries.entry(index), message, &writer) }
        return true
      }
      guard let orders = groups.group(CMELayouts.size8),
        orders.count == 0 || orders.stride >= Int(template.pointee.orderLength)
      else { return false }
      for index in 0..<entries.count { applyLevel(entries.entry(index), message, &writer) }
      for index in 0..<orders.count { applyOrder(orders.entry(index), behind: entries, message, &writer) }
    case .orders:
      for index in 0..<entries.count { applyOrder(entries.entry(index), message, &writer) }
    case .trades:
      // The orders of trades change nothing here, but they have to be there.
      if template.pointee.groupCount > 1 {
        guard let orders = groups.group(CMELayouts.size8),
          orders.count == 0 || orders.stride >= Int(template.pointee.orderLength)
        else { return false }
      }
      for index in 0..<entries.count { applyTrade(entries.entry(index), message, &writer) }
    case .levelSnapshot: applyLevelSnapshot(entries, message, &writer)
    case .orderSnapshot: applyOrderSnapshot(entries, message, &writer)
    case .reset:
      if isOpen { _ = writer.next(.endOfChannelEvent, 0, message.stamp) }
      isOpen = false
      _ = writer.next(.clearChannel, 0, message.stamp)
    default: return Self.holdsGroups(from: 1, message, &groups)
    }
    return true
  }

  /// Whether the template's groups from the given one on are all there: those that say nothing to books.
  @inline(never)
  static func holdsGroups(from first: UInt8, _ message: Message, _ groups: inout MessageCursor) -> Bool {
    let template = message.template.pointee
    for position in first..<max(first, template.groupCount) {
      let isLong = template.longHeaders & 1 << position != 0
      if groups.group(isLong ? CMELayouts.size8 : CMELayouts.size3) == nil { return false }
    }
    return true
  }

  /// Messages of the session service (schema 2): no feed has them, captures do. Any other schema is not known.
  @inline(never)
  private func decodeForeign(
    _ number: UInt16, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets
  ) -> DecodeOutcome {
    let schema = delivery.pointee.bytes.littleEndian(UInt16.self, at: 6)
    if schema == 2, (200...210).contains(number) {
      context.count(type: UInt8(truncatingIfNeeded: number))
    } else {
      context.note(.unknownTypes, delivery, packets)
    }
    return .other
  }
}
