/// The feeds of the Investors Exchange, TOPS 1.5 and 1.6, DEEP 1.0 and DEEP+ 1.0 → book events.
///
/// Sources: "TOPS Specification" 1.66 and 1.56, "DEEP Specification" 1.08, "DEEP+ Specification" 1.04. Little-endian.
/// One decoder serves all: a type means the same wherever it appears, and what a feed does not have is unknown there.
/// Common head of every message but System Event, whose timestamp stands at 2 likewise:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | Message Type |
/// | 1 | 1 | a flag, a side or a status |
/// | 2 | 8 | Timestamp, nanoseconds since 1970 UTC |
/// | 10 | 8 | Symbol |
///
/// The offsets below are those of `IEXLayouts`, which a test compares.
struct IEXDecoder: MessageDecoder {
  let context: DecoderContext
  private let lengths: MessageLengths
  let everyday: EverydayTables.Pointer
  /// TOPS 1.5 has no message for the trading state: its quotes tell it.
  private let quotesTellTrading: Bool
  private var clock = EasternClock()

  init(_ context: DecoderContext) {
    self.context = context
    lengths = MessageLengths(Self.layouts(of: context.feedProtocol))
    everyday = EverydayTables.make(context, Self.shapes(context))
    quotesTellTrading = context.feedProtocol == .tops15
  }

  static func layouts(of feedProtocol: FeedProtocol) -> ProtocolDescription {
    switch feedProtocol {
    case .tops15: IEXLayouts.tops15
    case .tops16: IEXLayouts.tops16
    case .deep10: IEXLayouts.deep
    default: IEXLayouts.deepPlus
    }
  }

  @inline(__always)
  private static var widths: EverydayWidths { EverydayWidths(order: .little, price: 8, quantity: 4) }

  private static func shapes(_ context: DecoderContext) -> [EverydayShape] {
    func shape(
      _ kind: BookEvent.Kind, _ type: Unicode.Scalar, reference: String?,
      _ fields: (EverydayShape, MessageLayout) -> EverydayShape
    ) -> EverydayShape {
      let type = UInt8(ascii: type)
      guard let layout = layouts(of: context.feedProtocol).layout(ofType: type) else { return EverydayShape() }
      return fields(EverydayShape(kind, layout, head: context.head(type: type), reference: reference), layout)
    }
    func level(_ shape: EverydayShape, _ layout: MessageLayout) -> EverydayShape {
      shape.with(quantity: "Size", widths, layout).with(price: "Price", widths, layout)
        .with(.isPartial, where: 1, flip: 1, in: "Event Flags", layout)
    }
    return [
      shape(.add, "a", reference: "Order ID") {
        $0.with(quantity: "Size", widths, $1).with(price: "Price", widths, $1)
          .with(side: "Side", buys: "8", sells: "5", $1)
      },
      shape(.modify, "M", reference: "Order ID Reference") {
        $0.with(quantity: "Size", widths, $1).with(price: "Price", widths, $1)
          .with(.keepsPlace, where: 1, in: "Modify Flags", $1)
      },
      shape(.delete, "R", reference: "Order ID Reference") { shape, _ in shape },
      shape(.executeWithPrice, "L", reference: "Order ID Reference") {
        $0.with(quantity: "Size", widths, $1).with(price: "Price", isOfTrade: true, widths, $1)
          .with(second: "Trade ID", $1)
      },
      shape(.setLevel, "8", reference: nil) { level($0, $1) },
      shape(.setLevel, "5", reference: nil) { level($0, $1).selling() },
      // Both sides: `writeQuote`.
      shape(.setTop, "Q", reference: nil) { shape, _ in shape },
    ].filter { $0.head.kind != .setTop || context.feedProtocol != .tops15 }
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
      if length == 0 { return false }
      // SAFETY: one byte is here; every further read lies within the shape's length, checked next.
      let shape = everyday.shape(message.byte(at: 0))
      if !EverydayShape.holds(shape, length, everyday) { return false }
      let instrument = everyday.instrument(identifier: message.bigEndian(UInt64.self, at: 10))
      guard everyday.isKnown(instrument),
        let now = clock.sinceMidnightThisHour(message.littleEndian(UInt64.self, at: 2))
      else { return false }
      if shape.pointee.head.kind == .setTop {
        return Self.writeQuote(everyday, shape, message, instrument, now, list, event)
      }
      return everyday.write(shape, message, Self.widths, instrument: instrument, at: now, into: event)
    }
    return ended(run, taken, packets)
  }

  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool {
    lengths.areExceeded(by: delivery, typeAt: 0)
  }

  /// TOPS 1.6: both sides, a group of two events.
  @inline(__always)
  private static func writeQuote(
    _ everyday: EverydayTables.Pointer, _ shape: UnsafeMutablePointer<EverydayShape>, _ message: UnsafeRawPointer,
    _ instrument: UInt32, _ now: UInt64, _ list: UnsafeMutablePointer<EventList>,
    _ event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    let scale = everyday.scale(instrument)
    guard let bid = scale.pointee.prices.price(raw: message.littleEndian(Int64.self, at: 22)),
      let ask = scale.pointee.prices.price(raw: message.littleEndian(Int64.self, at: 30)),
      let side = list.pointee.reserveTwo()
    else { return false }
    everyday.settleScale(scale)
    side.writeTop(
      shape.pointee.head, instrument, price: bid, quantity: message.littleEndian(UInt32.self, at: 18), at: now)
    var sells = shape.pointee.head
    sells.sellBit = 1
    (side + 1).writeTop(
      sells, instrument, price: ask, quantity: message.littleEndian(UInt32.self, at: 38), at: now)
    list.pointee.writeGroup(of: 2, head: shape.pointee.head, now, into: event)
    everyday.count(Int(shape.pointee.head.type))
    return true
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
    let now = clock.sinceMidnight(message.littleEndian(UInt64.self, at: 2))
    if type == UInt8(ascii: "S") { return systemEvent(message, now, &writer) }
    let symbol = message.bigEndian(UInt64.self, at: 10)
    guard let instrument = context.directory.pointee.find(identifier: symbol) else {
      guard case .owned(let instrument) = context.listing(packedSymbol: symbol, delivery, packets) else {
        return .other
      }
      decode(type, message, instrument, now, delivery, packets, &writer)
      return .other
    }
    if context.owns(instrument) {
      decode(type, message, instrument, now, delivery, packets, &writer)
    } else if type == UInt8(ascii: "Q"), quotesTellTrading {
      setMarketHours(message, now, &writer)
    }
    return .everyday
  }

  @inline(__always)
  private func decode(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    switch type {
    case UInt8(ascii: "a"): add(message, instrument, now, delivery, packets, &writer)
    case UInt8(ascii: "R"):
      writer.put(
        .delete, type: type, instrument: UInt32(truncatingIfNeeded: instrument),
        reference: message.littleEndian(UInt64.self, at: 18), at: now)
    case UInt8(ascii: "8"), UInt8(ascii: "5"): setLevel(type, message, instrument, now, delivery, packets, &writer)
    case UInt8(ascii: "Q"): quote(message, instrument, now, delivery, packets, &writer)
    case UInt8(ascii: "M"):
      let stamp = EventStamp(type: type, exchangeNanoseconds: now)
      guard let price = price(message, at: 30, instrument, stamp, delivery, packets, &writer) else { return }
      writer.put(
        .modify, type: type, instrument: UInt32(truncatingIfNeeded: instrument),
        reference: message.littleEndian(UInt64.self, at: 18), quantity: message.littleEndian(UInt32.self, at: 26),
        price: price, flags: message.byte(at: 1) & 1 != 0 ? .keepsPlace : BookEvent.Flags(), at: now)
    case UInt8(ascii: "L"): execute(message, instrument, now, delivery, packets, &writer)
    default: decodeRare(type, message, instrument, now, delivery, packets, &writer)
    }
  }

  @inline(__always)
  private func price(
    _ message: UnsafeRawPointer, at offset: Int, _ instrument: Int, _ stamp: EventStamp,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) -> Int32? {
    context.price(
      message.littleEndian(Int64.self, at: offset), instrument: instrument, stamp, delivery, packets, &writer)
  }

  // MARK: - DEEP+

  @inline(__always)
  private func add(
    _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let side = message.byte(at: 1)
    if side != UInt8(ascii: "8"), side != UInt8(ascii: "5") { return context.noteOwned(.badSide, delivery, packets) }
    let stamp = EventStamp(type: UInt8(ascii: "a"), exchangeNanoseconds: now)
    guard let price = price(message, at: 30, instrument, stamp, delivery, packets, &writer) else { return }
    writer.put(
      .add, type: UInt8(ascii: "a"), instrument: UInt32(truncatingIfNeeded: instrument),
      reference: message.littleEndian(UInt64.self, at: 18), isSell: side == UInt8(ascii: "5"),
      quantity: message.littleEndian(UInt32.self, at: 26), price: price, at: now)
  }

  /// The trade's price may differ from the order's, which stays.
  @inline(__always)
  private func execute(
    _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let price = context.tradePrice(
      message.littleEndian(Int64.self, at: 30), instrument: instrument, delivery, packets)
    writer.put(
      price == nil ? .reduce : .executeWithPrice, type: UInt8(ascii: "L"),
      instrument: UInt32(truncatingIfNeeded: instrument), reference: message.littleEndian(UInt64.self, at: 18),
      quantity: message.littleEndian(UInt32.self, at: 26), price: price ?? 0,
      second: message.littleEndian(UInt64.self, at: 38), at: now)
  }

  // MARK: - DEEP

  /// Flag 1: the event is complete. 0: the book is in transition (DEEP book rule 2).
  @inline(__always)
  private func setLevel(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let isComplete = message.byte(at: 1) & 1 != 0
    let stamp = EventStamp(type: type, exchangeNanoseconds: now, flags: isComplete ? [] : .isPartial)
    guard let price = price(message, at: 22, instrument, stamp, delivery, packets, &writer) else {
      // The level is lost; the event it ends is not.
      if isComplete { writer.put(.endOfEvent, type: type, instrument: instrument, at: now) }
      return
    }
    writer.put(
      .setLevel, type: type, instrument: UInt32(truncatingIfNeeded: instrument), reference: 0,
      isSell: type == UInt8(ascii: "5"), quantity: message.littleEndian(UInt32.self, at: 18), price: price,
      flags: isComplete ? BookEvent.Flags() : .isPartial, at: now)
  }

  // MARK: - TOPS

  /// Both sides; size 0 is no quote.
  @inline(__always)
  private func quote(
    _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let type = UInt8(ascii: "Q")
    let stamp = EventStamp(type: type, exchangeNanoseconds: now)
    let index = UInt32(truncatingIfNeeded: instrument)
    if let bid = price(message, at: 22, instrument, stamp, delivery, packets, &writer) {
      writer.put(
        .setTop, type: type, instrument: index, reference: 0, quantity: message.littleEndian(UInt32.self, at: 18),
        price: bid, at: now)
    }
    if let ask = price(message, at: 30, instrument, stamp, delivery, packets, &writer) {
      writer.put(
        .setTop, type: type, instrument: index, reference: 0, isSell: true,
        quantity: message.littleEndian(UInt32.self, at: 38), price: ask, at: now)
    }
    if quotesTellTrading {
      let isAvailable = message.byte(at: 1) & 0x80 == 0
      writer.put(.tradingStatus, isAvailable ? 1 : 0, type: type, instrument: instrument, at: now)
      setMarketHours(message, now, &writer)
    }
  }

  /// TOPS 1.5: flag 0x40 stands outside of the regular session.
  private func setMarketHours(_ message: UnsafeRawPointer, _ now: UInt64, _ writer: inout EventWriter) {
    context.setMarketHours(isOpen: message.byte(at: 1) & 0x40 == 0, at: now, type: UInt8(ascii: "Q"), &writer)
  }

  // MARK: - All feeds

  /// R and M begin and end regular market hours; the others mean what they mean in ITCH.
  @inline(never)
  private func systemEvent(_ message: UnsafeRawPointer, _ now: UInt64, _ writer: inout EventWriter) -> DecodeOutcome {
    let event = message.byte(at: 1)
    writer.put(
      .system, UInt32(event == UInt8(ascii: "R") ? UInt8(ascii: "Q") : event), type: UInt8(ascii: "S"), instrument: 0,
      at: now)
    return .barrier
  }

  @inline(never)
  private func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ instrument: Int, _ now: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let detail = message.byte(at: 1)
    switch type {
    case UInt8(ascii: "T"):
      let raw = message.littleEndian(Int64.self, at: 22)
      guard let price = context.tradePrice(raw, instrument: instrument, delivery, packets) else { return }
      writer.put(
        .trade, type: type, instrument: UInt32(truncatingIfNeeded: instrument), reference: 0,
        quantity: message.littleEndian(UInt32.self, at: 18), price: price,
        second: message.littleEndian(UInt64.self, at: 30), at: now)
    case UInt8(ascii: "B"):
      writer.put(
        .tradeBreak, type: type, instrument: UInt32(truncatingIfNeeded: instrument),
        reference: message.littleEndian(UInt64.self, at: 30), at: now)
    case UInt8(ascii: "H"):
      writer.put(.tradingStatus, detail == UInt8(ascii: "T") ? 1 : 0, type: type, instrument: instrument, at: now)
    case UInt8(ascii: "O"):
      writer.put(.operationalHalt, detail == UInt8(ascii: "N") ? 0 : 1, type: type, instrument: instrument, at: now)
    case UInt8(ascii: "P"):
      writer.put(.shortSale, detail == 0 ? 0 : 1, type: type, instrument: instrument, at: now)
    case UInt8(ascii: "D"):
      context.setRoundLot(message.littleEndian(UInt32.self, at: 18), instrument: instrument)
    case UInt8(ascii: "C"): writer.put(.clearBook, type: type, instrument: instrument, at: now)
    default: break  // I E X A: interest, events, prices and auctions without effect on a book.
    }
  }
}
