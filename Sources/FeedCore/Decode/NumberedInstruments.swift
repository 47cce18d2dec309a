/// Instruments that messages name by a number of the venue's own, and the books that one number may have: what the
/// decoders of derivatives venues share.
///
/// An order book, the levels that the venue itself computes from it, and its implied levels are books of unlike content:
/// each is an instrument with its own symbol (`ESZ5`, `ESZ5 MBO`, `ESZ5 IMPLIED`), so none is taken for another one.
/// An instrument that no definition named is known by its number alone (`#13950`) until one does.
struct NumberedInstruments {
  /// A book of an instrument.
  enum View: UInt64, BitwiseCopyable {
    case main = 0
    /// Levels from orders of other instruments: CME types E and F, Coinbase ImpliedOrderUpdate.
    case implied = 1
    /// Orders one by one beside levels: CME MBO.
    case orders = 2
  }

  let context: DecoderContext

  init(_ context: DecoderContext) { self.context = context }

  /// What the directory knows a view by: the number, 32 bits of it used, and the view above it.
  @inline(__always)
  static func identifier(_ number: Int32, _ view: View) -> UInt64 {
    UInt64(UInt32(bitPattern: number)) | view.rawValue << 32
  }

  // MARK: - Look-up

  /// The instrument of a number, known by it from now on if it was not. Nil where there is no room: counted.
  ///
  /// `isNew` is set where something was named.
  @inline(__always)
  func find(
    _ number: Int32, _ view: View, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    isNew: inout Bool
  ) -> Int? {
    if let index = context.directory.pointee.find(identifier: Self.identifier(number, view)) { return index }
    isNew = true
    return name(number, view, delivery, packets)
  }

  /// The instrument whose book this channel's message changes: the channel is its own from now on.
  @inline(__always)
  func book(
    _ number: Int32, _ view: View, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    isNew: inout Bool, _ stamp: EventStamp, into writer: inout EventWriter
  ) -> Int? {
    guard let index = priced(number, view, delivery, packets, isNew: &isNew) else { return nil }
    claim(index, stamp, into: &writer)
    return index
  }

  /// The instrument of a message with prices: from now on its scale stays. On every core alike, whoever owns it: books
  /// made later have the scale of their instrument.
  @inline(__always)
  func priced(
    _ number: Int32, _ view: View, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets,
    isNew: inout Bool
  ) -> Int? {
    guard let index = find(number, view, delivery, packets, isNew: &isNew) else { return nil }
    context.directory.pointee.everydayScales.base[index].isUsed = true
    return index
  }

  /// Definitions and snapshots come on channels of their own: a book belongs to the channel that changes it. An event
  /// says so, in its turn: messages are decoded ahead of what is applied.
  @inline(__always)
  func claim(_ index: Int, _ stamp: EventStamp, into writer: inout EventWriter) {
    if context.directory.pointee.channels.base[index] != context.channel { move(index, stamp, &writer) }
  }

  @inline(never)
  private func move(_ index: Int, _ stamp: EventStamp, _ writer: inout EventWriter) {
    context.directory.pointee.channels[index] = context.channel
    if context.owns(index) { _ = writer.next(.assignChannel, index, stamp) }
  }

  // MARK: - Naming

  @inline(never)
  private func name(
    _ number: Int32, _ view: View, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets
  ) -> Int? {
    if view == .main { return nameByNumber(Self.identifier(number, .main), Int64(number), delivery, packets) }
    var isNew = false
    guard let main = find(number, .main, delivery, packets, isNew: &isNew) else { return nil }
    return nameView(number, view, of: main, delivery, packets)
  }

  /// An instrument without a definition.
  @inline(never)
  func nameByNumber(
    _ identifier: UInt64, _ number: Int64, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets
  ) -> Int? {
    var text = SymbolBuilder()
    text.append(UInt8(ascii: "#"))
    if number < 0 { text.append(UInt8(ascii: "-")) }
    let magnitude = number.magnitude
    var power: UInt64 = 1
    while magnitude / power >= 10 { power *= 10 }
    while power > 0 {
      text.append(UInt8(ascii: "0") + UInt8(magnitude / power % 10))
      power /= 10
    }
    let index = context.register(identifier: identifier, symbol: text.symbol, delivery, packets)
    if let index { context.directory.pointee.records[index].isNumberOnly = true }
    return index
  }

  /// A view has the scale of its instrument.
  private func nameView(
    _ number: Int32, _ view: View, of main: Int, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets
  ) -> Int? {
    let directory = context.directory
    let record = directory.pointee.records[main]
    var text = SymbolBuilder()
    text.append(record.symbol, count: min(record.symbol.count, 24))
    let suffix: StaticString = view == .implied ? " IMPLIED" : " MBO"
    for offset in 0..<suffix.utf8CodeUnitCount { text.append(suffix.utf8Start[offset]) }
    let index = context.register(identifier: Self.identifier(number, view), symbol: text.symbol, delivery, packets)
    guard let index else { return nil }
    setScale(directory.pointee.scales[main].scale, index, delivery, packets)
    directory.pointee.records[index].isNumberOnly = record.isNumberOnly
    if directory.pointee.records[index].tradingState == .unknown, record.tradingState != .unknown {
      directory.pointee.records[index].tradingState = record.tradingState
      directory.pointee.records[index].lacksState = true
    }
    directory.pointee.records[index].securityGroup = record.securityGroup
    directory.pointee.records[index].asset = record.asset
    return index
  }

  /// A definition names an instrument, and the views of it that are there. The events say what becomes of a book that
  /// was known by its number alone: that one is emptied, and what the new one lacks is a gap.
  @inline(never)
  func define(
    _ number: Int32, symbol: Symbol, scale: PriceScale?, group: UInt64 = 0, asset: UInt64 = 0,
    _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, stamp: EventStamp,
    into writer: inout EventWriter
  ) -> Int? {
    if symbol.count == 0 { return nil }
    let directory = context.directory
    let before = directory.pointee.find(identifier: Self.identifier(number, .main))
    let wasNumberOnly = before.map { directory.pointee.records[$0].isNumberOnly } ?? false
    guard
      let main = context.register(identifier: Self.identifier(number, .main), symbol: symbol, delivery, packets)
    else { return nil }
    if group != 0 { directory.pointee.records[main].securityGroup = group }
    if asset != 0 { directory.pointee.records[main].asset = asset }
    if let scale { setScale(scale, main, delivery, packets) }
    tellRefusedScale(main, stamp, into: &writer)
    moved(from: before, to: main, wasNumberOnly, stamp, &writer)
    for view in [View.implied, .orders] {
      guard let old = directory.pointee.find(identifier: Self.identifier(number, view)) else { continue }
      guard let index = nameView(number, view, of: main, delivery, packets) else { continue }
      moved(from: old, to: index, wasNumberOnly, stamp, &writer)
      inheritState(index, stamp, into: &writer)
    }
    return main
  }

  private func moved(
    from before: Int?, to index: Int, _ wasNumberOnly: Bool, _ stamp: EventStamp, _ writer: inout EventWriter
  ) {
    guard wasNumberOnly, let before, before != index else { return }
    if context.owns(before) { _ = writer.next(.clearBook, before, stamp) }
    if context.owns(index) { writer.next(.instrumentGap, index, stamp).pointee.quantity = 1 }
  }

  private func setScale(
    _ scale: PriceScale, _ index: Int, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets
  ) {
    // Counted where the book is, which hears of it by `tellRefusedScale`.
    if context.directory.pointee.setScale(scale, instrument: index) == .refused, context.owns(index) {
      context.noteOwned(.priceScaleChanges, delivery, packets)
      context.directory.pointee.records[index].hasRefusedScale = true
    }
  }

  /// Where a scale was refused the book is damaged for good.
  private func tellRefusedScale(_ index: Int, _ stamp: EventStamp, into writer: inout EventWriter) {
    guard context.directory.pointee.records[index].hasRefusedScale else { return }
    context.directory.pointee.records[index].hasRefusedScale = false
    var stamp = stamp
    stamp.flags = []
    writer.next(.damage, index, stamp).pointee.quantity = 1
  }

  // MARK: - States

  /// The state of an instrument is that of all its books. Told of every message, on every core: also one that does not
  /// own the instrument may own a book of it, or make one later.
  @inline(never)
  func tellState(_ trades: Bool, _ main: Int, _ stamp: EventStamp, into writer: inout EventWriter) {
    tellStateOfBook(trades, main, stamp, &writer)
    let number = Int32(truncatingIfNeeded: context.directory.pointee.records[main].locate)
    for view in [View.implied, .orders] {
      let identifier = Self.identifier(number, view)
      guard let index = context.directory.pointee.find(identifier: identifier) else { continue }
      tellStateOfBook(trades, index, stamp, &writer)
    }
  }

  /// The same of one book.
  func tellStateOfBook(_ trades: Bool, _ index: Int, _ stamp: EventStamp, _ writer: inout EventWriter) {
    context.directory.pointee.records[index].tradingState = trades ? .trades : .halted
    context.directory.pointee.records[index].lacksState = false
    if !context.owns(index) { return }
    var stamp = stamp
    stamp.flags = []
    writer.next(.tradingStatus, index, stamp).pointee.quantity = trades ? 1 : 0
  }

  /// A book that was made by this message begins with the state of its instrument, and hears that its scale is not the
  /// instrument's. Asked where something was named.
  @inline(never)
  func inheritState(_ index: Int, _ stamp: EventStamp, into writer: inout EventWriter) {
    tellRefusedScale(index, stamp, into: &writer)
    let record = context.directory.pointee.records[index]
    if record.lacksState { tellStateOfBook(record.tradingState == .trades, index, stamp, &writer) }
  }

  // MARK: - Prices and quantities

  /// A price of the book; nil, counted, where the scale cannot keep it: the decoder says that the book is damaged.
  @inline(__always)
  func price(
    _ raw: Int64, _ index: Int, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets
  ) -> Int32? {
    if let price = context.directory.pointee.storedPrice(raw: raw, instrument: index) { return price }
    context.noteOwned(.pricesOffScale, delivery, packets)
    return nil
  }

  /// A trade's price, which may be finer than the book's steps: then nil, counted, and the book is none the worse.
  @inline(__always)
  func tradePrice(
    _ raw: Int64, _ index: Int, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets
  ) -> Int32? {
    if let price = context.directory.pointee.scales.base[index].scale.stored(raw: raw) { return price }
    context.noteOwned(.tradePricesOffScale, delivery, packets)
    return nil
  }

  /// Writes `kind` with a quantity that books can keep. A greater one is counted, kept as the greatest, and damages the
  /// book.
  @inline(never)
  func quantityOverflows(
    _ index: Int, _ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets, stamp: EventStamp,
    into writer: inout EventWriter
  ) {
    context.noteOwned(.levelQuantityOverflows, delivery, packets)
    _ = writer.next(.damage, index, stamp)
  }
}
