extension EventWriter {
  /// The next event, of an instrument: its head, time and instrument are set, the rest is zero.
  @inline(__always)
  mutating func next(
    _ kind: BookEvent.Kind, type: UInt8, instrument: UInt32, at exchangeNanoseconds: UInt64
  ) -> UnsafeMutablePointer<BookEvent> {
    let event = next()
    event.pointee.kind = kind
    event.pointee.type = type
    event.pointee.instrument = instrument
    event.pointee.exchangeNanoseconds = exchangeNanoseconds
    return event
  }

  /// An event that only its kind and a number tell: a status, a clearing.
  @inline(__always)
  mutating func put(
    _ kind: BookEvent.Kind, _ quantity: UInt32 = 0, type: UInt8, instrument: Int, at exchangeNanoseconds: UInt64
  ) {
    next(kind, type: type, instrument: UInt32(truncatingIfNeeded: instrument), at: exchangeNanoseconds)
      .pointee.quantity = quantity
  }

  /// A change of an order. `isSell` matters to additions alone.
  @inline(__always)
  mutating func put(
    _ kind: BookEvent.Kind, type: UInt8, instrument: UInt32, reference: UInt64, isSell: Bool = false,
    quantity: UInt32 = 0, price: Int32 = 0, second: UInt64 = 0, flags: BookEvent.Flags = BookEvent.Flags(),
    isPrintable: Bool = true, at exchangeNanoseconds: UInt64
  ) {
    let event = next(kind, type: type, instrument: instrument, at: exchangeNanoseconds)
    event.pointee.isSell = isSell
    event.pointee.reference = reference
    event.pointee.quantity = quantity
    event.pointee.price = price
    event.pointee.second = second
    event.pointee.flags = flags
    event.pointee.isPrintable = isPrintable
  }
}
