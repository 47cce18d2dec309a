/// An instrument's price scale, and whether its book may still be believed.
struct InstrumentScale: BitwiseCopyable {
  var scale: PriceScale
  /// A price was converted with it: from now on a change would leave levels of two scales in one book.
  var isUsed = false
  /// Such a change came, or a price that the scale cannot keep: the book is untrusted.
  var isBroken = false

  /// What became of a scale that a directory message named.
  enum Change: Equatable {
    case unchanged, set
    /// Prices were seen already: the scale stays, the book is untrusted. Counted as `priceScaleChanges`.
    case refused
  }
}
