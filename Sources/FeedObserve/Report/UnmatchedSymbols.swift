import FeedCore

/// Symbols listed at one venue only although the run has several: a suffix rule or an override may be missing.
public struct UnmatchedSymbols {
  public struct Listing: Equatable, Sendable {
    public var venue: String
    /// As the venue writes it.
    public var symbol: Symbol
    /// What no other venue's symbol came to.
    public var canonical: Symbol
  }

  /// Most listings that a report shows.
  public static let listingsMaximum = 100

  /// How many there are.
  public let count: Int
  /// The first of them, in order of venue, then of symbol.
  public let listings: [Listing]

  /// - Parameter venueCount: venues of the run; with one there is nothing to match.
  public init(_ instruments: [InstrumentSummary], venueCount: Int) {
    guard venueCount > 1 else {
      (count, listings) = (0, [])
      return
    }
    let byCanonical = Dictionary(grouping: instruments) { $0.canonical }
    let unmatched = byCanonical.values.filter { $0.count == 1 }.map { $0[0] }
      .sorted { ($0.venue, $0.symbol) < ($1.venue, $1.symbol) }
    count = unmatched.count
    listings = unmatched.prefix(Self.listingsMaximum).map {
      Listing(venue: $0.venueName, symbol: $0.symbol, canonical: $0.canonical)
    }
  }
}
