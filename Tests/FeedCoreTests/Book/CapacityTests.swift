import Testing

@testable import FeedCore

/// A capacity reached is a counter and an untrusted book; the other books go on right.
struct CapacityTests {
  typealias M = ITCHBytes

  private func harness(_ change: (inout CapacitySettings) -> Void) -> CoreHarness {
    var capacity = CoreHarness.smallCapacity()
    change(&capacity)
    let harness = CoreHarness(capacity: capacity)
    harness.trust(.ok)
    for (locate, stock) in [(UInt16(1), "AAA"), (2, "BBB")] { harness.send(M.trading(locate, stock)) }
    return harness
  }

  private func references(_ harness: CoreHarness, _ stock: String, _ side: Side = .buy) -> [[UInt64]] {
    harness.levels(stock, side).map { $0.orders.map(\.reference) }
  }

  @Test func ordersFull() {
    let harness = harness { $0.liveOrders = 4 }
    for reference in UInt64(1)...2 {
      harness.send([M.add(1, reference, "B", 10, "AAA", 50_000), M.add(2, reference + 10, "B", 10, "BBB", 50_000)])
    }
    harness.send(M.add(1, 9, "B", 10, "AAA", 60_000))
    #expect(harness.counted(.ordersFull) == 1)
    #expect(harness.state("AAA") == .untrusted)
    #expect(harness.state("BBB") == .ok)
    #expect(references(harness, "AAA") == [[1, 2]])
    // A duplicate and a replace take no more room.
    harness.send([M.add(2, 11, "B", 5, "BBB", 40_000), M.replace(2, 12, 13, 7, 50_000)])
    #expect(references(harness, "BBB") == [[13], [11]])
    #expect(harness.counted(.ordersFull) == 1)
    #expect(harness.counted(.duplicateAdds) == 1)
    // With one gone there is room again; the refused order stays unknown.
    harness.send([M.delete(2, 13), M.add(2, 14, "S", 5, "BBB", 90_000), M.delete(1, 9)])
    #expect(references(harness, "BBB", .sell) == [[14]])
    #expect(harness.orphans("D") == 1)
    #expect(harness.state("BBB") == .ok)
    #expect(harness.liveOrders() == 4)
  }

  @Test func levelsFull() {
    // The eight best levels of a side need no room. Two blocks of eight: the far bids of one stock and of the other.
    let harness = harness { $0.priceLevels = 16 }
    for index in UInt32(0)..<16 {
      harness.send(M.add(1, UInt64(index), "B", 10, "AAA", 50_000 + index))
      harness.send(M.add(2, UInt64(index), "B", 10, "BBB", 50_000 + index))
    }
    for index in UInt32(0)..<8 { harness.send(M.add(1, UInt64(50 + index), "S", 10, "AAA", 70_000 + index)) }
    #expect(harness.counted(.levelsFull) == 0)
    let live = harness.liveOrders()
    // The best, one between far levels, and the ninth of the other side.
    harness.send(M.add(1, 100, "B", 10, "AAA", 60_000))
    harness.send(M.add(1, 101, "B", 10, "AAA", 40_000))
    harness.send(M.add(1, 102, "S", 10, "AAA", 80_000))
    #expect(harness.counted(.levelsFull) == 3)
    #expect(harness.state("AAA") == .untrusted)
    #expect(harness.state("BBB") == .ok)
    #expect(harness.liveOrders() == live)
    #expect(harness.levels("AAA", .buy).map(\.price) == (0..<16).map { 50_015 - $0 })
    #expect(harness.levels("AAA", .sell).map(\.price) == (0..<8).map { 70_000 + $0 })
    // An order at a far price that is there, and one at a new best price once another level is gone.
    harness.send([M.add(2, 200, "B", 10, "BBB", 50_003), M.delete(2, 0), M.add(2, 201, "B", 10, "BBB", 60_000)])
    #expect(harness.levels("BBB", .buy).map(\.price) == [60_000] + (0..<15).map { 50_015 - $0 })
    #expect(harness.levels("BBB", .buy)[13].orders.map(\.reference) == [3, 200])
    #expect(harness.counted(.levelsFull) == 3)
    #expect(harness.state("BBB") == .ok)
  }

  @Test func aSideThatShrankAndGrewAgainNeedsNoMoreRoom() {
    let harness = harness { $0.priceLevels = 32 }
    // Nine far levels need the blocks of 8 and 16 once; 8 are free afterwards.
    for round in UInt64(0)..<50 {
      for index in UInt64(0)..<17 { harness.send(M.add(1, round * 20 + index, "B", 10, "AAA", UInt32(50_000 + index))) }
      for index in UInt64(0)..<17 { harness.send(M.delete(1, round * 20 + index)) }
    }
    for index in UInt64(1)...9 { harness.send(M.add(2, index, "B", 10, "BBB", UInt32(50_000 - index))) }
    #expect(harness.counted(.levelsFull) == 0)
    #expect(references(harness, "BBB") == (1...9).map { [$0] })
  }

  @Test func instrumentsFull() {
    let harness = harness { $0.instruments = 2 }
    harness.send([M.add(3, 1, "B", 10, "CCC", 50_000), M.directory(4, "DDD"), M.trading(5, "EEE")])
    #expect(harness.counted(.instrumentsFull) == 3)
    #expect(harness.instrumentCount() == 2)
    #expect(harness.liveOrders() == 0)
    harness.send([M.execute(3, 1, 10), M.delete(3, 1)])
    #expect(harness.orphans("E") + harness.orphans("D") == 2)
    harness.send([M.add(1, 1, "B", 10, "AAA", 50_000), M.add(2, 1, "S", 10, "BBB", 50_000)])
    #expect(references(harness, "AAA") == [[1]])
    #expect(harness.state("AAA") == .ok)
    #expect(harness.state("CCC") == .untrusted)
    #expect(harness.best("CCC") == ConsolidatedBest())
  }

  @Test func moreSharesAtAPriceThanFit() {
    let harness = harness { _ in }
    harness.send([M.add(1, 1, "B", .max, "AAA", 50_000), M.add(1, 2, "B", 1, "AAA", 50_000)])
    #expect(harness.counted(.levelQuantityOverflows) == 1)
    #expect(harness.state("AAA") == .untrusted)
    #expect(harness.top("AAA").bidQuantity == .max)
    harness.send([
      M.delete(1, 1), M.delete(1, 2), M.add(1, 3, "B", 7, "AAA", 50_000), M.add(2, 1, "B", 5, "BBB", 50_000),
    ])
    #expect(harness.orphans("D") == 0)
    #expect(harness.state("BBB") == .ok)
    #expect(references(harness, "BBB") == [[1]])
  }

  @Test func recordsFull() {
    var capacity = CoreHarness.smallCapacity()
    capacity.records = 2
    func run(_ capacity: CapacitySettings) -> CoreHarness {
      let harness = CoreHarness(
        venues: ["x", "y"].map { VenueSettings(name: $0) }, capacity: capacity, crossVenue: CrossVenueSettings())
      for venue in 0..<2 {
        harness.trust(.ok, channel: venue)
        harness.send(M.trading(1, "AAA"), channel: venue)
      }
      harness.send(M.add(1, 1, "S", 10, "AAA", 50_000), channel: 0)
      for reference in UInt64(1)...5 {
        harness.send(M.add(1, reference, "B", 10, "AAA", 50_100), channel: 1)
        harness.send(M.delete(1, reference), channel: 1)
      }
      return harness
    }
    let small = run(capacity)
    let large = run(CoreHarness.smallCapacity())
    #expect(small.opportunities.count == 2)
    #expect(large.opportunities.count == 5)
    #expect(small.counted(.recordsFull) == 3)
    for shard in 0..<16 { #expect(small.shardDigests(shard) == large.shardDigests(shard)) }
  }

  @Test func opportunitiesFull() {
    var capacity = CoreHarness.smallCapacity()
    let stocks = OpportunityTable.capacity + 3
    capacity.instruments = stocks
    capacity.liveOrders = 2 * stocks
    capacity.priceLevels = 16 * stocks
    capacity.records = stocks
    let harness = CoreHarness(
      venues: ["x", "y"].map { VenueSettings(name: $0) }, capacity: capacity, crossVenue: CrossVenueSettings())
    for venue in 0..<2 { harness.trust(.ok, channel: venue) }
    for index in 1...stocks {
      let locate = UInt16(index)
      for venue in 0..<2 {
        harness.send(
          [
            M.trading(locate, "S\(index)"),
            M.add(locate, UInt64(index), venue == 0 ? "S" : "B", 10, "S\(index)", 50_000 + UInt32(100 * venue)),
          ], channel: venue)
      }
    }
    #expect(harness.counted(.opportunitiesFull) == 3)
    // One ends, and another has room.
    harness.send(M.delete(1, 1), channel: 0)
    harness.send(M.cancel(UInt16(stocks), UInt64(stocks), 1), channel: 0)
    harness.finish()
    #expect(harness.opportunities.count == OpportunityTable.capacity + 1)
    #expect(harness.opportunities.contains { $0.symbol.description == "S\(stocks)" })
  }
}
