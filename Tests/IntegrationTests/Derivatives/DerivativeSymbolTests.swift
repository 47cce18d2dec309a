import Foundation
import Testing

@testable import FeedCore

/// `--symbol` on the derivatives feeds: `decode` prints the rows that have the instrument's number, `book` its levels.
struct DerivativeSymbolTests {
  private struct Case {
    var symbols: [String]
    /// The book's name, and the number that rows have.
    var name: String
    var number: Int64
  }

  /// All numbers of instruments in a row, also in entries of groups.
  private static func numbers(_ row: [String: Any]) throws -> Set<Int64> {
    let fields = try #require(row["fields"] as? [String: Any])
    var numbers: Set<Int64> = []
    func collect(_ fields: [String: Any]) {
      for name in ["securityID", "instrumentId"] {
        if let number = fields[name] as? NSNumber { numbers.insert(number.int64Value) }
      }
      for value in fields.values { (value as? [[String: Any]])?.forEach(collect) }
    }
    collect(fields)
    return numbers
  }

  private func check<Day: DerivativeDay>(_: Day.Type, variant: Int, _ cases: [Case]) throws {
    let seed = TestSeed.draw("symbols of \(Day.name)")
    var day = Day(variant: variant, seed: seed)
    let capture = DayCapture(&day, steps: 150, start: 1_763_640_000_000_000_000, seed: seed)
    let path = PcapFile.write(capture.frames)
    let all = try CommandRun.feedh("decode", path, "--format", "ndjson").output.split(separator: "\n")
    for item in cases {
      let wanted = try all.filter { try Self.numbers(CommandRun.json(String($0))).contains(item.number) }
      #expect(wanted.count > 10 && wanted.count < all.count, "seed \(seed), \(item.name)")
      for symbol in item.symbols {
        let run = try CommandRun.feedh("decode", path, "--format", "ndjson", "--symbol", symbol)
        #expect(run.status == 0, "\(run.errors)")
        #expect(
          difference(run.output.split(separator: "\n").map(String.init), wanted.map(String.init), "seed \(seed)") == nil,
          "\(symbol)")
        let book = try CommandRun.feedh("book", path, "--symbol", symbol, "--format", "tsv", "--depth", "1000")
        #expect(book.status == 0, "\(book.errors)")
        let levels = book.rows.map { "\($0[2]) \($0[3]) \($0[5])×\($0[6])" }
        let model = try #require(day.market.books[item.name])
        let expected = [("B", false), ("S", true)].flatMap { side, isSell in
          model.levels(isSell: isSell).map { "\(item.name) \(side) \($0.price)×\($0.quantity)" }
        }
        #expect(difference(levels, expected, "seed \(seed), \(symbol)") == nil)
      }
    }
  }

  @Test func ofCME() throws {
    try check(
      CMEDay.self, variant: 0,
      [
        Case(symbols: ["ESZ5"], name: "ESZ5", number: 5_602),
        Case(symbols: ["ESZ5-ESH6"], name: "ESZ5-ESH6", number: 70_001),
        Case(symbols: ["13950", "#13950"], name: "#13950", number: 13_950),
        Case(symbols: ["ESZ5 C6500"], name: "ESZ5 C6500", number: -9),
      ])
  }

  /// Rows of release 6.0: those of 14.1 are not described.
  @Test func ofEOBI() throws {
    try check(
      EOBIDay.self, variant: 1,
      [
        Case(symbols: ["4128839", "#4128839"], name: "#4128839", number: 4_128_839),
        Case(
          symbols: ["72057594037927945", "#72057594037927945"], name: "#72057594037927945",
          number: 72_057_594_037_927_945),
      ])
  }

  @Test func ofCoinbaseDerivatives() throws {
    try check(
      CoinbaseDay.self, variant: 0,
      [
        Case(symbols: ["BITZ5"], name: "BITZ5", number: 100_120),
        Case(symbols: ["31", "#31"], name: "#31", number: 31),
      ])
  }

  @Test func ofDeribit() throws {
    try check(
      DeribitDay.self, variant: 0,
      [
        Case(symbols: ["BTC-FS-26DEC25_PERP"], name: "BTC-FS-26DEC25_PERP", number: 77),
        Case(symbols: ["BTC-PERPETUAL"], name: "BTC-PERPETUAL", number: 14),
      ])
  }

  // MARK: - Snapshots whose messages have no number

  /// Types of the rows with a symbol.
  private func types(_ frames: [CapturedFrame], _ symbol: String) throws -> [String] {
    let run = try CommandRun.feedh("decode", PcapFile.write(frames), "--format", "ndjson", "--symbol", symbol)
    #expect(run.status == 0, "\(run.errors)")
    return try run.objects().compactMap { $0["type"] as? String }
  }

  /// 110 names the symbol, the packet's header the number, 120 and 122 neither; then 20 and 21 with the number alone.
  @Test func aSnapshotOfCoinbaseDerivativesIsOfItsPacketsInstrument() throws {
    var feed = ScriptedFeed()
    func message(_ template: Int64, _ block: [UInt8]) -> [UInt8] {
      let length = (10 + block.count + 7) / 8 * 8
      let head = LittleEndianBytes.of((Int64(length), 2), (Int64(block.count), 2), (template, 2), (1_201, 2), (2, 2))
      return head + block + [UInt8](repeating: 0, count: length - 10 - block.count)
    }
    func send(_ number: Int64, _ messages: [[UInt8]], snapshotOf instrument: Int64? = nil) {
      let head = LittleEndianBytes.of(
        (5, 8), (number, 8), (44, 2), (instrument == nil ? 1 : 2, 1), (Int64(messages.count), 1), (instrument ?? 0, 4))
      feed.frames.append(feed.frame(head + messages.flatMap { $0 }))
      feed.nanoseconds += 1_000
    }
    for (number, symbol) in [(7, "BITZ5"), (8, "BITF6")] as [(Int64, String)] {
      var start = LittleEndianBytes(LittleEndianBytes.of((1, 2), (9, 4)))
      start.put(text: symbol, 24)
      start.pad(114 - 30)
      let order = LittleEndianBytes.of((1, 2), (3, 4), (5, 8), (900 + number, 8), (1_000_000_000, 8))
      send(1, [message(110, start.bytes), message(120, order)], snapshotOf: number)
      send(1, [message(120, order), message(122, [UInt8](repeating: 0, count: 160))], snapshotOf: number)
    }
    for (position, number) in [7, 8, 7].enumerated() as EnumeratedSequence<[Int64]> {
      let header = LittleEndianBytes.of((3, 1), (1, 1), (number, 4), (1, 4), (1, 2), (0, 2), (5, 8))
      send(Int64(1 + position), [message(21, header + LittleEndianBytes.of((77, 8)))])
    }
    for symbol in ["BITZ5", "7", "#7"] {
      #expect(try types(feed.frames, symbol) == ["110", "120", "120", "122", "21", "21"], "\(symbol)")
    }
    #expect(try types(feed.frames, "BITF6") == ["110", "120", "120", "122", "21"])
  }

  /// EOBI: 13602 has no number; the InstrumentSummary before it does. Two lines, one behind the other.
  @Test func ordersOfAnEOBISnapshotAreOfTheSummaryBeforeThem() throws {
    var frames: [CapturedFrame] = []
    for line in 0..<2 {
      var feed = ScriptedFeed()
      feed.port += UInt64(line)
      feed.nanoseconds += UInt64(line) * 1_500
      var number: Int64 = 0
      func message(_ template: Int64, _ body: [UInt8]) -> [UInt8] {
        number += 1
        return LittleEndianBytes.of((Int64(body.count + 8), 2), (template, 2), (number, 4)) + body
      }
      for packet in 1...4 as ClosedRange<Int64> {
        let head = LittleEndianBytes.of(
          (32, 2), (13_002, 2), (-1, 4), (packet, 4), (7, 4), (1, 1), (1, 1), (0, 6), (1_512_378_000_000_000_000, 8))
        let order = LittleEndianBytes.of((packet, 8), (5, 4), (1, 1), (255, 1), (0, 2), (100_000_000, 8))
        var messages: [[UInt8]] = []
        if packet != 2 {
          // The second packet goes on with the orders of the first one's instrument.
          let summary = LittleEndianBytes.of((packet < 3 ? 55 : 66, 8)) + [UInt8](repeating: 0, count: 264)
          messages.append(message(13_601, summary))
        }
        messages.append(message(13_602, order))
        messages.append(message(13_602, order))
        feed.frames.append(feed.frame(head + messages.flatMap { $0 }))
        feed.nanoseconds += 2_000
      }
      frames += feed.frames
    }
    frames.sort { $0.nanoseconds < $1.nanoseconds }
    func count(_ types: [String]) -> [Int] { ["13601", "13602"].map { type in types.count { $0 == type } } }
    #expect(count(try types(frames, "55")) == [2, 8])
    #expect(count(try types(frames, "#66")) == [4, 8])
    #expect(count(try types(frames, "77")) == [0, 0])
  }
}
