/// One leg a detector asks for. Prices are the venue's raw units.
public struct OrderIntent: BitwiseCopyable, Sendable, Equatable {
  public var group: GroupIndex
  public var venue: VenueIndex
  /// `.buy` or `.sell`; whether a sale is short is risk's to say.
  public var side: Side
  /// Shares, at least 1.
  public var quantity: UInt32
  public var limitPrice: Int32
  /// The opportunity's number within its shard, 0 = none.
  public var opportunity: UInt64

  public init(
    group: GroupIndex, venue: VenueIndex, side: Side, quantity: UInt32, limitPrice: Int32, opportunity: UInt64
  ) {
    self.group = group
    self.venue = venue
    self.side = side
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.opportunity = opportunity
  }
}

/// Two legs that go out together or not at all.
public struct OrderPairIntent: BitwiseCopyable, Sendable, Equatable {
  public var buy: OrderIntent
  public var sell: OrderIntent
  public init(buy: OrderIntent, sell: OrderIntent) {
    self.buy = buy
    self.sell = sell
  }
}

/// A book that changed, at a publish point.
struct BookChange: BitwiseCopyable {
  var instrument: InstrumentID
  var group: GroupIndex
  /// Capture time of the publish point, Unix nanoseconds.
  var captureNanoseconds: UInt64
}

/// Where a detector's intents go: risk and orders of the instrument's shard.
protocol IntentSink {
  /// True when both legs went out.
  mutating func submit(_ pair: OrderPairIntent, at captureNanoseconds: UInt64) -> Bool
}

/// Looks at books when, and only when, they are consistent: at publish points. A detector is a struct with its memory
/// reserved at start; the pipeline calls it directly (no existential), so adding one is a stored property and a call
/// in `CoreRunner`.
protocol Detector {
  /// The best price of the book changed, or the detector had asked to see its depth (`BookHeader.Flags.watchDepth`),
  /// or its status changed.
  mutating func bookChanged(_ change: BookChange, books: inout Books, sink: inout some IntentSink)

  /// The trust of a channel of `venue` changed; the books' states say how.
  mutating func trustChanged(
    of venue: VenueIndex, captureNanoseconds: UInt64, books: inout Books, sink: inout some IntentSink)

  /// The input ended: what is open ends with it.
  mutating func finish(captureNanoseconds: UInt64, books: inout Books)
}
