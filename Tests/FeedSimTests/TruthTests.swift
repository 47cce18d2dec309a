import Testing

@testable import FeedSim

/// The slow reference on markets of a few packets, with values computed by hand.
@Suite struct TruthTests {
  /// Builds MoldUDP64 packets for a market of two venues, x and y, with one stock: locate 1 at x, 7 at y.
  struct Market {
    var reference: ReferenceMarket
    var next: [UInt64] = [1, 1]
    var session = [UInt8(ascii: "1"), UInt8(ascii: "1")]

    init(fees: [TakerFee] = [TakerFee(perShare: 3_000_000), TakerFee(perShare: 1_000_000)], minimumQuantity: Int = 1) {
      reference = ReferenceMarket(
        venueNames: ["x", "y"], fees: fees, minimumEdge: 100_000, minimumQuantity: minimumQuantity)
      for venue in 0...1 { send(venue, at: 1, [directory(venue), trading(venue, "T")]) }
    }

    private func head(_ type: Character, _ venue: Int) -> [UInt8] {
      [type.asciiValue!, 0, venue == 0 ? 1 : 7, 0, 0, 0, 0, 0, 0, 0, 0]
    }
    private func bytes(_ value: UInt64, _ length: Int) -> [UInt8] {
      (0..<length).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (length - 1 - $0))) }
    }
    private var stock: [UInt8] { Array("ABC     ".utf8) }

    func directory(_ venue: Int) -> [UInt8] { head("R", venue) + stock + Array(repeating: 0x20, count: 20) }
    func trading(_ venue: Int, _ state: Character) -> [UInt8] {
      head("H", venue) + stock + [state.asciiValue!] + Array("     ".utf8)
    }
    func operationalHalt(_ venue: Int, _ action: Character) -> [UInt8] {
      head("h", venue) + stock + [UInt8(ascii: "Q"), action.asciiValue!]
    }
    func add(_ venue: Int, _ reference: UInt64, _ side: Character, _ shares: UInt64, _ price4: UInt64) -> [UInt8] {
      head("A", venue) + bytes(reference, 8) + [side.asciiValue!] + bytes(shares, 4) + stock + bytes(price4, 4)
    }
    func delete(_ venue: Int, _ reference: UInt64) -> [UInt8] { head("D", venue) + bytes(reference, 8) }
    func cancel(_ venue: Int, _ reference: UInt64, _ shares: UInt64) -> [UInt8] {
      head("X", venue) + bytes(reference, 8) + bytes(shares, 4)
    }
    func replace(_ venue: Int, _ old: UInt64, _ new: UInt64, _ shares: UInt64, _ price4: UInt64) -> [UInt8] {
      head("U", venue) + bytes(old, 8) + bytes(new, 8) + bytes(shares, 4) + bytes(price4, 4)
    }

    mutating func send(_ venue: Int, at nanoseconds: UInt64, _ messages: [[UInt8]]) {
      var payload = Array("SESSION00".utf8) + [session[venue]] + bytes(next[venue], 8)
      payload += bytes(UInt64(messages.count), 2)
      for message in messages { payload += bytes(UInt64(message.count), 2) + message }
      next[venue] += UInt64(messages.count)
      reference.apply(payload[...], venue: venue, captureNanoseconds: nanoseconds)
    }

    mutating func restart(_ venue: Int) {
      session[venue] += 1
      next[venue] = 1
    }
  }

  @Test func anOpportunityHasABeginningAPeakAndAnEnd() {
    var market = Market()
    market.send(0, at: 10, [market.add(0, 1, "S", 200, 100_000)])
    // Bid 10.0050 at y: edge 5,000,000 − 3,000,000 − 1,000,000 = 1,000,000 nanodollars.
    market.send(1, at: 20, [market.add(1, 1, "B", 50, 100_050)])
    market.send(1, at: 30, [market.add(1, 2, "B", 100, 100_070)])
    market.send(1, at: 40, [market.add(1, 3, "B", 500, 100_070)])
    market.send(1, at: 50, [market.delete(1, 2), market.delete(1, 3)])
    market.send(0, at: 60, [market.delete(0, 1)])
    let rows = market.reference.finish(lastCaptureNanoseconds: 99)
    #expect(
      rows == [
        TruthOpportunity(
          symbol: "ABC", buyVenue: "x", sellVenue: "y", beginNanoseconds: 20, peakNanoseconds: 30, endNanoseconds: 60,
          maximumEdge: 3_000_000, quantity: 150, notional: 150 * 10_000_000_000,
          gain: 100 * 3_000_000 + 50 * 1_000_000, buyPrice: 10_000_000_000, sellPrice: 10_007_000_000, end: .edgeGone)
      ])
    let columns = "ABC x y 20 30 60 3000000 150 1500000000000 350000000 10000000000 10007000000 edgeGone 0"
    #expect(rows[0].line == columns.split(separator: " ").joined(separator: "\t"))
  }

  @Test func feesAloneCloseTheEdge() {
    var market = Market()
    market.send(0, at: 10, [market.add(0, 1, "S", 100, 100_000)])
    // 10.0040 leaves nothing; one step more leaves 100,000 nanodollars, just the minimum.
    market.send(1, at: 20, [market.add(1, 1, "B", 100, 100_040)])
    market.send(1, at: 30, [market.add(1, 2, "B", 100, 100_041)])
    let rows = market.reference.finish(lastCaptureNanoseconds: 77)
    #expect(rows.map(\.beginNanoseconds) == [30] && rows[0].maximumEdge == 100_000 && rows[0].quantity == 100)
    #expect(rows[0].end == .endOfInput && rows[0].endNanoseconds == 77)
  }

  @Test func theWalkStopsAtTheFirstPairWithoutEdge() {
    var market = Market()
    market.send(0, at: 10, [
      market.add(0, 1, "S", 30, 100_000), market.add(0, 2, "S", 100, 100_100), market.add(0, 3, "S", 900, 100_300),
    ])
    market.send(1, at: 20, [market.add(1, 1, "B", 80, 100_300), market.add(1, 2, "B", 1_000, 100_150)])
    let row = market.reference.finish(lastCaptureNanoseconds: 21)[0]
    // 30 at 10.00 / 10.03, 50 at 10.01 / 10.03, 50 at 10.01 / 10.015; then 10.03 / 10.015 has none.
    #expect(row.quantity == 130 && row.maximumEdge == 26_000_000)
    #expect(row.notional == 30 * 10_000_000_000 + 100 * 10_010_000_000)
    #expect(row.gain == 30 * 26_000_000 + 50 * 16_000_000 + 50 * 1_000_000)
  }

  @Test func belowADollarTheFractionCountsRoundedUp() {
    let fee = TakerFee(perShare: 3_000_000, belowDollarFraction: 3_000_001)
    #expect(fee.perShare(at: 1_000_000_000) == 3_000_000)
    // 999,900,000 × 3,000,001 / 1e9 = 2,999,700.9999
    #expect(fee.perShare(at: 999_900_000) == 2_999_701)
    #expect(TakerFee(perShare: 0, belowDollarFraction: 3_000_000).perShare(at: 500_100_000) == 1_500_300)
    var market = Market(fees: [TakerFee(belowDollarFraction: 3_000_000), TakerFee(belowDollarFraction: 3_000_000)])
    market.send(0, at: 10, [market.add(0, 1, "S", 100, 5_000)])
    // 0.5031 − 0.5 = 3,100,000; fees 1,500,000 + 1,509,300: 90,700 is not enough.
    market.send(1, at: 20, [market.add(1, 1, "B", 100, 5_031)])
    // 0.5032: 3,200,000 − 1,500,000 − 1,509,600 = 190,400.
    market.send(1, at: 30, [market.add(1, 2, "B", 100, 5_032)])
    let rows = market.reference.finish(lastCaptureNanoseconds: 40)
    #expect(rows.count == 1 && rows[0].beginNanoseconds == 30 && rows[0].maximumEdge == 190_400)
  }

  @Test func theQuantityMustReachItsMinimum() {
    var market = Market(minimumQuantity: 100)
    market.send(0, at: 10, [market.add(0, 1, "S", 500, 100_000)])
    market.send(1, at: 20, [market.add(1, 1, "B", 99, 100_100)])
    market.send(1, at: 30, [market.add(1, 2, "B", 1, 100_090)])
    market.send(1, at: 40, [market.cancel(1, 1, 1)])
    let rows = market.reference.finish(lastCaptureNanoseconds: 50)
    #expect(rows.map(\.beginNanoseconds) == [30] && rows.map(\.endNanoseconds) == [40] && rows[0].end == .edgeGone)
    #expect(rows[0].quantity == 100)
  }

  @Test func aHaltEndsItAndTradingBeginsAnother() {
    for isOperational in [false, true] {
      var market = Market()
      market.send(0, at: 10, [market.add(0, 1, "S", 100, 100_000)])
      market.send(1, at: 20, [market.add(1, 1, "B", 100, 100_100)])
      let halt = isOperational ? market.operationalHalt(0, "H") : market.trading(0, "P")
      let resume = isOperational ? market.operationalHalt(0, "T") : market.trading(0, "T")
      market.send(0, at: 30, [halt])
      market.send(0, at: 40, [resume])
      let rows = market.reference.finish(lastCaptureNanoseconds: 50)
      #expect(rows.map(\.beginNanoseconds) == [20, 40] && rows.map(\.endNanoseconds) == [30, 50])
      #expect(rows.map(\.end) == [.bookNotOk, .endOfInput])
    }
  }

  @Test func onlyTheEndOfAPacketIsLookedAt() {
    var market = Market()
    market.send(0, at: 10, [market.add(0, 1, "S", 100, 100_000)])
    market.send(1, at: 20, [market.add(1, 1, "B", 100, 100_100), market.replace(1, 1, 2, 100, 99_000)])
    #expect(market.reference.finish(lastCaptureNanoseconds: 50).isEmpty)
  }

  @Test func aNewSessionClearsTheBooksAndTheStatus() {
    var market = Market()
    market.send(0, at: 10, [market.add(0, 1, "S", 100, 100_000)])
    market.send(1, at: 20, [market.add(1, 1, "B", 100, 100_100)])
    market.restart(1)
    market.send(1, at: 30, [market.directory(1)])
    market.send(1, at: 40, [market.add(1, 9, "B", 100, 100_100)])
    market.send(1, at: 50, [market.trading(1, "T")])
    let rows = market.reference.finish(lastCaptureNanoseconds: 60)
    #expect(rows.map(\.beginNanoseconds) == [20, 50] && rows.map(\.end) == [.bookNotOk, .endOfInput])
    #expect(rows[0].endNanoseconds == 30)
  }

  @Test func aNewSessionEndsItEvenIfItsFirstPacketBringsItBack() {
    var market = Market()
    market.send(0, at: 10, [market.add(0, 1, "S", 100, 100_000)])
    market.send(1, at: 20, [market.add(1, 1, "B", 100, 100_100)])
    market.restart(1)
    market.send(1, at: 30, [market.directory(1), market.trading(1, "T"), market.add(1, 9, "B", 100, 100_100)])
    let rows = market.reference.finish(lastCaptureNanoseconds: 60)
    #expect(rows.map(\.beginNanoseconds) == [20, 30] && rows.map(\.endNanoseconds) == [30, 60])
    #expect(rows.map(\.end) == [.bookNotOk, .endOfInput])
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func everyPlantedDislocationIsInTheTruth(seed: UInt64) throws {
    let options = smallOptions(seed: seed) {
      $0.venueCount = 2 + Int(seed % 3)
      $0.messageCount = 20_000
      $0.dislocationCount = 40
      $0.minimumQuantity = seed == 2 ? 700 : 1
      $0.minimumEdge = seed == 3 ? 20_000_000 : 100_000
      $0.restartCount = seed == 4 ? 2 : 0
      if seed == 1 { $0.takerFees = [TakerFee(perShare: -2_000_000), TakerFee(perShare: 3_000_000)] }
    }
    let (_, result) = try generate(options)
    #expect(result.planted.count == 40, "seed \(seed)")
    for dislocation in result.planted {
      #expect(dislocation.edge >= options.minimumEdge)
      #expect(
        result.opportunities.contains {
          $0.isPlanted && $0.symbol == dislocation.symbol && $0.buyVenue == dislocation.buyVenue
            && $0.sellVenue == dislocation.sellVenue && $0.beginNanoseconds <= dislocation.beginNanoseconds
            && $0.endNanoseconds >= dislocation.endNanoseconds && $0.maximumEdge >= dislocation.edge
        }, "\(dislocation), seed \(seed)")
    }
    let isSorted = zip(result.opportunities, result.opportunities.dropFirst()).allSatisfy {
      ($0.beginNanoseconds, $0.symbol, $0.buyVenue, $0.sellVenue)
        < ($1.beginNanoseconds, $1.symbol, $1.buyVenue, $1.sellVenue)
    }
    #expect(isSorted)
  }

  @Test func theReferenceAgreesWithTheVenuesThemselves() throws {
    let sink = MemorySink()
    let simulation = Simulation(smallOptions(seed: 11) { $0.restartCount = 1 }, sink: sink)
    let result = try simulation.run()
    for (venue, state) in simulation.truth.venues.enumerated() {
      #expect(state.orphanCount == 0 && state.sequenceBreakCount == 0)
      #expect(state.orders.count == simulation.venues[venue].orders.liveCount)
    }
    for row in result.books {
      let venue = try #require(simulation.venues.firstIndex { $0.name == row.venue })
      let stock = try #require(simulation.venues[venue].locates.firstIndex(of: row.locate))
      let book = simulation.venues[venue].orders.books[stock]
      #expect(book.bids.last?.price4 ?? 0 == row.bidPrice && book.bids.last?.shares ?? 0 == row.bidQuantity)
      #expect(book.asks.last?.price4 ?? 0 == row.askPrice && Int(book.asks.last?.orderCount ?? 0) == row.askOrders)
      #expect(simulation.universe.stocks[stock].text == row.symbol)
    }
    #expect(result.books.contains { !$0.isOK } && result.books.contains { $0.isOK })
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func dislocationsOfOneStockInARowEachHaveTheirOwnOpportunity(seed: UInt64) throws {
    let options = smallOptions(seed: seed) {
      $0.symbolCount = 1
      $0.messageCount = 5_000
      $0.dislocationCount = 100
      $0.restartCount = 10
    }
    let (_, result) = try generate(options)
    #expect(result.planted.count == 100 && result.opportunities.filter(\.isPlanted).count == 100, "seed \(seed)")
    for dislocation in result.planted {
      let rows = result.opportunities.filter {
        $0.buyVenue == dislocation.buyVenue && $0.beginNanoseconds <= dislocation.beginNanoseconds
          && $0.endNanoseconds >= dislocation.endNanoseconds
      }
      #expect(rows.count == 1 && rows[0].isPlanted, "\(dislocation), seed \(seed)")
    }
  }
}
