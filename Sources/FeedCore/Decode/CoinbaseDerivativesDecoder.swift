/// Coinbase Derivatives market data API, schema 1201 in versions 2 to 7 → book events. Little-endian.
///
/// Head of every message (10 bytes), then of incremental ones the instrument header:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | frameLength: the whole message, padded to eight bytes |
/// | 2 | 2 | blockLength: without head and padding |
/// | 4 | 2 | templateId |
/// | 6 | 2 | schemaId |
/// | 8 | 2 | version |
/// | 10 | 1 | flags: 0x01 start, 0x02 end of transaction, 0x80 the instrument's book is empty before it |
/// | 11 | 1 | side: 1 buy, -1 sell |
/// | 12 | 4 | instrumentId |
/// | 16 | 4 | instrSeqNum |
/// | 24 | 8 | transactTime, nanoseconds since 1970 |
/// | 32 | | the message's own fields |
///
/// Messages of a snapshot have no instrument header: their instrument is that of the packet's header. Implied prices
/// are a book of their own (`NumberedInstruments`). Definitions of versions above 2 are not in the sheet: their
/// instruments are known by number.
struct CoinbaseDerivativesDecoder: MessageDecoder {
  typealias Packets = DecoderContext.Packets

  let context: DecoderContext
  private let instruments: NumberedInstruments
  let everyday: EverydayTables.Pointer
  private let longer = LongerJudge.make(CoinbaseDerivativesLayouts.description)
  /// OrderPut's, OrderDelete's.
  private let everydayOrders = Storage<EverydayOrder>(capacity: 2, hugePages: false)
  private var day = VenueDay(.usCentral)
  /// Books are in the middle of a transaction.
  private var isOpen = false
  private var isNew = false
  /// Blocks, templates, schemas and versions of the everyday messages that came last, as they stand in their heads; 0:
  /// none came.
  private var putHead: UInt64 = 0
  private var deleteHead: UInt64 = 0

  private static var endOfTransaction: UInt8 { 0x02 }
  private static var clearBook: UInt8 { 0x80 }
  private static var priceNull: Int64 { .min }

  init(_ context: DecoderContext) {
    self.context = context
    instruments = NumberedInstruments(context)
    everyday = EverydayTables.make(context)
    everydayOrders[0] = EverydayOrder(template: 20, .add, flags: .mayModify, mask: .max, price: 40, quantity: 48)
    everydayOrders[1] = EverydayOrder(template: 21, .delete, mask: 0, price: 0, quantity: 0)
  }

  /// A message with an instrument.
  private struct Message {
    let bytes: UnsafeRawPointer
    let number: Int32
    let delivery: UnsafeMutablePointer<Delivery>
    let packets: Packets
    var stamp: EventStamp

    @inline(__always)
    func int64(_ offset: Int) -> Int64 { bytes.littleEndian(Int64.self, at: offset) }
    @inline(__always)
    func int32(_ offset: Int) -> Int32 { bytes.littleEndian(Int32.self, at: offset) }
  }

  /// Bytes of a message's block, head and padding apart; 0 for a template without one in that version.
  static func blockLength(ofTemplate template: UInt16, version: UInt16) -> Int {
    switch template {
    case 17: return 39
    case 20: return 42
    case 21: return 30
    case 22: return 46
    case 30, 33: return 58
    case 31: return 62
    case 32: return 46
    case 40: return 31
    case 41: return 34
    case 42: return 26
    case 120: return 30
    case 200: return 9
    case 202: return 49
    case 124: return version >= 7 ? 4 : 0
    case 10: return version == 2 ? 158 : 0
    case 11: return version == 2 ? 167 : 0
    case 34: return version == 2 ? 94 : 0
    case 110: return version == 2 ? 114 : 0
    case 111: return version == 2 ? 123 : 0
    case 122: return version == 2 ? 160 : 0
    default: return 0
    }
  }

  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    let (everyday, orders, day) = (everyday, everydayOrders.base, day)
    var (isOpen, putHead, deleteHead) = (isOpen, putHead, deleteHead)
    let taken = run.take(into: events) { delivery, event in
      let bytes = delivery.pointee.bytes
      let length = Int(delivery.pointee.length)
      if length < 10 { return false }
      // SAFETY: the head is here; every further read stands behind the check of the block's length.
      let head = bytes.littleEndian(UInt64.self, at: 2)
      // Which of the two comes is as good as random: one comparison, and a place that is computed.
      if min(head ^ putHead, head ^ deleteHead) != 0 {
        guard let isPut = Self.isEverydayPut(head) else { return false }
        if isPut { putHead = head } else { deleteHead = head }
        orders[isPut ? 0 : 1].setLength(block: Int(head & 0xFFFF))
      }
      let order = orders + (head == putHead ? 0 : 1)
      if 10 &+ Int(head & 0xFFFF) > length { return false }
      everyday.hint(UInt32(truncatingIfNeeded: length ^ order.pointee.length))
      let flags = bytes.byte(at: 10)
      let ends = flags & Self.endOfTransaction != 0
      // A transaction that was open and ends here has a second book event.
      guard flags & Self.clearBook == 0, !(ends && isOpen),
        let now = day.nanosecondsThisHour(bytes.littleEndian(UInt64.self, at: 24)),
        Self.writeEveryday(everyday, order, bytes, flags: ends ? [] : .isPartial, into: event)
      else { return false }
      event.pointee.exchangeNanoseconds = now
      if !ends { isOpen = true }
      everyday.count(order.pointee.template)
      return true
    }
    (self.isOpen, self.putHead, self.deleteHead) = (isOpen, putHead, deleteHead)
    return ended(run, taken, packets)
  }

  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets) -> Bool {
    longer.isLonger(delivery.pointee.bytes, Int(delivery.pointee.length))
  }

  /// Whether a message's eight bytes from 2 on are those of an OrderPut or of an OrderDelete, with all fields in its
  /// block; nil for any other.
  @inline(never)
  private static func isEverydayPut(_ head: UInt64) -> Bool? {
    let template = UInt16(truncatingIfNeeded: head >> 16)
    guard template == 20 || template == 21, head & 0xFFFF >= (template == 20 ? 42 : 30),
      UInt16(truncatingIfNeeded: head >> 32) == CoinbaseDerivativesPacket.schemaID, head >> 48 >= 2
    else { return nil }
    return template == 20
  }

  /// Where the two messages that come all day have what their events take, counted from the message's start. What one
  /// has not is read somewhere within it, and masked out (`EverydayShape`).
  private struct EverydayOrder: BitwiseCopyable {
    let template: Int
    /// Kind, type, and what is always so (`EverydayTables.head`).
    let head: UInt64
    /// All ones; 0 for a delete, whose event has neither side, price nor quantity.
    let mask: UInt64
    let price: Int
    let quantity: Int
    /// Bytes of a message that has its block as the layout knows it, padding included; 0 while blocks are longer.
    private(set) var length = 0

    init(
      template: UInt8, _ kind: BookEvent.Kind, flags: BookEvent.Flags = [], mask: UInt64, price: Int, quantity: Int
    ) {
      self.template = Int(template)
      head = EverydayTables.head(kind, type: template, isSell: false, flags: flags)
      self.mask = mask
      self.price = price
      self.quantity = quantity
    }

    mutating func setLength(block: Int) {
      let isKnown = block == CoinbaseDerivativesDecoder.blockLength(ofTemplate: UInt16(template), version: 2)
      length = isKnown ? (10 + block + 7) / 8 * 8 : 0
    }
  }

  /// The event of an order of an instrument that is known, this core's and this channel's, but for its time; false for
  /// anything else, as `putOrder` and `deleteOrder` find it.
  @inline(__always)
  private static func writeEveryday(
    _ everyday: EverydayTables.Pointer, _ order: UnsafeMutablePointer<EverydayOrder>, _ bytes: UnsafeRawPointer,
    flags: BookEvent.Flags, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    // The main view of a number is known by the number itself.
    let instrument = everyday.instrument(identifier: UInt64(bytes.littleEndian(UInt32.self, at: 12)))
    guard everyday.isKnown(instrument), everyday.isClaimed(instrument) else { return false }
    let scale = everyday.scale(instrument)
    let mask = order.pointee.mask
    let hasFields = UInt8(truncatingIfNeeded: mask & 1)
    // 1 buys, 0xFF (-1) sells.
    let side = bytes.byte(at: 11) & UInt8(truncatingIfNeeded: mask)
    let sells = side >> 7
    let quantity = bytes.littleEndian(Int32.self, at: order.pointee.quantity) & Int32(truncatingIfNeeded: mask)
    let raw = bytes.littleEndian(Int64.self, at: order.pointee.price) & Int64(bitPattern: mask)
    guard side == (0 &- sells | hasFields), quantity >= Int32(hasFields),
      let price = scale.pointee.prices.price(raw: raw)
    else { return false }
    everyday.settleScale(scale)
    everyday.write(
      order.pointee.head | UInt64(sells) << BookEvent.Head.sellShift
        | UInt64(flags.rawValue) << BookEvent.Head.flagsShift, instrument: instrument,
      reference: bytes.littleEndian(UInt64.self, at: 32), second: 0, price: price,
      quantity: UInt32(bitPattern: quantity), into: event)
    return true
  }

  @inline(__always)
  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let bytes = delivery.pointee.bytes
    let length = Int(delivery.pointee.length)
    noteIfLonger(delivery, packets)
    guard length >= 10 else {
      context.note(length == 0 ? .emptyMessages : .malformed, delivery, packets)
      return .other
    }
    // SAFETY: the head is here; every further read stands behind the check of the template's length.
    let template = bytes.littleEndian(UInt16.self, at: 4)
    let version = bytes.littleEndian(UInt16.self, at: 8)
    let needed = Self.blockLength(ofTemplate: template, version: version)
    guard needed > 0, version >= 2, bytes.littleEndian(UInt16.self, at: 6) == CoinbaseDerivativesPacket.schemaID else {
      context.note(.unknownTypes, delivery, packets)
      return .other
    }
    let block = Int(bytes.littleEndian(UInt16.self, at: 2))
    guard block >= needed, 10 &+ block <= length else {
      context.note(.malformed, delivery, packets)
      return .other
    }
    let type = UInt8(truncatingIfNeeded: template)
    context.count(type: type)
    isNew = false
    if template >= 110 {
      decodeSnapshot(template, delivery, packets, &writer)
      return .other
    }
    let flags = bytes.byte(at: 10)
    let ends = flags & Self.endOfTransaction != 0
    let message = Message(
      bytes: bytes, number: bytes.littleEndian(Int32.self, at: 12), delivery: delivery, packets: packets,
      stamp: EventStamp(
        type: type, exchangeNanoseconds: day.nanoseconds(bytes.littleEndian(UInt64.self, at: 24)),
        flags: ends ? [] : .isPartial))
    if flags & Self.clearBook != 0 { clearBooks(message, &writer) }
    switch template {
    case 20: putOrder(message, &writer)
    case 21: deleteOrder(message, &writer)
    default: decodeRare(template, message, &writer)
    }
    if !ends {
      if writer.count > 0 { isOpen = true }
    } else if isOpen {
      isOpen = false
      _ = writer.next(.endOfChannelEvent, 0, message.stamp)
    }
    return isNew ? .other : .everyday
  }

  @inline(__always)
  private mutating func book(
    _ view: NumberedInstruments.View, _ message: Message, _ writer: inout EventWriter
  ) -> Int? {
    instruments.book(
      message.number, view, message.delivery, message.packets, isNew: &isNew, message.stamp, into: &writer)
  }

  // MARK: - Orders

  /// OrderPut: the order is new, or it has this price and quantity from now on. It keeps its place if the price stays
  /// and the quantity does not grow (taken so: the sheet leaves it open).
  @inline(__always)
  private mutating func putOrder(_ message: Message, _ writer: inout EventWriter) {
    guard let index = book(.main, message, &writer),
      context.owns(index)
    else { return }
    let side = message.bytes.byte(at: 11)
    guard side == 1 || side == 0xFF else { return context.noteOwned(.badSide, message.delivery, message.packets) }
    let quantity = message.int32(48)
    if quantity <= 0 {
      // Nothing is left of it.
      writer.next(.setQuantity, index, message.stamp).pointee.reference = UInt64(bitPattern: message.int64(32))
      return
    }
    guard let price = instruments.price(message.int64(40), index, message.delivery, message.packets) else {
      _ = writer.next(.damage, index, message.stamp)
      return
    }
    let event = writer.next(.add, index, message.stamp)
    event.pointee.flags.insert(.mayModify)
    event.pointee.reference = UInt64(bitPattern: message.int64(32))
    event.pointee.isSell = side != 1
    event.pointee.price = price
    event.pointee.quantity = UInt32(quantity)
  }

  @inline(__always)
  private mutating func deleteOrder(_ message: Message, _ writer: inout EventWriter) {
    guard let index = book(.main, message, &writer),
      context.owns(index)
    else { return }
    writer.next(.delete, index, message.stamp).pointee.reference = UInt64(bitPattern: message.int64(32))
  }

  @inline(never)
  private mutating func clearBooks(_ message: Message, _ writer: inout EventWriter) {
    if let index = book(.main, message, &writer),
      context.owns(index) {
      _ = writer.next(.clearBook, index, message.stamp)
    }
    let implied = NumberedInstruments.identifier(message.number, .implied)
    if let index = context.directory.pointee.find(identifier: implied), context.owns(index) {
      _ = writer.next(.clearBook, index, message.stamp)
    }
  }

  // MARK: - The rest

  @inline(never)
  private mutating func decodeRare(_ template: UInt16, _ message: Message, _ writer: inout EventWriter) {
    switch template {
    case 10, 11:
      // symbol 32 24, priceIncrement 96 8; tradingStatus is the last byte both have.
      define(message, symbol: 32, priceIncrement: 96, tradingStatus: 165, &writer)
    case 17: setStatus(message.bytes.byte(at: 48), message, &writer)
    case 22:
      let side = message.bytes.byte(at: 11)
      guard side == 1 || side == 0xFF else { return context.note(.badSide, message.delivery, message.packets) }
      setImplied(
        message, isSell: side != 1, best: (message.int64(32), message.int32(48)),
        next: (message.int64(40), message.int32(52)), &writer)
    case 30: trade(message, &writer)
    case 32:
      guard let index = instruments.find(message.number, .main, message.delivery, message.packets, isNew: &isNew),
        context.owns(index)
      else { return }
      writer.next(.tradeBreak, index, message.stamp).pointee.reference = UInt64(bitPattern: message.int64(32))
    // 31 and 34 amend a price without saying of how many; 33 sums up trades that come one by one; 40 to 42 are
    // statistics.
    default: break
    }
  }

  private mutating func trade(_ message: Message, _ writer: inout EventWriter) {
    let quantity = message.int32(64)
    guard quantity > 0,
      let index = instruments.priced(message.number, .main, message.delivery, message.packets, isNew: &isNew),
      context.owns(index),
      let price = instruments.tradePrice(message.int64(56), index, message.delivery, message.packets)
    else { return }
    let event = writer.next(.trade, index, message.stamp)
    event.pointee.second = UInt64(bitPattern: message.int64(32))
    event.pointee.price = price
    event.pointee.quantity = UInt32(quantity)
  }

  /// 1 open; the others do not trade.
  private mutating func setStatus(_ status: UInt8, _ message: Message, _ writer: inout EventWriter) {
    guard let main = instruments.find(message.number, .main, message.delivery, message.packets, isNew: &isNew) else {
      return
    }
    instruments.tellState(status == 1, main, message.stamp, into: &writer)
  }

  private mutating func define(
    _ message: Message, symbol: Int, priceIncrement: Int, tradingStatus: Int, _ writer: inout EventWriter
  ) {
    let tick = message.int64(priceIncrement)
    let main = instruments.define(
      message.number, symbol: Symbol(bytes: message.bytes + symbol, count: 24),
      scale: tick > 0 ? PriceScale(decimals: 9, divisor: tick) : nil, message.delivery, message.packets,
      stamp: message.stamp, into: &writer)
    isNew = true
    if main != nil { setStatus(message.bytes.byte(at: tradingStatus), message, &writer) }
  }

  /// The two best implied levels of a side; a null price or no quantity: there is none.
  private mutating func setImplied(
    _ message: Message, isSell: Bool, best: (price: Int64, quantity: Int32), next: (price: Int64, quantity: Int32),
    _ writer: inout EventWriter
  ) {
    let identifier = NumberedInstruments.identifier(message.number, .implied)
    // Most instruments have no implied prices, and no book for them.
    if best.quantity <= 0, next.quantity <= 0, context.directory.pointee.find(identifier: identifier) == nil { return }
    guard let index = book(.implied, message, &writer) else { return }
    if isNew { instruments.inheritState(index, message.stamp, into: &writer) }
    if !context.owns(index) { return }
    // The side is emptied by the first, whatever it says.
    var kind = BookEvent.Kind.setTop
    for position in 0..<2 {
      let level = position == 0 ? best : next
      var price: Int32?
      if level.price != Self.priceNull, level.quantity > 0 {
        price = instruments.price(level.price, index, message.delivery, message.packets)
        if price == nil { _ = writer.next(.damage, index, message.stamp) }
      }
      if price == nil, kind == .setLevel { continue }
      let event = writer.next(kind, index, message.stamp)
      event.pointee.isSell = isSell
      if let price {
        event.pointee.price = price
        event.pointee.quantity = UInt32(level.quantity)
      }
      kind = .setLevel
    }
  }

  // MARK: - Snapshots

  /// 110 or 111 empties the book, 120 each add an order, 122 closes it. The instrument stands in the packet's header.
  ///
  /// Whether the snapshot fits what the books hold is for the session layer to say: it delivers only what joins.
  @inline(never)
  private mutating func decodeSnapshot(
    _ template: UInt16, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets, _ writer: inout EventWriter
  ) {
    guard template < 200, template != 124 else { return }
    let packet = packets[Int(delivery.pointee.packet)]
    let bytes = delivery.pointee.bytes
    // SAFETY: the packet's header stands before its messages where the message is so far into the packet; a message
    // without its packet (from a recovery's buffer) has no instrument.
    guard bytes - packet.payload >= CoinbaseDerivativesPacket.headerLength, packet.payload.byte(at: 18) & 0x02 != 0
    else { return context.note(.unknownActions, delivery, packets) }
    var message = Message(
      bytes: bytes, number: packet.payload.littleEndian(Int32.self, at: 20), delivery: delivery, packets: packets,
      stamp: EventStamp(
        type: UInt8(truncatingIfNeeded: template),
        exchangeNanoseconds: day.nanoseconds(packet.payload.littleEndian(UInt64.self, at: 0))))
    if template != 122 { message.stamp.flags = .isPartial }
    switch template {
    case 110, 111:
      // symbol 16 24, priceIncrement 80 8, tradingStatus 123 1.
      define(message, symbol: 16, priceIncrement: 80, tradingStatus: 123, &writer)
      clearBooks(message, &writer)
    case 120: addSnapshotOrder(message, &writer)
    default:
      // Implied prices from 88 on, their quantities from 144 on: best bid, best ask, next bid, next ask.
      for (position, isSell) in [false, true].enumerated() {
        let (price, size) = (88 + 8 * position, 144 + 4 * position)
        setImplied(
          message, isSell: isSell, best: (message.int64(price), message.int32(size)),
          next: (message.int64(price + 16), message.int32(size + 8)), &writer)
      }
      if let index = instruments.find(message.number, .main, delivery, packets, isNew: &isNew), context.owns(index) {
        tellTotals(message, index, &writer)
        _ = writer.next(.instrumentGap, index, message.stamp)
      }
      let implied = NumberedInstruments.identifier(message.number, .implied)
      if let index = context.directory.pointee.find(identifier: implied), context.owns(index) {
        _ = writer.next(.instrumentGap, index, message.stamp)
      }
    }
  }

  /// tradeVolume 12 4, vwapPrice 56 8, lastTradePrice 72 8, lastTradeTime 80 8, lastTradeQty 136 4. Without a volume
  /// weighted price there is no turnover, and nothing is told.
  private mutating func tellTotals(_ message: Message, _ index: Int, _ writer: inout EventWriter) {
    let (volume, average) = (message.int32(12), message.int64(56))
    guard volume == 0 || volume > 0 && average != Self.priceNull else { return }
    let totals = writer.next(.tradeTotals, index, message.stamp)
    totals.pointee.quantity = UInt32(volume)
    if volume > 0 {
      let divisor = Int128(context.directory.pointee.scales[index].scale.divisor)
      let turnover = Int128(average) * Int128(volume) / divisor
      totals.pointee.reference = UInt64(bitPattern: Int64(clamping: turnover))
    }
    let (price, quantity, time) = (message.int64(72), message.int32(136), message.int64(80))
    guard volume > 0, price != Self.priceNull, time != Self.priceNull, quantity > 0,
      let stored = instruments.tradePrice(price, index, message.delivery, message.packets)
    else { return }
    let last = writer.next(.lastTrade, index, message.stamp)
    last.pointee.price = stored
    last.pointee.quantity = UInt32(quantity)
    last.pointee.second = day.nanoseconds(UInt64(bitPattern: time))
  }

  private mutating func addSnapshotOrder(_ message: Message, _ writer: inout EventWriter) {
    let quantity = message.int32(12)
    guard let index = instruments.priced(message.number, .main, message.delivery, message.packets, isNew: &isNew),
      context.owns(index)
    else { return }
    guard let price = instruments.price(message.int64(32), index, message.delivery, message.packets) else {
      _ = writer.next(.damage, index, message.stamp)
      return
    }
    let event = writer.next(.add, index, message.stamp)
    event.pointee.reference = UInt64(bitPattern: message.int64(24))
    // Positive buys, negative sells.
    event.pointee.isSell = quantity < 0
    event.pointee.price = price
    event.pointee.quantity = quantity.magnitude
  }
}
