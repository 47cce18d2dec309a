import Testing

@testable import FeedCore

/// Detectors driven with random markets, held against evaluators that look at everything at every publish point.
struct DetectorPropertyTests {
  struct Market {
    var venues: [VenueSettings]
    var options: [MarketStream.Options]
    /// Nanodollars in one unit of each venue's books: ITCH's, or near it, so that books still cross now and then.
    var units: [Int64]
    var settings = CrossVenueSettings()
    var imbalance = ImbalanceSettings()
  }

  private func random(_ random: inout BookTestRandom, venues: Int) -> Market {
    func rate(_ random: inout BookTestRandom) -> FeeRate {
      FeeRate(
        perShare: Int64(random.below(8_000_000)) - 4_000_000,
        fraction: random.chance(500) ? 0 : Int64(random.below(600_000)) - 300_000)
    }
    var market = Market(venues: [], options: [], units: [])
    // Around one dollar, where the tiers meet, or far from it.
    let middle = random.chance(500) ? 10_000 : 400_000
    for venue in 0..<venues {
      var settings = VenueSettings(name: "v\(venue)")
      settings.fees.taker = rate(&random)
      settings.fees.takerBelowDollar = rate(&random)
      market.venues.append(settings)
      var options = MarketStream.Options()
      options.stocks = 3 + random.below(3)
      options.span = 8 + random.below(30)
      options.middle = middle
      options.resting = 40 + random.below(100)
      options.dirt = random.chance(500) ? 0 : 4
      market.options.append(options)
      market.units.append(random.chance(500) ? 100_000 : Int64(99_900 + random.below(200)))
    }
    market.settings.minimumEdge = Int64(1 + random.below(60_000_000))
    market.settings.minimumQuantity = UInt32(1 + random.below(800))
    market.imbalance.depth = 1 + random.below(4)
    market.imbalance.thresholdPartsPerMillion = UInt32(500_001 + random.below(400_000))
    market.imbalance.minimumQuantity = UInt32(1 + random.below(2_000))
    return market
  }

  @Test(arguments: [2, 2, 3, 4])
  func detectionsEqualTheSlowEvaluators(venues: Int) {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var opportunities = 0
    for round in 0..<4 {
      let market = self.random(&random, venues: venues)
      opportunities += run(
        market, packets: 300, random: &random, note: "seed \(seed), round \(round), \(venues) venues")
    }
    #expect(opportunities > 0, "seed \(seed): markets without opportunities prove nothing")
  }

  /// Opportunities there were.
  private func run(_ market: Market, packets: Int, random: inout BookTestRandom, note: String) -> Int {
    let harness = CoreHarness(venues: market.venues, crossVenue: market.settings, imbalance: market.imbalance)
    var slow = SlowCrossVenue(settings: market.settings, fees: market.venues.map(\.fees), units: market.units)
    var signals = SlowImbalance(settings: market.imbalance)
    var references = market.options.map { _ in ReferenceVenue() }
    var streams = market.options.map { MarketStream(options: $0, seed: random.next()) }
    var channels = market.options.map { _ in BookState.gap }

    func publish() {
      slow.publish(references, channels: channels, at: harness.clock)
      signals.publish(references, channels: channels, at: harness.clock)
    }
    func trust(_ state: BookState, _ venue: Int) {
      harness.trust(state, channel: venue)
      channels[venue] = state
      references[venue].isComplete = state == .ok
      publish()
    }
    func send(_ messages: [[UInt8]], _ venue: Int) {
      for message in messages { references[venue].apply(message) }
      harness.send(messages, channel: venue)
      publish()
    }
    for venue in references.indices {
      trust(.ok, venue)
      send(streams[venue].opening(), venue)
      let scale = PriceScale(numerator: market.units[venue], denominator: 1, divisor: 1)!
      let directory = harness.books.venues[venue].directory
      for index in 0..<directory.pointee.count { _ = directory.pointee.setScale(scale, instrument: index) }
    }
    for _ in 0..<packets {
      let venue = random.below(references.count)
      if random.chance(25) { trust(random.pick([.gap, .silent, .untrusted, .lateStart, .ok]), venue) }
      if channels[venue] != .ok, random.chance(200) { trust(.ok, venue) }
      if random.chance(6) {
        harness.restart(channel: venue)
        references[venue].restart()
        channels[venue] = .gap
        publish()
        channels[venue] = .ok
        references[venue].isComplete = true
        publish()
        send(streams[venue].opening(), venue)
      }
      var messages: [[UInt8]] = []
      var scratch = references[venue]
      for _ in 0..<1 + random.below(6) {
        messages.append(streams[venue].next(scratch))
        scratch.apply(messages.last!)
      }
      send(messages, venue)
    }
    harness.finish()
    slow.finish(at: harness.clock)

    let found = harness.opportunities.map { SlowCrossVenue.Opportunity($0) }.sorted()
    let wanted = slow.ended.sorted()
    #expect(found.count == wanted.count, "\(note)")
    if let index = zip(found, wanted).map({ $0 == $1 }).firstIndex(of: false) {
      Issue.record("\(note): \(found[index]), not \(wanted[index])")
    }
    checkNumbers(harness, note)
    let begun = (0..<16).reduce(0) { $0 + (harness.core.imbalance?.begun[$1] ?? 0) }
    #expect(begun == signals.begun, "\(note)")
    return wanted.count
  }

  /// Numbers of a shard's opportunities: from 1, one after another, in order of beginning.
  private func checkNumbers(_ harness: CoreHarness, _ note: String) {
    for shard in 0..<16 {
      let records = harness.opportunities.filter { $0.shard == UInt8(shard) }.sorted { $0.number < $1.number }
      #expect(records.map(\.number) == (0..<records.count).map { UInt64($0 + 1) }, "\(note)")
      #expect(records.map(\.beginNanoseconds) == records.map(\.beginNanoseconds).sorted(), "\(note)")
    }
  }
}
