/// What all decoders do alike with identifiers, prices and trading hours.
extension DecoderContext {
  typealias Message = UnsafeMutablePointer<Delivery>

  // MARK: - Instruments

  /// An instrument as the core sees it.
  enum Listing: BitwiseCopyable {
    case owned(Int)
    /// Another core's.
    case foreign
    /// Nobody named it, or there is no room for it: counted.
    case unknown
  }

  /// The instrument of an identifier that only directory messages connect with a symbol.
  @inline(__always)
  func listing(_ identifier: UInt64, _ delivery: Message, _ packets: Packets) -> Listing {
    guard let index = directory.pointee.find(identifier: identifier) else {
      return unknown(identifier, delivery, packets)
    }
    return owns(index) ? .owned(index) : .foreign
  }

  @inline(never)
  private func unknown(_ identifier: UInt64, _ delivery: Message, _ packets: Packets) -> Listing {
    if directory.pointee.ownsUnknown(identifier: identifier) { noteOwned(.unknownInstruments, delivery, packets) }
    return .unknown
  }

  /// The instrument of a symbol of up to eight characters that stands in each message, named now if it was not.
  @inline(__always)
  func listing(packedSymbol: UInt64, _ delivery: Message, _ packets: Packets) -> Listing {
    guard
      let index = directory.pointee.find(identifier: packedSymbol)
        ?? register(identifier: packedSymbol, symbol: Symbol(packed: packedSymbol), delivery, packets)
    else { return .unknown }
    return owns(index) ? .owned(index) : .foreign
  }

  /// What a directory message says of an instrument's lots; 0 says nothing.
  func setRoundLot(_ shares: UInt32, instrument: Int) {
    if shares > 0 { directory.pointee.records[instrument].roundLot = shares }
  }

  // MARK: - Prices

  /// An order's or a level's price in stored units. Nil where the instrument's scale cannot keep it: counted, and an
  /// event says that the book is damaged.
  @inline(__always)
  func price(
    _ raw: Int64, instrument: Int, _ stamp: EventStamp, _ delivery: Message, _ packets: Packets,
    _ writer: inout EventWriter
  ) -> Int32? {
    if let price = directory.pointee.storedPrice(raw: raw, instrument: instrument) { return price }
    damage(.pricesOffScale, instrument, stamp, delivery, packets, &writer)
    return nil
  }

  /// Counts what the book cannot keep, and says that it is damaged.
  @inline(never)
  private func damage(
    _ counter: Counter, _ instrument: Int, _ stamp: EventStamp, _ delivery: Message, _ packets: Packets,
    _ writer: inout EventWriter
  ) {
    noteOwned(counter, delivery, packets)
    _ = writer.next(.damage, instrument, stamp)
  }

  /// A directory message named another scale than the one that prices were kept in: the book is damaged for good.
  @inline(never)
  func refuseScale(
    _ counter: Counter, _ instrument: Int, _ stamp: EventStamp, _ delivery: Message, _ packets: Packets,
    _ writer: inout EventWriter
  ) {
    noteOwned(counter, delivery, packets)
    writer.next(.damage, instrument, stamp).pointee.quantity = 1
  }

  /// A trade's price in stored units. Nil where the instrument's scale cannot keep it, as of a trade at the midpoint
  /// of an odd spread: counted; the book is not concerned.
  @inline(__always)
  func tradePrice(_ raw: Int64, instrument: Int, _ delivery: Message, _ packets: Packets) -> Int32? {
    if let price = directory.pointee.scales.base[instrument].scale.stored(raw: raw) { return price }
    noteOwned(.tradePricesOffScale, delivery, packets)
    return nil
  }

  // MARK: - Trading hours

  /// Begins or ends the venue's regular market hours, for all cores: what ITCH says by its system events Q and M.
  @inline(never)
  func setMarketHours(isOpen: Bool, at nanoseconds: UInt64, type: UInt8, _ writer: inout EventWriter) {
    let character = isOpen ? UInt8(ascii: "Q") : UInt8(ascii: "M")
    writer.put(.system, UInt32(character), type: type, instrument: 0, at: nanoseconds)
  }
}
