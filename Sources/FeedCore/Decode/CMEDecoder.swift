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
struct CMEDecoder: EventDecoder {
  typealias Packets = DecoderContext.Packets
  typealias View = NumberedInstruments.View

  let context: DecoderContext
  let instruments: NumberedInstruments
  private let templates = CMETemplates()
  private let everyday: EverydayTables
  private var everydayHead: EverydayHead
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
    everyday = EverydayTables(context, [])
    // No message of schema 0 is known.
    everydayHead = EverydayHead(word: 0, template: templates.find(template: 0, version: 0))
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
    let (everyday, day, records) = (everyday, day, context.directory.pointee.records.base)
    var known = everydayHead
    let taken = run.take { delivery, position in
      let bytes = delivery.pointee.bytes
      let length = Int(delivery.pointee.length)
      if length < MDP3Packet.messageHeaderLength { return false }
      // SAFETY: the head is here; what is read behind it lies within root block and entry, whose lengths are checked.
      let head = bytes.littleEndian(UInt64.self, at: 2)
      if head != known.word {
        guard let template = everydayTemplate(head) else { return false }
        known = EverydayHead(word: head, template: template)
      }
      let template = known.template
      let group = MDP3Packet.messageHeaderLength &+ Int(head & 0xFFFF)
      // One level, no order behind one, and the end of the venue's event.
      guard group &+ 3 <= length, bytes.byte(at: Int(template.pointee.indicator)) & Self.endOfEvent != 0 else {
        return false
      }
      let stride = Int(bytes.littleEndian(UInt16.self, at: group))
      let end = group &+ 3 &+ stride &+ Int(template.pointee.orderHeaderLength)
      guard bytes.byte(at: group &+ 2) == 1, stride >= Int(template.pointee.entryLength), end <= length,
        template.pointee.orderHeaderLength == 0 || bytes.byte(at: end &- 1) == 0
      else { return false }
      let type = UInt8(truncatingIfNeeded: head >> 16)
      let event = events + position
      guard let now = day.nanosecondsThisHour(bytes.littleEndian(UInt64.self, at: Int(template.pointee.time))),
        Self.writeEverydayLevel(everyday, records, bytes + (group &+ 3), template, type: type, into: event)
      else { return false }
      event.pointee.exchangeNanoseconds = now
      everyday.count(type)
      return true
    }
    everydayHead = known
    return taken
  }

  /// Block, template, schema and version as they stand in a message's head, and what they mean: those of the last
  /// everyday message.
  private struct EverydayHead {
    var word: UInt64
    var template: UnsafeMutablePointer<CMETemplate>
  }

  /// The template of a message with such a head, if everyday messages have it, and its root block is whole.
  @inline(never)
  private mutating func everydayTemplate(_ head: UInt64) -> UnsafeMutablePointer<CMETemplate>? {
    let template = templates.find(
      template: UInt16(truncatingIfNeeded: head >> 16), version: UInt16(truncatingIfNeeded: head >> 48))
    guard UInt16(truncatingIfNeeded: head >> 32) == 1, template.pointee.isEverydayLevels,
      UInt16(truncatingIfNeeded: head) >= template.pointee.rootLength
    else { return nil }
    return template
  }

  @inline(__always)
  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let bytes = delivery.pointee.bytes
    let length = Int(delivery.pointee.length)
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
