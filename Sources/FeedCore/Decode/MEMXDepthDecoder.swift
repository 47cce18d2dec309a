/// MEMX MEMOIR Depth → book events.
///
/// Source: "MEMOIR Depth Feed" 1.3. SBE, everything big-endian. Common head:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | blockLength: bytes behind the head of six |
/// | 2 | 1 | templateId |
/// | 3 | 1 | schemaId: 2 |
/// | 4 | 2 | version |
/// | 6 | 8 | Timestamp, nanoseconds since 1970 UTC |
/// | 14 | 2 | SecurityID; in Trading Session Status the session |
/// | 16 | 8 | OrderID, TradeID, or a status |
///
/// Instrument Directory connects a SecurityID with its symbol; a message about one that none named is counted
/// (`unknownInstruments`) and changes nothing.
///
/// The offsets below are those of `MEMXLayouts`, which a test compares.
struct MEMXDepthDecoder: MessageDecoder {
  private static var headLength: Int { 6 }
  private static var schema: UInt8 { 2 }

  let context: DecoderContext
  private let lengths = MessageLengths(MEMXLayouts.description)
  let everyday: EverydayTables.Pointer
  private var clock = EasternClock()

  init(_ context: DecoderContext) {
    self.context = context
    everyday = EverydayTables.make(context, Self.shapes(context))
  }

  @inline(__always)
  private static var widths: EverydayWidths { EverydayWidths(order: .big, price: 8, quantity: 4) }

  private static func shapes(_ context: DecoderContext) -> [EverydayShape] {
    func shape(_ kind: BookEvent.Kind, _ type: UInt8, _ fields: (EverydayShape, MessageLayout) -> EverydayShape)
      -> EverydayShape
    {
      guard let layout = MEMXLayouts.description.layout(ofType: type) else { return EverydayShape() }
      precondition(layout.minimumLength == layout.length, "\(layout.name): blocks of several lengths")
      return fields(EverydayShape(kind, layout, head: context.head(type: type), reference: "OrderID"), layout)
    }
    return [
      shape(.add, 10) {
        $0.with(quantity: "Quantity", widths, $1).with(price: "Price", widths, $1)
          .with(side: "Side", buys: "B", sells: "S", $1)
      },
      shape(.delete, 11) { shape, _ in shape },
      shape(.reduce, 12) { $0.with(quantity: "Quantity", widths, $1) },
      shape(.executeWithPrice, 13) {
        $0.with(quantity: "Quantity", widths, $1).with(price: "Price", isOfTrade: true, widths, $1)
          .with(second: "TradeID", $1)
      },
    ]
  }

  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    let (everyday, clock) = (everyday, clock)
    let taken = run.take(into: events) { delivery, event in
      let message = delivery.pointee.bytes
      let length = UInt32(delivery.pointee.length)
      if length < Self.headLength { return false }
      // SAFETY: the head is here; every further read lies within the shape's length, checked next, and the block's.
      let end = UInt32(Self.headLength) &+ UInt32(message.bigEndian(UInt16.self, at: 0))
      let shape = everyday.shape(message.byte(at: 2))
      // A message as long as its type's layout has a block of that length, too.
      guard message.byte(at: 3) == Self.schema, end >= shape.pointee.length, end <= length,
        EverydayShape.holds(shape, length, everyday)
      else { return false }
      let instrument = everyday.instrument(locate: UInt64(message.bigEndian(UInt16.self, at: 14)))
      guard let now = clock.sinceMidnightThisHour(message.bigEndian(UInt64.self, at: 6)) else { return false }
      return everyday.write(shape, message, Self.widths, instrument: instrument, at: now, into: event)
    }
    return ended(run, taken, packets)
  }

  /// The block goes on beyond the layout, or the message beyond its block.
  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool {
    let (message, length) = (delivery.pointee.bytes, delivery.pointee.length)
    guard length >= Self.headLength else { return false }
    // SAFETY: the head is here.
    let type = message.byte(at: 2)
    let end = Self.headLength &+ Int(message.bigEndian(UInt16.self, at: 0))
    return message.byte(at: 3) == Self.schema && end >= Int(lengths[type]) && end <= Int(length)
      && (end < Int(length) || lengths.areExceeded(by: length, type: type))
  }

  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let message = delivery.pointee.bytes
    let length = delivery.pointee.length
    noteIfLonger(delivery, packets)
    if length < Self.headLength { return lengths.refuse(type: nil, context, delivery, packets) }
    // SAFETY: the head is here; every further read lies within the least length of its type, checked next, and within
    // the block, which is here as a whole.
    let type = message.byte(at: 3) == Self.schema ? message.byte(at: 2) : 0
    let end = Self.headLength &+ Int(message.bigEndian(UInt16.self, at: 0))
    if end < Int(lengths[type]) || end > Int(length) {
      return lengths.refuse(type: type, context, delivery, packets)
    }
    context.count(type: type)
    let now = clock.sinceMidnight(message.bigEndian(UInt64.self, at: 6))
    switch type {
    case 10, 11, 12, 13, 14, 15, 16, 2, 3, 18:
      let security = UInt64(message.bigEndian(UInt16.self, at: 14))
      guard case .owned(let instrument) = context.listing(security, delivery, packets) else { return .everyday }
      decode(type, message, instrument, now, delivery, packets, &writer)
      return .everyday
    case 1: decodeDirectory(message, delivery, packets)
    case 5: decodeSession(message, now, &writer)
    default: break  // Snapshot Complete.
    }
    return .other
  }

  // MARK: - Orders

  @inline(__always)
  private func decode(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let index = UInt32(truncatingIfNeeded: instrument)
    switch type {
    case 10:
      let side = message.byte(at: 24)
      if side != UInt8(ascii: "B"), side != UInt8(ascii: "S") { return context.noteOwned(.badSide, delivery, packets) }
      let raw = message.bigEndian(Int64.self, at: 29)
      let stamp = EventStamp(type: type, exchangeNanoseconds: now)
      guard let price = context.price(raw, instrument: instrument, stamp, delivery, packets, &writer) else { return }
      writer.put(
        .add, type: type, instrument: index, reference: message.bigEndian(UInt64.self, at: 16),
        isSell: side == UInt8(ascii: "S"), quantity: message.bigEndian(UInt32.self, at: 25), price: price, at: now)
    case 11:
      writer.put(
        .delete, type: type, instrument: index, reference: message.bigEndian(UInt64.self, at: 16), at: now)
    case 12:
      writer.put(
        .reduce, type: type, instrument: index, reference: message.bigEndian(UInt64.self, at: 16),
        quantity: message.bigEndian(UInt32.self, at: 24), at: now)
    case 13:
      let raw = message.bigEndian(Int64.self, at: 36)
      let price = context.tradePrice(raw, instrument: instrument, delivery, packets)
      writer.put(
        price == nil ? .reduce : .executeWithPrice, type: type, instrument: index,
        reference: message.bigEndian(UInt64.self, at: 16), quantity: message.bigEndian(UInt32.self, at: 32),
        price: price ?? 0, second: message.bigEndian(UInt64.self, at: 24), at: now)
    default: decodeRare(type, message, instrument, now, delivery, packets, &writer)
    }
  }

  // MARK: - Trades and status

  @inline(never)
  private func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let index = UInt32(truncatingIfNeeded: instrument)
    switch type {
    case 14: trade(type, message, quantity: 24, price: 28, instrument, now, delivery, packets, &writer)
    case 15, 16:
      writer.put(
        .tradeBreak, type: type, instrument: index, reference: message.bigEndian(UInt64.self, at: 16), at: now)
      if type == 15 { return }
      // The trade as it should have been takes the place of the one taken back.
      trade(type, message, quantity: 36, price: 40, instrument, now, delivery, packets, &writer)
    case 2: writer.put(.shortSale, message.byte(at: 16) == 0 ? 0 : 1, type: type, instrument: instrument, at: now)
    case 3:
      let isTrading = message.byte(at: 16) == UInt8(ascii: "T")
      writer.put(.tradingStatus, isTrading ? 1 : 0, type: type, instrument: instrument, at: now)
    default: writer.put(.clearBook, type: type, instrument: instrument, at: now)
    }
  }

  /// - Parameters: offsets of quantity and price; the TradeID stands at 16.
  private func trade(
    _ type: UInt8, _ message: UnsafeRawPointer, quantity: Int, price: Int, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let raw = message.bigEndian(Int64.self, at: price)
    guard let price = context.tradePrice(raw, instrument: instrument, delivery, packets) else { return }
    writer.put(
      .trade, type: type, instrument: UInt32(truncatingIfNeeded: instrument), reference: 0,
      quantity: message.bigEndian(UInt32.self, at: quantity), price: price,
      second: message.bigEndian(UInt64.self, at: 16), at: now)
  }

  /// 2 is the regular session; 1 comes before it, 3 and 4 after it.
  private func decodeSession(_ message: UnsafeRawPointer, _ now: UInt64, _ writer: inout EventWriter) {
    context.setMarketHours(isOpen: message.byte(at: 14) == UInt8(ascii: "2"), at: now, type: 5, &writer)
  }

  /// Instrument Directory: root of the CMS symbol and its suffix, joined with a space.
  @inline(never)
  private func decodeDirectory(
    _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets
  ) {
    let root = Symbol(bytes: message + 16, count: 6)
    let suffix = Symbol(bytes: message + 22, count: 6)
    if root == .unknown { return context.note(.malformed, delivery, packets) }
    var builder = SymbolBuilder()
    builder.append(root, count: root.count)
    if suffix != .unknown {
      builder.append(0x20)
      builder.append(suffix, count: suffix.count)
    }
    let security = UInt64(message.bigEndian(UInt16.self, at: 14))
    guard let instrument = context.register(identifier: security, symbol: builder.symbol, delivery, packets) else {
      return
    }
    context.setRoundLot(message.bigEndian(UInt32.self, at: 28), instrument: instrument)
  }
}
