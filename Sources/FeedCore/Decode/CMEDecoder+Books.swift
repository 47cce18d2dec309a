/// Incremental templates: levels, orders, trades.
///
/// SAFETY: entries are as long as their template knows them; their group lies within the message (`apply`).
extension CMEDecoder {
  private static var sizeNull: UInt32 { 0x7FFF_FFFF }
  private static var priceNull: Int64 { .max }

  /// A size of four bytes that an order or a level can have, else 0.
  @inline(__always)
  static func size(_ entry: UnsafeRawPointer, _ offset: UInt16) -> UInt32 {
    let size = entry.littleEndian(UInt32.self, at: Int(offset))
    return size >= sizeNull ? 0 : size
  }

  /// A price as a mantissa of nine decimals; null stays null, which no scale can keep.
  @inline(__always)
  static func price(_ entry: UnsafeRawPointer, _ template: UnsafeMutablePointer<CMETemplate>) -> Int64 {
    let raw = entry.littleEndian(Int64.self, at: Int(template.pointee.price))
    return raw == priceNull ? raw : raw.multipliedClamped(by: template.pointee.priceFactor)
  }

  /// The book an entry type is about, and the side; nil for types without one.
  @inline(__always)
  static func book(ofType type: UInt8) -> (view: View, isSell: Bool)? {
    switch type {
    case UInt8(ascii: "0"): (.main, false)
    case UInt8(ascii: "1"): (.main, true)
    case UInt8(ascii: "E"): (.implied, false)
    case UInt8(ascii: "F"): (.implied, true)
    // Trades and statistics; w and x repeat the best price of either book.
    default: nil
    }
  }

  /// The size of a level, eight bytes in the newer templates. 0 where there is none.
  @inline(__always)
  func levelSize(_ entry: UnsafeRawPointer, _ index: Int, _ message: Message, _ writer: inout EventWriter) -> UInt32 {
    let template = message.template
    if !template.pointee.hasLongSizes { return Self.size(entry, template.pointee.size) }
    let size = entry.littleEndian(UInt64.self, at: Int(template.pointee.size))
    if size == .max { return 0 }
    if size > UInt64(UInt32.max) {
      instruments.quantityOverflows(index, message.delivery, message.packets, stamp: message.stamp, into: &writer)
    }
    return UInt32(clamping: size)
  }

  /// The book of a security that this channel changes.
  @inline(__always)
  private mutating func book(
    _ number: Int32, _ view: View, _ message: Message, _ writer: inout EventWriter
  ) -> Int? {
    instruments.book(number, view, message.delivery, message.packets, isNew: &isNew, message.stamp, into: &writer)
  }

  // MARK: - Levels

  /// The event of a level of a book that is known, this core's and this channel's, but for its time; false for anything
  /// else, as `applyLevel` finds it.
  ///
  /// SAFETY: `bytes` are a message that `places` are of.
  ///
  /// - Parameters:
  ///   - book: as `everydayBooks` has it.
  ///   - kind: as `everydayKinds` has it.
  @inline(__always)
  static func writeEverydayLevel(
    _ bytes: UnsafeRawPointer, _ places: UnsafeMutablePointer<CMEEverydayPlaces>, book: UInt64, kind: UInt8,
    _ everyday: EverydayTables.Pointer, _ records: UnsafeMutablePointer<InstrumentRecord>,
    into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    if book == .max || kind == 0 { return false }
    let number = UInt64(bytes.littleEndian(UInt32.self, at: places.pointee.security))
    let instrument = everyday.instrument(identifier: number | book & ~0xFFFF_FFFF)
    guard everyday.isKnown(instrument), everyday.isClaimed(instrument) else { return false }
    let scale = everyday.scale(instrument)
    var price: Int32 = 0
    var size: UInt32 = 0
    var depth: UInt64 = 0
    if kind != BookEvent.Kind.deleteLevelAt.rawValue {
      let wire = bytes.littleEndian(Int64.self, at: places.pointee.price)
      let (raw, overflow) = wire.multipliedReportingOverflow(by: places.pointee.priceFactor)
      // Null, 2^63 - 1, times 100 overflows; times one it is off every scale of a plain divisor.
      guard !overflow, let stored = scale.pointee.prices.price(raw: raw) else { return false }
      price = stored
      if places.pointee.hasLongSizes {
        guard let whole = UInt32(exactly: bytes.littleEndian(UInt64.self, at: places.pointee.size)) else {
          return false
        }
        size = whole
        if size == 0 { return false }
      } else {
        size = bytes.littleEndian(UInt32.self, at: places.pointee.size)
        // Neither 0 nor null.
        if size &- 1 >= sizeNull &- 1 { return false }
      }
      depth = Self.depth(records + Int(instrument), book >> 32 == 0 ? .main : .implied)
    }
    everyday.settleScale(scale)
    everyday.write(
      UInt64(kind) | book & 0xFFFF_FFFF | UInt64(places.pointee.type) << BookEvent.Head.typeShift,
      instrument: instrument, reference: depth, second: UInt64(bytes.byte(at: places.pointee.level)), price: price,
      quantity: size, into: event)
    return true
  }

  @inline(__always)
  mutating func applyLevel(_ entry: UnsafeRawPointer, _ message: Message, _ writer: inout EventWriter) {
    let template = message.template
    let type = entry.byte(at: Int(template.pointee.entryType))
    guard let book = Self.book(ofType: type) else {
      if type == UInt8(ascii: "J") { resetBooks(entry, message, &writer) }
      return
    }
    let number = entry.littleEndian(Int32.self, at: Int(template.pointee.entrySecurity))
    guard let index = self.book(number, book.view, message, &writer) else { return }
    if isNew { instruments.inheritState(index, message.stamp, into: &writer) }
    if !context.owns(index) { return }
    let level = entry.byte(at: Int(template.pointee.level))
    let kind: BookEvent.Kind
    var position = UInt64(level)
    switch entry.byte(at: Int(template.pointee.entryAction)) {
    case 0: kind = .insertLevelAt
    case 1, 5: kind = .changeLevelAt
    case 2: kind = .deleteLevelAt
    // The whole side, whatever the level.
    case 3: (kind, position) = (.deleteLevelsThrough, UInt64(UInt8.max))
    case 4: kind = .deleteLevelsThrough
    default:
      // The book did something that is not known here.
      context.noteOwned(.unknownActions, message.delivery, message.packets)
      _ = writer.next(.damage, index, message.stamp)
      return
    }
    if kind == .insertLevelAt || kind == .changeLevelAt {
      guard
        let price = instruments.price(Self.price(entry, template), index, message.delivery, message.packets)
      else { return lose(index, message, &writer) }
      let size = levelSize(entry, index, message, &writer)
      if size == 0 { return levelWithoutSize(index, message, &writer) }
      let event = writer.next(kind, index, message.stamp)
      event.pointee.isSell = book.isSell
      event.pointee.second = position
      event.pointee.reference = Self.depth(context.directory.pointee.records.base + index, book.view)
      event.pointee.price = price
      event.pointee.quantity = size
    } else {
      let event = writer.next(kind, index, message.stamp)
      event.pointee.isSell = book.isSell
      event.pointee.second = position
    }
  }

  @inline(__always)
  private static func depth(_ record: UnsafeMutablePointer<InstrumentRecord>, _ view: View) -> UInt64 {
    let depth = record.pointee.bookDepth
    if depth != 0 { return UInt64(depth) }
    return UInt64(view == .implied ? standardImpliedDepth : standardDepth)
  }

  /// A price that the book cannot keep was counted: detectors hear that the book is lost.
  @inline(never)
  func lose(_ index: Int, _ message: Message, _ writer: inout EventWriter) {
    _ = writer.next(.damage, index, message.stamp)
  }

  /// No level has no size: positions behind it would be off by one.
  @inline(never)
  private func levelWithoutSize(_ index: Int, _ message: Message, _ writer: inout EventWriter) {
    context.noteOwned(.zeroQuantities, message.delivery, message.packets)
    _ = writer.next(.damage, index, message.stamp)
  }

  /// Type J: the books of the security are empty.
  @inline(never)
  private mutating func resetBooks(_ entry: UnsafeRawPointer, _ message: Message, _ writer: inout EventWriter) {
    let number = entry.littleEndian(Int32.self, at: Int(message.template.pointee.entrySecurity))
    for view in [View.main, .implied, .orders] { clear(number, view, message, &writer) }
  }

  /// Empties a book that is there.
  func clear(_ number: Int32, _ view: View, _ message: Message, _ writer: inout EventWriter) {
    let identifier = NumberedInstruments.identifier(number, view)
    guard let index = context.directory.pointee.find(identifier: identifier), context.owns(index) else { return }
    _ = writer.next(.clearBook, index, message.stamp)
  }

  // MARK: - Orders

  /// An order of 43 or 47.
  @inline(__always)
  mutating func applyOrder(_ entry: UnsafeRawPointer, _ message: Message, _ writer: inout EventWriter) {
    let template = message.template
    let type = entry.byte(at: Int(template.pointee.entryType))
    guard let book = Self.book(ofType: type), book.view == .main else {
      if type == UInt8(ascii: "J") { resetBooks(entry, message, &writer) }
      return
    }
    writeOrder(
      entry.littleEndian(UInt64.self, at: Int(template.pointee.orderID)),
      action: entry.byte(at: Int(template.pointee.entryAction)),
      size: Self.size(entry, template.pointee.size), isSell: book.isSell, of: entry, message, &writer)
  }

  /// An order behind a level of 32, 46 or 64: price, side and security are the level's.
  @inline(__always)
  mutating func applyOrder(
    _ order: UnsafeRawPointer, behind entries: GroupEntries, _ message: Message, _ writer: inout EventWriter
  ) {
    let template = message.template
    let place = Int(order.byte(at: Int(template.pointee.levelOrderEntry)))
    guard place >= 1, place <= entries.count else {
      // It is an order of some book, but of which?
      return context.note(.unknownActions, message.delivery, message.packets)
    }
    let entry = entries.entry(place &- 1)
    guard let book = Self.book(ofType: entry.byte(at: Int(template.pointee.entryType))), book.view == .main else {
      return
    }
    writeOrder(
      order.littleEndian(UInt64.self, at: Int(template.pointee.levelOrderID)),
      action: order.byte(at: Int(template.pointee.levelOrderAction)),
      size: Self.size(order, template.pointee.levelOrderSize), isSell: book.isSell, of: entry, message, &writer)
  }

  @inline(__always)
  private mutating func writeOrder(
    _ orderID: UInt64, action: UInt8, size: UInt32, isSell: Bool, of entry: UnsafeRawPointer, _ message: Message,
    _ writer: inout EventWriter
  ) {
    let template = message.template
    let number = entry.littleEndian(Int32.self, at: Int(template.pointee.entrySecurity))
    guard let index = self.book(number, .orders, message, &writer) else { return }
    if isNew { instruments.inheritState(index, message.stamp, into: &writer) }
    if !context.owns(index) { return }
    let kind: BookEvent.Kind
    switch action {
    case 0: kind = .add
    case 1: kind = .modify
    case 2:
      let event = writer.next(.delete, index, message.stamp)
      event.pointee.reference = orderID
      event.pointee.isSell = isSell
      return
    default:
      context.noteOwned(.unknownActions, message.delivery, message.packets)
      _ = writer.next(.damage, index, message.stamp)
      return
    }
    guard let price = instruments.price(Self.price(entry, template), index, message.delivery, message.packets) else {
      return lose(index, message, &writer)
    }
    let event = writer.next(kind, index, message.stamp)
    event.pointee.reference = orderID
    event.pointee.isSell = isSell
    event.pointee.price = price
    event.pointee.quantity = size
    // MDOrderPriority tells; books keep no priorities. Losses of place without a greater quantity are not seen.
    if kind == .modify { event.pointee.flags.insert(.keepsPlaceUnlessMore) }
  }

  // MARK: - Trades

  /// A trade at one price: 0 new, 1 corrected, 2 taken back. The book's change comes with the event's 46 or 47.
  @inline(__always)
  mutating func applyTrade(_ entry: UnsafeRawPointer, _ message: Message, _ writer: inout EventWriter) {
    let template = message.template
    let number = entry.littleEndian(Int32.self, at: Int(template.pointee.entrySecurity))
    guard let index = instruments.priced(number, .main, message.delivery, message.packets, isNew: &isNew),
      context.owns(index)
    else { return }
    var tradeID: UInt32 = 0
    if message.has(template.pointee.tradeID) {
      tradeID = entry.littleEndian(UInt32.self, at: Int(template.pointee.tradeID))
    }
    let action = entry.byte(at: Int(template.pointee.entryAction))
    if action == 1 || action == 2 {
      writer.next(.tradeBreak, index, message.stamp).pointee.reference = UInt64(tradeID)
    }
    if action > 1 { return }
    let size: UInt32
    if template.pointee.hasLongSizes {
      // One that statistics cannot keep exactly is counted and left out.
      guard let whole = UInt32(exactly: entry.littleEndian(UInt64.self, at: Int(template.pointee.size))) else {
        return context.noteOwned(.quantitiesOffScale, message.delivery, message.packets)
      }
      size = whole
    } else {
      size = Self.size(entry, template.pointee.size)
    }
    if size == 0 { return }
    guard let price = instruments.tradePrice(Self.price(entry, template), index, message.delivery, message.packets)
    else { return }
    let event = writer.next(.trade, index, message.stamp)
    event.pointee.second = UInt64(tradeID)
    event.pointee.price = price
    event.pointee.quantity = size
  }
}
