/// MIAX Pearl Equities Depth of Market → book events.
///
/// Source: "Depth of Market Feed" 1.3.d. Little-endian. Common head of every message but System Time, which has the
/// second at 1:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | Message Type |
/// | 1 | 4 | Timestamp: nanoseconds since the second of the last System Time |
/// | 5 | 4 | Symbol ID; in System State its version |
/// | 9 | 8 | Order ID, Trade ID, or a status |
///
/// Symbol Update connects a Symbol ID with its symbol; a message about one that none named is counted
/// (`unknownInstruments`) and changes nothing. No packet of this feed was ever at hand.
///
/// The offsets below are those of `MIAXPearlLayouts`, which a test compares.
struct MIAXPearlDecoder: MessageDecoder {
  let context: DecoderContext
  private let lengths = MessageLengths(MIAXPearlLayouts.description)
  let everyday: EverydayTables.Pointer
  private var clock = EasternClock()
  /// Nanoseconds since midnight of the last System Time.
  private var second: UInt64 = 0

  init(_ context: DecoderContext) {
    self.context = context
    everyday = EverydayTables.make(context, Self.shapes(context))
  }

  @inline(__always)
  private static var widths: EverydayWidths {
    EverydayWidths(order: .little, price: 8, quantity: 4, hasUnsignedPrices: true)
  }

  private static func shapes(_ context: DecoderContext) -> [EverydayShape] {
    func shape(_ kind: BookEvent.Kind, _ type: UInt8, _ fields: (EverydayShape, MessageLayout) -> EverydayShape)
      -> EverydayShape
    {
      guard let layout = MIAXPearlLayouts.description.layout(ofType: type) else { return EverydayShape() }
      return fields(EverydayShape(kind, layout, head: context.head(type: type), reference: "Order ID"), layout)
    }
    return [
      shape(.add, 20) {
        $0.with(quantity: "Size", widths, $1).with(price: "Price", widths, $1)
          .with(side: "Order Side", buys: "B", sells: "S", $1)
      },
      shape(.modify, 21) {
        $0.with(quantity: "Size", widths, $1).with(price: "Price", widths, $1)
          .with(.keepsPlace, where: 1, flip: 1, in: "Flags", $1)
      },
      shape(.delete, 23) { shape, _ in shape },
      shape(.executeWithPrice, 24) {
        $0.with(quantity: "Size", widths, $1).with(price: "Price", isOfTrade: true, widths, $1)
          .with(second: "Trade ID", $1)
          .printable(where: 1, in: "Flags", $1)
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
      if length == 0 { return false }
      // SAFETY: one byte is here; every further read lies within the shape's length, checked next.
      let shape = everyday.shape(message.byte(at: 0))
      if !EverydayShape.holds(shape, length, everyday) { return false }
      let instrument = everyday.instrument(locate: UInt64(message.littleEndian(UInt32.self, at: 5)))
      return everyday.write(
        shape, message, Self.widths, instrument: instrument,
        at: second &+ UInt64(message.littleEndian(UInt32.self, at: 1)), into: event)
    }
    return ended(run, taken, packets)
  }

  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool {
    lengths.areExceeded(by: delivery, typeAt: 0)
  }

  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let message = delivery.pointee.bytes
    let length = delivery.pointee.length
    if length == 0 { return lengths.refuse(type: nil, context, delivery, packets) }
    // SAFETY: the type is here; every further read lies within the least length of its type, checked next.
    let type = message.byte(at: 0)
    if length < lengths[type] { return lengths.refuse(type: type, context, delivery, packets) }
    if lengths.areExceeded(by: length, type: type) { context.note(.longerMessages, delivery, packets) }
    context.count(type: type)
    if type == 49 {
      second = clock.sinceMidnight(UInt64(message.littleEndian(UInt32.self, at: 1)) &* 1_000_000_000)
      return .everyday
    }
    let now = second &+ UInt64(message.littleEndian(UInt32.self, at: 1))
    switch type {
    case 20, 21, 23, 24, 10, 11, 4, 5:
      let symbolID = UInt64(message.littleEndian(UInt32.self, at: 5))
      let listing = context.listing(symbolID, delivery, packets)
      if type == 4 { setMarketHours(message, now, &writer) }
      guard case .owned(let instrument) = listing else { return .everyday }
      decode(type, message, instrument, now, delivery, packets, &writer)
      return .everyday
    case 1: decodeSymbol(message, delivery, packets)
    default: break  // System State: sessions begin and end by the packets.
    }
    return .other
  }

  // MARK: - Orders

  @inline(__always)
  private func decode(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let stamp = EventStamp(type: type, exchangeNanoseconds: now)
    let index = UInt32(truncatingIfNeeded: instrument)
    // Not before the switch: the rare types are shorter.
    var reference: UInt64 { message.littleEndian(UInt64.self, at: 9) }
    switch type {
    case 20:
      let side = message.byte(at: 17)
      if side != UInt8(ascii: "B"), side != UInt8(ascii: "S") { return context.noteOwned(.badSide, delivery, packets) }
      guard let price = price(message, at: 18, instrument, stamp, delivery, packets, &writer) else { return }
      writer.put(
        .add, type: type, instrument: index, reference: reference, isSell: side == UInt8(ascii: "S"),
        quantity: message.littleEndian(UInt32.self, at: 26), price: price, at: now)
    case 23: writer.put(.delete, type: type, instrument: index, reference: reference, at: now)
    case 21:
      guard let price = price(message, at: 17, instrument, stamp, delivery, packets, &writer) else { return }
      writer.put(
        .modify, type: type, instrument: index, reference: reference,
        quantity: message.littleEndian(UInt32.self, at: 25), price: price,
        flags: message.byte(at: 29) & 1 == 0 ? .keepsPlace : BookEvent.Flags(), at: now)
    case 24:
      let price = context.tradePrice(raw(message, at: 25), instrument: instrument, delivery, packets)
      writer.put(
        price == nil ? .reduce : .executeWithPrice, type: type, instrument: index, reference: reference,
        quantity: message.littleEndian(UInt32.self, at: 33), price: price ?? 0,
        second: message.littleEndian(UInt64.self, at: 17), isPrintable: message.byte(at: 37) & 1 != 0, at: now)
    default: decodeRare(type, message, instrument, now, delivery, packets, &writer)
    }
  }

  /// Prices are unsigned; beyond 63 bits one that no scale can keep.
  @inline(__always)
  private func raw(_ message: UnsafeRawPointer, at offset: Int) -> Int64 {
    Int64(clamping: message.littleEndian(UInt64.self, at: offset))
  }

  @inline(__always)
  private func price(
    _ message: UnsafeRawPointer, at offset: Int, _ instrument: Int, _ stamp: EventStamp,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) -> Int32? {
    context.price(
      raw(message, at: offset), instrument: instrument, stamp, delivery, packets, &writer)
  }

  // MARK: - Trades and status

  @inline(never)
  private func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let index = UInt32(truncatingIfNeeded: instrument)
    switch type {
    case 10, 11:
      let tradeID = message.littleEndian(UInt64.self, at: 9)
      // A correction takes the place of the trade it corrects.
      if type == 11 || message.byte(at: 17) > 0 {
        writer.put(.tradeBreak, type: type, instrument: index, reference: tradeID, at: now)
      }
      // SAFETY: only a trade has the flags at 30.
      guard type == 10, message.byte(at: 30) & 1 != 0,
        let price = context.tradePrice(raw(message, at: 18), instrument: instrument, delivery, packets)
      else { return }
      writer.put(
        .trade, type: type, instrument: index, reference: 0, quantity: message.littleEndian(UInt32.self, at: 26),
        price: price, second: tradeID, at: now)
    case 4:
      let isRestricted = message.byte(at: 11) == UInt8(ascii: "Y")
      writer.put(.shortSale, isRestricted ? 1 : 0, type: type, instrument: instrument, at: now)
      writer.put(.tradingStatus, isTrading(message) ? 1 : 0, type: type, instrument: instrument, at: now)
    default: writer.put(.clearBook, type: type, instrument: instrument, at: now)
    }
  }

  /// Trading Status 2. The sheet does not say whether statuses are digits or numbers: either is read.
  private func isTrading(_ message: UnsafeRawPointer) -> Bool {
    message.byte(at: 9) == 2 || message.byte(at: 9) == UInt8(ascii: "2")
  }

  /// Market State 3 is the regular session; the first word on it opens the venue's market hours, the first on the late
  /// session closes them.
  private func setMarketHours(_ message: UnsafeRawPointer, _ now: UInt64, _ writer: inout EventWriter) {
    switch message.byte(at: 10) {
    case 3, UInt8(ascii: "3"): context.setMarketHours(isOpen: true, at: now, type: 4, &writer)
    case 4, UInt8(ascii: "4"): context.setMarketHours(isOpen: false, at: now, type: 4, &writer)
    default: break
    }
  }

  @inline(never)
  private func decodeSymbol(
    _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets
  ) {
    let symbol = Symbol(bytes: message + 9, count: 11)
    if symbol == .unknown { return context.note(.malformed, delivery, packets) }
    let symbolID = UInt64(message.littleEndian(UInt32.self, at: 5))
    guard let instrument = context.register(identifier: symbolID, symbol: symbol, delivery, packets) else { return }
    context.setRoundLot(UInt32(message.littleEndian(UInt16.self, at: 23)), instrument: instrument)
  }
}
