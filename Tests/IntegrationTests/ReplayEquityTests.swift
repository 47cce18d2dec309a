import Foundation
import Testing

@testable import FeedCore

/// Real packets of the US equities feeds, from the file to the books.
@Suite(.enabled(if: SharedMaterial.has("captures/iex"), "FEEDH_SHARED/captures is not here"))
struct ReplayEquityTests {
  private static let captures = SharedMaterial.folder + "/captures/"

  /// IEX's own sample of DEEP: eleven restarts, each of which empties the books. Tops in the columns symbol, bid price
  /// and size, ask price and size.
  @Test func theDEEPSampleGivesTheReferencesBooks() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Self.captures + "expected/DEEP10.json"))
    let expected = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let run = try ReplayRun([Self.captures + "iex/DEEP10.pcap.gz"], .wholeMarket)
    #expect(run.summary.messages == (expected["messages"] as? NSNumber)?.uint64Value)
    let byType = try #require(expected["byType"] as? [String: NSNumber])
    #expect(run.summary.byType == byType.mapValues(\.uint64Value))
    #expect(run.summary[.sessionRestarts] == 11)
    let rows = try #require(expected["tops"] as? [[Any]])
    let wanted = rows.map { row in row.map { "\($0)" }.joined(separator: " ") }
    let tops = run.summary.instruments.filter { $0.top.bidQuantity > 0 || $0.top.askQuantity > 0 }.map {
      "\($0.symbol) \($0.top.bidPrice) \($0.top.bidQuantity) \($0.top.askPrice) \($0.top.askQuantity)"
    }
    #expect(tops.sorted() == wanted.sorted())
    for counter in [
      Counter.malformed, .unknownTypes, .badSide, .pricesOffScale, .tradePricesOffScale, .gaps, .instrumentsFull,
    ] { #expect(run.summary[counter] == 0, "\(counter.name)") }
  }

  /// The same over cores and layouts.
  @Test(arguments: [(2, ThreadSettings.Layout.walk), (3, .walk), (2, .rings), (3, .rings)])
  func theDEEPSampleDoesNotDependOnCores(cores: Int, layout: ThreadSettings.Layout) throws {
    let path = [Self.captures + "iex/DEEP10.pcap.gz"]
    let one = try ReplayRun(path, .wholeMarket).summary.everything
    let other = try ReplayRun(path, Settings.wholeMarket.with {
      $0.threads.coreCount = cores
      $0.threads.layout = layout
    }).summary.everything
    #expect(difference(other, one) == nil)
  }

  /// Each real packet alone: every message is counted under its type, and none is bad.
  @Test(arguments: ["cboe-pitch", "nyse", "memx", "iex"])
  func realMessagesOfEveryTypeAreRead(family: String) throws {
    var expected: [String: [String: UInt64]] = [:]
    let text = try String(
      contentsOfFile: Self.captures + "expected/one-packet-\(family).ndjson", encoding: .utf8)
    for line in text.split(separator: "\n") {
      let row = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      // Feeds without a layout, and Cboe's options and futures, whose layouts are others.
      guard row["unknownLayout"] == nil, let file = row["file"] as? String, let type = row["type"] as? String,
        family != "cboe-pitch" || file.contains("Equities")
      else { continue }
      expected[file, default: [:]][type, default: 0] += 1
    }
    #expect(expected.count > 1)
    for (file, types) in expected.sorted(by: { $0.key < $1.key }) {
      let run = try ReplayRun([Self.captures + "one-packet/" + file])
      if file.hasSuffix("all_message_types.pcap") {
        // Put together from packets whose numbers do not go on: some are doubtful jumps.
        #expect(Set(run.summary.byType.keys) == Set(types.keys), "\(file)")
      } else {
        #expect(run.summary.byType == types, "\(file)")
      }
      #expect(run.summary[.malformed] == 0 && run.summary[.unknownTypes] == 0, "\(file)")
    }
  }
}
