import Testing

@testable import FeedCore

/// What a core does besides applying messages: files without numbers, restarts, the clock.
struct CoreTests {
  typealias M = ITCHBytes

  @Test func aFileWithoutNumbersIsTrustedFromStartOfMessagesOn() {
    let harness = CoreHarness(isNumbered: false)
    harness.trust(.lateStart)
    harness.send([M.trading(1, "ABC"), M.delete(1, 1)])
    #expect(harness.state("ABC") == .lateStart)
    harness.send(M.system("S"))
    #expect(harness.state("ABC") == .lateStart)
    harness.send([M.system("O"), M.delete(1, 1)])
    #expect(harness.state("ABC") == .untrusted)
    #expect(harness.orphans("D") == 2)
  }

  @Test func aSecondStartOfMessagesInAFileBeginsAnotherDay() {
    let harness = CoreHarness(isNumbered: false)
    harness.trust(.lateStart)
    harness.send([M.system("O"), M.trading(1, "ABC"), M.add(1, 1, "B", 10, "ABC", 50_000), M.system("Q")])
    #expect(harness.state("ABC") == .ok)
    #expect(harness.counted(.sessionRestarts) == 0)
    // In one packet: what comes behind the event is of the new day.
    harness.send([
      M.add(1, 2, "B", 10, "ABC", 50_000), M.system("O"), M.add(1, 3, "B", 7, "NEW", 50_000), M.trading(2, "ABC"),
    ])
    #expect(harness.counted(.sessionRestarts) == 1)
    #expect(harness.levels("ABC", .buy).isEmpty)
    #expect(harness.state("ABC") == .ok)
    #expect(harness.levels("NEW", .buy).map(\.quantity) == [7])
    #expect(!harness.books.isMarketOpen(0))
  }

  @Test func aNumberedFeedDoesNotMindStartOfMessages() {
    let harness = CoreHarness()
    harness.trust(.lateStart)
    harness.send([M.trading(1, "ABC"), M.system("O"), M.system("O")])
    #expect(harness.state("ABC") == .lateStart)
    #expect(harness.counted(.sessionRestarts) == 0)
  }

  @Test func trustOfAChannelIsTheFloorOfItsBooks() {
    let harness = CoreHarness(venues: ["x", "y"].map { VenueSettings(name: $0) })
    for venue in 0..<2 {
      harness.trust(.ok, channel: venue)
      harness.send([M.trading(1, "ABC"), M.trading(2, "DEF", "H")], channel: venue)
    }
    for state in BookState.allCases {
      harness.trust(state, channel: 1)
      #expect(harness.state("ABC", venue: 1) == state)
      #expect(harness.state("DEF", venue: 1) == max(state, .halted))
      #expect(harness.state("ABC", venue: 0) == .ok)
    }
    #expect(harness.state("ABC", venue: 1) == .untrusted)
  }

  /// Between loss and its repair a reference may be unknown without damage; afterwards it may not.
  @Test func orphansShowDamageOnlyWhileTheChannelIsComplete() {
    let harness = CoreHarness()
    harness.trust(.ok)
    harness.send(M.trading(1, "ABC"))
    harness.trust(.gap)
    harness.send(M.delete(1, 5))
    harness.trust(.ok)
    #expect(harness.state("ABC") == .ok)
    harness.send(M.delete(1, 5))
    #expect(harness.state("ABC") == .untrusted)
  }

  @Test func exchangeTimeIsTheLastMessagesOfTheVenue() {
    let harness = CoreHarness(venues: ["x", "y"].map { VenueSettings(name: $0) })
    harness.send(M.add(1, 1, "B", 10, "ABC", 50_000, at: 34_200_000_000_123), channel: 0)
    harness.send(M.add(1, 1, "B", 10, "ABC", 50_000, at: 86_399_999_999_999), channel: 1)
    #expect(harness.books.exchangeNanoseconds(of: 0) == 34_200_000_000_123)
    #expect(harness.books.exchangeNanoseconds(of: 1) == 86_399_999_999_999)
    #expect(harness.books.exchangeNanoseconds(of: 7) == 0)
  }

  @Test func whatIsNotThereHasNoBook() {
    let harness = CoreHarness()
    let unknown = InstrumentID(venue: 0, index: 9)
    #expect(harness.books.state(of: unknown) == .untrusted)
    #expect(harness.books.top(of: unknown) == TopOfBook())
    #expect(harness.books.isShortSaleRestricted(unknown))
    #expect(harness.books.state(of: .none) == .untrusted)
    #expect(harness.books.instrument(of: 99, at: 0) == .none)
    #expect(harness.books.symbol(of: 99) == .unknown)
    #expect(harness.books.multiplier(of: unknown) == 100_000)
    #expect(!harness.books.isMarketOpen(3))
  }

  @Test func messagesOfOneBatchMayExceedAChunk() {
    let harness = CoreHarness()
    harness.trust(.ok)
    let count = EventList.chunkMaximum * 3 + 5
    harness.send((0..<count).map { M.add(1, UInt64($0), "B", 1, "ABC", 50_000) })
    #expect(harness.levels("ABC", .buy).map(\.orders.count) == [count])
    #expect(harness.counted(.topChanges) == 1)
    #expect(harness.core.messages == UInt64(count))
  }
}
