/// One opportunity from its beginning to its end, written when it ends.
public struct OpportunityRecord: BitwiseCopyable, Sendable, Equatable {
  public enum End: UInt8, Sendable, BitwiseCopyable {
    /// The edge fell below the minimum, or the size did.
    case edgeGone = 0
    /// One of the two books was no longer `ok`.
    case bookNotOk = 1
    /// The capture ended first.
    case endOfInput = 2
  }
  /// Number within its shard, from 1, in order of beginning.
  public var number: UInt64 = 0
  public var symbol = Symbol.unknown
  /// Capture time of the publish points, Unix nanoseconds.
  public var beginNanoseconds: UInt64 = 0
  public var peakNanoseconds: UInt64 = 0
  public var endNanoseconds: UInt64 = 0
  /// Greatest edge per share after both taker fees at the best prices, nanodollars; first reached at the peak.
  public var maximumEdge: Nanodollars = 0
  /// At the peak: shares over all level pairs that keep the minimum edge.
  public var quantity: UInt64 = 0
  /// At the peak: what buying those shares costs, nanodollars.
  public var notional: Nanodollars = 0
  /// At the peak: net gain over those shares, nanodollars.
  public var gain: Nanodollars = 0
  /// At the peak: best ask where we buy, best bid where we sell, nanodollars.
  public var buyPrice: Nanodollars = 0
  public var sellPrice: Nanodollars = 0
  /// Order pairs sent (both legs admitted by risk).
  public var orderPairs: UInt32 = 0
  public var shard: UInt8 = 0
  public var buyVenue: VenueIndex = 0
  public var sellVenue: VenueIndex = 0
  public var end = End.edgeGone
  public init() {}
}

/// Something that happened to an order of ours, in the order it happened in its shard.
public struct OrderRecord: BitwiseCopyable, Sendable, Equatable {
  public enum Kind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Risk refused the order: `reason` is a `RefusalReason`.
    case refused = 0
    /// Encoded and handed to the sink.
    case sent = 1
    case accepted = 2
    case executed = 3
    /// `reason` is the venue's cancel reason character.
    case canceled = 4
    /// `reason` is the venue's reject code.
    case rejected = 5
  }
  /// Capture time, Unix nanoseconds.
  public var captureNanoseconds: UInt64 = 0
  public var symbol = Symbol.unknown
  /// The opportunity it belongs to (number within the shard), 0 = none.
  public var opportunity: UInt64 = 0
  /// Limit price; of an execution the execution price. Nanodollars.
  public var price: Nanodollars = 0
  public var matchNumber: UInt64 = 0
  public var quantity: UInt32 = 0
  /// 0 for a refused order: it used none.
  public var userRefNum: UInt32 = 0
  public var reason: UInt16 = 0
  public var kind = Kind.refused
  public var shard: UInt8 = 0
  public var venue: VenueIndex = 0
  /// OUCH side character: B, S, T, E.
  public var side: UInt8 = 0
  public init() {}
}
