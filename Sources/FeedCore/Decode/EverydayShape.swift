/// Where the everyday messages of a type have the fields of their event: about an order or a level, one event each.
///
/// Made from the layouts once. A field that a type lacks is read somewhere within the message, and masked out: the
/// types come as good as at random, and one table that serves them alike costs less than a branch that is
/// mispredicted every other time (`ITCH50Decoder.Shape`, of which this is the kin for other byte orders).
///
/// Every integer is read as the eight bytes that end with it, which lie within the message wherever the field does and
/// ends at byte 8 or later: a shift or a truncation leaves the field itself.
struct EverydayShape: BitwiseCopyable {
  /// Venue, channel, kind, type, and what is always so.
  var head = BookEvent.Head()
  /// What is left of a price; 0: the type has none.
  private var priceMask: UInt64 = 0
  /// Least length; beyond any for the types that only the long way reads.
  private(set) var length = UInt16.max
  private var referenceStart: UInt8 = 0
  private var secondStart: UInt8 = 0
  private var quantityStart: UInt8 = 0
  private var priceStart: UInt8 = 0
  /// Little-endian: bits of the eight bytes before the field.
  private var secondShift: UInt8 = 0
  private var quantityShift: UInt8 = 0
  private var priceShift: UInt8 = 0
  /// Masks, all ones for types that have the field.
  private var referenceMask: Int8 = 0
  private var secondMask: Int8 = 0
  private var quantityMask: Int8 = 0
  private var sideMask: UInt8 = 0
  private var side: UInt8 = 0
  /// The byte that buys, and in what it differs from the one that sells: an odd number.
  private var buys: UInt8 = 0
  private var sideDifference: UInt8 = 0
  /// A byte with a flag: which of its bits, after `flagFlip`; 0: there is none.
  private var flagMask: UInt8 = 0
  private var flagFlip: UInt8 = 0
  private var flagStart: UInt8 = 0
  /// What a set flag adds to the event's flags; 0: it says whether a trade is printable.
  private var flagValue: UInt8 = 0
  /// The price settles the instrument's scale.
  private(set) var settlesScale = false
  /// Prices are unsigned: one beyond 63 bits is off any scale.
  private var isUnsignedPrice = false

  /// For the types that only the long way reads.
  init() {}

  /// - Parameters:
  ///   - layout: with all fields named here, by their titles; none ends before byte 8, as none does behind a head.
  ///   - head: venue and channel.
  init(_ kind: BookEvent.Kind, _ layout: MessageLayout, head: BookEvent.Head, reference: String? = nil) {
    self.head = head
    self.head.kind = kind
    self.head.type = layout.type
    length = UInt16(layout.minimumLength)
    if let reference {
      let slot = Self.slot(reference, layout)
      precondition(slot.size == 8, "\(layout.name): references have eight bytes")
      referenceStart = Self.start(slot)
      referenceMask = -1
    }
  }

  private static func slot(_ title: String, _ layout: MessageLayout) -> FieldSlot {
    guard let field = layout.fields.first(where: { $0.title == title }) else {
      preconditionFailure("\(layout.name) has no field \(title)")
    }
    return field.slot
  }

  private static func start(_ slot: FieldSlot) -> UInt8 {
    precondition(slot.offset + slot.size >= 8)
    return UInt8(slot.offset + slot.size - 8)
  }

  private static func shift(_ slot: FieldSlot) -> UInt8 { UInt8(64 - 8 * slot.size) }

  func with(quantity title: String, _ layout: MessageLayout) -> EverydayShape {
    var shape = self
    let slot = Self.slot(title, layout)
    shape.quantityStart = Self.start(slot)
    shape.quantityShift = Self.shift(slot)
    shape.quantityMask = -1
    return shape
  }

  func with(second title: String, _ layout: MessageLayout) -> EverydayShape {
    var shape = self
    let slot = Self.slot(title, layout)
    shape.secondStart = Self.start(slot)
    shape.secondShift = Self.shift(slot)
    shape.secondMask = -1
    return shape
  }

  /// - Parameter isOfTrade: a trade's own price, which settles no scale.
  func with(price title: String, isOfTrade: Bool = false, _ layout: MessageLayout) -> EverydayShape {
    var shape = self
    let slot = Self.slot(title, layout)
    let isSigned = slot.encoding.isSigned
    shape.priceStart = Self.start(slot)
    shape.priceShift = Self.shift(slot)
    shape.priceMask = isSigned || slot.size == 8 ? .max : 1 << UInt64(8 * slot.size) - 1
    shape.isUnsignedPrice = !isSigned && slot.size == 8
    shape.settlesScale = !isOfTrade
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

  /// SAFETY: the message has `length` bytes at least, so the field's end and the seven bytes before it are here.
  @inline(__always)
  private static func word(_ message: UnsafeRawPointer, _ start: UInt8, _ order: ByteOrder) -> UInt64 {
    order == .little
      ? message.littleEndian(UInt64.self, at: Int(start)) : message.bigEndian(UInt64.self, at: Int(start))
  }

  /// The wire's price, 0 where the type has none; nil where it is beyond 63 bits.
  @inline(__always)
  func rawPrice(_ message: UnsafeRawPointer, _ order: ByteOrder) -> Int64? {
    var word = Int64(bitPattern: Self.word(message, priceStart, order))
    if order == .little { word = word &>> Int64(priceShift) }
    let raw = word & Int64(bitPattern: priceMask)
    if isUnsignedPrice, raw < 0 { return nil }
    return raw
  }

  /// Writes the event of a message of `length` bytes at least. False, and nothing that counts, where its side is none.
  ///
  /// - Parameter key: what makes a reference of the wire's number, by exclusive or.
  @inline(__always)
  func write(
    _ message: UnsafeRawPointer, _ order: ByteOrder, instrument: UInt32, price: Int32, key: UInt64 = 0,
    at exchangeNanoseconds: UInt64, into event: UnsafeMutablePointer<BookEvent>
  ) -> Bool {
    // What a side differs from the one that buys is 0 or `sideDifference`. Computed: comparisons become branches.
    let side = (message.byte(at: Int(self.side)) ^ buys) & sideMask
    if side &- (side & 1) &* sideDifference != 0 { return false }
    event.pointee.head = head
    event.pointee.head.sellBit = head.sellBit | side & 1
    event.pointee.instrument = instrument
    event.pointee.home = 0
    event.pointee.price = price
    event.pointee.exchangeNanoseconds = exchangeNanoseconds
    event.pointee.reference =
      (Self.word(message, referenceStart, order) ^ key) & UInt64(bitPattern: Int64(referenceMask))
    var second = Self.word(message, secondStart, order)
    var quantity = Self.word(message, quantityStart, order)
    if order == .little {
      second = second &>> UInt64(secondShift)
      quantity = quantity &>> UInt64(quantityShift)
    }
    event.pointee.second = second & UInt64(bitPattern: Int64(secondMask))
    event.pointee.quantity = UInt32(truncatingIfNeeded: quantity & UInt64(bitPattern: Int64(quantityMask)))
    if flagMask != 0 { setFlag(message, event) }
    return true
  }

  @inline(__always)
  private func setFlag(_ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>) {
    let isSet = (message.byte(at: Int(flagStart)) ^ flagFlip) & flagMask != 0
    if flagValue == 0 {
      event.pointee.isPrintable = isSet
    } else if isSet {
      event.pointee.flags = BookEvent.Flags(rawValue: head.flags.rawValue | flagValue)
    }
  }
}
