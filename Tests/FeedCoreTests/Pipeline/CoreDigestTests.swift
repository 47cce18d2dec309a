import Testing

@testable import FeedCore

/// Digests and results do not depend on how messages are cut into packets, batches and shards, and do depend on
/// everything an event says.
struct CoreDigestTests {
  static let venues = ["x", "y"].map { VenueSettings(name: $0) }

  /// Messages of two venues with the venue of each, dirt included.
  static func messages(_ count: Int, seed: UInt64) -> [(venue: Int, bytes: [UInt8])] {
    var random = BookTestRandom(seed: seed)
    var references = [ReferenceVenue(), ReferenceVenue()]
    var options = MarketStream.Options()
    options.dirt = 60
    options.stocks = 24
    options.references = .mixed
    var streams = (0..<2).map { _ in MarketStream(options: options, seed: random.next()) }
    var messages: [(venue: Int, bytes: [UInt8])] = []
    for venue in 0..<2 {
      for bytes in streams[venue].opening() {
        references[venue].apply(bytes)
        messages.append((venue, bytes))
      }
    }
    while messages.count < count {
      let venue = random.below(2)
      messages.append((venue, streams[venue].next(references[venue])))
      references[venue].apply(messages.last!.bytes)
    }
    return messages
  }

  /// Sends the messages in packets of at most `size` (a packet holds one venue's), so many packets at once.
  static func run(
    _ messages: [(venue: Int, bytes: [UInt8])], packet size: Int, packetsPerFlush: Int = 1,
    harness: CoreHarness
  ) {
    harness.packetsPerFlush = packetsPerFlush
    for venue in 0..<2 { harness.trust(.ok, channel: venue) }
    var packet: [[UInt8]] = []
    for (index, message) in messages.enumerated() {
      packet.append(message.bytes)
      let isLast = index + 1 == messages.count
      if packet.count == size || isLast || messages[index + 1].venue != message.venue {
        harness.send(packet, channel: message.venue)
        packet = []
      }
    }
    harness.finish()
  }

  static func stocks(_ harness: CoreHarness) -> [(venue: Int, stock: String)] {
    (0..<2).flatMap { venue in
      (0..<harness.instrumentCount(venue: venue)).map {
        (venue, harness.books.venues[venue].directory.pointee.records[$0].symbol.description)
      }
    }.sorted { $0 < $1 }
  }

  static func digests(_ harness: CoreHarness) -> [String] {
    stocks(harness).map { "\($0.venue) \($0.stock) \(harness.digest($0.stock, venue: $0.venue)!)" }
  }

  @Test func digestsDoNotDependOnPacketsOrBatches() {
    let seed = BookTestRandom.seed()
    let messages = Self.messages(4_000, seed: seed)
    let one = CoreHarness(venues: Self.venues)
    Self.run(messages, packet: 1, harness: one)
    let expected = Self.digests(one)
    #expect(Set(expected.map { $0.split(separator: " ")[2] }).count == expected.count)
    for (size, flush) in [(40, 1), (3, 1), (1, 7), (5, 64), (1_000, 1), (40, 200)] {
      let other = CoreHarness(venues: Self.venues)
      Self.run(messages, packet: size, packetsPerFlush: flush, harness: other)
      #expect(Self.digests(other) == expected, "seed \(seed), \(size) messages a packet, \(flush) packets at once")
    }
  }

  /// The same packets in batches of any size give the same detections, not only the same books.
  @Test func detectionsDoNotDependOnBatches() {
    let seed = BookTestRandom.seed()
    let messages = Self.messages(4_000, seed: seed)
    func harness(_ flush: Int) -> CoreHarness {
      let harness = CoreHarness(
        venues: Self.venues, crossVenue: CrossVenueSettings(), imbalance: ImbalanceSettings())
      Self.run(messages, packet: 4, packetsPerFlush: flush, harness: harness)
      return harness
    }
    let one = harness(1)
    #expect(one.opportunities.count > 20, "seed \(seed)")
    for flush in [2, 13, 100] {
      let other = harness(flush)
      #expect(other.opportunities == one.opportunities, "seed \(seed)")
      #expect(other.counted(.topChanges) == one.counted(.topChanges), "seed \(seed)")
      for shard in 0..<16 { #expect(other.shardDigests(shard) == one.shardDigests(shard), "seed \(seed)") }
    }
  }

  @Test(arguments: [2, 3, 16])
  func resultsDoNotDependOnWhoOwnsTheShards(owners: Int) {
    let seed = BookTestRandom.seed()
    let messages = Self.messages(3_000, seed: seed)
    func harness(_ owner: Int, of owners: Int) -> CoreHarness {
      let shards = (0..<16).reduce(UInt64(0)) { $1 % owners == owner ? $0 | 1 << UInt64($1) : $0 }
      let harness = CoreHarness(
        venues: Self.venues, crossVenue: CrossVenueSettings(), imbalance: ImbalanceSettings(), ownedShards: shards,
        countsMessages: owner == 0)
      Self.run(messages, packet: 4, harness: harness)
      return harness
    }
    let whole = harness(0, of: 1)
    let parts = (0..<owners).map { harness($0, of: owners) }
    for (venue, stock) in Self.stocks(whole) {
      let owning = parts.filter { $0.isOwned(stock, venue: venue) }
      #expect(owning.count == 1, "\(stock) has one owner")
      guard let part = owning.first else { continue }
      #expect(part.digest(stock, venue: venue) == whole.digest(stock, venue: venue), "seed \(seed), \(stock)")
      #expect(part.state(stock, venue: venue) == whole.state(stock, venue: venue), "seed \(seed), \(stock)")
      #expect(part.best(stock) == whole.best(stock), "seed \(seed), \(stock)")
      for side in [Side.buy, .sell] {
        #expect(
          part.levels(stock, side, venue: venue) == whole.levels(stock, side, venue: venue), "seed \(seed), \(stock)")
      }
      #expect(part.record(stock, venue: venue)?.volume == whole.record(stock, venue: venue)?.volume, "seed \(seed)")
    }
    for counter in Counter.allCases {
      let sum = parts.reduce(0) { $0 + $1.counted(counter) }
      #expect(sum == whole.counted(counter), "seed \(seed), \(counter)")
    }
    for type in "ECXDU" {
      for venue in 0..<2 {
        let sum = parts.reduce(0) { $0 + $1.orphans(type, venue: venue) }
        #expect(sum == whole.orphans(type, venue: venue), "seed \(seed), orphans \(type)")
      }
    }
    for venue in 0..<2 {
      #expect(parts.reduce(0) { $0 + $1.liveOrders(venue: venue) } == whole.liveOrders(venue: venue), "seed \(seed)")
    }
    for shard in 0..<16 {
      #expect(parts[shard % owners].shardDigests(shard) == whole.shardDigests(shard), "seed \(seed), shard \(shard)")
    }
  }

  // MARK: - What a digest sees

  /// Each pair differs in one field of one event, or in the order of two.
  @Test func digestSeesEveryFieldOfEveryEvent() {
    typealias M = ITCHBytes
    let base: [[UInt8]] = [
      M.directory(1, "ABC"), M.trading(1, "ABC", at: 5), M.add(1, 10, "B", 100, "ABC", 50_000, at: 6),
      M.add(1, 11, "B", 100, "ABC", 50_000, at: 7),
    ]
    func digest(_ more: [[UInt8]]) -> UInt64 {
      let harness = CoreHarness()
      harness.trust(.ok)
      harness.send(base + more)
      return harness.digest("ABC")!
    }
    let variants: [[[UInt8]]] = [
      [],
      // Add: reference, side, shares, price, time.
      [M.add(1, 20, "B", 100, "ABC", 50_000, at: 9)], [M.add(1, 21, "B", 100, "ABC", 50_000, at: 9)],
      [M.add(1, 20, "S", 100, "ABC", 50_000, at: 9)], [M.add(1, 20, "B", 101, "ABC", 50_000, at: 9)],
      [M.add(1, 20, "B", 100, "ABC", 50_001, at: 9)], [M.add(1, 20, "B", 100, "ABC", 50_000, at: 10)],
      // Execute: reference, shares, match number, time.
      [M.execute(1, 10, 40, match: 7, at: 9)], [M.execute(1, 11, 40, match: 7, at: 9)],
      [M.execute(1, 10, 41, match: 7, at: 9)], [M.execute(1, 10, 40, match: 8, at: 9)],
      [M.execute(1, 10, 40, match: 7, at: 10)], [M.execute(1, 11, 40, match: 6, at: 9)],
      // Execute with price: the same, the price, printable or not.
      [M.executeWithPrice(1, 10, 40, match: 7, 50_000, at: 9)],
      [M.executeWithPrice(1, 11, 40, match: 7, 50_000, at: 9)],
      [M.executeWithPrice(1, 10, 41, match: 7, 50_000, at: 9)],
      [M.executeWithPrice(1, 10, 40, match: 8, 50_000, at: 9)],
      [M.executeWithPrice(1, 10, 40, match: 7, 50_001, at: 9)],
      [M.executeWithPrice(1, 10, 40, match: 7, printable: "N", 50_000, at: 9)],
      [M.executeWithPrice(1, 10, 40, match: 7, 50_000, at: 10)],
      // Cancel, delete.
      [M.cancel(1, 10, 40, at: 9)], [M.cancel(1, 11, 40, at: 9)], [M.cancel(1, 10, 41, at: 9)],
      [M.cancel(1, 10, 40, at: 10)], [M.cancel(1, 10, 100, at: 9)], [M.delete(1, 10, at: 9)], [M.delete(1, 11, at: 9)],
      [M.delete(1, 10, at: 10)],
      // Replace: old, new, shares, price, time; and old and new exchanged.
      [M.replace(1, 10, 30, 100, 50_000, at: 9)], [M.replace(1, 11, 30, 100, 50_000, at: 9)],
      [M.replace(1, 10, 31, 100, 50_000, at: 9)], [M.replace(1, 10, 30, 101, 50_000, at: 9)],
      [M.replace(1, 10, 30, 100, 50_001, at: 9)], [M.replace(1, 10, 30, 100, 50_000, at: 10)],
      [M.replace(1, 10, 11, 100, 50_000, at: 9)], [M.replace(1, 11, 10, 100, 50_000, at: 9)],
      // Trades that touch no order, and their end.
      [M.trade(1, "ABC", 50, 50_000, match: 7, at: 9)], [M.trade(1, "ABC", 51, 50_000, match: 7, at: 9)],
      [M.trade(1, "ABC", 50, 50_001, match: 7, at: 9)], [M.trade(1, "ABC", 50, 50_000, match: 8, at: 9)],
      [M.cross(1, "ABC", 50, 50_000, match: 7, at: 9)], [M.broken(1, match: 7, at: 9)], [M.broken(1, match: 8, at: 9)],
      // Status.
      [M.trading(1, "ABC", "T", at: 9)], [M.trading(1, "ABC", "H", at: 9)], [M.halt(1, "ABC", "H", at: 9)],
      [M.halt(1, "ABC", "T", at: 9)], [M.regSHO(1, "ABC", "0", at: 9)], [M.regSHO(1, "ABC", "1", at: 9)],
      // Order of events.
      [M.delete(1, 10, at: 9), M.delete(1, 11, at: 9)], [M.delete(1, 11, at: 9), M.delete(1, 10, at: 9)],
    ]
    var seen: [UInt64: Int] = [:]
    for (index, variant) in variants.enumerated() {
      let digest = digest(variant)
      #expect(seen[digest] == nil, "variants \(seen[digest] ?? 0) and \(index) look alike")
      seen[digest] = index
    }
  }

  @Test func digestSeesARestartAndNothingOfThisMachine() {
    func harness(_ restart: Bool, at time: UInt64, locate: UInt16) -> CoreHarness {
      let harness = CoreHarness()
      harness.trust(.ok, at: time)
      harness.send(ITCHBytes.add(locate, 1, "B", 100, "ABC", 50_000, at: 4), at: time + 5)
      if restart { harness.restart(at: time + 6) }
      return harness
    }
    let plain = harness(false, at: 1_000, locate: 1).digest("ABC")
    #expect(harness(false, at: 77_000, locate: 9).digest("ABC") == plain)
    #expect(harness(true, at: 1_000, locate: 1).digest("ABC") != plain)
  }
}
