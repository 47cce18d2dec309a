/// What an instrument's prices and quantities stand for. Decoders' own: what a price off the scale does to the book, an
/// event says (`BookEvent.Kind.damage`).
struct InstrumentScale: BitwiseCopyable {
  var scale: PriceScale
  var quantity = QuantityScale.whole

  /// What became of a scale that a directory message named.
  enum Change: Equatable {
    case unchanged, set
    /// Prices were seen already: the scale stays, and the book is not to be trusted for the rest of the session.
    /// Counted as `priceScaleChanges`.
    case refused
  }
}

/// What everyday messages take of an instrument's scale. Apart from the rest: four instruments in a cache line, where
/// the nearest cache would not hold a line of each.
struct EverydayScale: BitwiseCopyable {
  /// Of `InstrumentScale.scale`.
  var prices: PlainDivision
  /// A price was converted with it: from now on a change would leave levels of two scales in one book.
  @inline(__always)
  var isUsed: Bool {
    get { usedBit != 0 }
    set { usedBit = newValue ? 1 : 0 }
  }
  /// The same as a number to compare with.
  private(set) var usedBit: UInt8 = 0

  init(_ scale: PriceScale) { prices = scale.plain }
}
