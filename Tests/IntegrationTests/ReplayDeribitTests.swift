import FeedIO
import Foundation
import Testing

@testable import FeedCore

/// The venue's sample capture from its packets to its books, against the independent script's results.
@Suite(.enabled(if: SharedMaterial.has("captures/deribit"), "FEEDH_SHARED/captures/deribit is not here"))
struct ReplayDeribitTests {
  /// One line per instrument: id, name, best bid and ask with amounts, all × 10^8, and levels of each side.
  private func expectedTops() throws -> [String] {
    let tops = try #require(try expected()["tops"] as? [[Any]])
    return tops.map { row in row.dropLast().map { "\($0)" }.joined(separator: " ") }.sorted()
  }

  private func expected() throws -> [String: Any] {
    let url = URL(fileURLWithPath: SharedMaterial.folder + "/captures/expected/deribit_v1_6.json")
    return try #require(JSONSerialization.jsonObject(with: try Data(contentsOf: url)) as? [String: Any])
  }

  private func tops(_ run: ReplayRun) -> [String] { run.summary.instruments.map { line($0, run) }.sorted() }

  private func line(_ instrument: InstrumentSummary, _ run: ReplayRun) -> String {
    let top = instrument.top
    let values: [Int64] = [
      instrument.scale.raw(stored: top.bidPrice), instrument.quantityScale.raw(stored: top.bidQuantity),
      instrument.scale.raw(stored: top.askPrice), instrument.quantityScale.raw(stored: top.askQuantity),
      Int64(run.replay.levels(of: instrument, side: .buy).count),
      Int64(run.replay.levels(of: instrument, side: .sell).count),
    ]
    return ([String(instrument.locate), instrument.symbol.description] + values.map(String.init))
      .joined(separator: " ")
  }

  @Test(arguments: [1, 3]) func theSampleEndsInTheExpectedBooks(cores: Int) throws {
    let run = try ReplayRun([DeribitCapture.path], Settings.small.with { $0.threads.coreCount = cores })
    let counts = try #require(try expected()["byType"] as? [String: NSNumber]).mapValues(\.uint64Value)
    #expect(run.summary.byType == counts)
    #expect(run.summary.packets == 5_066)
    #expect(difference(tops(run), try expectedTops()) == nil)
    // Its publisher's clock was set back four times, by microseconds: the file's affair.
    #expect(run.faults == ["timeWentBack 4"])
    #expect(run.summary.instruments.allSatisfy { $0.state == .ok })
    // The first packet of every channel is in the middle of its numbers: no book's fault.
    #expect(run.summary.channels.count == 29 && run.summary.channels.allSatisfy { $0.state == .ok })
  }

  @Test func resultsDoNotDependOnCoresOrBursts() throws {
    let one = try ReplayRun([DeribitCapture.path], Settings.small.with { $0.threads.burstPackets = 1 })
    for cores in [1, 2, 4] {
      let run = try ReplayRun([DeribitCapture.path], Settings.small.with { $0.threads.coreCount = cores })
      #expect(difference(run.summary.everything, one.summary.everything, "\(cores) cores") == nil)
    }
  }

  // MARK: - Loss

  /// Packets of event channels are lost. At the end, after the last snapshots, all books are whole and right.
  @Test func whatIsLostBeforeTheLastSnapshotsIsWholeAgain() throws {
    let seed = TestSeed.draw("whatIsLostBeforeTheLastSnapshotsIsWholeAgain")
    var random = SplitMix(seed)
    let capture = try DeribitCapture()
    // Snapshots of channel c come on channel 100 + c. The last cycle of each takes less than a second.
    var lastCycles: [UInt32: UInt64] = [:]
    for packet in capture.packets where packet.channel > 100 {
      lastCycles[packet.channel - 100] = packet.frame.nanoseconds - 1_000_000_000
    }
    let expected = try expectedTops()
    let candidates = capture.packets.indices.filter {
      let packet = capture.packets[$0]
      return packet.changedInstrument != nil && packet.frame.nanoseconds < lastCycles[packet.channel]!
    }
    for _ in 0..<3 {
      let dropped = Set((0..<40).map { _ in candidates[random.below(candidates.count)] })
      let left = capture.packets.indices.filter { !dropped.contains($0) }
      let path = DeribitCapture.write(left.map { capture.packets[$0] })
      let run = try ReplayRun([path], .small)
      #expect(run.summary[.messagesLost] == UInt64(dropped.count), "seed \(seed)")
      #expect(run.summary[.chainBreaks] > 0, "seed \(seed)")
      #expect(difference(tops(run), expected, "seed \(seed)") == nil)
      #expect(run.summary.instruments.allSatisfy { $0.state == .ok }, "seed \(seed)")
    }
  }

  /// A single packet is lost, and the capture ends soon behind it: only books of its channel are stale, among them the
  /// one whose change was lost unless a snapshot of it came since; a book that went on by a linked change is right.
  @Test func aLossMakesOnlyBooksOfItsChannelStale() throws {
    let seed = TestSeed.draw("aLossMakesOnlyBooksOfItsChannelStale")
    var random = SplitMix(seed)
    let capture = try DeribitCapture()
    let first = try #require(capture.packets.first?.frame.nanoseconds)
    // Behind the first cycle, which names all instruments, and before the next; a few snapshots come between the two.
    let candidates = capture.packets.indices.filter {
      let time = capture.packets[$0].frame.nanoseconds - first
      return capture.packets[$0].changedInstrument != nil && time < 70_000_000_000 && time > 35_000_000_000
    }
    for _ in 0..<4 {
      let lost = candidates[random.below(candidates.count)]
      let instrument = try #require(capture.packets[lost].changedInstrument)
      let channel = capture.packets[lost].channel
      // Up to the next packet of that channel, which shows the loss, and the window behind it.
      let shown = try #require(capture.packets[(lost + 1)...].firstIndex { $0.channel == channel })
      let end = min(shown + 20, capture.packets.count)
      let here = Array(capture.packets[..<end])
      let whole = try ReplayRun([DeribitCapture.write(here)], .small)
      let cut = try ReplayRun([DeribitCapture.write(here.indices.filter { $0 != lost }.map { here[$0] })], .small)
      // Snapshots of channel c come on channel 100 + c. What no change has shown yet to be another channel's is
      // suspect as well.
      let told = Set(capture.packets[..<lost].filter { $0.changedInstrument != nil }.map(\.channel))
      let others = capture.packets.filter { $0.channel != channel + 100 && told.contains($0.channel &- 100) }
      let ofOthers = Set(others.flatMap(\.messages).filter { $0.template == 1000 }.map(\.instrument))
      let isGivenAnew = here[lost...].flatMap(\.messages).contains { $0 == (1000, instrument) }
      let before = Dictionary(uniqueKeysWithValues: whole.summary.instruments.map { ($0.locate, $0) })
      #expect(before[instrument] != nil, "seed \(seed): packet \(lost)")
      #expect(cut.summary.instruments.count == before.count, "seed \(seed): packet \(lost)")
      for after in cut.summary.instruments {
        let other = try #require(before[after.locate])
        let isTouched = !ofOthers.contains(after.locate)
        if after.locate == instrument {
          let isStale = after.state == .gap
          #expect(isStale || isGivenAnew && line(after, cut) == line(other, whole), "seed \(seed): packet \(lost)")
        } else if after.state == .ok {
          #expect(line(after, cut) == line(other, whole), "seed \(seed): \(after.symbol)")
        } else {
          #expect(after.state == other.state || (isTouched && after.state == .gap), "seed \(seed): \(after.symbol)")
        }
      }
    }
  }
}
