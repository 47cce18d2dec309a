import Testing

@testable import FeedCore

/// Books driven with random messages, held against the slow reference after every packet.
struct BookPropertyTests {
  /// Runs streams of several venues side by side; the first difference ends it. The levels are looked at after every
  /// `depthEvery` packets, states and counters after each.
  private func run(
    _ options: [MarketStream.Options], packets: Int, seed: UInt64, restartEvery: Int = 0,
    channel: BookState = .ok, capacity: CapacitySettings = CoreHarness.smallCapacity(), depthEvery: Int = 1
  ) {
    var random = BookTestRandom(seed: seed)
    let venues = options.indices.map { VenueSettings(name: "v\($0)") }
    let harness = CoreHarness(venues: venues, capacity: capacity)
    var references = options.map { _ in ReferenceVenue() }
    var streams = options.map { MarketStream(options: $0, seed: random.next()) }

    func begin(_ venue: Int) {
      harness.trust(channel, channel: venue)
      references[venue].isComplete = channel == .ok
      let opening = streams[venue].opening()
      for message in opening { references[venue].apply(message) }
      harness.send(opening, channel: venue)
      references[venue].publish(references[venue].takeTouched())
    }
    for venue in options.indices { begin(venue) }

    for packet in 0..<packets {
      let venue = random.below(options.count)
      if restartEvery > 0, packet % restartEvery == restartEvery - 1 {
        harness.restart(channel: venue)
        references[venue].restart()
        begin(venue)
      }
      var messages: [[UInt8]] = []
      for _ in 0..<1 + random.below(12) {
        messages.append(streams[venue].next(references[venue]))
        references[venue].apply(messages.last!)
      }
      harness.send(messages, channel: venue)
      let touched = references[venue].takeTouched()
      references[venue].publish(touched)
      let comparison = BookComparison(
        harness: harness, venue: venue, reference: references[venue], channel: channel)
      var difference =
        packet % depthEvery != depthEvery - 1
        ? comparison.stateDifference(in: touched)
        : depthEvery > 1 || packet % 100 == 99 ? comparison.difference() : comparison.difference(in: touched)
      difference = difference ?? BookComparison.counterDifference(harness, references)
      // What the best of a side is worth beyond 32 bits, the reference does not follow.
      let isBeyond = references.contains { $0.books.values.contains(where: \.hasOverflowed) }
      if difference == nil, restartEvery == 0, !isBeyond {
        let changes = references.reduce(0) { $0 + $1.topChanges }
        if harness.counted(.topChanges) != changes {
          difference = "topChanges \(harness.counted(.topChanges)), not \(changes)"
        }
      }
      if let difference {
        Issue.record("seed \(seed), packet \(packet), venue \(venue): \(difference)\nlast packet: \(messages)")
        return
      }
    }
    for venue in options.indices {
      let comparison = BookComparison(harness: harness, venue: venue, reference: references[venue], channel: channel)
      #expect(comparison.difference() == nil, "seed \(seed)")
    }
  }

  private func options(
    _ references: MarketStream.References, dirt: Int = 0, stocks: Int = 8, span: Int = 20, resting: Int = 400
  ) -> MarketStream.Options {
    var options = MarketStream.Options()
    options.references = references
    options.dirt = dirt
    options.stocks = stocks
    options.span = span
    options.resting = resting
    return options
  }

  @Test(arguments: MarketStream.References.allCases)
  func soundStreamGivesTheReferencesBook(_ references: MarketStream.References) {
    run([options(references)], packets: 700, seed: BookTestRandom.seed())
  }

  @Test(arguments: MarketStream.References.allCases)
  func unsoundStreamGivesTheReferencesBook(_ references: MarketStream.References) {
    run([options(references, dirt: 150)], packets: 700, seed: BookTestRandom.seed())
  }

  @Test func venuesDoNotTouchOneAnother() {
    run(
      [options(.dense, dirt: 30), options(.dense, dirt: 5, stocks: 4), options(.mixed, stocks: 12)], packets: 1_200,
      seed: BookTestRandom.seed())
  }

  @Test func restartsEmptyOneVenueOnly() {
    run(
      [options(.dense, dirt: 20), options(.powers, dirt: 20)], packets: 800, seed: BookTestRandom.seed(),
      restartEvery: 90)
  }

  @Test func lateStartOnlyCountsOrphans() {
    run([options(.dense, dirt: 200)], packets: 500, seed: BookTestRandom.seed(), channel: .lateStart)
  }

  @Test func manyOrdersAtFewPricesKeepTheirQueues() {
    run([options(.sparse, stocks: 1, span: 4, resting: 1_500)], packets: 500, seed: BookTestRandom.seed())
  }

  @Test func widePricesKeepTheirOrder() {
    run([options(.dense, dirt: 10, stocks: 2, span: 4_000, resting: 1_000)], packets: 400, seed: BookTestRandom.seed())
  }

  /// Changes of levels beyond the eight best are put off until somebody looks: nobody may be able to tell, and a book
  /// with more shares at a price than fit says so with the message that brings them.
  @Test(arguments: [1_000, 1 << 20 + 7, 1 << 30, .max - 1] as [UInt32])
  func farLevelsAreRightWheneverTheyAreLookedAt(sharesMaximum: UInt32) {
    var options = options(.dense, dirt: 5, stocks: 3, span: 70, resting: 900)
    options.sharesMaximum = sharesMaximum
    run([options], packets: 900, seed: BookTestRandom.seed(), depthEvery: 41)
  }

  @Test func arrivalNumbersMayWrap() {
    let harness = CoreHarness()
    harness.setArrivals(.max - 2)
    harness.trust(.ok)
    var reference = ReferenceVenue()
    for index in 0..<8 {
      let message = ITCHBytes.add(1, UInt64(100 - index), "B", 10, "AAPL", 50_000)
      reference.apply(message)
      harness.send(message)
    }
    #expect(harness.levels("AAPL", .buy)[0].orders.map(\.reference) == (0..<8).map { UInt64(100 - $0) })
    #expect(BookComparison(harness: harness, venue: 0, reference: reference).difference() == nil)
  }

  @Test func tenThousandLevelsASide() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var capacity = CoreHarness.smallCapacity()
    capacity.liveOrders = 32_768
    capacity.priceLevels = 65_536
    let harness = CoreHarness(capacity: capacity)
    harness.trust(.ok)
    // 20,000 orders, each at a price of its own, in random order; half of them then leave in another.
    var prices: [UInt32: UInt64] = [:]
    for (reference, price) in (0..<20_000).map({ UInt32(100 * ($0 + 1)) }).shuffled(using: &random).enumerated() {
      prices[price] = UInt64(reference)
      harness.send(
        ITCHBytes.add(1, UInt64(reference), price <= 1_000_000 ? "B" : "S", 1 + price / 100, "DEEP", price))
    }
    func check() {
      let bids = prices.keys.filter { $0 <= 1_000_000 }.sorted(by: >)
      let asks = prices.keys.filter { $0 > 1_000_000 }.sorted()
      for (side, wanted) in [(Side.buy, bids), (.sell, asks)] {
        let levels = harness.levels("DEEP", side)
        #expect(levels.map(\.price) == wanted.map { Int32($0) }, "seed \(seed)")
        #expect(levels.map(\.quantity) == wanted.map { 1 + $0 / 100 }, "seed \(seed)")
        #expect(levels.map { $0.orders.map(\.reference) } == wanted.map { [prices[$0]!] }, "seed \(seed)")
      }
    }
    check()
    for price in prices.keys.sorted().shuffled(using: &random).prefix(10_000) {
      harness.send(ITCHBytes.delete(1, prices.removeValue(forKey: price)!))
    }
    check()
    for price in prices.keys.sorted().shuffled(using: &random) {
      harness.send(ITCHBytes.execute(1, prices.removeValue(forKey: price)!, 1 + price / 100))
    }
    check()
    #expect(harness.liveOrders() == 0)
    #expect(harness.orphans("D") + harness.orphans("E") == 0)
  }
}
