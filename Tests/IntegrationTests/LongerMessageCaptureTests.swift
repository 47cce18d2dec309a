import FeedIO
import FeedObserve
import Foundation
import Testing

@testable import FeedCore

/// Messages of real captures that are longer than their layouts: as many in a replay as in `feedh decode`.
@Suite(.enabled(if: SharedMaterial.has("captures/one-packet"), "FEEDH_SHARED/captures/one-packet is not here"))
struct LongerMessageCaptureTests {
  private static let families = ["itch50", "iex", "cboe-pitch", "nyse", "memx", "cme", "coinbase-derivatives", "eobi"]

  private static func captures() -> [String] {
    let folder = SharedMaterial.folder + "/captures"
    var paths = ["nasdaq/20191230_AAPL_from_0935.itch50", "nasdaq/20200130_AAPL_first_10k.itch50"]
      .map { folder + "/" + $0 }
    for family in families {
      let files = FileManager.default.enumerator(atPath: folder + "/one-packet/" + family)
      while let file = files?.nextObject() as? String {
        if file.hasSuffix(".pcap") { paths.append(folder + "/one-packet/" + family + "/" + file) }
      }
    }
    return paths.filter { FileManager.default.fileExists(atPath: $0) }.sorted()
  }

  @Test func replayCountsAsManyAsDecode() throws {
    var (compared, longer) = (0, 0 as UInt64)
    for path in Self.captures() {
      var selection = DecodeSelection()
      selection.format = .ndjson
      var decoder = try CaptureDecoder(selection)
      _ = try decoder.decode(try CaptureSet(paths: [path])) { _ in }
      // Flows that nobody recognises, and the packets of order entry, are no matter of a replay.
      guard let run = try? ReplayRun([path]) else { continue }
      // Where the session layer drops a message, as a copy or beside its channel's numbers, they see different ones.
      let heard = run.summary.messages + run.summary[.malformed] + run.summary[.unknownTypes]
      guard heard > 0, run.summary.messages >= decoder.tally.messages else { continue }
      compared += 1
      longer += run.summary[.longerMessages]
      #expect(run.summary[.longerMessages] == decoder.tally.count(of: .longerMessages), "\(path)")
    }
    print("\(compared) captures compared, \(longer) longer messages in them")
    #expect(compared > 20)
  }
}
