import FeedSim
import Testing

@testable import FeedCore

/// Five protocols in one capture: what a replay finds is the truth of the generator, which shares no code with it.
struct UnlikeVenueTests {
  static let venues = [
    VenueChoice(name: "nasdaq", feedProtocol: .itch50), VenueChoice(name: "bzx", feedProtocol: .pitch),
    VenueChoice(name: "arca", feedProtocol: .nyseIntegrated), VenueChoice(name: "memx", feedProtocol: .memxDepth),
    VenueChoice(name: "iex", feedProtocol: .deepPlus),
  ]

  static func make(seed: UInt64, _ change: (inout GeneratorOptions) -> Void = { _ in }) throws -> Generated {
    try Generated.make(seed: seed) {
      $0.venues = venues
      $0.messageCount = 24_000
      $0.dislocationCount = 40
      change(&$0)
    }
  }

  /// Final books in the form of the expectation file: prices in the venue's raw units.
  static func tops(_ summary: ReplaySummary) -> [String] {
    summary.instruments.map { i in
      func price(_ stored: Int32, _ quantity: UInt64) -> Int64 { quantity == 0 ? 0 : i.scale.raw(stored: stored) }
      let (bid, ask) = (UInt64(i.top.bidQuantity), UInt64(i.top.askQuantity))
      return "\(i.venueName)\t\(i.locate)\t\(i.symbol)\t\(price(i.top.bidPrice, bid))\t\(bid)"
        + "\t\(bid > 0 ? i.bidOrders : 0)\t\(price(i.top.askPrice, ask))\t\(ask)\t\(ask > 0 ? i.askOrders : 0)"
        + "\t\(i.state)"
    }.sorted()
  }

  static func expectTruth(_ made: Generated, _ run: ReplayRun, _ context: String) {
    #expect(difference(made.found(run.summary.opportunities), made.truth(), context) == nil)
    #expect(difference(tops(run.summary), made.result.books.map(\.line).sorted(), context) == nil)
    #expect(run.summary.liveOrders == made.result.venues.reduce(0) { $0 + $1.liveOrders }, "\(context)")
    #expect(run.summary.orphans == 0 && run.summary[.messagesLost] == 0, "\(context)")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func theOpportunitiesAndTheBooksAreTheTruth(seed: UInt64) throws {
    let made = try Self.make(seed: seed) { $0.lineCount = seed == 3 ? 1 : 2 }
    #expect(made.result.opportunities.count >= 40)
    let run = try ReplayRun(made.captures, made.settings)
    Self.expectTruth(made, run, "seed \(seed)")
    #expect(run.faults == [], "\(run.faults)")
    #expect(run.summary.messages == UInt64(made.result.messageCount))
  }

  @Test(arguments: [4, 5] as [UInt64]) func newSessionsOfEveryKindAreTheTruth(seed: UInt64) throws {
    let made = try Self.make(seed: seed) {
      $0.restartCount = 10
      $0.messageCount = 40_000
    }
    let run = try ReplayRun(made.captures, made.settings)
    Self.expectTruth(made, run, "seed \(seed)")
    // A Cboe unit is cleared and goes on.
    #expect(run.summary[.sessionRestarts] == 8)
    #expect(run.faults.filter { !$0.hasPrefix("sessionRestarts") } == [], "\(run.faults)")
  }

  @Test func lossOnOneLineAndCopiesChangeNothing() throws {
    let made = try Self.make(seed: 6) {
      $0.lossB = Probability(partsPerMillion: 50_000)
      $0.duplicate = Probability(partsPerMillion: 30_000)
    }
    let run = try ReplayRun(made.captures, made.settings)
    Self.expectTruth(made, run, "seed 6")
    #expect(run.summary[.duplicates] > 0)
  }

  @Test(arguments: [1, 2, 3], [ThreadSettings.Layout.walk, .rings])
  func coresAndLayoutsDoNotMatter(cores: Int, layout: ThreadSettings.Layout) throws {
    let made = try Self.make(seed: 7) { $0.restartCount = 5 }
    let settings = made.settings.with { $0.orders.enabled = true }
    let expected = try ReplayRun(made.captures, settings).summary.everything
    let run = try ReplayRun(
      made.captures,
      settings.with {
        $0.threads.coreCount = cores
        $0.threads.layout = layout
        $0.threads.burstPackets = cores == 3 ? 5 : 64
      })
    #expect(difference(run.summary.everything, expected) == nil)
    #expect(run.summary.ordersSent > 0)
  }
}
