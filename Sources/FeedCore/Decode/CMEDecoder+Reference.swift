/// Snapshots, definitions and states: what comes rarely.
///
/// SAFETY: the root block holds the template's fields, entries are as long as it knows them (`apply`).
extension CMEDecoder {
  private static var isTrading: UInt8 { 17 }
  private static var noChange: UInt8 { 103 }

  // MARK: - Snapshots

  /// All levels of a security, real and implied: its two books are emptied and filled.
  ///
  /// Whether the snapshot fits what the books hold is for the session layer to say: it delivers only what joins.
  @inline(never)
  mutating func applyLevelSnapshot(_ entries: GroupEntries, _ message: Message, _ writer: inout EventWriter) {
    let template = message.template
    let number = message.bytes.littleEndian(Int32.self, at: Int(template.pointee.security))
    guard let main = instruments.find(number, .main, message.delivery, message.packets, isNew: &isNew) else { return }
    clear(number, .main, message, &writer)
    clear(number, .implied, message, &writer)
    for position in 0..<entries.count {
      let entry = entries.entry(position)
      guard let book = Self.book(ofType: entry.byte(at: Int(template.pointee.entryType))),
        let index = instruments.priced(number, book.view, message.delivery, message.packets, isNew: &isNew)
      else { continue }
      if isNew { instruments.inheritState(index, message.stamp, into: &writer) }
      if !context.owns(index) { continue }
      guard let price = instruments.price(Self.price(entry, template), index, message.delivery, message.packets) else {
        lose(index, message, &writer)
        continue
      }
      let size = levelSize(entry, index, message, &writer)
      if size == 0 { continue }
      let event = writer.next(.setLevel, index, message.stamp)
      event.pointee.isSell = book.isSell
      event.pointee.price = price
      event.pointee.quantity = size
    }
    for view in [View.main, .implied] {
      let identifier = NumberedInstruments.identifier(number, view)
      guard let index = context.directory.pointee.find(identifier: identifier), context.owns(index) else { continue }
      _ = writer.next(.instrumentGap, index, message.stamp)
    }
    if message.has(template.pointee.tradingStatus) {
      setStatus(message.bytes.byte(at: Int(template.pointee.tradingStatus)), main, message, &writer)
    }
  }

  /// A part of a security's orders: the first empties the book, the last makes it whole.
  @inline(never)
  mutating func applyOrderSnapshot(_ entries: GroupEntries, _ message: Message, _ writer: inout EventWriter) {
    let template = message.template
    let number = message.bytes.littleEndian(Int32.self, at: Int(template.pointee.security))
    guard let index = instruments.priced(number, .orders, message.delivery, message.packets, isNew: &isNew) else {
      return
    }
    if isNew { instruments.inheritState(index, message.stamp, into: &writer) }
    if !context.owns(index) { return }
    let part = message.bytes.littleEndian(UInt32.self, at: Int(template.pointee.chunk))
    let isLast = part >= message.bytes.littleEndian(UInt32.self, at: Int(template.pointee.chunkCount))
    var stamp = message.stamp
    if !isLast { stamp.flags = .isPartial }
    if part <= 1 { _ = writer.next(.clearBook, index, stamp) }
    for position in 0..<entries.count {
      let entry = entries.entry(position)
      guard let book = Self.book(ofType: entry.byte(at: Int(template.pointee.entryType))), book.view == .main else {
        continue
      }
      guard let price = instruments.price(Self.price(entry, template), index, message.delivery, message.packets) else {
        lose(index, message, &writer)
        continue
      }
      let event = writer.next(.add, index, stamp)
      event.pointee.reference = entry.littleEndian(UInt64.self, at: Int(template.pointee.orderID))
      event.pointee.isSell = book.isSell
      event.pointee.price = price
      event.pointee.quantity = Self.size(entry, template.pointee.size)
    }
    if isLast { _ = writer.next(.instrumentGap, index, stamp) }
  }

  // MARK: - Definitions

  @inline(never)
  mutating func applyDefinition(
    _ message: Message, _ groups: inout MessageCursor, _ writer: inout EventWriter
  ) -> Bool {
    // NoEvents, then NoMDFeedTypes: type (3), depth (1).
    guard groups.group(CMELayouts.size3) != nil, let feeds = groups.group(CMELayouts.size3),
      feeds.count == 0 || feeds.stride >= 4, Self.holdsGroups(from: 2, message, &groups)
    else { return false }
    let template = message.template
    let number = message.bytes.littleEndian(Int32.self, at: Int(template.pointee.security))
    if message.bytes.byte(at: Int(template.pointee.action)) == UInt8(ascii: "D") {
      for view in [View.main, .implied, .orders] { clear(number, view, message, &writer) }
      return true
    }
    let symbol = Symbol(bytes: message.bytes + Int(template.pointee.symbol), count: 20)
    let main = instruments.define(
      number, symbol: symbol, scale: scale(message), group: Self.code(message, template.pointee.group),
      asset: Self.code(message, template.pointee.asset), message.delivery, message.packets, stamp: message.stamp,
      into: &writer)
    guard let main else { return true }
    for position in 0..<feeds.count {
      let feed = feeds.entry(position)
      let depth = feed.byte(at: 3)
      guard feed.byte(at: 0) == UInt8(ascii: "G"), feed.byte(at: 1) == UInt8(ascii: "B"), depth < 128 else { continue }
      if feed.byte(at: 2) == UInt8(ascii: "X") {
        context.directory.pointee.records[main].bookDepth = depth
      } else if feed.byte(at: 2) == UInt8(ascii: "I"), depth > 0,
        let implied = instruments.find(number, .implied, message.delivery, message.packets, isNew: &isNew) {
        context.directory.pointee.records[implied].bookDepth = depth
      }
    }
    if message.has(template.pointee.tradingStatus) {
      setStatus(message.bytes.byte(at: Int(template.pointee.tradingStatus)), main, message, &writer)
    }
    return true
  }

  /// The security's scale: its tick, or 1/10,000 where it has none or a table of them. Nil where a tick is no whole
  /// number of nanounits.
  private func scale(_ message: Message) -> PriceScale? {
    let template = message.template
    guard message.has(template.pointee.tick), message.has(template.pointee.displayFactor) else { return nil }
    let factor = template.pointee.priceFactor
    func decimal9(_ offset: UInt16) -> Int64 {
      let raw = message.bytes.littleEndian(Int64.self, at: Int(offset))
      return raw == .max ? 0 : raw.multipliedClamped(by: factor)
    }
    var tick = decimal9(template.pointee.tick)
    let hasTable = message.has(template.pointee.tickRule) && message.bytes.byte(at: Int(template.pointee.tickRule)) != 127
    if tick <= 0 || hasTable { tick = 100_000 }
    return PriceScale(displayFactor: decimal9(template.pointee.displayFactor), tick: tick)
  }

  /// Six characters as one number; 0 where there are none.
  private static func code(_ message: Message, _ offset: UInt16) -> UInt64 {
    if offset == CMETemplate.absent { return 0 }
    var code: UInt64 = 0
    for index in 0..<6 {
      let byte = message.bytes.byte(at: Int(offset) + index)
      if byte == 0 || byte == 0x20 { break }
      code |= UInt64(byte) << UInt64(8 * index)
    }
    return code
  }

  // MARK: - States

  /// Security Status: of a security, or of all of a group (and asset, where it names one).
  @inline(never)
  mutating func applyStatus(_ message: Message, _ writer: inout EventWriter) {
    let template = message.template
    let status = message.bytes.byte(at: Int(template.pointee.tradingStatus))
    let number = message.bytes.littleEndian(Int32.self, at: Int(template.pointee.security))
    if number != .max {
      guard let main = instruments.find(number, .main, message.delivery, message.packets, isNew: &isNew) else { return }
      return setStatus(status, main, message, &writer)
    }
    let directory = context.directory
    let group = Self.code(message, template.pointee.group)
    let asset = Self.code(message, template.pointee.asset)
    if group == 0 || status == Self.noChange || status == .max { return }
    for index in 0..<directory.pointee.count {
      let record = directory.pointee.records.base + index
      if record.pointee.securityGroup != group || asset != 0 && record.pointee.asset != asset { continue }
      if writer.isNearlyFull { return context.noteOwned(.recordsFull, message.delivery, message.packets) }
      instruments.tellStateOfBook(status == Self.isTrading, index, message.stamp, &writer)
    }
  }

  /// 103 changes nothing, 255 is none.
  func setStatus(_ status: UInt8, _ main: Int, _ message: Message, _ writer: inout EventWriter) {
    if status == Self.noChange || status == .max { return }
    instruments.tellState(status == Self.isTrading, main, message.stamp, into: &writer)
  }
}
