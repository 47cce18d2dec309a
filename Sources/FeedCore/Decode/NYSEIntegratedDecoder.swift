/// NYSE Integrated Feed, Pillar 2.x (NYSE, Arca, American, National, Texas) and XDP 2.1 → book events.
///
/// Sources: "NYSE Integrated Feed Client Specification" 2.5g, "XDP/Pillar Common Client Specification" 2.4p.
/// Little-endian. Two heads, by how often the message comes:
///
/// | offset | size | many (100-104, 110-114) | few (32, 34, 105, 106, 223) |
/// |---:|---:|---|---|
/// | 0 | 2 | MsgSize | MsgSize |
/// | 2 | 2 | MsgType | MsgType |
/// | 4 | 4 | SourceTimeNS, of the second in the last type 2 | SourceTime, seconds since 1970 |
/// | 8 | 4 | SymbolIndex | SourceTimeNS |
/// | 12 | 4 | SymbolSeqNum | SymbolIndex |
/// | 16 | | OrderID (8) or TradeID (4) | SymbolSeqNum (4) |
///
/// Type 3 connects a SymbolIndex with its symbol and says how many decimals its prices have; a message about an index
/// that none named is counted (`unknownInstruments`) and changes nothing.
///
/// The offsets below are those of `NYSEPillarLayouts`, which a test compares.
struct NYSEIntegratedDecoder: MessageDecoder {
  let context: DecoderContext
  private let lengths = MessageLengths(NYSEPillarLayouts.description)
  let everyday: EverydayTables.Pointer
  /// Price scales by PriceScaleCode: nanounits end at nine decimals.
  private let scales = Storage<PriceScale>(capacity: 10, hugePages: false)
  private var clock = EasternClock()
  /// Nanoseconds since midnight of the last Source Time Reference.
  private var second: UInt64 = 0

  init(_ context: DecoderContext) {
    self.context = context
    everyday = EverydayTables.make(context, Self.shapes(context))
    for code in 0..<10 {
      if let scale = PriceScale(decimals: code) { scales[code] = scale }
    }
  }

  @inline(__always)
  private static var widths: EverydayWidths { EverydayWidths(order: .little, price: 4, quantity: 4) }

  private static func shapes(_ context: DecoderContext) -> [EverydayShape] {
    func shape(_ kind: BookEvent.Kind, _ type: UInt8, _ fields: (EverydayShape, MessageLayout) -> EverydayShape)
      -> EverydayShape
    {
      guard let layout = NYSEPillarLayouts.description.layout(ofType: type) else { return EverydayShape() }
      return fields(EverydayShape(kind, layout, head: context.head(type: type), reference: "OrderID"), layout)
    }
    return [
      shape(.add, 100) {
        $0.with(quantity: "Volume", widths, $1).with(price: "Price", widths, $1)
          .with(side: "Side", buys: "B", sells: "S", $1)
      },
      shape(.modify, 101) {
        var shape = $0.with(quantity: "Volume", widths, $1).with(price: "Price", widths, $1)
        shape.head.flags = .keepsPlace
        return shape
      },
      shape(.delete, 102) { shape, _ in shape },
      shape(.executeWithPrice, 103) {
        $0.with(quantity: "Volume", widths, $1).with(price: "Price", isOfTrade: true, widths, $1)
          .with(second: "TradeID", $1)
          .printable(where: 0xFF, in: "PrintableFlag", $1)
      },
      shape(.replace, 104) {
        $0.with(quantity: "Volume", widths, $1).with(price: "Price", widths, $1).with(second: "NewOrderID", $1)
      },
    ]
  }

  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    let (everyday, second) = (everyday, second)
    let taken = run.take(into: events) { delivery, event in
      let message = delivery.pointee.bytes
      let length = UInt32(delivery.pointee.length)
      if length < 4 { return false }
      // SAFETY: the head is here; every further read lies within the shape's length, checked next.
      let code = message.littleEndian(UInt16.self, at: 2)
      if code > 255 { return false }
      let shape = everyday.shape(UInt8(truncatingIfNeeded: code))
      if !EverydayShape.holds(shape, length, everyday) { return false }
      let instrument = everyday.instrument(locate: UInt64(message.littleEndian(UInt32.self, at: 8)))
      return everyday.write(
        shape, message, Self.widths, instrument: instrument,
        at: second &+ UInt64(message.littleEndian(UInt32.self, at: 4)), into: event)
    }
    return ended(run, taken, packets)
  }

  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool {
    guard delivery.pointee.length >= 4 else { return false }
    // SAFETY: the head is here.
    let code = delivery.pointee.bytes.littleEndian(UInt16.self, at: 2)
    return code <= 255
      && lengths.areExceeded(by: delivery.pointee.length, type: UInt8(truncatingIfNeeded: code))
  }

  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let message = delivery.pointee.bytes
    let length = delivery.pointee.length
    if length < 4 { return lengths.refuse(type: nil, context, delivery, packets) }
    // SAFETY: the type is here; every further read lies within the least length of its type, checked next. A type
    // beyond 255 is none, as is 0.
    let code = message.littleEndian(UInt16.self, at: 2)
    let type = code > 255 ? 0 : UInt8(truncatingIfNeeded: code)
    if length < lengths[type] { return lengths.refuse(type: type, context, delivery, packets) }
    if lengths.areExceeded(by: length, type: type) { context.note(.longerMessages, delivery, packets) }
    context.count(type: type)
    switch type {
    case 100, 101, 102, 103, 104, 110, 111, 112:
      let index = UInt64(message.littleEndian(UInt32.self, at: 8))
      guard case .owned(let instrument) = context.listing(index, delivery, packets) else { return .everyday }
      decode(type, message, instrument, delivery, packets, &writer)
      return .everyday
    case 2:
      enterSecond(message, at: 12)
      return .everyday
    default: return decodeRare(type, message, delivery, packets, &writer)
    }
  }

  // MARK: - Time

  private mutating func enterSecond(_ message: UnsafeRawPointer, at offset: Int) {
    second = clock.sinceMidnight(UInt64(message.littleEndian(UInt32.self, at: offset)) &* 1_000_000_000)
  }

  /// Of a message with the whole time at 4 and 8.
  private mutating func wholeTime(_ message: UnsafeRawPointer) -> UInt64 {
    clock.sinceMidnight(UInt64(message.littleEndian(UInt32.self, at: 4)) &* 1_000_000_000)
      &+ UInt64(message.littleEndian(UInt32.self, at: 8))
  }

  // MARK: - Orders and trades

  @inline(__always)
  private func decode(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let now = second &+ UInt64(message.littleEndian(UInt32.self, at: 4))
    let stamp = EventStamp(type: type, exchangeNanoseconds: now)
    let index = UInt32(truncatingIfNeeded: instrument)
    switch type {
    case 100:
      add(
        type, message, side: message.byte(at: 32), price: 24, reference: message.littleEndian(UInt64.self, at: 16),
        instrument, now, delivery, packets, &writer)
    case 102:
      writer.put(
        .delete, type: type, instrument: index, reference: message.littleEndian(UInt64.self, at: 16), at: now)
    case 104:
      // The side is the old order's: in captures the byte at 40 is NUL (book rule 4).
      guard let price = price(message, at: 32, instrument, stamp, delivery, packets, &writer) else { return }
      writer.put(
        .replace, type: type, instrument: index, reference: message.littleEndian(UInt64.self, at: 16),
        quantity: message.littleEndian(UInt32.self, at: 36), price: price,
        second: message.littleEndian(UInt64.self, at: 24), at: now)
    case 101:
      // The place stays with the price: PositionChange is not set by all (book rule 2).
      guard let price = price(message, at: 24, instrument, stamp, delivery, packets, &writer) else { return }
      writer.put(
        .modify, type: type, instrument: index, reference: message.littleEndian(UInt64.self, at: 16),
        quantity: message.littleEndian(UInt32.self, at: 28), price: price, flags: .keepsPlace, at: now)
    case 103:
      // Pillar and XDP 2.1 differ behind the printable flag only.
      let price = context.tradePrice(
        Int64(message.littleEndian(Int32.self, at: 28)), instrument: instrument, delivery, packets)
      writer.put(
        price == nil ? .reduce : .executeWithPrice, type: type, instrument: index,
        reference: message.littleEndian(UInt64.self, at: 16), quantity: message.littleEndian(UInt32.self, at: 32),
        price: price ?? 0, second: UInt64(message.littleEndian(UInt32.self, at: 24)),
        isPrintable: message.byte(at: 36) != 0, at: now)
    case 110:
      trade(type, message, isPrintable: message.byte(at: 28) != 0, instrument, now, delivery, packets, &writer)
    case 111: trade(type, message, isPrintable: true, instrument, now, delivery, packets, &writer)
    default:
      writer.put(
        .tradeBreak, type: type, instrument: index, reference: UInt64(message.littleEndian(UInt32.self, at: 16)),
        at: now)
    }
  }

  @inline(__always)
  private func price(
    _ message: UnsafeRawPointer, at offset: Int, _ instrument: Int, _ stamp: EventStamp,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) -> Int32? {
    context.price(
      Int64(message.littleEndian(Int32.self, at: offset)), instrument: instrument, stamp, delivery, packets, &writer)
  }

  /// - Parameter price: its offset; the volume stands behind it.
  @inline(__always)
  private func add(
    _ type: UInt8, _ message: UnsafeRawPointer, side: UInt8, price offset: Int, reference: UInt64,
    _ instrument: Int, _ now: UInt64, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    _ writer: inout EventWriter
  ) {
    if side != UInt8(ascii: "B"), side != UInt8(ascii: "S") { return context.noteOwned(.badSide, delivery, packets) }
    let stamp = EventStamp(type: type, exchangeNanoseconds: now)
    guard let price = price(message, at: offset, instrument, stamp, delivery, packets, &writer) else { return }
    writer.put(
      .add, type: type, instrument: UInt32(truncatingIfNeeded: instrument), reference: reference,
      isSell: side == UInt8(ascii: "S"), quantity: message.littleEndian(UInt32.self, at: offset &+ 4), price: price,
      at: now)
  }

  /// Non-displayed and cross trades: the book stays (book rule 5).
  private func trade(
    _ type: UInt8, _ message: UnsafeRawPointer, isPrintable: Bool, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    // A fill of a cross is not printable: its volume comes with the cross.
    guard isPrintable,
      let price = context.tradePrice(
        Int64(message.littleEndian(Int32.self, at: 20)), instrument: instrument, delivery, packets)
    else { return }
    writer.put(
      .trade, type: type, instrument: UInt32(truncatingIfNeeded: instrument), reference: 0,
      quantity: message.littleEndian(UInt32.self, at: 24), price: price,
      second: UInt64(message.littleEndian(UInt32.self, at: 16)), at: now)
  }

  // MARK: - The rest

  @inline(never)
  private mutating func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) -> DecodeOutcome {
    switch type {
    case 1: enterSecond(message, at: 4)
    case 3: decodeMapping(message, delivery, packets, &writer)
    case 32, 34, 106:
      let index = UInt64(message.littleEndian(UInt32.self, at: 12))
      let now = wholeTime(message)
      let listing = context.listing(index, delivery, packets)
      if type == 34 { setMarketHours(message, now, &writer) }
      guard case .owned(let instrument) = listing else { return .other }
      if type == 106 {
        add(
          type, message, side: message.byte(at: 36), price: 28, reference: message.littleEndian(UInt64.self, at: 20),
          instrument, now, delivery, packets, &writer)
      } else if type == 32 {
        // All state of the symbol is gone; a refresh with its status follows (book rule 6).
        writer.put(.clearBook, type: type, instrument: instrument, at: now)
        writer.put(.tradingStatus, type: type, instrument: instrument, at: now)
      } else {
        decodeStatus(message, instrument, now, &writer)
      }
    default: break  // Imbalances, retail interest, summaries, refresh headers, requests; 113 corrects no price.
    }
    return .other
  }

  /// Symbol Index Mapping: symbol, decimals of prices, lots.
  private func decodeMapping(
    _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    _ writer: inout EventWriter
  ) {
    let symbol = Symbol(bytes: message + 8, count: 11)
    if symbol == .unknown { return context.note(.malformed, delivery, packets) }
    let index = UInt64(message.littleEndian(UInt32.self, at: 4))
    guard let instrument = context.register(identifier: index, symbol: symbol, delivery, packets),
      context.owns(instrument)
    else { return }
    let code = Int(message.byte(at: 24))
    if code >= scales.capacity {
      // Decimals that no price here can have: whatever this symbol's prices mean, it is not known.
      context.noteOwned(.pricesOffScale, delivery, packets)
      writer.put(.damage, type: 3, instrument: instrument, at: second)
    } else if context.directory.pointee.setScale(scales.base[code], instrument: instrument) == .refused {
      context.refuseScale(
        .priceScaleChanges, instrument, EventStamp(type: 3, exchangeNanoseconds: second), delivery, packets, &writer)
    }
    context.setRoundLot(UInt32(message.littleEndian(UInt16.self, at: 26)), instrument: instrument)
    context.directory.pointee.records[instrument].marketCategory = message.byte(at: 23)
  }

  /// The first word on the core session opens the venue's market hours, the first on its end closes them.
  private func setMarketHours(_ message: UnsafeRawPointer, _ now: UInt64, _ writer: inout EventWriter) {
    switch message.byte(at: 20) {
    case UInt8(ascii: "O"): context.setMarketHours(isOpen: true, at: now, type: 34, &writer)
    case UInt8(ascii: "L"), UInt8(ascii: "X"): context.setMarketHours(isOpen: false, at: now, type: 34, &writer)
    default: break
    }
  }

  /// Security Status at 20, Halt Condition at 21, SSRState at 43, MarketState at 44.
  private func decodeStatus(
    _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64, _ writer: inout EventWriter
  ) {
    let status = message.byte(at: 20)
    switch status {
    case UInt8(ascii: "A"), UInt8(ascii: "C"): writer.put(.shortSale, 1, type: 34, instrument: instrument, at: now)
    case UInt8(ascii: "D"): writer.put(.shortSale, 0, type: 34, instrument: instrument, at: now)
    default:
      let isRestricted = message.byte(at: 43) == UInt8(ascii: "E")
      writer.put(.shortSale, isRestricted ? 1 : 0, type: 34, instrument: instrument, at: now)
    }
    // A resumed stock trades in the sessions that trade; a session that begins leaves a halted stock halted.
    // XDP 2.1 writes a space where Pillar writes "~".
    let condition = message.byte(at: 21)
    let isHalted = condition != UInt8(ascii: "~") && condition != 0x20 && condition != 0
    let market = status == UInt8(ascii: "5") ? message.byte(at: 44) : status
    switch market {
    case UInt8(ascii: "E"), UInt8(ascii: "O"), UInt8(ascii: "L"):
      writer.put(.tradingStatus, isHalted ? 0 : 1, type: 34, instrument: instrument, at: now)
    case UInt8(ascii: "4"), UInt8(ascii: "6"), UInt8(ascii: "P"), UInt8(ascii: "B"):
      writer.put(.tradingStatus, 0, type: 34, instrument: instrument, at: now)
    case UInt8(ascii: "X"):
      // Closed: orders are canceled without messages of their own (book rule 7).
      writer.put(.tradingStatus, 0, type: 34, instrument: instrument, at: now)
      if status == UInt8(ascii: "X") { writer.put(.clearBook, type: 34, instrument: instrument, at: now) }
    default: break  // Short sale restriction and price indications say nothing of trading.
    }
  }
}
