/// What the everyday way through a decoder reads beside the message: the shapes of its types, and the venue's
/// instruments. Pointers, each one load away: through `DecoderContext` they were three.
struct EverydayTables {
  private let shapes = Storage<EverydayShape>(capacity: 256, hugePages: false)
  private let locates: UnsafeMutablePointer<UInt32>
  private let scales: UnsafeMutablePointer<InstrumentScale>
  private let owned: UnsafeMutablePointer<UInt8>
  private let channels: UnsafeMutablePointer<UInt8>
  let channel: UInt8
  /// Venue and channel, as the word of an event's head.
  let headWord: UInt64
  private let directory: UnsafeMutablePointer<InstrumentDirectory>
  private let byType: UnsafeMutablePointer<UInt64>
  private let countsMessages: UInt64

  init(_ context: DecoderContext, _ everyday: [EverydayShape]) {
    directory = context.directory
    locates = directory.pointee.locateTable
    scales = directory.pointee.scales.base
    owned = directory.pointee.owned.base
    channels = directory.pointee.channels.base
    channel = context.channel
    headWord = Self.word(context.head(type: 0))
    byType = context.byType
    countsMessages = context.countsMessages
    for type in 0..<256 { shapes[type] = EverydayShape() }
    for shape in everyday { shapes[Int(shape.head.type)] = shape }
  }

  /// An event's head as the word that stands at `BookEvent.headOffset`.
  static func word(_ head: BookEvent.Head) -> UInt64 {
    withUnsafeBytes(of: head) { $0.loadUnaligned(as: UInt64.self) }
  }

  @inline(__always)
  func shape(_ type: UInt8) -> UnsafeMutablePointer<EverydayShape> { shapes.base + Int(type) }

  /// Counts a message that was read.
  @inline(__always)
  func count(_ type: UInt8) { byType[Int(type)] &+= countsMessages }

  /// The instrument of a number below 65,536 that is known and this core's; else `foreignBit` or more.
  @inline(__always)
  func instrument(locate: UInt64) -> UInt32 {
    if locate >= UInt64(InstrumentDirectory.directCount) { return .max }
    return locates[Int(truncatingIfNeeded: locate)] &- 1
  }

  /// The same of any identifier.
  @inline(__always)
  func instrument(identifier: UInt64) -> UInt32 {
    if identifier < UInt64(InstrumentDirectory.directCount) { return instrument(locate: identifier) }
    guard let index = directory.pointee.find(identifier: identifier), owned[index] != 0 else { return .max }
    return UInt32(truncatingIfNeeded: index)
  }

  @inline(__always)
  func isKnown(_ instrument: UInt32) -> Bool { instrument < InstrumentDirectory.foreignBit }

  /// Of the venues whose books belong to the channel that changes them: it is this one.
  @inline(__always)
  func isClaimed(_ instrument: UInt32) -> Bool { channels[Int(instrument)] == channel }

  @inline(__always)
  func scale(_ instrument: UInt32) -> UnsafeMutablePointer<InstrumentScale> { scales + Int(instrument) }

  /// The price that the instrument's scale keeps, nil where it cannot.
  @inline(__always)
  func stored(_ raw: Int64, _ instrument: UInt32) -> Int32? { scales[Int(instrument)].scale.stored(raw: raw) }

  /// By an order's or a level's price the instrument's scale is settled.
  @inline(__always)
  func settleScale(_ instrument: UInt32, if settles: Bool) {
    if settles, !scales[Int(instrument)].isUsed { scales[Int(instrument)].isUsed = true }
  }

  /// An event whose fields are at hand; its time is written by the caller.
  @inline(__always)
  func write(
    _ head: UInt64, instrument: UInt32, reference: UInt64, second: UInt64, price: Int32, quantity: UInt32,
    into event: UnsafeMutablePointer<BookEvent>
  ) {
    Self.write(
      headWord | head, instrument: instrument, reference: reference, second: second, price: price, quantity: quantity,
      into: event)
  }

  /// The same with the whole of the event's head.
  @inline(__always)
  static func write(
    _ head: UInt64, instrument: UInt32, reference: UInt64, second: UInt64, price: Int32, quantity: UInt32,
    into event: UnsafeMutablePointer<BookEvent>
  ) {
    // SAFETY: eight bytes, which are the event's head.
    UnsafeMutableRawPointer(event).storeBytes(of: head, toByteOffset: BookEvent.headOffset, as: UInt64.self)
    event.pointee.instrument = instrument
    event.pointee.reference = reference
    event.pointee.second = second
    event.pointee.price = price
    event.pointee.quantity = quantity
  }

  /// What distinguishes an event's head from that of its venue and channel.
  @inline(__always)
  static func head(_ kind: BookEvent.Kind, type: UInt8, isSell: Bool, flags: BookEvent.Flags = []) -> UInt64 {
    UInt64(kind.rawValue) | (isSell ? 1 : 0) << BookEvent.Head.sellShift | UInt64(type) << BookEvent.Head.typeShift
      | UInt64(flags.rawValue) << BookEvent.Head.flagsShift
  }

  /// The event of a message about an instrument, whose price stands in its scale. False where side or price are not
  /// what they are every day: then nothing was done that counts.
  @inline(__always)
  func write(
    _ shape: UnsafeMutablePointer<EverydayShape>, _ message: UnsafeRawPointer, _ widths: EverydayWidths,
    instrument: UInt32, at exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    guard let raw = EverydayShape.rawPrice(shape, message, widths), let price = stored(raw, instrument),
      EverydayShape.write(
        shape, message, widths, instrument: instrument, price: price, at: exchangeNanoseconds, into: event)
    else { return false }
    settleScale(instrument, if: shape.pointee.settlesScale)
    count(shape.pointee.head.type)
    return true
  }
}
