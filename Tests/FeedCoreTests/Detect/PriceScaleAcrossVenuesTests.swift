import Testing

@testable import FeedCore

/// Venues with unlike price units meet in nanodollars only: venue 0 has 1/10,000 dollar, venue 1 another scale, set
/// before its first price.
struct PriceScaleAcrossVenuesTests {
  typealias M = ITCHBytes

  private func market(_ scale: PriceScale) -> CoreHarness {
    let harness = CoreHarness(venues: ["x", "y"].map { VenueSettings(name: $0) }, crossVenue: CrossVenueSettings())
    for venue in 0..<2 {
      harness.trust(.ok, channel: venue)
      harness.send([M.directory(1, "ABC"), M.trading(1, "ABC")], channel: venue)
    }
    let index = harness.instrument("ABC", venue: 1).index
    #expect(harness.books.venues[1].directory.pointee.setScale(scale, instrument: index) == .set)
    return harness
  }

  @Test func opportunitiesAndTheBestAreInNanodollars() throws {
    let harness = market(try #require(PriceScale(decimals: 6)))
    // Ask 5.0000 × 100 at x; bid 5.012345 × 40 at y. As raw integers the ask would look far below.
    harness.send(M.add(1, 1, "S", 100, "ABC", 50_000), channel: 0, at: 100)
    harness.send(M.add(1, 1, "B", 40, "ABC", 5_012_345), channel: 1, at: 200)
    #expect(harness.best("ABC") == ConsolidatedBest(bid: 5_012_345_000, ask: 5_000_000_000))
    harness.finish(at: 300)
    let record = try #require(harness.opportunities.first)
    #expect(harness.opportunities.count == 1 && record.buyVenue == 0 && record.sellVenue == 1)
    #expect(record.maximumEdge == 12_345_000 && record.quantity == 40 && record.gain == 40 * 12_345_000)
    #expect(record.buyPrice == 5_000_000_000 && record.sellPrice == 5_012_345_000)
    #expect(record.notional == 200_000_000_000)
  }

  @Test func aGreaterIntegerIsNotAGreaterPrice() throws {
    let harness = market(try #require(PriceScale(decimals: 6)))
    // Ask 5.0000; bid 4.999999.
    harness.send(M.add(1, 1, "S", 100, "ABC", 50_000), channel: 0)
    harness.send(M.add(1, 1, "B", 40, "ABC", 4_999_999), channel: 1)
    harness.finish()
    #expect(harness.opportunities.isEmpty)
  }

  /// A unit of a million dollars takes any price beyond 64 bits of nanodollars: it stays at the end, and no sum wraps.
  @Test func productsBeyond64BitsSaturate() throws {
    let harness = market(try #require(PriceScale(numerator: 1_000_000 * FixedPoint.one, denominator: 1, divisor: 1)))
    harness.send(M.add(1, 1, "S", 100, "ABC", 50_000), channel: 0)
    harness.send(M.add(1, 1, "B", 40, "ABC", 2_000_000_000), channel: 1)
    #expect(harness.best("ABC").bid == .max)
    harness.finish()
    #expect(harness.opportunities.map(\.maximumEdge) == [Int64.max - 5_000_000_000])
    #expect(harness.opportunities.map(\.gain) == [Int64.max])
  }

  @Test func aChangedScaleTakesTheBookOutOfEverything() throws {
    let harness = market(try #require(PriceScale(decimals: 6)))
    harness.send(M.add(1, 1, "S", 100, "ABC", 50_000), channel: 0, at: 100)
    harness.send(M.add(1, 1, "B", 40, "ABC", 5_012_345), channel: 1, at: 200)
    // As of a decoder whose directory refuses the new scale.
    var damage = BookEvent()
    (damage.kind, damage.venue, damage.channel, damage.quantity) = (.damage, 1, 1, 1)
    damage.instrument = UInt32(harness.instrument("ABC", venue: 1).index)
    withUnsafeTemporaryAllocation(of: DeliveredPacket.self, capacity: 1) { packet in
      let bytes = UnsafeRawPointer(packet.baseAddress!)
      packet.initializeElement(
        at: 0, to: DeliveredPacket(captureNanoseconds: 0, payload: bytes, packetIndex: 0, fileIndex: 0))
      harness.core.books.apply(&damage, place: Place(delivery: packet.baseAddress!, bytes: bytes))
    }
    #expect(harness.state("ABC", venue: 1) == .untrusted && harness.state("ABC", venue: 0) == .ok)
    #expect(harness.best("ABC") == ConsolidatedBest(ask: 5_000_000_000))
    // The next publish point of either book ends the opportunity.
    harness.send(M.add(1, 2, "S", 1, "ABC", 49_999), channel: 0, at: 300)
    #expect(harness.opportunities.map(\.end) == [.bookNotOk])
    harness.restart(channel: 1)
    harness.trust(.ok, channel: 1)
    harness.send([M.directory(1, "ABC"), M.trading(1, "ABC")], channel: 1)
    #expect(harness.state("ABC", venue: 1) == .ok)
  }
}
