/// What each template does to the books.
///
/// SAFETY: the message is as long as its shape: checked in `decode`.
extension EOBIDecoder {
  private static var market: UInt8 { 1 }
  /// SecurityTradingStatus "continuous": seen on real bytes during continuous trading; the sheet has no code list.
  private static var continuous: UInt8 { 203 }

  // MARK: - Every day

  /// The event of an order with a price, of an instrument that is known, this core's and this channel's, but for its
  /// time; false for anything else, as `applyOrder` and `applyExecution` find it.
  ///
  /// SAFETY: the message has the shape's length.
  @inline(__always)
  static func writeEveryday(
    _ bytes: UnsafeRawPointer, _ shape: UnsafeMutablePointer<EOBIEverydayShape>,
    _ packet: UnsafeMutablePointer<EverydayPacket>, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    let everyday = packet.tables
    let instrument = everyday.instrument(
      identifier: bytes.littleEndian(UInt64.self, at: Int(shape.pointee.security)))
    guard everyday.isKnown(instrument), everyday.isClaimed(instrument) else { return false }
    // 1 buys, 2 sells, and OrdType behind it: neither a third side nor a market order.
    let side = bytes.byte(at: Int(shape.pointee.side)) &- 1
    let raw = bytes.littleEndian(Int64.self, at: Int(shape.pointee.price))
    let scale = everyday.scale(instrument)
    // The first price of an instrument chooses its scale.
    guard side <= 1, bytes.byte(at: Int(shape.pointee.side) &+ 1) != Self.market, raw != Self.priceNull,
      scale.pointee.isUsed,
      let price = scale.pointee.prices.price(
        raw: bytes.littleEndian(Int64.self, at: Int(shape.pointee.eventPrice)) & shape.pointee.mask)
    else { return false }
    var quantity: UInt32
    if packet.pointee.isCurrent {
      let wire = bytes.littleEndian(Int64.self, at: Int(shape.pointee.quantity))
      guard let contracts = Self.contracts(wire) else { return false }
      quantity = contracts
    } else {
      quantity = UInt32(max(0, bytes.littleEndian(Int32.self, at: Int(shape.pointee.quantity))))
    }
    quantity &= UInt32(truncatingIfNeeded: shape.pointee.mask)
    let wireSide = UInt64(side) &+ 1
    var reference = Self.reference(
      side: wireSide, price: raw, priority: bytes.littleEndian(UInt64.self, at: Int(shape.pointee.priority)))
    var second: UInt64 = 0
    switch shape.pointee.extra {
    case .none: break
    case .match: second = UInt64(bytes.littleEndian(UInt32.self, at: Int(shape.pointee.match)))
    case .former:
      let before = bytes.littleEndian(Int64.self, at: EOBIEverydayShape.formerPrice)
      if before == Self.priceNull { return false }
      second = reference
      reference = Self.reference(
        side: wireSide, price: before,
        priority: bytes.littleEndian(UInt64.self, at: EOBIEverydayShape.formerPriority))
    }
    event.write(
      packet.pointee.head | shape.pointee.head | UInt64(side) << BookEvent.Head.sellShift, instrument: instrument,
      reference: reference, second: second, price: price, quantity: quantity)
    event.pointee.exchangeNanoseconds = packet.pointee.exchangeNanoseconds
    return true
  }

  /// Whole contracts of a quantity with four decimals, nil where they are not whole, negative or beyond 32 bits. By the
  /// inverse of 625 modulo 2^64 (`ExactDivision`).
  @inline(__always)
  private static func contracts(_ raw: Int64) -> UInt32? {
    let quotient = UInt64(bitPattern: raw >> 4) &* 0xD288_CE70_3AFB_7E91
    return quotient <= UInt64(UInt32.max) && Int64(bitPattern: quotient &* 10_000) == raw
      ? UInt32(truncatingIfNeeded: quotient) : nil
  }

  // MARK: - Orders

  /// 13100 to 13102 and 13106.
  @inline(__always)
  mutating func applyOrder(_ message: Message, _ shape: EOBIShape, _ writer: inout EventWriter) {
    guard let index = find(message, securityAt: shape.security, claims: true, &writer),
      let isSell = side(at: shape.side, message)
    else { return }
    let raw = message.int64(shape.price)
    let hasPrice = raw != Self.priceNull && message.bytes.byte(at: shape.side + 1) != Self.market
    let reference = Self.reference(isSell: isSell, price: raw, priority: message.uint64(shape.priority))
    if message.template == 13_101 { return modify(message, shape, index, isSell, hasPrice, reference, &writer) }
    if !hasPrice { return }
    if message.template == 13_102 {
      let event = writer.next(.delete, index, message.stamp)
      event.pointee.reference = reference
      event.pointee.isSell = isSell
      return
    }
    write(
      message.template == 13_106 ? .setQuantity : .add, message, shape, index, isSell, reference, &writer)
  }

  /// OrderModify: the order leaves one place, with its old price and priority, and takes another.
  @inline(never)
  private mutating func modify(
    _ message: Message, _ shape: EOBIShape, _ index: Int, _ isSell: Bool, _ hasPrice: Bool, _ reference: UInt64,
    _ writer: inout EventWriter
  ) {
    let rawBefore = message.int64(24)
    let before = Self.reference(isSell: isSell, price: rawBefore, priority: message.uint64(16))
    if rawBefore == Self.priceNull {
      // A market order becomes one with a price.
      if hasPrice { write(.add, message, shape, index, isSell, reference, &writer) }
    } else if hasPrice {
      if write(.replace, message, shape, index, isSell, before, &writer) { return }
      writer.next(.delete, index, message.stamp).pointee.reference = before
    } else {
      writer.next(.delete, index, message.stamp).pointee.reference = before
    }
  }

  /// False where price or quantity cannot be kept: counted, the book is untrusted.
  @discardableResult @inline(__always)
  func write(
    _ kind: BookEvent.Kind, _ message: Message, _ shape: EOBIShape, _ index: Int, _ isSell: Bool,
    _ reference: UInt64, _ writer: inout EventWriter
  ) -> Bool {
    let raw = message.int64(shape.price)
    guard let price = price(raw, index, message), let quantity = quantity(at: shape.quantity, message) else {
      _ = writer.next(.damage, index, message.stamp)
      return false
    }
    let event = writer.next(kind, index, message.stamp)
    event.pointee.reference = reference
    event.pointee.isSell = isSell
    event.pointee.price = price
    event.pointee.quantity = quantity
    if kind == .replace {
      event.pointee.second = Self.reference(isSell: isSell, price: raw, priority: message.uint64(shape.priority))
    }
    return true
  }

  // MARK: - Executions

  /// 13104 removes the order, 13105 takes LastQty off; no delete follows. Each is a trade at LastPx.
  @inline(__always)
  mutating func applyExecution(_ message: Message, _ writer: inout EventWriter) {
    guard let index = find(message, securityAt: 32, claims: true, &writer), let isSell = side(at: 8, message) else { return }
    let raw = message.int64(16)
    let hasPrice = raw != Self.priceNull && message.bytes.byte(at: 9) != Self.market
    let reference = Self.reference(isSell: isSell, price: raw, priority: message.uint64(24))
    let match = UInt64(message.bytes.littleEndian(UInt32.self, at: message.isCurrent ? 12 : 40))
    let quantity = quantity(at: message.isCurrent ? 40 : 44, message)
    let price = tradePrice(message.int64(48), index, message)
    if message.template == 13_105, hasPrice {
      guard let quantity else {
        _ = writer.next(.damage, index, message.stamp)
        return
      }
      let event = writer.next(price == nil ? .reduce : .executeWithPrice, index, message.stamp)
      event.pointee.reference = reference
      event.pointee.isSell = isSell
      event.pointee.quantity = quantity
      event.pointee.second = match
      event.pointee.price = price ?? 0
      return
    }
    // Gone, however many its book displayed: with a hidden part LastQty may be more.
    if hasPrice {
      let event = writer.next(.delete, index, message.stamp)
      event.pointee.reference = reference
      event.pointee.isSell = isSell
    }
    guard let quantity, let price else { return }
    trade(index, match, price, quantity, message, &writer)
  }

  private func trade(
    _ index: Int, _ match: UInt64, _ price: Int32, _ quantity: UInt32, _ message: Message,
    _ writer: inout EventWriter
  ) {
    if quantity == 0 { return }
    let event = writer.next(.trade, index, message.stamp)
    event.pointee.second = match
    event.pointee.price = price
    event.pointee.quantity = quantity
  }

  // MARK: - The rest

  @inline(never)
  mutating func applyRare(_ message: Message, _ shape: EOBIShape?, _ writer: inout EventWriter) {
    switch message.template {
    case 13_103:
      guard let index = find(message, securityAt: 8, claims: true, &writer) else { return }
      _ = writer.next(.clearBook, index, message.stamp)
    case 13_200:
      // 14.1 has it too, but its layout is not in the sheet.
      if message.isCurrent { return context.note(.unknownActions, message.delivery, message.packets) }
      guard let index = find(message, securityAt: 8, claims: false, &writer) else { return }
      writer.next(.tradeBreak, index, message.stamp).pointee.reference =
        UInt64(message.bytes.littleEndian(UInt32.self, at: 24))
    case 13_201: applyTradeReport(message, &writer)
    case 13_300:
      // TradSesStatus: 1 halted, 3 closed.
      let status = message.bytes.byte(at: 10)
      if status == 1 || status == 3 { stopTrading(message.stamp, message.delivery, message.packets, &writer) }
    case 13_301:
      guard let index = find(message, securityAt: 8, claims: true, &writer) else { return }
      setStatus(message.bytes.byte(at: 17), index, message, &writer)
    // The instrument's legs are no matter of its book.
    case 13_400: _ = find(message, securityAt: 8, claims: false, &writer)
    case 13_600: leaveSnapshot(message, &writer)
    case 13_601: beginSnapshot(message, &writer)
    case 13_602:
      if let shape { addSnapshotOrder(message, shape, &writer) }
    // 13001 heartbeat; 13202 sums up executions that come one by one; 13500 to 13504 quotes and auctions.
    default: break
    }
  }

  /// TradeReport: a trade that no order of the book took part in. 14.1 is longer.
  private mutating func applyTradeReport(_ message: Message, _ writer: inout EventWriter) {
    guard let index = find(message, securityAt: 8, claims: false, &writer) else { return }
    let isCurrent = message.isCurrent
    let match = message.bytes.littleEndian(UInt32.self, at: isCurrent ? 40 : 24)
    guard let quantity = quantity(at: isCurrent ? 24 : 28, message),
      let price = tradePrice(message.int64(32), index, message)
    else { return }
    trade(index, UInt64(match), price, quantity, message, &writer)
  }

  private func setStatus(_ status: UInt8, _ index: Int, _ message: Message, _ writer: inout EventWriter) {
    var stamp = message.stamp
    stamp.flags = []
    writer.next(.tradingStatus, index, stamp).pointee.quantity = status == Self.continuous ? 1 : 0
  }

  /// No instrument of the channel counts as trading until a message of its own says so.
  @inline(never)
  func stopTrading(
    _ stamp: EventStamp, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets, _ writer: inout EventWriter
  ) {
    var stamp = stamp
    stamp.flags = []
    let directory = context.directory
    for index in 0..<directory.pointee.count where directory.pointee.channels[index] == context.channel {
      if !context.owns(index) { continue }
      if writer.isNearlyFull { return context.noteOwned(.recordsFull, delivery, packets) }
      _ = writer.next(.tradingStatus, index, stamp)
    }
  }

  // MARK: - Snapshots

  /// InstrumentSummary: the instrument's orders follow, TotNoOrders of them.
  ///
  /// Whether the snapshot fits what the books hold is for the session layer to say: it delivers only what joins.
  private mutating func beginSnapshot(_ message: Message, _ writer: inout EventWriter) {
    leaveSnapshot(message, &writer)
    guard let index = find(message, securityAt: 8, claims: false, &writer) else { return }
    snapshotInstrument = index
    snapshotOrdersLeft = Int(message.bytes.littleEndian(UInt16.self, at: 32))
    var stamp = message.stamp
    if snapshotOrdersLeft > 0 { stamp.flags = .isPartial }
    _ = writer.next(.clearBook, index, stamp)
    // Where 14.1 has the state is not in the sheet.
    if !message.isCurrent { setStatus(message.bytes.byte(at: 35), index, message, &writer) }
    if snapshotOrdersLeft == 0 { endSnapshot(message, &writer) }
  }

  private mutating func addSnapshotOrder(_ message: Message, _ shape: EOBIShape, _ writer: inout EventWriter) {
    // Another core's instrument, or orders beyond the announced ones.
    guard snapshotInstrument >= 0 else { return }
    snapshotOrdersLeft -= 1
    var message = message
    if snapshotOrdersLeft > 0 { message.stamp.flags = .isPartial }
    let raw = message.int64(shape.price)
    let isMarket = raw == Self.priceNull || message.bytes.byte(at: shape.side + 1) == Self.market
    if !isMarket, let isSell = side(at: shape.side, message) {
      let reference = Self.reference(isSell: isSell, price: raw, priority: message.uint64(shape.priority))
      write(.add, message, shape, snapshotInstrument, isSell, reference, &writer)
    }
    if snapshotOrdersLeft == 0 { endSnapshot(message, &writer) }
  }

  private mutating func endSnapshot(_ message: Message, _ writer: inout EventWriter) {
    var stamp = message.stamp
    stamp.flags = []
    _ = writer.next(.instrumentGap, snapshotInstrument, stamp)
    snapshotInstrument = -1
  }

  /// Another snapshot begins: one that still lacks orders is a gap of its instrument.
  private mutating func leaveSnapshot(_ message: Message, _ writer: inout EventWriter) {
    if snapshotInstrument < 0 { return }
    var stamp = message.stamp
    stamp.flags = []
    writer.next(.instrumentGap, snapshotInstrument, stamp).pointee.quantity = 1
    snapshotInstrument = -1
  }
}
