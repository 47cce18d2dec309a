import Foundation
import Testing

@testable import FeedCore

/// A spread that two venues trade below 0 and at 0: its books, the best over both, the opportunity between them, what
/// risk says of it, and how every command prints it.
struct NegativePriceTests {
  static let symbol = "AA-BB"

  /// CME: bids -2.00 × 5, 0 × 3 of the option beside it; asks -1.50 × 3, -1.40 × 2. Coinbase Derivatives: bids
  /// -1.45 × 4; asks 0.00 × 7. Ticks of 0.05.
  private static let frames: [CapturedFrame] = {
    var feed = ScriptedFeed()
    func send(_ packet: DayPacket, _ group: UInt64, _ port: UInt64) {
      feed.group = group
      feed.port = port
      feed.frames.append(feed.frame(packet.payload))
      feed.nanoseconds += 10_000
    }
    var cme = CMEDay(variant: 0, seed: 1)
    let spread = CMEDay.Security(number: 7, symbol: symbol, tick: 50_000_000, middle: 0)
    let option = CMEDay.Security(number: 8, symbol: "OPT", tick: 50_000_000, middle: 0)
    func levels(_ security: CMEDay.Security, _ levels: [(Int64, Int64, Int, Character)]) -> [UInt8] {
      let entries = levels.map { cme.entry(security, $0.0, $0.1, $0.2, action: 0, type: $0.3, false) }
      return cme.message(46, cme.root(ends: true), cme.group(32, entries) + cme.group(24, [], isLong: true))
    }
    send(cme.packet([cme.future(spread)]), 0xE000_1F01, 14_310)
    send(cme.packet([cme.future(option)]), 0xE000_1F01, 14_310)
    var coinbase = CoinbaseDay(variant: 0, seed: 1)
    let listed = CoinbaseDay.Instrument(number: 9, symbol: symbol, tick: 50_000_000, middle: 0, isSpread: true)
    send(coinbase.packet([coinbase.definition(listed)]), 0xEF01_0101, 15_000)
    send(
      cme.packet([
        levels(spread, [(-2_000_000_000, 5, 1, "0"), (-1_500_000_000, 3, 1, "1"), (-1_400_000_000, 2, 2, "1")]),
        levels(option, [(0, 3, 1, "0"), (50_000_000, 4, 1, "1")]),
      ]), 0xE000_1F01, 14_310)
    for (id, side, price, quantity): (Int64, Int64, Int64, Int64) in [
      (1, -1, 0, 7), (2, 1, -1_450_000_000, 4),
    ] {
      let put = coinbase.message(
        20, listed, side: side, .alone, block: 42, LittleEndianBytes.of((id, 8), (price, 8), (quantity, 4)))
      send(coinbase.packet([put]), 0xEF01_0101, 15_000)
    }
    // What makes each flow known: beats of no effect, and numbers that go on.
    for _ in 0..<8 {
      send(cme.packet([cme.message(12, [])]), 0xE000_1F01, 14_310)
      let interest = coinbase.message(42, listed, .alone, block: 26, LittleEndianBytes.of((1, 4)))
      send(coinbase.packet([interest]), 0xEF01_0101, 15_000)
    }
    return feed.frames
  }()

  private static let configuration = """
    venues:
      - name: cme
      - name: cde
    feeds:
      - { name: c, venue: cme, protocol: cmeMDP3, lines: [{ name: A, group: 224.0.31.1, port: 14310 }] }
      - { name: d, venue: cde, protocol: coinbaseDerivatives, lines: [{ name: A, group: 239.1.1.1, port: 15000 }] }
    detect:
      crossVenue: { minimumEdge: "0.05", minimumQuantity: 1 }
    orders: { enabled: true }
    """

  private static var settings: Settings {
    var settings = Settings.small
    settings.venues = ["cme", "cde"].map { VenueSettings(name: $0) }
    settings.feeds = [
      FeedSettings(
        name: "c", venue: "cme", protocol: "cmeMDP3",
        lines: [LineSettings(name: "A", group: "224.0.31.1", port: 14_310)]),
      FeedSettings(
        name: "d", venue: "cde", protocol: "coinbaseDerivatives",
        lines: [LineSettings(name: "A", group: "239.1.1.1", port: 15_000)]),
    ]
    settings.crossVenue?.minimumEdge = 50_000_000
    settings.orders.enabled = true
    return settings
  }

  @Test func theBestOverBothVenuesAndTheOpportunityAreBelowZero() throws {
    let run = try ReplayRun([PcapFile.write(Self.frames)], Self.settings)
    #expect(run.faults == [])
    #expect(run.summary.instruments.filter { $0.symbol.description == Self.symbol }.allSatisfy { $0.state == .ok })
    let symbol = try #require(Symbol(Self.symbol))
    let best = run.replay.consolidatedBest(of: symbol)
    #expect(best == ConsolidatedBest(bid: -1_450_000_000, ask: -1_500_000_000))
    let option = run.replay.consolidatedBest(of: try #require(Symbol("OPT")))
    #expect(option == ConsolidatedBest(bid: 0, ask: 50_000_000))
    // Three contracts bought at -1.50 and sold at -1.45; the ask behind them is above the bid.
    let record = try #require(run.summary.opportunities.first)
    #expect(run.summary.opportunities.count == 1)
    #expect(record.buyPrice == -1_500_000_000 && record.sellPrice == -1_450_000_000)
    #expect(record.maximumEdge == 50_000_000 && record.quantity == 3)
    #expect(record.notional == -4_500_000_000 && record.gain == 150_000_000)
    // No order can be sent at a price below 0: refused by that name.
    #expect(run.summary.ordersSent == 0)
    #expect(run.summary.refusals.map { "\($0.reason) \($0.count)" } == ["orderPrice 1"])
  }

  @Test func everyCommandPrintsThem() throws {
    let folder = CommandFolder()
    let capture = try folder.write(PcapFile.bytes(Self.frames), "n.pcap")
    let configuration = try folder.write(Self.configuration, "n.yaml")
    func book(_ options: String...) throws -> String {
      let run = try CommandRun.feedh(["book", capture, "--config", configuration] + options)
      #expect(run.status == 0, "\(run.errors)")
      return run.output
    }
    #expect(
      CommandRun.rows(try book("--format", "tsv")).map { $0.joined(separator: " ") }
        .filter { !$0.contains("IMPLIED") } == [
          "cme 7 AA-BB -2000000000 5 0 -1500000000 3 0 ok", "cme 8 OPT 0 3 0 50000000 4 0 ok",
          "cde 9 AA-BB -1450000000 4 1 0 7 1 ok",
        ])
    let table = try book("--symbol", "AA-BB")
    #expect(table.contains("AA-BB: consolidated best -1.4500 bid, -1.5000 ask"))
    #expect(table.contains("best for a round lot of") && table.contains("-2.0000") && table.contains("0.0000"))
    let option = try book("--symbol", "OPT")
    #expect(option.contains("OPT: consolidated best 0.0000 bid, 0.0500 ask"))
    let json = try CommandRun.json(try book("--symbol", "AA-BB", "--format", "json"))
    let best = try #require(json["consolidatedBest"] as? [String: NSNumber])
    #expect(best == ["bid": -1_450_000_000, "ask": -1_500_000_000])
    let books = try #require(json["books"] as? [[String: Any]])
    let asks = try #require(books[0]["asks"] as? [[String: NSNumber]])
    #expect(asks.map { $0["price"] } == [-1_500_000_000, -1_400_000_000] as [NSNumber])

    let replay = try CommandRun.feedh(
      "replay", capture, "--config", configuration, "--report", folder.path("n.json"))
    #expect(replay.status == 0 && replay.output.contains("1 pairs refused: orderPrice 1"), "\(replay.errors)")
    let report = try CommandRun.json(try folder.text("n.json"))
    let list = try #require(report["opportunityList"] as? [[String: Any]])
    #expect((list.first?["buyPrice"] as? NSNumber) == -1_500_000_000)
    #expect((list.first?["notional"] as? NSNumber) == -4_500_000_000)
    #expect((report["refusals"] as? [String: NSNumber])?["orderPrice"] == 1)
  }
}
