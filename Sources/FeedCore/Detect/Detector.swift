/// A book that changed, at a publish point.
struct BookChange: BitwiseCopyable {
  var instrument: InstrumentID
  var group: GroupIndex
  /// Capture time of the publish point, Unix nanoseconds.
  var captureNanoseconds: UInt64
}

/// Where a detector's intents go: risk and orders of the instrument's shard.
protocol IntentSink {
  /// An intent about this symbol is likely to follow at once: what it will need may be asked for.
  mutating func prepare(_ group: GroupIndex)
  /// True when both legs went out.
  mutating func submit(_ pair: OrderPairIntent, at captureNanoseconds: UInt64) -> Bool
}

/// Looks at books when, and only when, they are consistent: at publish points. A detector is a struct with its memory
/// reserved at start; the pipeline calls it directly (no existential), so adding one is a stored property and a call
/// in `Core`.
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
