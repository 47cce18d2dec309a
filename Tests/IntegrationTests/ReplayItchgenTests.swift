import FeedIO
import Testing

@testable import FeedCore

/// Final books against itchgen's own: the same traffic from every form of file, from each line and from both.
@Suite(.enabled(if: Itchgen.isHere, "\(Itchgen.reason)"))
struct ReplayItchgenTests {
  struct Traffic: Sendable, CustomTestStringConvertible {
    var arguments: String
    var isWholeMarket = false
    var testDescription: String { arguments }
    var settings: Settings { isWholeMarket ? .wholeMarket : .small }
  }

  static let traffic = [
    Traffic(arguments: "-n 300000 -s 1 -b", isWholeMarket: true),
    Traffic(arguments: "-n 60000 -s 2 -k 300 -l 12000 -R -b"),
    Traffic(arguments: "-n 60000 -s 3 -k 300 -l 20000 -d 0.4 -b"),
    Traffic(arguments: "-n 60000 -s 4 -k 40 -l 9000 -R -d 0.4 -b"),
  ]

  @Test(arguments: traffic)
  func everyFormOfTheTrafficGivesItchgensBooks(traffic: Traffic) throws {
    let made = try Itchgen.run(traffic.arguments)
    let expected = try made.expected()
    let counts = try made.countsByType()
    let live = try #require(try made.statistic("live_end"))
    var digests: [String: UInt64] = [:]
    for (name, paths) in [
      ("pcap A", [made.a]), ("itch", [made.itch]), ("A+B", [made.a, made.b]), ("B", [made.b]),
      ("B+A", [made.b, made.a]),
    ] {
      let run = try ReplayRun(paths, traffic.settings)
      let best = run.summary.bestByLocate
      #expect(Set(best.keys) == Set(expected.keys), "\(name)")
      let wrong = expected.filter { best[$0.key] != $0.value }.sorted { $0.key < $1.key }
      #expect(wrong.isEmpty, "\(name): \(wrong.prefix(3).map { "\(best[$0.key] ?? "-") not \($0.value)" })")
      #expect(run.summary.byType == counts, "\(name)")
      #expect(run.summary.messages == counts.values.reduce(0, +), "\(name)")
      #expect(run.summary.orphans == 0 && run.summary.liveOrders == live, "\(name)")
      // Before the open itchgen pauses for longer than five seconds, its broken trades name any earlier number, and
      // its line B has times that go back.
      let others = run.faults.filter { fault in
        !["silences", "brokenTradesUnknown", "timeWentBack"].contains { fault.hasPrefix($0) }
      }
      #expect(others.isEmpty, "\(name): \(others)")
      digests[name] = run.summary.bookDigest
      if name.contains("+") { #expect(run.summary[.duplicates] == run.summary.messages, "\(name)") }
    }
    #expect(Set(digests.values).count == 1, "\(digests)")
  }
}
