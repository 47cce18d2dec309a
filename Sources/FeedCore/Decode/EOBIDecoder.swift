/// Eurex T7 EOBI, releases before 2.5 to 6.0 and 14.1 → book events. Little-endian; every message begins with
/// BodyLen (2), TemplateID (2), MsgSeqNum (4).
///
/// No message tells its release. Where the generations differ in length (`EOBIShape`) the length tells; executions do
/// not, and are read by the date of the packet's header, or, without one, like what came before them.
///
/// An order has no number: side, price and priority time name it within its instrument. Books know it by a hash of the
/// three (`reference`). Two orders of one instrument that come to the same 64 bits would be taken for one; with 10^5
/// live orders that is one chance in 3 × 10^9.
///
/// Instruments have no names either: RDI files do, which are not read. Their symbols are `#` and the number, which
/// `symbols.overrides` maps. Prices are kept in 1/100,000 where the first one is below 1,000, else in 1/10,000.
/// Market orders rest without a price and are in no book.
struct EOBIDecoder: MessageDecoder {
  typealias Packets = DecoderContext.Packets

  let context: DecoderContext
  let instruments: NumberedInstruments
  /// Messages are of release 14.1: set by the last one that told.
  private var isCurrent = false
  /// Books are in the middle of the venue's event.
  private var isOpen: Bool {
    get { everydayPacket.pointee.isOpen }
    nonmutating set { everydayPacket.pointee.isOpen = newValue }
  }
  var isNew = false
  /// The instrument whose snapshot is under way, and the orders it still lacks.
  var snapshotInstrument = -1
  var snapshotOrdersLeft = 0
  var everyday: EverydayTables.Pointer { everydayPacket.tables }
  /// In the order of `EOBILayouts.Release`.
  private let longer: InlineArray<3, LongerJudge.Pointer> = [
    LongerJudge.make(EOBILayouts.before25), LongerJudge.make(EOBILayouts.release30),
    LongerJudge.make(EOBILayouts.release60),
  ]
  private let growths = EOBIDecoder.makeGrowths()
  /// By generation, and by template from 13100 on.
  private let everydayShapes = Storage<EOBIEverydayShape>(
    capacity: 2 * EOBIEverydayShape.templateCount, hugePages: false)
  private let everydayPacket: UnsafeMutablePointer<EverydayPacket>

  /// 2019: release 7.0 is of December 2018.
  private static var currentSince: UInt64 { 1_546_300_800_000_000_000 }
  static var priceNull: Int64 { .min }

  init(_ context: DecoderContext) {
    self.context = context
    instruments = NumberedInstruments(context)
    for place in 0..<EOBIEverydayShape.templateCount {
      for isCurrent in [false, true] {
        everydayShapes[place + (isCurrent ? EOBIEverydayShape.templateCount : 0)] =
          EOBIEverydayShape(template: 13_100 + UInt16(place), isCurrent: isCurrent)
      }
    }
    everydayPacket = .allocate(capacity: 1)
    everydayPacket.initialize(to: EverydayPacket(context, shapes: everydayShapes.base))
  }

  /// `FeedProtocol.eobiSlot` of the templates 13100 to 13106.
  @inline(__always)
  static func everydayType(_ template: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: template &- 13_000) }

  struct Message {
    let bytes: UnsafeRawPointer
    let length: Int
    let template: UInt16
    let isCurrent: Bool
    let delivery: UnsafeMutablePointer<Delivery>
    let packets: Packets
    var stamp: EventStamp

    @inline(__always)
    func int64(_ offset: Int) -> Int64 { bytes.littleEndian(Int64.self, at: offset) }
    @inline(__always)
    func uint64(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: offset) }
  }

  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    let packet = everydayPacket
    packet.pointee.number = -1
    let taken = run.take(into: events) { delivery, event in
      let bytes = delivery.pointee.bytes
      let length = UInt32(delivery.pointee.length)
      if length < 8 { return false }
      if Int32(delivery.pointee.packet) != packet.pointee.number, !packet.enter(delivery, packets) {
        guard enterAnew(delivery, packets) else { return false }
      }
      // SAFETY: both heads are here; every further read of the message stands behind the check of its length.
      let place = bytes.littleEndian(UInt16.self, at: 2) &- 13_100
      guard place <= 6 else { return false }
      let shape = packet.pointee.shapes + Int(place)
      let (rest, isShort) = length.subtractingReportingOverflow(shape.pointee.length)
      if isShort { return false }
      packet.tables.hint(rest)
      guard Self.writeEveryday(bytes, shape, packet, into: event) else { return false }
      if !packet.pointee.ends { packet.pointee.isOpen = true }
      packet.tables.count(Int(shape.pointee.type))
      return true
    }
    return ended(run, taken, packets)
  }

  /// By the layouts of the release that the packet's header tells. 14.1 has none: where its messages are longer than
  /// those of 6.0, its own lengths count.
  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets) -> Bool {
    let (bytes, length) = (delivery.pointee.bytes, Int(delivery.pointee.length))
    let header = packets[Int(delivery.pointee.packet)].payload
    guard length >= 8, bytes - header >= EOBIPacket.headerLength, EOBIPacket.isHeader(header) else { return false }
    // SAFETY: both heads are here.
    let nanoseconds = header.littleEndian(UInt64.self, at: 24)
    let place = Int(bytes.littleEndian(UInt16.self, at: 2) &- 13_100)
    if nanoseconds >= Self.currentSince, place < Self.growthCount {
      let growth = growths.base[place]
      if growth.current != 0, length != Int(growth.former) { return length > Int(growth.current) }
    }
    switch EOBILayouts.release(templateID: header.littleEndian(UInt16.self, at: 2), transactTime: nanoseconds) {
    case .before25: return longer[0].isLonger(bytes, length)
    case .release30: return longer[1].isLonger(bytes, length)
    case .release60: return longer[2].isLonger(bytes, length)
    case nil: return false
    }
  }

  /// Bytes of a message up to release 6.0, and in 14.1, where it is longer; 0: it is not.
  private struct Growth: BitwiseCopyable {
    var former: UInt16 = 0
    var current: UInt16 = 0
  }

  /// By template from 13100 on. A table: a switch would be a jump that no check of the hot path can follow.
  private static func makeGrowths() -> Storage<Growth> {
    let growths = Storage<Growth>(capacity: growthCount, hugePages: false)
    func set(_ template: UInt16, former: Int? = nil, _ current: Int) {
      growths[Int(template) - 13_100] = Growth(
        former: UInt16(former ?? EOBIShape.length(ofOther: template)), current: UInt16(current))
    }
    for template: UInt16 in [13_100, 13_101, 13_102, 13_106, 13_602] {
      guard let former = EOBIShape.order(template, isCurrent: false),
        let current = EOBIShape.order(template, isCurrent: true)
      else { continue }
      set(template, former: former.length, current.length)
    }
    set(13_202, 104)
    set(13_301, 56)
    set(13_504, 64)
    // As long as it has room for: a report in all of its forms, a summary with its slots.
    set(13_201, Int(UInt16.max))
    set(13_601, former: 280, Int(UInt16.max))
    return growths
  }

  private static var growthCount: Int { 512 }

  /// What a packet's header says to all of its messages; and, first, so that one pointer leads to all, the tables.
  struct EverydayPacket {
    fileprivate var tables: EverydayTables
    fileprivate var day = VenueDay(.centralEurope)
    /// Books are in the middle of the venue's event, whatever the packet.
    var isOpen = false
    /// It is the last one of the venue's event.
    fileprivate(set) var ends = false
    fileprivate(set) var isCurrent = false
    /// As deliveries name it; -1: none.
    fileprivate(set) var number: Int32 = -1
    /// Length and template of headers that are like the last one's, within its hour; 0: none is.
    fileprivate var header: UInt32 = 0
    /// Of the generation of its time.
    fileprivate(set) var shapes: UnsafeMutablePointer<EOBIEverydayShape>
    /// The head of its messages' events, but for what their shapes say.
    fileprivate(set) var head: UInt64 = 0
    fileprivate(set) var exchangeNanoseconds: UInt64 = 0

    fileprivate init(_ context: DecoderContext, shapes: UnsafeMutablePointer<EOBIEverydayShape>) {
      tables = EverydayTables.make(context).pointee
      self.shapes = shapes
    }
  }

  /// The same of a packet whose header is like the last one's. False where the message has no packet's header before
  /// it, or one of another hour than the last one.
  @inline(never)
  private mutating func enterAnew(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets) -> Bool {
    let packet = everydayPacket
    let header = packets[Int(delivery.pointee.packet)].payload
    guard delivery.pointee.bytes - header >= EOBIPacket.headerLength, EOBIPacket.isHeader(header) else { return false }
    // SAFETY: the header is here.
    let nanoseconds = header.littleEndian(UInt64.self, at: 24)
    // Within an hour all messages are of one generation. One that is none of every day goes by the same time.
    if packet.pointee.day.nanosecondsThisHour(nanoseconds) == nil { return false }
    isCurrent = nanoseconds >= Self.currentSince
    packet.pointee.isCurrent = isCurrent
    packet.pointee.shapes = everydayShapes.base + (isCurrent ? EOBIEverydayShape.templateCount : 0)
    packet.pointee.header = header.littleEndian(UInt32.self, at: 0)
    return packet.enter(delivery, packets)
  }

  @inline(__always)
  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let bytes = delivery.pointee.bytes
    let length = Int(delivery.pointee.length)
    noteIfLonger(delivery, packets)
    // Generation and hour may be others behind it.
    everydayPacket.pointee.header = 0
    guard length >= 8 else {
      context.note(length == 0 ? .emptyMessages : .malformed, delivery, packets)
      return .other
    }
    // SAFETY: the head is here; every further read stands behind the check of the shape's length.
    let template = bytes.littleEndian(UInt16.self, at: 2)
    var ends = true
    let packet = packets + Int(delivery.pointee.packet)
    var nanoseconds = packet.pointee.captureNanoseconds
    let header = packet.pointee.payload
    // The packet's header is there where the message is so far into it. Before its time there was but one generation.
    var isOld = false
    if bytes - header >= EOBIPacket.headerLength, EOBIPacket.isHeader(header) {
      nanoseconds = header.littleEndian(UInt64.self, at: 24)
      ends = header.byte(at: 17) == 1
      isCurrent = nanoseconds >= Self.currentSince
      isOld = !isCurrent
    }
    var shape = EOBIShape.order(template, isCurrent: true)
    if let newer = shape {
      // Lengths tell where times do not: a newer message that ends early is no older one, unless it is just as long.
      let older = EOBIShape.order(template, isCurrent: false)
      isCurrent = !isOld && length != older?.length
      shape = isCurrent ? newer : older
    }
    let needed = shape?.length ?? Self.length(ofOther: template, length: length, isOld: isOld)
    if needed == 0 || length < needed {
      context.note(needed == 0 ? .unknownTypes : .malformed, delivery, packets)
      // States of several instruments at once, whose layout is not known: none of them counts as trading.
      if template == 13_302 { stopTrading(stamp(template, nanoseconds), delivery, packets, &writer) }
      return .other
    }
    if template == 13_601 { isCurrent = !Self.isOldSummary(length) }
    if template == 13_201 { isCurrent = length >= Self.currentReportLength && !isOld }
    let type = FeedProtocol.eobiSlot(ofTemplate: template)
    context.count(type: type)
    isNew = false
    var message = Message(
      bytes: bytes, length: length, template: template, isCurrent: isCurrent, delivery: delivery, packets: packets,
      stamp: stamp(template, nanoseconds))
    let isSnapshot = template >= 13_600
    if !ends, !isSnapshot { message.stamp.flags = .isPartial }
    if let shape, !isSnapshot {
      applyOrder(message, shape, &writer)
    } else if template == 13_104 || template == 13_105 {
      applyExecution(message, &writer)
    } else {
      applyRare(message, shape, &writer)
    }
    if isSnapshot { return .other }
    if !ends {
      if writer.count > 0 { isOpen = true }
    } else if isOpen {
      isOpen = false
      _ = writer.next(.endOfChannelEvent, 0, message.stamp)
    }
    return isNew ? .other : .everyday
  }

  @inline(__always)
  private mutating func stamp(_ template: UInt16, _ nanoseconds: UInt64) -> EventStamp {
    EventStamp(
      type: FeedProtocol.eobiSlot(ofTemplate: template),
      exchangeNanoseconds: everydayPacket.pointee.day.nanoseconds(nanoseconds))
  }

  /// InstrumentSummary is told apart by its slots: 11 or 15 of 16 bytes, always all of them, or any of 32; TradeReport
  /// by its length: 48 bytes, or 56 and more.
  private static func length(ofOther template: UInt16, length: Int, isOld: Bool) -> Int {
    switch template {
    case 13_601: isOldSummary(length) || length >= 64 && (length - 64) % 32 == 0 ? length : .max
    case 13_201: isOld || length == 48 ? 48 : currentReportLength
    default: EOBIShape.length(ofOther: template)
    }
  }

  private static var currentReportLength: Int { 56 }

  private static func isOldSummary(_ length: Int) -> Bool { length == 216 || length == 280 }

  // MARK: - Instruments, prices, quantities

  /// The instrument of a SecurityID; nil where another core owns it, or there is no room.
  @inline(__always)
  mutating func find(
    _ message: Message, securityAt offset: Int, claims: Bool, _ writer: inout EventWriter
  ) -> Int? {
    let number = message.int64(offset)
    let identifier = UInt64(bitPattern: number)
    var found = context.directory.pointee.find(identifier: identifier)
    if found == nil {
      isNew = true
      found = instruments.nameByNumber(identifier, number, message.delivery, message.packets)
    }
    guard let index = found else { return nil }
    if claims { instruments.claim(index, message.stamp, into: &writer) }
    return context.owns(index) ? index : nil
  }

  @inline(__always)
  func price(_ raw: Int64, _ index: Int, _ message: Message) -> Int32? {
    if !context.directory.pointee.everydayScales.base[index].isUsed { chooseScale(raw, index) }
    return instruments.price(raw, index, message.delivery, message.packets)
  }

  @inline(__always)
  func tradePrice(_ raw: Int64, _ index: Int, _ message: Message) -> Int32? {
    if !context.directory.pointee.everydayScales.base[index].isUsed { chooseScale(raw, index) }
    return instruments.tradePrice(raw, index, message.delivery, message.packets)
  }

  /// The sheet has no tick sizes. 32 bits reach to 21,474 in steps of 1/100,000, to 214,748 in steps of 1/10,000.
  @inline(never)
  private func chooseScale(_ raw: Int64, _ index: Int) {
    let divisor: Int64 = raw.magnitude < 100_000_000_000 ? 1_000 : 10_000
    if let scale = PriceScale(decimals: 8, divisor: divisor) {
      _ = context.directory.pointee.setScale(scale, instrument: index)
    }
    context.directory.pointee.everydayScales.base[index].isUsed = true
  }

  /// Whole contracts, 0 where there are none; nil, counted, where it is no whole number or beyond 32 bits.
  @inline(__always)
  func quantity(at offset: Int, _ message: Message) -> UInt32? {
    if !message.isCurrent {
      return UInt32(max(0, message.bytes.littleEndian(Int32.self, at: offset)))
    }
    let raw = max(0, message.int64(offset))
    let contracts = raw / 10_000
    if contracts &* 10_000 == raw, contracts <= Int64(UInt32.max) { return UInt32(contracts) }
    context.noteOwned(
      contracts &* 10_000 == raw ? .levelQuantityOverflows : .quantitiesOffScale, message.delivery, message.packets)
    return nil
  }

  /// The number by which books know an order: the same for the same side, price and priority time.
  @inline(__always)
  static func reference(isSell: Bool, price: Int64, priority: UInt64) -> UInt64 {
    reference(side: isSell ? 2 : 1, price: price, priority: priority)
  }

  /// - Parameter side: as it stands in messages: 1 buys, 2 sells.
  @inline(__always)
  static func reference(side: UInt64, price: Int64, priority: UInt64) -> UInt64 {
    Mix.fold(side, priority, UInt64(bitPattern: price))
  }

  /// True for a sale; nil, counted, for what is neither.
  @inline(__always)
  func side(at offset: Int, _ message: Message) -> Bool? {
    let side = message.bytes.byte(at: offset)
    if side == 1 || side == 2 { return side == 2 }
    context.noteOwned(.badSide, message.delivery, message.packets)
    return nil
  }
}

extension UnsafeMutablePointer<EOBIDecoder.EverydayPacket> {
  /// SAFETY: they stand first there.
  @inline(__always)
  var tables: EverydayTables.Pointer { UnsafeMutableRawPointer(self).assumingMemoryBound(to: EverydayTables.self) }

  /// What the header of a delivery's packet says. False where it is not like the last one's, or has no place before the
  /// message; and where it ends an event that is open: its first message has a second book event.
  @inline(__always)
  fileprivate func enter(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool {
    let number = delivery.pointee.packet
    let header = packets[Int(number)].payload
    // SAFETY: the header is here, by the first comparison.
    guard delivery.pointee.bytes - header >= EOBIPacket.headerLength,
      header.littleEndian(UInt32.self, at: 0) == pointee.header,
      let now = pointee.day.nanosecondsThisHour(header.littleEndian(UInt64.self, at: 24))
    else { return false }
    let ends = header.byte(at: 17) == 1
    if ends, pointee.isOpen { return false }
    pointee.number = Int32(number)
    pointee.ends = ends
    pointee.head =
      pointee.tables.headWord
      | UInt64(ends ? 0 : BookEvent.Flags.isPartial.rawValue) << BookEvent.Head.flagsShift
    pointee.exchangeNanoseconds = now
    return true
  }
}
