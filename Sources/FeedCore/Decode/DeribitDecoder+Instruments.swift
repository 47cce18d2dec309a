/// Instruments (1000, 1010), their states (also 1003), and trades (1002).
extension DeribitDecoder {
  // MARK: - Directory

  /// Instrument, and Instrument V2 whose fields behind rfq stand a byte earlier (`fields` is -1). Offsets of 1000:
  ///
  /// | offset | size | field |
  /// |---:|---:|---|
  /// | 12 | 4 | instrumentId |
  /// | 16 | 1 | instrumentState |
  /// | 96 | 8 | minTradeAmount: all amounts are multiples of it |
  /// | 104 | 8 | tickSize: the smallest price step; 1010 has coarser ones above some prices |
  ///
  /// The name is the string behind the groups.
  mutating func decodeInstrument(
    _ message: DeribitMessage, fields: Int, _ delivery: DeliveryPointer, _ packets: Packets,
    _ writer: inout EventWriter
  ) {
    parts.isAtBeginning = true
    let instrumentId = message.bytes.littleEndian(UInt32.self, at: 12)
    guard let name = message.firstString(), let text = name.baseAddress, name.count > 0 else {
      return context.note(.malformed, delivery, packets)
    }
    let place = place(instrumentId, delivery, packets)
    if place < 0 { return }
    let symbol = Self.symbol(text, count: name.count, instrumentId)
    guard
      let index = context.register(identifier: UInt64(instrumentId), symbol: symbol, delivery, packets)
    else { return }
    let instrument = venue.pointee.instruments.base + place
    if Int(instrument.pointee.index) != index + 1 { bind(place, index, &writer) }
    guard context.owns(index) else { return }
    tellState(message.bytes.byte(at: 16), place, index, &writer)
    // Books that begin anew release their scales, maybe later than the channel began anew (`Core.restartsWaiting`): one
    // that everyday changes are read by is in use all the same.
    if venue.pointee.allowsEveryday(place) { context.directory.pointee.everydayScales.base[index].isUsed = true }
    setScales(
      index, tick: Self.smallestTick(message, tickSize: message.bytes.littleEndianDouble(at: 104 + fields)),
      step: DeribitReal.scaled8(message.bytes.littleEndianDouble(at: 96 + fields)), delivery, packets, &writer)
  }

  /// A name as a symbol. Those of option combos may be longer than a symbol: their first 21 characters, "~", and the
  /// id, so that two never look alike.
  private static func symbol(_ text: UnsafeRawPointer, count: Int, _ instrumentId: UInt32) -> Symbol {
    if count <= Symbol.maximumLength { return Symbol(bytes: text, count: count) }
    var builder = SymbolBuilder()
    builder.append(Symbol(bytes: text, count: 21), count: 21)
    builder.append(UInt8(ascii: "~"))
    var divisor: UInt32 = 1_000_000_000
    while divisor > 0 {
      if instrumentId >= divisor || divisor == 1 {
        builder.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: instrumentId / divisor % 10))
      }
      divisor /= 10
    }
    return builder.symbol
  }

  /// An id has its instrument, or another one than before: what was kept of it before it had any stays.
  private mutating func bind(_ place: Int, _ index: Int, _ writer: inout EventWriter) {
    let instrument = venue.pointee.instruments.base + place
    let isAnother = instrument.pointee.index != 0
    instrument.pointee.index = UInt32(truncatingIfNeeded: index &+ 1)
    instrument.pointee.state = 255
    // The book is set up after this message, under this channel.
    if !instrument.pointee.isFollowed { instrument.pointee.channel = context.channel }
    instrument.pointee.namedBy = context.channel
    venue.pointee.pair(place)
    venue.pointee.forgetEveryday(place)
    context.directory.pointee.channels[index] = instrument.pointee.channel
    if isAnother || !context.owns(index) { venue.pointee.join.restart(place, now: now) }
    if context.owns(index) { tellGap(true, index, &writer) }
  }

  /// The step that all prices of the instrument have: of its tick steps the common one.
  private static func smallestTick(_ message: DeribitMessage, tickSize: Double) -> Int64? {
    guard var tick = DeribitReal.scaled8(tickSize), tick > 0 else { return nil }
    guard message.templateId == 1010, let steps = message.firstGroup(entryLength: 16) else { return tick }
    for step in 0..<steps.count {
      // SAFETY: entries of at least 16 bytes: abovePrice 8, tickSize 8.
      let size = (steps.entries + step * steps.stride).littleEndianDouble(at: 8)
      if var other = DeribitReal.scaled8(size), other > 0 {
        while other > 0 { (tick, other) = (other, tick % other) }
      }
    }
    return tick
  }

  /// A step that is a multiple of the one in use changes nothing: 1000 names a coarser one than 1010 where that has
  /// steps, and they come in turns.
  private func setScales(
    _ index: Int, tick: Int64?, step: Int64?, _ delivery: DeliveryPointer, _ packets: Packets,
    _ writer: inout EventWriter
  ) {
    let stamp = EventStamp(type: type, exchangeNanoseconds: venue.pointee.exchangeNanoseconds)
    let used = context.directory.pointee.scales[index]
    let isUsed = context.directory.pointee.everydayScales[index].isUsed
    if let tick, !(isUsed && tick % used.scale.divisor == 0), let scale = PriceScale(decimals: 8, divisor: tick) {
      let change = context.directory.pointee.setScale(scale, instrument: index)
      if change == .set { venue.pointee.forgetEveryday() }
      if change == .refused {
        context.refuseScale(.priceScaleChanges, index, stamp, delivery, packets, &writer)
      }
    }
    if let step, step > 0, !(isUsed && step % used.quantity.divisor == 0),
      let scale = QuantityScale(decimals: 8, divisor: step)
    {
      let change = context.directory.pointee.setQuantityScale(scale, instrument: index)
      if change == .set { venue.pointee.forgetEveryday() }
      if change == .refused {
        context.refuseScale(.quantityScaleChanges, index, stamp, delivery, packets, &writer)
      }
    }
  }

  // MARK: - State

  /// Ticker: the instrument's state at 16, timestampMs at 17. Its best prices are another view of the book, as after
  /// the 1001 behind it in the packet; they are not applied.
  mutating func decodeTicker(
    _ message: DeribitMessage, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    parts.isAtBeginning = true
    tellTime(message.bytes.littleEndian(UInt64.self, at: 17))
    let place = venue.pointee.find(message.bytes.littleEndian(UInt32.self, at: 12))
    if place < 0 { return }
    followTicker(place, &writer)
    let index = ownIndex(place)
    if index < 0 { return }
    tellState(message.bytes.byte(at: 16), place, index, &writer)
  }

  /// instrumentState, told on when it changes: 1 is open, all else does not trade, 255 says nothing.
  @inline(__always)
  private mutating func tellState(_ state: UInt8, _ place: Int, _ index: Int, _ writer: inout EventWriter) {
    if state == 255 || state == venue.pointee.instruments.base[place].state { return }
    venue.pointee.instruments.base[place].state = state
    event(.tradingStatus, index, &writer).pointee.quantity = state == 1 ? 1 : 0
  }

  // MARK: - Trades

  /// Trades: instrumentId at 12, then entries of 83 bytes: direction 1 (of the taker: 0 buy, 1 sell), price 8, amount
  /// 8, timestampMs 8 at 17, tradeId 8 at 49. The 1001 behind them carries what they did to the book.
  mutating func decodeTrades(
    _ message: DeribitMessage, _ delivery: DeliveryPointer, _ packets: Packets, _ writer: inout EventWriter
  ) {
    let place = place(message.bytes.littleEndian(UInt32.self, at: 12), delivery, packets)
    if place < 0 { return }
    follow(place, &writer)
    guard let group = message.firstGroup(entryLength: 83) else {
      return context.note(.malformed, delivery, packets)
    }
    let index = ownIndex(place)
    var entry = group.entries
    for _ in 0..<group.count {
      // SAFETY: `message` holds `count` entries of at least 83 bytes.
      tellTime(entry.littleEndian(UInt64.self, at: 17))
      if index >= 0 { decodeTrade(entry, index, delivery, packets, &writer) }
      entry += group.stride
    }
  }

  /// A trade off the book's steps (of a block, of a combo's leg) says nothing against the book: it is counted and left
  /// out of the statistics.
  private mutating func decodeTrade(
    _ entry: UnsafeRawPointer, _ index: Int, _ delivery: DeliveryPointer, _ packets: Packets,
    _ writer: inout EventWriter
  ) {
    guard let price8 = DeribitReal.scaled8(entry.littleEndianDouble(at: 1)),
      let amount8 = DeribitReal.scaled8(entry.littleEndianDouble(at: 9))
    else { return context.noteOwned(.inexactReals, delivery, packets) }
    let scale = context.directory.pointee.scales[index]
    guard let price = scale.scale.stored(raw: price8) else {
      return context.noteOwned(.tradePricesOffScale, delivery, packets)
    }
    guard let quantity = scale.quantity.stored(raw: amount8) else {
      return context.noteOwned(.quantitiesOffScale, delivery, packets)
    }
    let event = event(.trade, index, &writer)
    event.pointee.price = price
    event.pointee.quantity = quantity
    event.pointee.isSell = entry.byte(at: 0) == 1
    event.pointee.second = entry.littleEndian(UInt64.self, at: 49)
  }
}
