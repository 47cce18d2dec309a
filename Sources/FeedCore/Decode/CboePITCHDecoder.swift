/// Cboe multicast depth of book, PITCH 2.x (BZX, BYX, EDGX, EDGA) → book events.
///
/// Source: "Cboe Titanium US Equities/Options Multicast Depth of Book (PITCH) Specification" 2.41.66. Little-endian.
/// Common head, and that of a message about an order:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | Length |
/// | 1 | 1 | Message Type |
/// | 2 | 4 | Time Offset: nanoseconds since the second of the unit's last Time message; in that message the second |
/// | 6 | 8 | Order Id |
///
/// Only Add Order names a symbol; what follows names the order alone. So every core follows every order
/// (`BookEvent.byReference`, `addForeign`), also those that no book can hold, and a message about an order that nobody
/// added is an orphan on all of them.
///
/// The offsets below are those of `CboePITCHLayouts`, which a test compares.
struct CboePITCHDecoder: MessageDecoder {
  let context: DecoderContext
  private let lengths = MessageLengths(CboePITCHLayouts.description)
  let everyday: EverydayTables.Pointer
  /// By type.
  private let shapes = Storage<Shape>(capacity: 256, hugePages: false)
  private let unitKey: UInt64
  /// Nanoseconds since midnight of the last Time message.
  private var second: UInt64 = 0

  init(_ context: DecoderContext) {
    self.context = context
    unitKey = Self.unitKey(context.stream)
    everyday = EverydayTables.make(context)
    for type in 0..<256 { shapes[type] = Shape() }
    // All prices are of one scale. Were it one that a product alone does not make stored prices for, all messages would
    // go the long way: the venue's is not.
    guard let factor = context.directory.pointee.standardScale.plain.factor else { return }
    for fields in Self.shapes(context) {
      let type = fields.head.type
      shapes[Int(type)] = Shape(fields: fields, listing: Listing(ofType: type, factor: factor))
    }
  }

  /// All that the messages of a type have, side by side: two cache lines.
  private struct Shape: BitwiseCopyable {
    /// First: a pointer to a shape is one to its fields.
    var fields = EverydayShape()
    var listing = Listing()
  }

  /// What an everyday message says of its instrument, and how it writes prices.
  private struct Listing: BitwiseCopyable {
    /// The symbol's bytes, packed: all ones where there is one, what is kept of the eight bytes from `start` on, and what
    /// stands behind them.
    var mask: UInt64 = 0
    var kept: UInt64 = 0
    var padding: UInt64 = 0
    var start: UInt16 = 0
    /// What stands for the instrument where there is no symbol, less what the table of symbols finds there, less one.
    var foreign: UInt32 = ~0
    /// What makes a stored price of the wire's: short ones are in hundredths.
    var priceFactor: Int64 = 0
    /// 1 where there is a symbol: then the price settles the instrument's scale. In memory: of a number that is 0 or 1 by
    /// what it is computed of, the compiler makes a branch, which is as good as random here.
    var settlesScale: UInt8 = 0

    /// The three Add Orders have a symbol: six characters at 17 or 19, eight at 19. Short prices have 0x22 and 0x28.
    ///
    /// - Parameter factor: `PlainDivision.factor` of the scale.
    init(ofType type: UInt8, factor: Int64) {
      priceFactor = type == 0x22 || type == 0x28 ? factor &* 100 : factor
      guard type == 0x21 || type == 0x22 || type == 0x2F else { return }
      mask = .max
      foreign = 0
      kept = type == 0x2F ? .max : ~0xFFFF
      padding = type == 0x2F ? 0 : 0x2020
      start = type == 0x22 ? 17 : 19
      settlesScale = 1
    }

    init() {}
  }

  @inline(__always)
  private static var widths: EverydayWidths {
    EverydayWidths(order: .little, price: 0, quantity: 0, hasUnsignedPrices: true)
  }

  private static func shapes(_ context: DecoderContext) -> [EverydayShape] {
    func shape(_ kind: BookEvent.Kind, _ type: UInt8, _ fields: (EverydayShape, MessageLayout) -> EverydayShape)
      -> EverydayShape
    {
      guard let layout = CboePITCHLayouts.description.layout(ofType: type) else { return EverydayShape() }
      return fields(EverydayShape(kind, layout, head: context.head(type: type), reference: "Order Id"), layout)
    }
    func add(_ shape: EverydayShape, _ layout: MessageLayout) -> EverydayShape {
      shape.with(quantity: "Quantity", widths, layout).with(price: "Price", widths, layout)
        .with(side: "Side Indicator", buys: "B", sells: "S", layout)
    }
    func modify(_ shape: EverydayShape, _ layout: MessageLayout) -> EverydayShape {
      shape.with(quantity: "Quantity", widths, layout).with(price: "Price", widths, layout)
        .with(.keepsPlace, where: 2, in: "Modify Flags", layout)
    }
    return [
      shape(.add, 0x21, add), shape(.add, 0x22, add), shape(.add, 0x2F, add),
      shape(.execute, 0x23) { $0.with(quantity: "Executed Quantity", widths, $1).with(second: "Execution Id", $1) },
      shape(.reduce, 0x25) { $0.with(quantity: "Canceled Quantity", widths, $1) },
      shape(.reduce, 0x26) { $0.with(quantity: "Canceled Quantity", widths, $1) },
      shape(.modify, 0x27, modify), shape(.modify, 0x28, modify),
      shape(.delete, 0x29) { shape, _ in shape },
    ]
  }

  /// What makes a reference of an order id: their exclusive or. Order ids are unique within a unit, references within
  /// a venue. Of unit 0, a flow without units, the reference is the id.
  static func unitKey(_ unit: UInt32) -> UInt64 { Mix.spread(UInt64(unit)) }

  @inline(never)
  mutating func decodeRun(
    _ run: DeliveryRun, packets: DecoderContext.Packets, list: UnsafeMutablePointer<EventList>,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    let (everyday, shapes, unitKey, second) = (everyday, shapes.base, unitKey, second)
    let taken = run.take(into: events) { delivery, event in
      let message = delivery.pointee.bytes
      let length = UInt32(delivery.pointee.length)
      if length < 2 { return false }
      // SAFETY: the type is here; every further read lies within the shape's length, checked next.
      let type = message.byte(at: 1)
      let whole = shapes + Int(type)
      let shape = UnsafeMutableRawPointer(whole).assumingMemoryBound(to: EverydayShape.self)
      if !EverydayShape.holds(shape, length, everyday) { return false }
      // Whether a message has a symbol is as good as random: all are read alike.
      let mask = whole.pointee.listing.mask
      let half = UInt32(truncatingIfNeeded: mask)
      let text = message.bigEndian(UInt64.self, at: Int(whole.pointee.listing.start)) & whole.pointee.listing.kept
      let known = everyday.instrument(text: text | whole.pointee.listing.padding, and: mask)
      if known & InstrumentDirectory.foreignBit & half != 0 { return false }
      // Of a message without one: one less than no instrument.
      let instrument = known &+ whole.pointee.listing.foreign
      guard let raw = EverydayShape.rawPrice(shape, message, Self.widths) else { return false }
      let stored = raw &* whole.pointee.listing.priceFactor
      let price = Int32(truncatingIfNeeded: stored)
      guard Int64(price) == stored,
        EverydayShape.write(
          shape, message, Self.widths, instrument: instrument, price: price, key: unitKey,
          at: second &+ UInt64(message.littleEndian(UInt32.self, at: 2)), into: event)
      else { return false }
      everyday.settleScale(everyday.scale(instrument & half), if: whole.pointee.listing.settlesScale)
      everyday.count(Int(shape.pointee.head.type))
      return true
    }
    return ended(run, taken, packets)
  }

  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool {
    lengths.areExceeded(by: delivery, typeAt: 1)
  }

  mutating func decode(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: DecoderContext.Packets, into writer: inout EventWriter
  ) -> DecodeOutcome {
    let message = delivery.pointee.bytes
    let length = delivery.pointee.length
    if length < 2 { return lengths.refuse(type: nil, context, delivery, packets) }
    // SAFETY: the type is here; every further read lies within the least length of its type, checked next.
    let type = message.byte(at: 1)
    if length < lengths[type] { return lengths.refuse(type: type, context, delivery, packets) }
    if lengths.areExceeded(by: length, type: type) { context.note(.longerMessages, delivery, packets) }
    context.count(type: type)
    switch type {
    case 0x22:
      return add(
        message, quantity: UInt32(message.littleEndian(UInt16.self, at: 15)), symbol: Self.symbol6(message, at: 17),
        price: Self.short(message, at: 23), delivery, packets, &writer)
    case 0x29: change(.delete, message, &writer)
    case 0x21:
      return add(
        message, quantity: message.littleEndian(UInt32.self, at: 15), symbol: Self.symbol6(message, at: 19),
        price: Self.long(message, at: 25), delivery, packets, &writer)
    case 0x28:
      modify(
        message, quantity: UInt32(message.littleEndian(UInt16.self, at: 14)), price: Self.short(message, at: 16),
        flags: message.byte(at: 18), delivery, packets, &writer)
    case 0x26:
      change(.reduce, message, quantity: UInt32(message.littleEndian(UInt16.self, at: 14)), &writer)
    case 0x23:
      change(
        .execute, message, quantity: message.littleEndian(UInt32.self, at: 14),
        second: message.littleEndian(UInt64.self, at: 18), &writer)
    case 0x20: second = UInt64(message.littleEndian(UInt32.self, at: 2)) &* 1_000_000_000
    case 0x25: change(.reduce, message, quantity: message.littleEndian(UInt32.self, at: 14), &writer)
    case 0x27:
      modify(
        message, quantity: message.littleEndian(UInt32.self, at: 14), price: Self.long(message, at: 18),
        flags: message.byte(at: 26), delivery, packets, &writer)
    case 0x2F:
      return add(
        message, quantity: message.littleEndian(UInt32.self, at: 15), symbol: message.bigEndian(UInt64.self, at: 19),
        price: Self.long(message, at: 27), delivery, packets, &writer)
    default: return decodeRare(type, message, delivery, packets, &writer)
    }
    return .everyday
  }

  // MARK: - Fields

  /// Six characters as the eight that identify an instrument.
  @inline(__always)
  private static func symbol6(_ message: UnsafeRawPointer, at offset: Int) -> UInt64 {
    // SAFETY: price and flags stand behind it: two further bytes are here.
    message.bigEndian(UInt64.self, at: offset) & ~0xFFFF | 0x2020
  }

  /// A short price, in hundredths, on the scale of long ones.
  @inline(__always)
  private static func short(_ message: UnsafeRawPointer, at offset: Int) -> Int64 {
    Int64(message.littleEndian(UInt16.self, at: offset)) &* 100
  }

  /// A long price; beyond 63 bits one that no scale can keep.
  @inline(__always)
  private static func long(_ message: UnsafeRawPointer, at offset: Int) -> Int64 {
    Int64(clamping: message.littleEndian(UInt64.self, at: offset))
  }

  @inline(__always)
  private func time(_ message: UnsafeRawPointer) -> UInt64 {
    second &+ UInt64(message.littleEndian(UInt32.self, at: 2))
  }

  @inline(__always)
  private func reference(_ message: UnsafeRawPointer) -> UInt64 {
    message.littleEndian(UInt64.self, at: 6) ^ unitKey
  }

  // MARK: - Orders

  /// A change of an order that is found by its reference alone.
  @inline(__always)
  private func change(
    _ kind: BookEvent.Kind, _ message: UnsafeRawPointer, quantity: UInt32 = 0, price: Int32 = 0, second: UInt64 = 0,
    flags: BookEvent.Flags = BookEvent.Flags(), _ writer: inout EventWriter
  ) {
    writer.put(
      kind, type: message.byte(at: 1), instrument: BookEvent.byReference, reference: reference(message),
      quantity: quantity, price: price, second: second, flags: flags, at: time(message))
  }

  /// Add Order; side at 14 in all three.
  @inline(__always)
  private func add(
    _ message: UnsafeRawPointer, quantity: UInt32, symbol: UInt64, price: Int64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) -> DecodeOutcome {
    // B is 0x42 and S is 0x53: what a side differs from B is 0 or 0x11.
    let side = message.byte(at: 14) ^ UInt8(ascii: "B")
    guard side == 0 || side == 0x11, let instrument = context.directory.pointee.find(identifier: symbol),
      context.owns(instrument),
      let stored = context.directory.pointee.storedPrice(raw: price, instrument: instrument)
    else {
      addOther(message, quantity: quantity, symbol: symbol, price: price, delivery, packets, &writer)
      return .other
    }
    writer.put(
      .add, type: message.byte(at: 1), instrument: UInt32(truncatingIfNeeded: instrument),
      reference: reference(message), isSell: side != 0, quantity: quantity, price: stored, at: time(message))
    return .everyday
  }

  /// An order of a symbol that this message names first, of another core's, or one that no book can hold: it is
  /// followed all the same, or its later messages would be orphans, which damage all books of the unit.
  @inline(never)
  private func addOther(
    _ message: UnsafeRawPointer, quantity: UInt32, symbol: UInt64, price: Int64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    guard case .owned(let instrument) = context.listing(packedSymbol: symbol, delivery, packets) else {
      return change(.addForeign, message, quantity: quantity, &writer)
    }
    let side = message.byte(at: 14)
    let isSide = side == UInt8(ascii: "B") || side == UInt8(ascii: "S")
    let stamp = EventStamp(type: message.byte(at: 1), exchangeNanoseconds: time(message))
    if !isSide {
      context.noteOwned(.badSide, delivery, packets)
      _ = writer.next(.damage, instrument, stamp)
    }
    guard isSide, let stored = context.price(price, instrument: instrument, stamp, delivery, packets, &writer) else {
      return change(.addForeign, message, quantity: quantity, &writer)
    }
    writer.put(
      .add, type: message.byte(at: 1), instrument: UInt32(truncatingIfNeeded: instrument),
      reference: reference(message), isSell: side == UInt8(ascii: "S"), quantity: quantity, price: stored,
      at: time(message))
  }

  /// New quantity and price; flag 0x02 keeps the place in the queue, without it the place is lost even where nothing
  /// else changes (book rule 4).
  @inline(__always)
  private func modify(
    _ message: UnsafeRawPointer, quantity: UInt32, price: Int64, flags: UInt8,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    // The instrument is not known here; all of a venue have its standard scale, for no message names another.
    guard let stored = context.directory.pointee.standardScale.stored(raw: price) else {
      return modifyOffScale(message, quantity: quantity, delivery, packets, &writer)
    }
    change(
      .modify, message, quantity: quantity, price: stored,
      flags: flags & 2 != 0 ? .keepsPlace : BookEvent.Flags(), &writer)
  }

  /// The order's book cannot hold it any more, and is damaged; the order is followed on.
  @inline(never)
  private func modifyOffScale(
    _ message: UnsafeRawPointer, quantity: UInt32, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    context.note(.pricesOffScale, delivery, packets)
    change(.damage, message, &writer)
    change(.delete, message, &writer)
    change(.addForeign, message, quantity: quantity, &writer)
  }

  // MARK: - The rest

  @inline(never)
  private func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) -> DecodeOutcome {
    switch type {
    case 0x24: executeAtPrice(message, delivery, packets, &writer)
    case 0x2A:
      trade(
        message, quantity: message.littleEndian(UInt32.self, at: 15), symbol: Self.symbol6(message, at: 19),
        price: Self.long(message, at: 25), execution: message.littleEndian(UInt64.self, at: 33), delivery, packets,
        &writer)
    case 0x2B:
      trade(
        message, quantity: UInt32(message.littleEndian(UInt16.self, at: 15)), symbol: Self.symbol6(message, at: 17),
        price: Self.short(message, at: 23), execution: message.littleEndian(UInt64.self, at: 25), delivery, packets,
        &writer)
    case 0x30:
      trade(
        message, quantity: message.littleEndian(UInt32.self, at: 15), symbol: message.bigEndian(UInt64.self, at: 19),
        price: Self.long(message, at: 27), execution: message.littleEndian(UInt64.self, at: 35), delivery, packets,
        &writer)
    case 0x2C:
      writer.put(
        .tradeBreak, type: type, instrument: BookEvent.byReference,
        reference: message.littleEndian(UInt64.self, at: 6), at: time(message))
    case 0x31: tradingStatus(message, delivery, packets, &writer)
    case 0x97:
      writer.put(.clearChannel, type: type, instrument: 0, at: time(message))
      // Part of the digest of every book that is there: later messages must not have named more by then.
      return .barrier
    default: break  // Auctions, retail interest, end of session, gap requests, spin, options: nothing for a book.
    }
    return .other
  }

  /// The trade at the message's price, and what the order has left: the executed quantity may exceed what was
  /// displayed, so it is not taken off (book rule 2).
  private func executeAtPrice(
    _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    _ writer: inout EventWriter
  ) {
    if let price = context.directory.pointee.standardScale.stored(raw: Self.long(message, at: 30)) {
      change(
        .trade, message, quantity: message.littleEndian(UInt32.self, at: 14), price: price,
        second: message.littleEndian(UInt64.self, at: 22), &writer)
    } else {
      context.note(.tradePricesOffScale, delivery, packets)
    }
    change(.setQuantity, message, quantity: message.littleEndian(UInt32.self, at: 18), &writer)
  }

  /// A trade of orders that were not displayed, or routed: the book stays.
  private func trade(
    _ message: UnsafeRawPointer, quantity: UInt32, symbol: UInt64, price: Int64, execution: UInt64,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, _ writer: inout EventWriter
  ) {
    let instrument: Int
    switch context.listing(packedSymbol: symbol, delivery, packets) {
    case .owned(let index): instrument = index
    case .foreign: return foreignTrade(message, quantity: quantity, price: price, execution: execution, &writer)
    case .unknown: return
    }
    guard let stored = context.tradePrice(price, instrument: instrument, delivery, packets) else { return }
    writer.put(
      .trade, type: message.byte(at: 1), instrument: UInt32(truncatingIfNeeded: instrument), reference: 0,
      quantity: quantity, price: stored, second: execution, at: time(message))
  }

  /// A trade that its own core keeps, and only that: its number may be broken later, or used again by an instrument of
  /// this core.
  private func foreignTrade(
    _ message: UnsafeRawPointer, quantity: UInt32, price: Int64, execution: UInt64, _ writer: inout EventWriter
  ) {
    guard quantity > 0, context.directory.pointee.standardScale.stored(raw: price) != nil else { return }
    writer.put(
      .tradeForeign, type: message.byte(at: 1), instrument: BookEvent.byReference, reference: 0, second: execution,
      at: time(message))
  }

  /// T trades; A (orders queue), H, Q and S, which all symbols begin with, do not.
  private func tradingStatus(
    _ message: UnsafeRawPointer, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    _ writer: inout EventWriter
  ) {
    let symbol = message.bigEndian(UInt64.self, at: 6)
    guard case .owned(let instrument) = context.listing(packedSymbol: symbol, delivery, packets) else { return }
    let isRestricted = message.byte(at: 15) == UInt8(ascii: "1")
    let isTrading = message.byte(at: 14) == UInt8(ascii: "T")
    writer.put(.shortSale, isRestricted ? 1 : 0, type: 0x31, instrument: instrument, at: time(message))
    writer.put(.tradingStatus, isTrading ? 1 : 0, type: 0x31, instrument: instrument, at: time(message))
  }
}
