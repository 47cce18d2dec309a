/// How wide the fields of a protocol's everyday messages are: constants, so that each decoder reads them by one load.
struct EverydayWidths {
  let order: ByteOrder
  /// Bytes of every price: 4, signed, or 8; 0: they differ from type to type (little-endian).
  let price: Int
  /// Bytes of every quantity: 4; 0: they differ (little-endian).
  let quantity: Int
  /// Some prices are unsigned, of eight bytes: one beyond 63 bits is off any scale. None is negative then.
  var hasUnsignedPrices = false
}

/// Where the everyday messages of a type have the fields of their event: about an order or a level, one event each.
///
/// Made from the layouts once. A field that a type lacks is read somewhere within the message, and masked out: the
/// types come as good as at random, and one table that serves them alike costs less than a branch that is
/// mispredicted every other time (`ITCH50Decoder.Shape`, of which this is the kin for other protocols).
///
/// References and seconds are read as eight bytes, and what follows a shorter field is masked out. A field whose width
/// differs is read as the eight bytes that end with it, and shifted.
///
/// Its functions take it by pointer: called on a value, all of its fields are loaded before the first is used.
struct EverydayShape: BitwiseCopyable {
  /// Venue, channel, kind, type, and what is always so. First: it is copied as one word.
  var head = BookEvent.Head()
  /// What is left of a price, of a reference and of a second; 0: the type has none.
  private var priceMask: UInt64 = 0
  private var referenceMask: UInt64 = 0
  private var secondMask: UInt64 = 0
  private var quantityMask: UInt32 = 0
  /// Least length; beyond any for the types that only the long way reads.
  private(set) var length: UInt32 = 65_536
  private var referenceStart: UInt8 = 0
  private var secondStart: UInt8 = 0
  private var quantityStart: UInt8 = 0
  private var priceStart: UInt8 = 0
  /// Of fields whose width differs: bits of the eight bytes before them.
  private var quantityShift: UInt8 = 0
  private var priceShift: UInt8 = 0
  private var side: UInt8 = 0
  private var sideMask: UInt8 = 0
  /// The byte that buys, and in what it differs from the one that sells: an odd number.
  private var buys: UInt8 = 0
  private var sideDifference: UInt8 = 0
  /// A byte with a flag: which of its bits, after `flagFlip`; 0: there is none.
  private var flagMask: UInt8 = 0
  private var flagFlip: UInt8 = 0
  private var flagStart: UInt8 = 0
  /// What a set flag adds to the event's flags; 0: it says whether a trade is printable.
  private var flagValue: UInt8 = 0
  /// 1: the price settles the instrument's scale.
  private(set) var settlesScale: UInt8 = 0
  /// Bits of what a message has beyond `length` that only one beyond its layout has: of a type with optional fields not
  /// those of their length. A cache line in all.
  private var surplusMask: UInt32 = .max

  /// For the types that only the long way reads.
  init() {}

  /// - Parameters:
  ///   - layout: with all fields named here, by their titles. No message is shorter than eight bytes.
  ///   - head: venue and channel.
  init(_ kind: BookEvent.Kind, _ layout: MessageLayout, head: BookEvent.Head, reference: String? = nil) {
    precondition(layout.minimumLength >= 8)
    self.head = head
    self.head.kind = kind
    self.head.type = layout.type
    length = UInt32(layout.minimumLength)
    surplusMask = ~UInt32(layout.length - layout.minimumLength)
    if let reference { (referenceStart, referenceMask) = Self.wide(reference, layout) }
  }

  private static func slot(_ title: String, _ layout: MessageLayout) -> FieldSlot {
    guard let field = layout.fields.first(where: { $0.title == title }) else {
      preconditionFailure("\(layout.name) has no field \(title)")
    }
    return field.slot
  }

  /// Of a field that is read as eight bytes: where they begin, and its mask.
  private static func wide(_ title: String, _ layout: MessageLayout) -> (UInt8, UInt64) {
    let slot = slot(title, layout)
    precondition(slot.offset + 8 <= layout.minimumLength, "\(layout.name): \(title) stands at the end")
    return (UInt8(slot.offset), slot.size == 8 ? .max : 1 << UInt64(8 * slot.size) - 1)
  }

  /// Where a field is read whose width is fixed (`width`), or not: then the eight bytes that end with it.
  private static func start(_ slot: FieldSlot, width: Int, _ layout: MessageLayout) -> UInt8 {
    precondition(width == slot.size || width == 0 && slot.offset + slot.size >= 8, "\(layout.name): another width")
    return UInt8(width == 0 ? slot.offset + slot.size - 8 : slot.offset)
  }

  func with(quantity title: String, _ widths: EverydayWidths, _ layout: MessageLayout) -> EverydayShape {
    var shape = self
    let slot = Self.slot(title, layout)
    shape.quantityStart = Self.start(slot, width: widths.quantity, layout)
    shape.quantityShift = UInt8(64 - 8 * slot.size)
    shape.quantityMask = .max
    return shape
  }

  func with(second title: String, _ layout: MessageLayout) -> EverydayShape {
    var shape = self
    (shape.secondStart, shape.secondMask) = Self.wide(title, layout)
    return shape
  }

  /// - Parameter isOfTrade: a trade's own price, which settles no scale.
  func with(
    price title: String, isOfTrade: Bool = false, _ widths: EverydayWidths, _ layout: MessageLayout
  ) -> EverydayShape {
    var shape = self
    let slot = Self.slot(title, layout)
    let isSigned = slot.encoding.isSigned
    precondition(isSigned || slot.size != 4, "\(layout.name): prices of four bytes are signed")
    shape.priceStart = Self.start(slot, width: widths.price, layout)
    shape.priceShift = UInt8(64 - 8 * slot.size)
    shape.priceMask = isSigned || slot.size == 8 ? .max : 1 << UInt64(8 * slot.size) - 1
    precondition(isSigned != widths.hasUnsignedPrices, "\(layout.name): another sign")
    shape.settlesScale = isOfTrade ? 0 : 1
    return shape
  }

  func with(side title: String, buys: Unicode.Scalar, sells: Unicode.Scalar, _ layout: MessageLayout) -> EverydayShape {
    var shape = self
    shape.side = UInt8(Self.slot(title, layout).offset)
    shape.buys = UInt8(ascii: buys)
    shape.sideDifference = UInt8(ascii: buys) ^ UInt8(ascii: sells)
    precondition(shape.sideDifference & 1 == 1)
    shape.sideMask = 0xFF
    return shape
  }

  /// The type says that the event is of the side that sells.
  func selling() -> EverydayShape {
    var shape = self
    shape.head.sellBit = 1
    return shape
  }

  /// A flag adds `value` where one of `bits`, those in `flip` turned over, is set.
  func with(
    _ value: BookEvent.Flags, where bits: UInt8, flip: UInt8 = 0, in title: String, _ layout: MessageLayout
  ) -> EverydayShape {
    var shape = self
    shape.flagStart = UInt8(Self.slot(title, layout).offset)
    shape.flagMask = bits
    shape.flagFlip = flip
    shape.flagValue = value.rawValue
    return shape
  }

  /// The same, of a trade that is printable then.
  func printable(where bits: UInt8, in title: String, _ layout: MessageLayout) -> EverydayShape {
    with([], where: bits, in: title, layout)
  }

  // MARK: - Reading

  typealias Pointer = UnsafeMutablePointer<EverydayShape>

  /// Whether a message of `length` bytes has those of its type. Where it goes on beyond its layout, `everyday` hears it.
  @inline(__always)
  static func holds(_ shape: Pointer, _ length: UInt32, _ everyday: EverydayTables.Pointer) -> Bool {
    let (rest, isShort) = length.subtractingReportingOverflow(shape.pointee.length)
    if isShort { return false }
    everyday.hint(rest & shape.pointee.surplusMask)
    return true
  }

  /// SAFETY, of all reads here: the message has `length` bytes at least; `init` saw to it that they hold what is read.
  @inline(__always)
  private static func word(_ message: UnsafeRawPointer, _ start: UInt8, _ order: ByteOrder) -> UInt64 {
    order == .little
      ? message.littleEndian(UInt64.self, at: Int(start)) : message.bigEndian(UInt64.self, at: Int(start))
  }

  /// The wire's price, 0 where the type has none; nil where it is beyond 63 bits.
  @inline(__always)
  static func rawPrice(_ shape: Pointer, _ message: UnsafeRawPointer, _ widths: EverydayWidths) -> Int64? {
    let mask = Int64(bitPattern: shape.pointee.priceMask)
    if widths.price == 4 {
      let raw = message.littleEndian(Int32.self, at: Int(shape.pointee.priceStart))
      return Int64(widths.order == .little ? raw : raw.byteSwapped) & mask
    }
    var raw = Int64(bitPattern: word(message, shape.pointee.priceStart, widths.order))
    if widths.price == 0 { raw = raw &>> Int64(shape.pointee.priceShift) }
    raw &= mask
    if widths.hasUnsignedPrices, raw < 0 { return nil }
    return raw
  }

  @inline(__always)
  private static func quantity(_ shape: Pointer, _ message: UnsafeRawPointer, _ widths: EverydayWidths) -> UInt32 {
    let start = shape.pointee.quantityStart
    if widths.quantity == 0 {
      return UInt32(truncatingIfNeeded: word(message, start, .little) &>> UInt64(shape.pointee.quantityShift))
        & shape.pointee.quantityMask
    }
    let raw = message.littleEndian(UInt32.self, at: Int(start))
    return (widths.order == .little ? raw : raw.byteSwapped) & shape.pointee.quantityMask
  }

  /// Writes the event of a message of `length` bytes at least. False, and nothing that counts, where its side is none.
  ///
  /// - Parameter key: what makes a reference of the wire's number, by exclusive or.
  @inline(__always)
  static func write(
    _ shape: Pointer, _ message: UnsafeRawPointer, _ widths: EverydayWidths, instrument: UInt32, price: Int32,
    key: UInt64 = 0, at exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    // What a side differs from the one that buys is 0 or `sideDifference`. Computed: comparisons become branches.
    let side = (message.byte(at: Int(shape.pointee.side)) ^ shape.pointee.buys) & shape.pointee.sideMask
    let sells = side & 1
    if side != sells &* shape.pointee.sideDifference { return false }
    // SAFETY: eight bytes each; `head` comes first here, and at `headOffset` there.
    let head = UnsafeRawPointer(shape).loadUnaligned(as: UInt64.self) | UInt64(sells) << BookEvent.Head.sellShift
    UnsafeMutableRawPointer(event).storeBytes(of: head, toByteOffset: BookEvent.headOffset, as: UInt64.self)
    event.pointee.instrument = instrument
    event.pointee.price = price
    event.pointee.exchangeNanoseconds = exchangeNanoseconds
    event.pointee.reference =
      (word(message, shape.pointee.referenceStart, widths.order) ^ key) & shape.pointee.referenceMask
    event.pointee.second = word(message, shape.pointee.secondStart, widths.order) & shape.pointee.secondMask
    event.pointee.quantity = quantity(shape, message, widths)
    if shape.pointee.flagMask != 0 { setFlag(shape, message, event) }
    return true
  }

  @inline(__always)
  private static func setFlag(
    _ shape: Pointer, _ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>
  ) {
    let isSet =
      (message.byte(at: Int(shape.pointee.flagStart)) ^ shape.pointee.flagFlip) & shape.pointee.flagMask != 0
    if shape.pointee.flagValue == 0 {
      event.pointee.isPrintable = isSet
    } else if isSet {
      event.pointee.flags = BookEvent.Flags(rawValue: shape.pointee.head.flags.rawValue | shape.pointee.flagValue)
    }
  }
}
