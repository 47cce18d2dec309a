import FeedIO
import Testing

@testable import FeedCore

/// Random days of the derivatives feeds from a capture of two lines that lose packets to the books, against books kept
/// the slow way: levels, queues, states and trades at random times and at the end, and how often the best prices
/// changed from one of the venue's publish points to the next.
struct ReplayDerivativesTests {
  @Test(arguments: 0..<CMEDay.variants) func aDayOfCME(variant: Int) throws { try check(CMEDay.self, variant) }
  @Test(arguments: 0..<EOBIDay.variants) func aDayOfEOBI(variant: Int) throws { try check(EOBIDay.self, variant) }
  @Test func aDayOfCoinbaseDerivatives() throws { try check(CoinbaseDay.self, 0) }
  @Test func aDayOfDeribit() throws { try check(DeribitDay.self, 0) }

  private func check<Day: DerivativeDay>(_: Day.Type, _ variant: Int) throws {
    let seed = TestSeed.draw("a day of \(Day.name), variant \(variant)")
    var day = Day(variant: variant, seed: seed)
    let capture = DayCapture(&day, steps: 700, start: 1_763_640_000_000_000_000, seed: seed)
    #expect(capture.lost > capture.packets / 20 && capture.looks.count > 1, "seed \(seed)")
    let path = PcapFile.write(capture.frames)
    let settings = Settings.small.with {
      $0.feeds = Day.feeds(variant: variant)
      $0.venues = $0.feeds.isEmpty ? [] : [VenueSettings(name: "cme")]
    }
    for look in capture.looks {
      let run = try DayRun(path, settings, until: look.nanoseconds)
      let note = "seed \(seed), at \(look.nanoseconds)"
      #expect(difference(run.lines, look.lines, note) == nil)
      #expect(run.summary[.topChanges] == look.topChanges, "\(note)")
      #expect(run.complaints == [], "\(note)")
      #expect(run.summary.packets == run.summary[.channelPackets], "\(note)")
      // The same over cores, layouts and bursts.
      for (cores, layout, burst) in [(2, ThreadSettings.Layout.walk, 64), (3, .rings, 7), (1, .walk, 1)] {
        let other = try DayRun(
          path,
          settings.with {
            $0.threads.coreCount = cores
            $0.threads.layout = layout
            $0.threads.burstPackets = burst
          }, until: look.nanoseconds)
        #expect(difference(other.summary.everything, run.summary.everything, "\(note), \(cores) cores") == nil)
      }
    }
  }
}

/// A run up to a capture time, its books as `SlowMarket` tells them.
struct DayRun {
  let replay: Replay<CaptureSource>
  let summary: ReplaySummary

  init(_ path: String, _ settings: Settings, until captureNanosecondsMaximum: UInt64) throws {
    let set = try CaptureSet(paths: [path])
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), makeSource: { set.makeSource() })
    replay = Replay(
      plan: plan, settings: settings, fileCount: 1, captureNanosecondsMaximum: captureNanosecondsMaximum,
      makeSource: { set.makeSource() })
    replay.run()
    summary = replay.summary()
  }

  var lines: [String] {
    summary.instruments.sorted { $0.symbol.description < $1.symbol.description }.flatMap { lines($0) }
  }

  private func lines(_ instrument: InstrumentSummary) -> [String] {
    func price(_ stored: Int32) -> Int64 { instrument.scale.raw(stored: stored) }
    func quantity(_ stored: UInt32) -> Int64 { instrument.quantityScale.raw(stored: stored) }
    let sides = [Side.buy, .sell].map { side in
      let levels = replay.levels(of: instrument, side: side)
      let queue = replay.queue(of: instrument, side: side)
      return "\(instrument.symbol) \(side == .buy ? "bids" : "asks") "
        + "\(levels.map { "\(price($0.price))×\(quantity($0.quantity))" }) "
        + "queue \(queue.map { "\(price($0.price))×\(quantity($0.quantity))" })"
    }
    let record = instrument.record
    let turnover = Int128(record.turnover) * Int128(instrument.scale.divisor) * Int128(instrument.quantityScale.divisor)
    let trades = "\(instrument.symbol) trades \(instrument.state == .ok), "
      + "\(instrument.quantityScale.raw(stored: record.volume)) for \(turnover), "
      + "last \(price(record.lastPrice))×\(quantity(record.lastQuantity))"
    return sides + [trades]
  }

  /// Whatever should not be in good input. Lost packets of one line come on the other, in time; turns of definitions
  /// begin their numbers anew.
  var complaints: [String] {
    summary.noted.filter { ![.brokenTrades, .sessionRestarts].contains($0.counter) }.map { "\($0.counter.name) \($0.count)" }
      + summary.orphansByType.map { "orphans of type \($0.key): \($0.value)" }
  }
}
