import FeedObserve
import FeedSim
import Testing

@testable import FeedCore

/// Days with damage anywhere in their packets, which no checksum tells: no crash, no hang, the same whatever the cores,
/// and a list of faults that names each kind once.
struct DamagedDayTests {
  @Test(arguments: 0..<CMEDay.variants) func ofCME(variant: Int) throws { try check(CMEDay.self, variant) }
  @Test(arguments: 0..<EOBIDay.variants) func ofEOBI(variant: Int) throws { try check(EOBIDay.self, variant) }
  @Test func ofCoinbaseDerivatives() throws { try check(CoinbaseDay.self, 0) }
  @Test func ofDeribit() throws { try check(DeribitDay.self, 0) }

  private func check<Day: DerivativeDay>(_: Day.Type, _ variant: Int) throws {
    let seed = TestSeed.draw("a damaged day of \(Day.name), variant \(variant)")
    for round in 0..<3 as Range<UInt64> {
      var day = Day(variant: variant, seed: seed &+ round)
      let capture = DayCapture(&day, steps: 200, start: 1_763_640_000_000_000_000, seed: seed &+ round)
      let settings = Settings.small.with {
        $0.feeds = Day.feeds(variant: variant)
        $0.venues = $0.feeds.isEmpty ? [] : [VenueSettings(name: "cme")]
      }
      try compare(Self.damaged(capture.frames, seed: seed &+ round), settings, "seed \(seed), round \(round)")
    }
  }

  /// Each US equities feed alone, from the generator: lines that lose packets, and damage.
  @Test(arguments: [FeedProtocol.nyseIntegrated, .pitch, .memxDepth, .deepPlus])
  func ofEquities(feedProtocol: FeedProtocol) throws {
    let seed = TestSeed.draw("a damaged day of \(feedProtocol.name)")
    for round in 0..<3 as Range<UInt64> {
      let made = try Generated.make(seed: seed &+ round) {
        $0.venues = [VenueChoice(name: "a", feedProtocol: feedProtocol), VenueChoice(name: "b", feedProtocol: feedProtocol)]
        $0.symbolCount = 8
        $0.messageCount = 3_000
        $0.dislocationCount = 0
        $0.lossA = Probability(partsPerMillion: 200_000)
        $0.lossB = Probability(partsPerMillion: 50_000)
      }
      let frames = Self.damaged(try made.frames(), seed: seed &+ round)
      for settings in [made.settings, Settings.small] {
        try compare(frames, settings, "seed \(seed), round \(round)")
      }
    }
  }

  /// A byte of some payloads is another, some payloads end early; UDP carries no checksum.
  static func damaged(_ frames: [CapturedFrame], seed: UInt64) -> [CapturedFrame] {
    var random = SplitMix(seed &+ 5)
    var frames = frames
    let share = [4, 20, 200][random.below(3)]
    for index in frames.indices where random.below(share) == 0 {
      let count = frames[index].bytes.count
      if count <= 43 { continue }
      frames[index].bytes.store(0, 40, 2)
      if random.below(4) == 0 {
        // As the sender cut it: the lengths of IP and UDP say so.
        let left = 43 + random.below(count - 43)
        frames[index].bytes.removeLast(count - left)
        frames[index].wireLength = left
        frames[index].bytes.store(UInt64(left - 14), 16, 2)
        frames[index].bytes.store(UInt64(left - 34), 38, 2)
        CapturedFrame.renewHeaderChecksum(&frames[index].bytes)
        continue
      }
      // The headers of session and message are hit more often than their share.
      for _ in 0...random.below(3) {
        let reach = random.below(2) == 0 ? min(40, count - 42) : count - 42
        let place = 42 + random.below(reach)
        let byte = UInt8(truncatingIfNeeded: random.next())
        frames[index].bytes[place] = [0, 0xFF, 0x7F, 0x80, byte][random.below(5)]
      }
    }
    return frames
  }

  private func compare(_ frames: [CapturedFrame], _ settings: Settings, _ note: String) throws {
    let path = PcapFile.write(frames)
    let one = try CaptureRun(paths: [path], settings: settings)
    one.run()
    let faults = Fault.all(of: one)
    #expect(Set(faults.map(\.name)).count == faults.count, "\(note)")
    #expect(faults.count <= Counter.allCases.count + WireCounter.allCases.count + 20, "\(note)")
    #expect(one.summary.packets == UInt64(frames.count), "\(note)")
    for (cores, layout, burst) in [(3, ThreadSettings.Layout.walk, 5), (2, .rings, 64)] {
      let other = try ReplayRun(
        [path],
        settings.with {
          $0.threads.coreCount = cores
          $0.threads.layout = layout
          $0.threads.burstPackets = burst
        })
      #expect(difference(other.summary.everything, one.summary.everything, "\(note), \(cores) cores") == nil)
    }
  }
}
