import Testing

@testable import FeedCore

/// Level memory and the trade log by themselves.
struct BookPartsTests {
  @Test func blocksAreDisjointAndOnCacheLines() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var arena = LevelArena(capacity: 4_096)
    #expect(Int(bitPattern: arena.levels.base) % 64 == 0)
    var live: [(range: Range<Int>, sizeClass: Int)] = []
    var refused = 0
    for _ in 0..<5_000 {
      if random.chance(550) || live.isEmpty {
        let sizeClass = random.below(6)
        guard let offset = arena.allocate(sizeClass: sizeClass) else {
          refused += 1
          continue
        }
        let range = Int(offset)..<Int(offset) + 8 << sizeClass
        #expect(range.lowerBound % 8 == 0 && range.upperBound <= 4_096 + LevelArena.smallestBlock, "seed \(seed)")
        #expect(!live.contains { $0.range.overlaps(range) }, "seed \(seed)")
        for index in range { arena.levels[index] = Level(key: .max, quantity: .max) }
        live.append((range, sizeClass))
      } else {
        let (range, sizeClass) = live.remove(at: random.below(live.count))
        arena.release(UInt32(range.lowerBound), sizeClass: sizeClass)
      }
    }
    #expect(refused > 0)
  }

  @Test func aFullArenaGivesBackWhatWasReleased() {
    var arena = LevelArena(capacity: 16)
    #expect(arena.allocate(sizeClass: 0) == 0)
    #expect(arena.allocate(sizeClass: 0) == 8)
    #expect(arena.allocate(sizeClass: 0) == nil)
    arena.release(0, sizeClass: 0)
    #expect(arena.allocate(sizeClass: 1) == nil)
    #expect(arena.allocate(sizeClass: 0) == 0)
    #expect(arena.allocate(sizeClass: 0) == nil)
  }

  private func trade(_ match: UInt64, _ quantity: UInt32, instrument: UInt32 = 1) -> TradeLog.Trade {
    TradeLog.Trade(matchNumber: match, instrument: instrument, quantity: quantity, price: 5)
  }

  @Test func theLatestTradeOfANumberIsTakenOnce() {
    var log = TradeLog()
    log.append(trade(7, 10))
    log.append(trade(7, 20))
    log.append(trade(7, 30, instrument: 2))
    #expect(log.take(matchNumber: 7, instrument: 1)?.quantity == 20)
    #expect(log.take(matchNumber: 7, instrument: 1)?.quantity == 10)
    #expect(log.take(matchNumber: 7, instrument: 1) == nil)
    #expect(log.take(matchNumber: 7, instrument: 2)?.quantity == 30)
    #expect(log.take(matchNumber: 8, instrument: 1) == nil)
  }

  @Test func tradesBeyondReachAreForgotten() {
    var log = TradeLog()
    for match in 0...UInt64(TradeLog.capacity) { log.append(trade(match, 1)) }
    #expect(log.take(matchNumber: 0, instrument: 1) == nil)
    #expect(log.take(matchNumber: 1, instrument: 1)?.quantity == 1)
    #expect(log.take(matchNumber: UInt64(TradeLog.capacity), instrument: 1)?.quantity == 1)
  }
}
