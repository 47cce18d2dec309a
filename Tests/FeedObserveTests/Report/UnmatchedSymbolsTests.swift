import Testing

@testable import FeedCore
@testable import FeedObserve

struct UnmatchedSymbolsTests {
  private func listing(_ venue: VenueIndex, _ symbol: String, _ canonical: String? = nil) throws -> InstrumentSummary {
    var summary = InstrumentSummary(
      venue: venue, venueName: "v\(venue)", symbol: try #require(Symbol(symbol)), locate: 1,
      id: InstrumentID(venue: venue, index: 0), core: 0, top: TopOfBook(), state: .ok, digest: 0,
      record: InstrumentRecord())
    summary.canonical = try #require(Symbol(canonical ?? symbol))
    return summary
  }

  @Test func symbolsOfOneVenueAreListedInOrder() throws {
    let instruments = [
      try listing(1, "ZZZ"), try listing(0, "BRK.B"), try listing(1, "BRK B", "BRK.B"), try listing(2, "BRK B"),
      try listing(0, "IBM"), try listing(2, "IBM"), try listing(0, "AAA"),
    ]
    let unmatched = UnmatchedSymbols(instruments, venueCount: 3)
    #expect(unmatched.count == 3)
    #expect(unmatched.listings.map { "\($0.venue) \($0.symbol)" } == ["v0 AAA", "v1 ZZZ", "v2 BRK B"])
    #expect(UnmatchedSymbols(instruments, venueCount: 1).count == 0)
  }

  @Test func theListIsBoundedTheCountIsNot() throws {
    let instruments = try (0..<250).map { try listing(0, "S\($0)") }
    let unmatched = UnmatchedSymbols(instruments, venueCount: 2)
    #expect(unmatched.count == 250 && unmatched.listings.count == 100)
    #expect(unmatched.listings.first?.symbol == Symbol("S0"))
  }
}
