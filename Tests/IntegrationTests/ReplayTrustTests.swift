import FeedIO
import FeedSim
import Testing

@testable import FeedCore

/// Books that may not be traded on, and the ends of things.
struct ReplayTrustTests {
  typealias F = ScriptedFeed

  private static var twoVenues: Settings {
    var settings = Settings.small
    settings.orders.enabled = true
    settings.venues = [VenueSettings(name: "x"), VenueSettings(name: "y")]
    settings.feeds = [
      FeedSettings(
        name: "x", venue: "x",
        lines: [LineSettings(name: "A", port: 26_401), LineSettings(name: "B", port: 26_501)]),
      FeedSettings(name: "y", venue: "y", lines: [LineSettings(name: "A", port: 26_402)]),
    ]
    return settings
  }

  /// Venue x and venue y open with AAA; `then` sends what follows.
  private func market(_ then: (inout ScriptedFeed, inout ScriptedFeed) -> Void) -> (x: ScriptedFeed, y: ScriptedFeed) {
    var x = F()
    var y = F(session: "SCRIPT0002", nanoseconds: 1_767_623_400_000_003_000, group: 0xE936_0C02, port: 26_402)
    x.open("AAA")
    y.open("AAA")
    then(&x, &y)
    return (x, y)
  }

  private func run(_ feeds: [ScriptedFeed], _ settings: Settings = twoVenues) throws -> ReplayRun {
    try ReplayRun([PcapFile.write(feeds.flatMap(\.frames).sorted { $0.nanoseconds < $1.nanoseconds })], settings)
  }

  /// A feed whose beginning is missing has books, but nothing is looked for in them and no order leaves.
  @Test func aLateStartLetsNothingOut() throws {
    let made = try Generated.make(seed: 71) { $0.dislocationCount = 40 }
    let settings = ReplayDeterminismTests.trading(made.settings)
    let frames = try made.frames()
    let whole = try ReplayRun(made.captures, settings)
    #expect(whole.summary.ordersSent > 0)
    // From the middle of the start of day on at the first venue, from the first packet at the other.
    let start = frames.filter { Generated.venueAndLine($0).venue == 0 }[6].nanoseconds
    let late = frames.filter { Generated.venueAndLine($0).venue != 0 || $0.nanoseconds > start }
    let run = try ReplayRun([PcapFile.write(late)], settings)
    #expect(run.summary[.messagesLost] == 0 && run.summary[.gaps] == 0 && run.faults == [])
    #expect(run.summary.opportunities.isEmpty && run.summary.ordersSent == 0 && run.summary.orders.isEmpty)
    for instrument in run.summary.instruments {
      #expect(instrument.venue == 0 ? instrument.state == .lateStart : instrument.state <= .halted)
    }
  }

  /// A channel without a packet for five seconds is silent: what rested on it ends then, and begins again with its
  /// next packet.
  @Test func aSilentChannelIsNotTradedOn() throws {
    let (x, y) = market { x, y in
      x.send(F.add(1, 1, "S", 100, 100_000, "AAA"))
      y.nanoseconds += 50_000
      y.send(F.add(1, 1, "B", 100, 101_000, "AAA"))
      x.nanoseconds += 7_000_000_000
      // A heartbeat is enough.
      x.sendAll([])
      for _ in 0..<9 {
        y.nanoseconds += 1_000_000_000
        y.sendAll([])
      }
    }
    let run = try run([x, y])
    let lastOfX = x.frames[2].nanoseconds
    let rows = run.summary.opportunities
    #expect(rows.map(\.beginNanoseconds) == [y.frames[2].nanoseconds, x.frames[3].nanoseconds])
    #expect(rows.map(\.endNanoseconds) == [lastOfX + 5_000_000_000, y.frames.last!.nanoseconds])
    #expect(rows.map(\.end) == [.bookNotOk, .endOfInput] && run.summary[.silences] == 1)
    #expect(run.summary.heartbeatsAndSilences == "10 1")
  }

  /// What is open when the input ends makes the same digest for A and for A+B, where B's last packet comes later.
  @Test func anOpportunityOpenAtTheEndMakesTheSameDigestForBothLines() throws {
    let (x, y) = market { x, y in
      y.send(F.add(1, 1, "B", 100, 101_000, "AAA"))
      x.nanoseconds += 500_000
      x.send(F.add(1, 1, "S", 100, 100_000, "AAA"))
    }
    var b = x
    b.group += 0x100
    b.port += 100
    for index in b.frames.indices {
      b.frames[index].nanoseconds += 700
      b.frames[index].bytes.store(b.group, 30, 4)
      b.frames[index].bytes.store(b.port, 36, 2)
      CapturedFrame.renewHeaderChecksum(&b.frames[index].bytes)
    }
    let a = try run([x, y])
    let both = try run([x, b, y])
    #expect(a.summary.opportunities.map(\.end) == [.endOfInput] && both.summary[.duplicates] == 5)
    #expect(both.summary.opportunities[0].endNanoseconds == x.frames.last!.nanoseconds + 700)
    #expect(a.summary.orders == both.summary.orders && a.summary.ordersSent == 2)
    #expect(a.summary.orderDigest == both.summary.orderDigest && a.summary.digest == both.summary.digest)
  }

  /// The lists of a report are bounded; counts and digests go on.
  @Test func recordsThatFindNoRoomAreInCountsAndDigests() throws {
    let made = try Generated.make(seed: 51)
    let settings = ReplayDeterminismTests.trading(made.settings)
    let whole = try ReplayRun(made.captures, settings).summary
    let short = try ReplayRun(made.captures, settings.with { $0.capacity.records = 3 }).summary
    #expect(whole.opportunityCount > 3 && short.opportunities.count == 3)
    #expect(short.recordsDropped == whole.opportunityCount - 3 && short[.recordsFull] == short.recordsDropped)
    #expect(short.opportunityCount == whole.opportunityCount && short.ordersSent == whole.ordersSent)
    #expect(short.digest == whole.digest && short.orderDigest == whole.orderDigest)
  }

  /// Room for few open orders refuses by name and loses nothing.
  @Test func moreOpenOrdersThanThereIsRoomForAreRefused() throws {
    let made = try Generated.make(seed: 51)
    let settings = made.settings.with {
      $0.orders.enabled = true
      $0.shardCount = 1
      $0.capacity.openOrders = 16
      $0.crossVenue?.rearmNanoseconds = 1
      $0.risk.duplicateWindowNanoseconds = 0
      for venue in $0.venues.indices { $0.venues[venue].orderLatencyNanoseconds = 5_000_000_000 }
    }
    let run = try ReplayRun(made.captures, settings)
    let refusals = Dictionary(uniqueKeysWithValues: run.summary.refusals.map { ($0.reason, $0.count) })
    #expect(refusals[.capacity] ?? 0 > 0 && run.summary.ordersSent == 16, "\(refusals)")
    let kinds = Dictionary(grouping: run.summary.orders, by: \.kind).mapValues(\.count)
    #expect((kinds[.accepted] ?? 0) + (kinds[.rejected] ?? 0) == 16)
    #expect(run.summary.positions.allSatisfy { $0.openBuy == 0 && $0.openSell == 0 })
  }

  /// A length-prefixed file is trusted from its start of messages on; a second one begins another day.
  @Test func aFileWithoutNumbersIsTrustedFromItsStartOfMessagesOn() throws {
    func file(_ messages: [[UInt8]]) -> String {
      ScratchFolder.write(messages.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }, as: "itch")
    }
    let day = [
      F.system("O"), F.directory(1, "AAA"), F.trading(1, "AAA"), F.system("Q"), F.add(1, 1, "B", 100, 100_000, "AAA"),
    ]
    func state(_ messages: [[UInt8]]) throws -> String {
      let run = try ReplayRun([file(messages)])
      return run.summary.instruments.map { "\($0.symbol) \($0.top.bidQuantity) \($0.state)" }.joined(separator: ", ")
        + " restarts \(run.summary[.sessionRestarts])"
    }
    #expect(try state(day) == "AAA 100 ok restarts 0")
    #expect(try state(Array(day.dropFirst())) == "AAA 100 lateStart restarts 0")
    #expect(try state(Array(day.dropFirst()) + day) == "AAA 100 ok restarts 0")
    // The second day gives the locate to another stock: the first one's book is empty and its status unknown.
    let other = [F.system("O"), F.directory(1, "BBB"), F.trading(1, "BBB"), F.add(1, 1, "B", 70, 100_000, "BBB")]
    #expect(try state(day + other) == "AAA 0 halted, BBB 70 ok restarts 1")
  }
}

extension ReplaySummary {
  fileprivate var heartbeatsAndSilences: String { "\(self[.heartbeats]) \(self[.silences])" }
}
