import Testing

@testable import FeedCore

/// Random days of the order-based US equities feeds through a whole core, against books kept the slow way.
struct EquityCoreTests {
  static let protocols: [FeedProtocol] = [.pitch, .nyseIntegrated, .memxDepth, .deepPlus, .miaxPearlDepth]
  private static let unit: UInt32 = 3

  private static func harness(
    _ feedProtocol: FeedProtocol, ownedShards: UInt64 = .max, counts: Bool = true, packetsPerFlush: Int = 1
  ) -> CoreHarness {
    let harness = CoreHarness(
      ownedShards: ownedShards, countsMessages: counts, feedProtocol: feedProtocol,
      stream: feedProtocol == .pitch ? unit : nil)
    harness.packetsPerFlush = packetsPerFlush
    return harness
  }

  /// Levels with their queues, as the core has them and as the model has them.
  private static func levels(_ harness: CoreHarness, _ stock: String, isSell: Bool) -> [String] {
    let key = harness.plan.channels[0].protocol == .pitch ? CboePITCHDecoder.unitKey(unit) : 0
    return harness.levels(stock, isSell ? .sell : .buy).map { level in
      "\(level.price)×\(level.quantity) \(level.orders.map { "\($0.reference ^ key):\($0.quantity)" })"
    }
  }

  private static func levels(_ book: ReferenceBook, isSell: Bool) -> [String] {
    book.levels(isSell: isSell).map { level in
      "\(level.price)×\(level.quantity) \(level.orders.map { "\($0.reference):\($0.quantity)" })"
    }
  }

  private static func check(_ harness: CoreHarness, _ model: EquityModel, _ note: String) {
    for (stock, book) in model.books {
      guard let record = harness.record(stock) else {
        #expect(book.bids.isEmpty && book.asks.isEmpty && book.volume == 0, "\(note), \(stock) is not known")
        continue
      }
      for isSell in [false, true] {
        #expect(levels(harness, stock, isSell: isSell) == levels(book, isSell: isSell), "\(note), \(stock)")
      }
      #expect(harness.state(stock) == (book.isTrading ? .ok : .halted), "\(note), \(stock)")
      let isRestricted = harness.books.isShortSaleRestricted(harness.instrument(stock))
      #expect(isRestricted == book.isRestricted, "\(note), \(stock)")
      #expect(record.volume == book.volume && record.turnover == book.turnover, "\(note), \(stock)")
      #expect(
        Int64(record.lastPrice) == book.lastPrice && record.lastQuantity == book.lastQuantity, "\(note), \(stock)")
      #expect(record.lastTradeNanoseconds == book.lastTradeTime, "\(note), \(stock)")
    }
    #expect(harness.liveOrders() == model.stockOf.count, "\(note)")
  }

  @Test(arguments: protocols)
  func booksAreThoseOfTheSlowModel(feedProtocol: FeedProtocol) {
    let seed = BookTestRandom.seed("booksAreThoseOfTheSlowModel \(feedProtocol.name)")
    var stream = EquityStream(feedProtocol, seed: seed)
    let harness = Self.harness(feedProtocol)
    harness.trust(.ok)
    harness.send(stream.writer.opening())
    for step in 1...4_000 {
      harness.send(stream.next())
      if step % 250 == 0 { Self.check(harness, stream.model, "seed \(seed), step \(step)") }
    }
    for counter in [
      Counter.malformed, .unknownTypes, .unknownInstruments, .pricesOffScale, .tradePricesOffScale, .overExecutions,
      .duplicateAdds, .brokenTradesUnknown, .badSide,
    ] { #expect(harness.counted(counter) == 0, "seed \(seed), \(counter.name)") }
    #expect(harness.counted(.brokenTrades) > 0, "seed \(seed)")
  }

  /// The messages of a day with dirt in it: unknown orders, bad sides, prices that no book holds.
  private static func dirty(_ feedProtocol: FeedProtocol, _ count: Int, seed: UInt64) -> [[[UInt8]]] {
    var stream = EquityStream(feedProtocol, seed: seed)
    var random = BookTestRandom(seed: seed &+ 9)
    var packets = [stream.writer.opening()]
    for step in 0..<count {
      packets.append(stream.next())
      guard random.chance(20) else { continue }
      var message = random.pick(packets.last!)
      if message.isEmpty { continue }
      let place = random.below(message.count)
      message[place] ^= UInt8(truncatingIfNeeded: random.next() | 1)
      // Two orders of one id at the same time would not be found apart: PITCH's own ids are unique.
      let isAdd = [0x21, 0x22, 0x2F].contains(message.count > 1 ? message[1] : 0)
      if feedProtocol == .pitch, isAdd || place < 2 || step < 100 { continue }
      packets.append([message])
    }
    return packets
  }

  /// A break names a number alone. Of two trades with one number the latest is meant, whichever core keeps it and
  /// however they were told; then the one before it.
  @Test func aTradeNumberUsedTwiceMeansTheSameTradeOnEveryCore() throws {
    typealias M = PITCH
    let halves: [UInt64] = [0x5555, 0xAAAA]
    let probes = halves.map { Self.harness(.pitch, ownedShards: $0) }
    for probe in probes { probe.send(EquityStream.stocks.map { M.status($0, "T") }) }
    let here = try #require(EquityStream.stocks.first { probes[0].isOwned($0) })
    let there = try #require(EquityStream.stocks.first { probes[1].isOwned($0) })
    let ids: [String: UInt64] = [here: 11, there: 12]
    // Ten shares with number 7: by symbol, of an order, of an order at another price.
    let ways: [(String) -> [UInt8]] = [
      { M.tradeLong(10, $0, 10_000, 7) }, { M.tradeExpanded(10, $0, 10_000, 7) }, { M.execute(ids[$0]!, 10, 7) },
      { M.executeAt(ids[$0]!, 10, remaining: 90, 7, 9_000) },
    ]
    for (first, second) in [(here, there), (there, here)] {
      for (way, later) in ways.indices.flatMap({ way in ways.indices.map { (way, $0) } }) {
        var packets = [[here, there].flatMap { [M.status($0, "T"), M.addLong(ids[$0]!, "B", 100, $0, 10_000)] }]
        packets += [[ways[way](first)], [ways[later](second)], [M.tradeBreak(7)], [M.tradeBreak(7)]]
        for shards in [UInt64.max] + halves {
          let harness = Self.harness(.pitch, ownedShards: shards, counts: shards == .max)
          harness.trust(.ok)
          for (step, packet) in packets.enumerated() {
            harness.send(packet)
            let expected: [UInt64] = [[0, 0], [10, 0], [10, 10], [10, 0], [0, 0]][step]
            for (stock, volume) in zip([first, second], expected) where harness.isOwned(stock) {
              #expect(harness.record(stock)?.volume == volume, "\(way) \(later) \(first) first, \(shards), step \(step)")
            }
          }
          #expect(harness.counted(.brokenTradesUnknown) == 0)
        }
      }
    }
  }

  /// A core that owns few shards finds its orders as one that owns all: also where messages name only an order.
  @Test(arguments: protocols)
  func digestsDoNotDependOnWhoOwnsTheShards(feedProtocol: FeedProtocol) {
    let seed = BookTestRandom.seed("digestsDoNotDependOnWhoOwnsTheShards \(feedProtocol.name)")
    let packets = Self.dirty(feedProtocol, 2_500, seed: seed)
    func run(_ shards: UInt64, counts: Bool, flush: Int) -> CoreHarness {
      let harness = Self.harness(feedProtocol, ownedShards: shards, counts: counts, packetsPerFlush: flush)
      harness.trust(.ok)
      for (step, packet) in packets.enumerated() {
        if step == 1_500 { harness.restart() }
        harness.send(step == 1_501 ? packets[0] + packet : packet)
      }
      harness.finish()
      return harness
    }
    let whole = run(.max, counts: true, flush: 1)
    for (owners, flush) in [(1, 64), (2, 1), (3, 7), (16, 64)] {
      let parts = (0..<owners).map { owner in
        run(
          (0..<16).reduce(UInt64(0)) { $1 % owners == owner ? $0 | 1 << UInt64($1) : $0 }, counts: owner == 0,
          flush: flush)
      }
      let note = "seed \(seed), \(owners) owners, \(flush) packets at once"
      for index in 0..<whole.instrumentCount() {
        let stock = whole.books.venues[0].directory.pointee.records[index].symbol.description
        // Bytes that are no text stand as "?": such a symbol cannot be asked for.
        if stock.contains("?") || Symbol(stock) == nil { continue }
        let owning = parts.filter { $0.isOwned(stock) }
        #expect(owning.count == 1, "\(note), \(stock)")
        guard let part = owning.first else { continue }
        #expect(part.digest(stock) == whole.digest(stock), "\(note), \(stock)")
        #expect(part.state(stock) == whole.state(stock), "\(note), \(stock)")
        for side in [Side.buy, .sell] {
          #expect(part.levels(stock, side) == whole.levels(stock, side), "\(note), \(stock)")
        }
      }
      for counter in Counter.allCases where counter != .topChanges {
        let sum = parts.reduce(UInt64(0)) { $0 + $1.counted(counter) }
        #expect(sum == whole.counted(counter), "\(note), \(counter.name)")
      }
    }
  }
}
