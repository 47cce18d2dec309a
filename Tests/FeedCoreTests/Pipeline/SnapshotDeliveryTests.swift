import Testing

@testable import FeedCore

/// A snapshot of all books of a channel, as the session layer hands it on.
struct SnapshotDeliveryTests {
  typealias M = ITCHBytes

  /// Two books, the first with an order that the snapshot lacks.
  private func lateStarter() -> CoreHarness {
    let harness = CoreHarness()
    harness.trust(.lateStart)
    harness.send([
      M.trading(1, "ABC"), M.trading(2, "DEF", "H"), M.add(1, 1, "B", 10, "ABC", 50_000),
      M.add(2, 2, "S", 20, "DEF", 60_000),
    ])
    return harness
  }

  @Test func aSnapshotTakesThePlaceOfTheChannelsBooks() {
    let harness = lateStarter()
    harness.snapshot([M.add(1, 7, "B", 5, "ABC", 49_000), M.add(1, 8, "B", 6, "ABC", 49_000)])
    #expect(
      harness.levels("ABC", .buy).map(\.orders)
        == [[.init(reference: 7, quantity: 5), .init(reference: 8, quantity: 6)]])
    #expect(harness.levels("DEF", .sell).isEmpty)
    #expect(harness.liveOrders() == 2)
    // Kept live messages, then the state.
    harness.send([M.delete(1, 7), M.add(2, 9, "S", 3, "DEF", 61_000)])
    #expect(harness.state("ABC") == .lateStart)
    harness.trust(.ok)
    #expect(harness.state("ABC") == .ok)
    #expect(harness.state("DEF") == .halted, "trading states outlive the books")
    #expect(harness.levels("ABC", .buy).map(\.quantity) == [6])
    #expect(harness.levels("DEF", .sell).map(\.price) == [61_000])
  }

  @Test func contentOfASnapshotIsCountedApartFromLiveMessages() {
    let harness = lateStarter()
    let live = harness.core.messages
    harness.snapshot([M.add(1, 7, "B", 5, "ABC", 49_000), M.add(1, 8, "B", 6, "ABC", 49_000)])
    #expect(harness.core.messages == live)
    #expect(harness.counted(.snapshotMessages) == 2)
  }

  /// Every message would be a change of the top.
  @Test(arguments: [1, 3, 64]) func aSnapshotIsOnePublishPoint(packetsPerFlush: Int) {
    let harness = lateStarter()
    harness.packetsPerFlush = packetsPerFlush
    let before = harness.counted(.topChanges)
    harness.snapshot((0..<20).map { M.add(1, UInt64(100 + $0), "B", 5, "ABC", 51_000 + UInt32($0)) })
    harness.flush()
    // Both books are emptied, which shows; then ABC has its best bid.
    #expect(harness.counted(.topChanges) == before + 3)
    #expect(harness.top("ABC").bidPrice == 51_019)
  }

  @Test func aSnapshotHealsABookThatWasDamaged() {
    let harness = lateStarter()
    harness.trust(.ok)
    harness.send(M.delete(1, 99))
    #expect(harness.state("ABC") == .untrusted)
    harness.trust(.untrusted)
    harness.snapshot([M.add(1, 7, "B", 5, "ABC", 49_000)])
    harness.trust(.ok)
    #expect(harness.state("ABC") == .ok)
  }

  @Test func aBookIsNotTrustedWhileItsSnapshotComes() {
    let harness = lateStarter()
    harness.trust(.ok)
    harness.snapshot([M.add(1, 7, "B", 5, "ABC", 49_000)], isWhole: false)
    #expect(harness.state("ABC") == .gap)
  }

  @Test func aSnapshotLeavesOtherChannelsAlone() {
    let harness = CoreHarness(venues: ["x", "y"].map { VenueSettings(name: $0) })
    for venue in 0..<2 {
      harness.trust(.ok, channel: venue)
      harness.send([M.trading(1, "ABC"), M.add(1, 1, "B", 10, "ABC", 50_000)], channel: venue)
    }
    harness.snapshot([], channel: 1)
    #expect(harness.levels("ABC", .buy, venue: 0).map(\.quantity) == [10])
    #expect(harness.levels("ABC", .buy, venue: 1).isEmpty)
    #expect(harness.state("ABC", venue: 0) == .ok)
  }
}
