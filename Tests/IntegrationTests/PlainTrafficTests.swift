import FeedObserve
import FeedSim
import Testing

@testable import FeedCore

/// Plain traffic serves to measure: it has to be traffic that every protocol's decoder and book take without a
/// complaint, and the same flow of orders in each.
struct PlainTrafficTests {
  private static let changes = 20_000

  private static func make(_ feedProtocol: FeedProtocol, seed: UInt64) throws -> (path: String, count: Int) {
    let path = ScratchFolder.newPath("plain.pcap")
    return (path, try PlainTraffic.write(feedProtocol, changes: changes, seed: seed, to: path))
  }

  @Test(arguments: FeedProtocol.allCases)
  func booksTakeItWithoutAComplaint(feedProtocol: FeedProtocol) throws {
    let made = try Self.make(feedProtocol, seed: 3)
    let run = try ReplayRun([made.path], .small)
    #expect(run.summary.byProtocol[feedProtocol]?.values.reduce(0, +) == UInt64(made.count))
    #expect(run.faults == [], "\(run.faults)")
    #expect(run.summary.orphans == 0)
    #expect(run.summary.instruments.count >= PlainMarketFacts.instrumentsAtLeast)
    #expect(run.summary.instruments.contains { $0.top.bidQuantity > 0 && $0.top.askQuantity > 0 })
    for instrument in run.summary.instruments where instrument.top.bidQuantity > 0 && instrument.top.askQuantity > 0 {
      #expect(instrument.top.bidPrice < instrument.top.askPrice, "\(instrument.symbol)")
    }
  }

  /// One flow, many protocols.
  @Test func everyEquityFeedEndsWithTheSameBestPrices() throws {
    func tops(_ feedProtocol: FeedProtocol) throws -> [String] {
      let run = try ReplayRun([try Self.make(feedProtocol, seed: 5).path], .small)
      return run.summary.instruments.map {
        let unit = $0.scale.nanounits
        return "\($0.symbol) \(Int64($0.top.bidPrice) * unit) \($0.top.bidQuantity)"
          + " \(Int64($0.top.askPrice) * unit) \($0.top.askQuantity)"
      }.filter { !$0.hasSuffix(" 0 0 0 0") }.sorted()
    }
    let expected = try tops(.itch50)
    #expect(expected.count >= PlainMarketFacts.instrumentsAtLeast)
    let others: [FeedProtocol] = [.pitch, .nyseIntegrated, .memxDepth, .deepPlus, .miaxPearlDepth, .deep10, .tops16]
    for feedProtocol in others {
      #expect(try tops(feedProtocol) == expected, "\(feedProtocol.name)")
    }
  }

  @Test(arguments: FeedProtocol.allCases)
  func equalSeedsGiveEqualChecksumsAndOthersDoNot(feedProtocol: FeedProtocol) throws {
    func measure(_ seed: UInt64) throws -> DecodeMeasurement {
      let path = try Self.make(feedProtocol, seed: seed).path
      let run = try DecodeRun(paths: [path], settings: Settings(), protocolName: "auto", roundCount: 2)
      #expect(run.rounds[0].checksum == run.rounds[1].checksum && run.rounds[0].events == run.rounds[1].events)
      #expect(run.protocols == [feedProtocol])
      return run.best
    }
    let (first, same, other) = (try measure(7), try measure(7), try measure(8))
    #expect(first.checksum == same.checksum && first.checksum != other.checksum)
    #expect(first.refused == 0 && first.events > 0 && first.messages > 0)
  }
}

private enum PlainMarketFacts {
  /// Of 500; those without an order yet may be unknown where messages carry the symbol.
  static let instrumentsAtLeast = 400
}
