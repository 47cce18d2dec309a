/// What the everyday way through a decoder reads beside the message: the shapes of its types, and the venue's
/// instruments. Pointers, each two loads away: through `DecoderContext` they were three and more.
///
/// Decoders have a pointer to it, `EverydayTables.Pointer`: of a value, all fields are loaded before the first is used.
struct EverydayTables {
  typealias Pointer = UnsafeMutablePointer<EverydayTables>

  fileprivate let shapes = Storage<EverydayShape>(capacity: 256, hugePages: false)
  fileprivate let locates: UnsafeMutablePointer<UInt32>
  fileprivate let scales: UnsafeMutablePointer<EverydayScale>
  fileprivate let identifiers: IdentifierTable.Lookup
  fileprivate let owned: UnsafeMutablePointer<UInt8>
  fileprivate let channels: UnsafeMutablePointer<UInt8>
  let channel: UInt8
  /// Venue and channel, as the word of an event's head.
  let headWord: UInt64
  fileprivate let byType: UnsafeMutablePointer<UInt64>
  /// Not 0: a message of the run under work may go on beyond its layout (`MessageDecoder`). In memory, where this is one
  /// instruction: over a run all registers are taken.
  fileprivate(set) var surplus: UInt32 = 0

  /// Never freed, like all tables of a run.
  static func make(_ context: DecoderContext, _ everyday: [EverydayShape] = []) -> Pointer {
    let tables = Pointer.allocate(capacity: 1)
    tables.initialize(to: EverydayTables(context, everyday))
    return tables
  }

  private init(_ context: DecoderContext, _ everyday: [EverydayShape]) {
    let directory = context.directory
    locates = directory.pointee.locateTable
    scales = directory.pointee.everydayScales.base
    identifiers = directory.pointee.identifierLookup
    owned = directory.pointee.owned.base
    channels = directory.pointee.channels.base
    channel = context.channel
    headWord = Self.word(context.head(type: 0))
    // Who counts nothing counts where nobody looks: a test or a factor would be an instruction a message more.
    byType = context.countsMessages != 0 ? context.byType : Storage<UInt64>(capacity: 256, hugePages: false).base
    for type in 0..<256 { shapes[type] = EverydayShape() }
    for shape in everyday { shapes[Int(shape.head.type)] = shape }
  }

  /// An event's head as the word that stands at `BookEvent.headOffset`.
  static func word(_ head: BookEvent.Head) -> UInt64 {
    withUnsafeBytes(of: head) { $0.loadUnaligned(as: UInt64.self) }
  }

  /// What distinguishes an event's head from that of its venue and channel.
  @inline(__always)
  static func head(_ kind: BookEvent.Kind, type: UInt8, isSell: Bool, flags: BookEvent.Flags = []) -> UInt64 {
    UInt64(kind.rawValue) | (isSell ? 1 : 0) << BookEvent.Head.sellShift | UInt64(type) << BookEvent.Head.typeShift
      | UInt64(flags.rawValue) << BookEvent.Head.flagsShift
  }
}

extension EverydayTables.Pointer {
  @inline(__always)
  func shape(_ type: UInt8) -> EverydayShape.Pointer { pointee.shapes.base + Int(type) }

  /// Counts a message that was read.
  @inline(__always)
  func count(_ type: Int) { pointee.byType[type] &+= 1 }

  /// Counts several.
  @inline(__always)
  func count(_ type: Int, times: UInt64) { pointee.byType[type] &+= times }

  /// - Parameter surplus: not 0 where a message goes on beyond its layout; it may be so where it does not.
  @inline(__always)
  func hint(_ surplus: UInt32) { pointee.surplus |= surplus }

  func clearHint() { pointee.surplus = 0 }

  /// The instrument of a number below 65,536 that is known and this core's; else `foreignBit` or more.
  @inline(__always)
  func instrument(locate: UInt64) -> UInt32 {
    if locate >= UInt64(InstrumentDirectory.directCount) { return .max }
    return pointee.locates[Int(truncatingIfNeeded: locate)] &- 1
  }

  /// The same of any identifier.
  @inline(__always)
  func instrument(identifier: UInt64) -> UInt32 {
    if identifier < UInt64(InstrumentDirectory.directCount) { return instrument(locate: identifier) }
    return pointee.identifiers.value(identifier) &- 1
  }

  /// The same of an identifier of eight characters where `mask` is all ones; `foreignBit` or more where it is 0.
  @inline(__always)
  func instrument(text: UInt64, and mask: UInt64) -> UInt32 { pointee.identifiers.value(text, and: mask) &- 1 }

  @inline(__always)
  func isKnown(_ instrument: UInt32) -> Bool { instrument < InstrumentDirectory.foreignBit }

  /// It is this core's.
  @inline(__always)
  func isOwned(_ instrument: UInt32) -> Bool { pointee.owned[Int(instrument)] != 0 }

  /// Of the venues whose books belong to the channel that changes them: it is this one.
  @inline(__always)
  func isClaimed(_ instrument: UInt32) -> Bool { pointee.channels[Int(instrument)] == pointee.channel }

  @inline(__always)
  func scale(_ instrument: UInt32) -> UnsafeMutablePointer<EverydayScale> { pointee.scales + Int(instrument) }

  /// By an order's or a level's price the instrument's scale is settled.
  @inline(__always)
  func settleScale(_ scale: UnsafeMutablePointer<EverydayScale>) {
    if unlikely(!scale.pointee.isUsed) { scale.pointee.isUsed = true }
  }

  /// The same where a message has such a price. One comparison, which but for the first of an instrument says no: which
  /// messages have a price is as good as random.
  @inline(__always)
  func settleScale(_ scale: UnsafeMutablePointer<EverydayScale>, if settles: UInt8) {
    if unlikely(settles > scale.pointee.usedBit) { scale.pointee.isUsed = true }
  }

  /// An event whose fields are at hand; its time is written by the caller.
  @inline(__always)
  func write(
    _ head: UInt64, instrument: UInt32, reference: UInt64, second: UInt64, price: Int32, quantity: UInt32,
    into event: UnsafeMutablePointer<BookEvent>
  ) {
    event.write(
      pointee.headWord | head, instrument: instrument, reference: reference, second: second, price: price,
      quantity: quantity)
  }

  /// The event of a message about an instrument, whose price stands in its scale. False where the instrument is not known
  /// or another core's, or side or price are not what they are every day: then nothing was done that counts.
  @inline(__always)
  func write(
    _ shape: EverydayShape.Pointer, _ message: UnsafeRawPointer, _ widths: EverydayWidths, instrument: UInt32,
    at exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    if !isKnown(instrument) { return false }
    let scale = scale(instrument)
    guard let raw = EverydayShape.rawPrice(shape, message, widths),
      let price = scale.pointee.prices.price(raw: raw),
      EverydayShape.write(
        shape, message, widths, instrument: instrument, price: price, at: exchangeNanoseconds, into: event)
    else { return false }
    settleScale(scale, if: shape.pointee.settlesScale)
    count(Int(shape.pointee.head.type))
    return true
  }
}

extension UnsafeMutablePointer<BookEvent> {
  /// All but the time, and `home`, which is a book's.
  ///
  /// - Parameter head: the whole of it.
  @inline(__always)
  func write(
    _ head: UInt64, instrument: UInt32, reference: UInt64, second: UInt64, price: Int32, quantity: UInt32
  ) {
    // SAFETY: eight bytes, which are the event's head.
    UnsafeMutableRawPointer(self).storeBytes(of: head, toByteOffset: BookEvent.headOffset, as: UInt64.self)
    pointee.instrument = instrument
    pointee.reference = reference
    pointee.second = second
    pointee.price = price
    pointee.quantity = quantity
  }
}
