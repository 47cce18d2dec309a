import Testing

@testable import FeedCore

/// Life of cross-venue opportunities, and the orders they send. Prices in raw units, no fees unless said.
struct CrossVenueDetectorTests {
  typealias M = ITCHBytes

  private func market(
    _ venues: Int = 2, minimumEdge: Int64 = 1, minimumQuantity: UInt32 = 1, detects: Bool = true
  ) -> CoreHarness {
    var settings = CrossVenueSettings()
    settings.minimumEdge = minimumEdge
    settings.minimumQuantity = minimumQuantity
    let harness = CoreHarness(
      venues: (0..<venues).map { VenueSettings(name: "v\($0)") }, crossVenue: detects ? settings : nil)
    for venue in 0..<venues {
      harness.trust(.ok, channel: venue)
      harness.send([M.directory(1, "ABC"), M.trading(1, "ABC")], channel: venue)
    }
    return harness
  }

  /// What ended: "buy>sell begin-peak-end reason edge×quantity".
  private func ended(_ harness: CoreHarness) -> [String] {
    harness.opportunities.map {
      "\($0.buyVenue)>\($0.sellVenue) \($0.beginNanoseconds)-\($0.peakNanoseconds)-\($0.endNanoseconds) "
        + "\($0.end) \($0.maximumEdge)×\($0.quantity)"
    }
  }

  @Test func beginsPeaksAndEndsAtPublishPoints() {
    let harness = market()
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0, at: 100_000)
    harness.send(M.add(1, 1, "B", 40, "ABC", 100_100), channel: 1, at: 200_000)
    harness.send(M.add(1, 2, "B", 30, "ABC", 100_300), channel: 1, at: 300_000)
    // Equal to the peak, with more shares: the first of equals stays.
    harness.send(M.add(1, 3, "B", 60, "ABC", 100_300), channel: 1, at: 400_000)
    harness.send([M.delete(1, 2), M.delete(1, 3)], channel: 1, at: 500_000)
    harness.send(M.execute(1, 1, 40), channel: 1, at: 600_000)
    #expect(ended(harness) == ["0>1 200000-300000-600000 edgeGone 30000000×70"])
  }

  @Test func whatHappensInsideAPacketIsNotSeen() {
    let harness = market()
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0)
    harness.send([M.add(1, 1, "B", 40, "ABC", 100_100), M.delete(1, 1)], channel: 1)
    harness.finish()
    #expect(harness.opportunities.isEmpty)
  }

  @Test func minimumEdgeMetExactlyCountsAndOneNanodollarLessDoesNot() {
    for (minimum, count) in [(Int64(10_000_000), 1), (10_000_001, 0)] {
      let harness = market(minimumEdge: minimum)
      harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0)
      harness.send(M.add(1, 1, "B", 40, "ABC", 100_100), channel: 1)
      harness.finish()
      #expect(harness.opportunities.count == count)
    }
  }

  @Test func sizeMayComeFromDepthAlone() {
    let harness = market(minimumQuantity: 100)
    harness.send(M.add(1, 1, "S", 500, "ABC", 100_000), channel: 0)
    harness.send(M.add(1, 1, "B", 40, "ABC", 100_200), channel: 1)
    // Behind the best: 99 shares, then 100, then 99 again.
    harness.send(M.add(1, 2, "B", 59, "ABC", 100_100), channel: 1, at: 100_000)
    harness.send(M.add(1, 3, "B", 1, "ABC", 100_100), channel: 1, at: 200_000)
    harness.send(M.cancel(1, 2, 1), channel: 1, at: 300_000)
    // And from the other book's depth: the best ask shrinks, a deeper one makes up for it.
    harness.send(M.add(1, 4, "B", 1, "ABC", 100_100), channel: 1, at: 400_000)
    harness.send([M.cancel(1, 1, 450)], channel: 0, at: 500_000)
    harness.send(M.add(1, 2, "S", 50, "ABC", 100_050), channel: 0, at: 600_000)
    harness.finish(at: 700_000)
    #expect(
      ended(harness) == [
        "0>1 200000-200000-300000 edgeGone 20000000×100", "0>1 400000-400000-500000 edgeGone 20000000×100",
        "0>1 600000-600000-700000 endOfInput 20000000×100",
      ])
  }

  @Test func threeVenuesMakeAPairEach() {
    let harness = market(3)
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0, at: 100_000)
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_100), channel: 1, at: 200_000)
    harness.send(M.add(1, 1, "B", 100, "ABC", 100_200), channel: 2, at: 300_000)
    harness.send(M.delete(1, 1), channel: 0, at: 400_000)
    harness.finish(at: 500_000)
    #expect(
      ended(harness) == [
        "0>2 300000-300000-400000 edgeGone 20000000×100", "1>2 300000-300000-500000 endOfInput 10000000×100",
      ])
  }

  @Test func bothDirectionsStandOnTheirOwn() {
    let harness = market()
    harness.send([M.add(1, 1, "S", 10, "ABC", 100_000), M.add(1, 2, "B", 20, "ABC", 100_500)], channel: 0, at: 100_000)
    harness.send([M.add(1, 1, "S", 30, "ABC", 100_400), M.add(1, 2, "B", 40, "ABC", 100_300)], channel: 1, at: 200_000)
    harness.finish(at: 300_000)
    #expect(
      Set(ended(harness)) == [
        "0>1 200000-200000-300000 endOfInput 30000000×10", "1>0 200000-200000-300000 endOfInput 10000000×20",
      ])
  }

  @Test(arguments: [
    ([M.trading(1, "ABC", "H")], [M.trading(1, "ABC", "T")]), ([M.trading(1, "ABC", "P")], [M.trading(1, "ABC", "T")]),
    ([M.halt(1, "ABC", "H")], [M.halt(1, "ABC", "T")]),
  ])
  func haltEndsAndResumptionBeginsAgain(halt: [[UInt8]], resume: [[UInt8]]) {
    let harness = market()
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0)
    harness.send(M.add(1, 1, "B", 40, "ABC", 100_100), channel: 1, at: 100_000)
    harness.send(halt, channel: 1, at: 200_000)
    harness.send(resume, channel: 1, at: 300_000)
    harness.finish(at: 400_000)
    #expect(
      ended(harness) == [
        "0>1 100000-100000-200000 bookNotOk 10000000×40", "0>1 300000-300000-400000 endOfInput 10000000×40",
      ])
  }

  @Test(arguments: [BookState.gap, .silent, .lateStart, .untrusted])
  func lostTrustEndsAndRegainedTrustBeginsAgain(state: BookState) {
    for channel in 0..<2 {
      let harness = market()
      harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0)
      harness.send(M.add(1, 1, "B", 40, "ABC", 100_100), channel: 1, at: 100_000)
      harness.trust(state, channel: channel, at: 200_000)
      harness.trust(.ok, channel: channel, at: 300_000)
      harness.finish(at: 400_000)
      #expect(
        ended(harness) == [
          "0>1 100000-100000-200000 bookNotOk 10000000×40", "0>1 300000-300000-400000 endOfInput 10000000×40",
        ])
    }
  }

  @Test func whatTheOtherVenueDidMeanwhileIsSeenWhenTrustReturns() {
    let harness = market()
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0)
    harness.trust(.gap, channel: 0, at: 100_000)
    // Not judged while venue 0 is behind, and no message of either book comes afterwards.
    harness.send(M.add(1, 1, "B", 40, "ABC", 100_100), channel: 1, at: 200_000)
    harness.trust(.ok, channel: 0, at: 300_000)
    // And the other way round: it vanishes while venue 0 is behind.
    harness.trust(.gap, channel: 0, at: 400_000)
    harness.send(M.delete(1, 1), channel: 1, at: 500_000)
    harness.trust(.ok, channel: 0, at: 600_000)
    harness.finish(at: 700_000)
    #expect(ended(harness) == ["0>1 300000-300000-400000 bookNotOk 10000000×40"])
  }

  @Test func anOrphanEndsTheOpportunitiesOfItsStockOnly() {
    let harness = market()
    for (locate, stock) in [(UInt16(1), "ABC"), (2, "DEF")] {
      for venue in 0..<2 { harness.send([M.directory(locate, stock), M.trading(locate, stock)], channel: venue) }
      harness.send(M.add(locate, UInt64(locate), "S", 100, stock, 100_000), channel: 0)
      harness.send(M.add(locate, UInt64(locate), "B", 40, stock, 100_100), channel: 1, at: 100_000)
    }
    harness.send(M.delete(1, 77), channel: 1, at: 200_000)
    harness.finish(at: 300_000)
    #expect(harness.state("ABC", venue: 1) == .untrusted)
    #expect(harness.state("DEF", venue: 1) == .ok)
    #expect(
      ended(harness) == [
        "0>1 100000-100000-200000 bookNotOk 10000000×40", "0>1 100000-100000-300000 endOfInput 10000000×40",
      ])
  }

  @Test func aRestartEndsAndTheNewSessionsBookBeginsAgain() {
    let harness = market()
    harness.send(M.add(1, 1, "S", 100, "ABC", 100_000), channel: 0)
    harness.send(M.add(1, 1, "B", 40, "ABC", 100_100), channel: 1, at: 100_000)
    harness.restart(channel: 1, at: 200_000)
    harness.send([M.trading(9, "ABC"), M.add(9, 1, "B", 30, "ABC", 100_100)], channel: 1, at: 300_000)
    harness.finish(at: 400_000)
    #expect(
      ended(harness) == [
        "0>1 100000-100000-200000 bookNotOk 10000000×40", "0>1 300000-300000-400000 endOfInput 10000000×30",
      ])
  }

  // MARK: - Orders

  /// Keeps the pairs, and says they went out.
  struct Recorder: IntentSink {
    var pairs: [OrderPairIntent] = []
    var times: [UInt64] = []
    var goesOut = true
    /// Symbols it was told of ahead.
    var prepared: [GroupIndex] = []
    mutating func prepare(_ group: GroupIndex) { prepared.append(group) }
    mutating func submit(_ pair: OrderPairIntent, at captureNanoseconds: UInt64) -> Bool {
      pairs.append(pair)
      times.append(captureNanoseconds)
      return goesOut
    }
  }

  /// A detector of its own over the books of a core that has none.
  private func detector(_ harness: CoreHarness, rearm: UInt64?, maximum: UInt32 = 1_000) -> CrossVenueDetector {
    var settings = CrossVenueSettings()
    settings.rearmNanoseconds = rearm
    settings.maximumQuantity = maximum
    return CrossVenueDetector(
      settings: settings, venues: harness.plan.venues, capacity: harness.settings.capacity,
      counters: harness.books.counters)
  }

  private func show(
    _ detector: inout CrossVenueDetector, _ harness: CoreHarness, venue: Int, at time: UInt64, _ sink: inout Recorder
  ) {
    let instrument = harness.instrument("ABC", venue: venue)
    let group = harness.books.symbols.pointee.find(Symbol("ABC")!)!
    let change = BookChange(instrument: instrument, group: group, captureNanoseconds: time)
    detector.bookChanged(change, books: &harness.core.books, sink: &sink)
  }

  private func crossed() -> CoreHarness {
    let harness = market(detects: false)
    harness.send([M.add(1, 1, "S", 100, "ABC", 100_000), M.add(1, 2, "S", 100, "ABC", 100_100)], channel: 0)
    harness.send([M.add(1, 1, "B", 150, "ABC", 100_300)], channel: 1)
    return harness
  }

  @Test func onePairGoesOutPerOpportunity() {
    let harness = crossed()
    var detector = detector(harness, rearm: nil)
    var sink = Recorder()
    for time in [UInt64(1_000), 2_000, 9_000_000_000] { show(&detector, harness, venue: 1, at: time, &sink) }
    let group = harness.books.symbols.pointee.find(Symbol("ABC")!)!
    #expect(
      sink.pairs == [
        OrderPairIntent(
          buy: OrderIntent(group: group, venue: 0, side: .buy, quantity: 150, limitPrice: 100_100, opportunity: 1),
          sell: OrderIntent(group: group, venue: 1, side: .sell, quantity: 150, limitPrice: 100_300, opportunity: 1))
      ])
    // It ends, and begins anew: number 2, another pair.
    harness.send(M.delete(1, 1), channel: 1)
    show(&detector, harness, venue: 1, at: 9_000_001_000, &sink)
    harness.send(M.add(1, 5, "B", 10, "ABC", 100_050), channel: 1)
    show(&detector, harness, venue: 1, at: 9_000_002_000, &sink)
    #expect(sink.pairs.count == 2)
    #expect(sink.pairs.last?.sell.opportunity == 2)
    #expect(sink.pairs.last?.buy.limitPrice == 100_000)
    #expect(sink.pairs.last?.buy.quantity == 10)
  }

  @Test func theMostSharesOfAPairBoundIt() {
    let harness = crossed()
    var detector = detector(harness, rearm: nil, maximum: 60)
    var sink = Recorder()
    show(&detector, harness, venue: 0, at: 1_000, &sink)
    #expect(sink.pairs.map(\.buy.quantity) == [60])
    #expect(sink.pairs.map(\.buy.limitPrice) == [100_000])
    detector.finish(captureNanoseconds: 2_000, books: &harness.core.books)
    #expect(detector.log[0].quantity == 150)
  }

  @Test func anotherPairMayGoOutOnceRearmed() {
    let harness = crossed()
    var detector = detector(harness, rearm: 500)
    var sink = Recorder()
    for time in [UInt64(1_000), 1_499, 1_500, 1_501, 1_999, 2_000] {
      show(&detector, harness, venue: 1, at: time, &sink)
    }
    #expect(sink.times == [1_000, 1_500, 2_000])
    detector.finish(captureNanoseconds: 3_000, books: &harness.core.books)
    #expect(detector.log[0].orderPairs == 3)
  }

  @Test func refusedPairsAreNotCountedAsSent() {
    let harness = crossed()
    var detector = detector(harness, rearm: 500)
    var sink = Recorder(goesOut: false)
    for time in [UInt64(1_000), 1_400, 1_600] { show(&detector, harness, venue: 1, at: time, &sink) }
    #expect(sink.times == [1_000, 1_600])
    detector.finish(captureNanoseconds: 3_000, books: &harness.core.books)
    #expect(detector.log[0].orderPairs == 0)
  }
}
