/// What the everyday way through a decoder reads beside the message: the shapes of its types, and the venue's
/// instruments. Pointers, each one load away: through `DecoderContext` they were three.
struct EverydayTables {
  private let shapes = Storage<EverydayShape>(capacity: 256, hugePages: false)
  private let locates: UnsafeMutablePointer<UInt32>
  private let scales: UnsafeMutablePointer<InstrumentScale>
  private let owned: UnsafeMutablePointer<UInt8>
  private let directory: UnsafeMutablePointer<InstrumentDirectory>
  private let byType: UnsafeMutablePointer<UInt64>
  private let countsMessages: UInt64

  init(_ context: DecoderContext, _ everyday: [EverydayShape]) {
    directory = context.directory
    locates = directory.pointee.locateTable
    scales = directory.pointee.scales.base
    owned = directory.pointee.owned.base
    byType = context.byType
    countsMessages = context.countsMessages
    for type in 0..<256 { shapes[type] = EverydayShape() }
    for shape in everyday { shapes[Int(shape.head.type)] = shape }
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
    guard let index = directory.pointee.find(identifier: identifier), owned[index] != 0 else { return .max }
    return UInt32(truncatingIfNeeded: index)
  }

  @inline(__always)
  func isKnown(_ instrument: UInt32) -> Bool { instrument < InstrumentDirectory.foreignBit }

  /// The price that the instrument's scale keeps, nil where it cannot.
  @inline(__always)
  func stored(_ raw: Int64, _ instrument: UInt32) -> Int32? { scales[Int(instrument)].scale.stored(raw: raw) }

  /// By an order's or a level's price the instrument's scale is settled.
  @inline(__always)
  func settleScale(_ instrument: UInt32, if settles: Bool) {
    scales[Int(instrument)].isUsed = scales[Int(instrument)].isUsed || settles
  }

  /// The event of a message about an instrument, whose price stands in its scale. False where side or price are not
  /// what they are every day: then nothing was done that counts.
  @inline(__always)
  func write(
    _ shape: UnsafeMutablePointer<EverydayShape>, _ message: UnsafeRawPointer, _ order: ByteOrder,
    instrument: UInt32, at exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    guard let raw = shape.pointee.rawPrice(message, order), let price = stored(raw, instrument),
      shape.pointee.write(
        message, order, instrument: instrument, price: price, at: exchangeNanoseconds, into: event)
    else { return false }
    settleScale(instrument, if: shape.pointee.settlesScale)
    count(shape.pointee.head.type)
    return true
  }
}
