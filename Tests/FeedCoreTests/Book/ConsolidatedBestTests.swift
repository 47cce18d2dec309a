import Testing

@testable import FeedCore

/// The consolidated best holds `ok` books only, at every moment.
struct ConsolidatedBestTests {
  typealias M = ITCHBytes

  private func market() -> CoreHarness {
    let harness = CoreHarness(venues: ["x", "y", "z"].map { VenueSettings(name: $0) })
    for venue in 0..<3 {
      harness.trust(.ok, channel: venue)
      harness.send(
        [
          M.trading(1, "ABC"), M.add(1, 1, "B", 10, "ABC", UInt32(100_000 + venue * 100)),
          M.add(1, 2, "S", 10, "ABC", UInt32(100_900 - venue * 100)),
        ], channel: venue)
    }
    return harness
  }

  private func prices(_ harness: CoreHarness) -> [Int64?] {
    let best = harness.best("ABC")
    return [best.bid, best.ask].map { $0.map { $0 / 100_000 } }
  }

  @Test func isTheBestOfEachSideOverVenues() {
    let harness = market()
    #expect(prices(harness) == [100_200, 100_700])
    harness.send(M.delete(1, 1), channel: 2)
    #expect(prices(harness) == [100_100, 100_700])
    harness.send(M.replace(1, 2, 3, 5, 100_300), channel: 0)
    #expect(prices(harness) == [100_100, 100_300])
  }

  @Test(arguments: [BookState.gap, .silent, .lateStart, .untrusted])
  func aVenueLeavesItWithItsChannelsTrustAndComesBack(state: BookState) {
    let harness = market()
    harness.trust(state, channel: 2)
    #expect(prices(harness) == [100_100, 100_800])
    harness.trust(state, channel: 1)
    harness.trust(state, channel: 0)
    #expect(harness.best("ABC") == ConsolidatedBest())
    for venue in 0..<3 { harness.trust(.ok, channel: venue) }
    #expect(prices(harness) == [100_200, 100_700])
  }

  /// In the same step: the packet that shows the damage leaves no best of that venue behind.
  @Test(arguments: [
    M.delete(1, 99), M.trading(1, "ABC", "H"), M.halt(1, "ABC", "H"), M.add(1, 50, "B", 1, "ABC", 0),
    M.add(1, 50, "B", 1, "ABC", 1 << 31),
  ])
  func aBookLeavesItWithWhatEndsItsTrust(message: [UInt8]) {
    let harness = market()
    harness.send([message], channel: 2)
    #expect(prices(harness) == [100_100, 100_800])
  }

  @Test func aRestartedVenueIsOutUntilItTradesAgain() {
    let harness = market()
    harness.restart(channel: 2)
    #expect(prices(harness) == [100_100, 100_800])
    harness.send(M.add(4, 1, "B", 10, "ABC", 100_500), channel: 2)
    #expect(prices(harness) == [100_100, 100_800])
    harness.send(M.trading(4, "ABC"), channel: 2)
    #expect(prices(harness) == [100_500, 100_800])
  }

  @Test func anUnknownSymbolHasNone() {
    #expect(market().best("NONE") == ConsolidatedBest())
  }
}
