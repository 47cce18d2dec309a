import FeedCore
import Testing

@testable import FeedSim

/// Packets whose bytes go as early as a live source may let them: the results are those of a capture, which stays.
@Suite struct RetainedPacketTests {
  static let protocols: [FeedProtocol] = [.itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus]

  private static func expect(_ run: RecoveryOutcome, equals capture: RecoveryOutcome, _ note: Comment) {
    #expect(run.explanation == capture.explanation, note)
    #expect(run.bookDigest == capture.bookDigest && run.contentsDigest == capture.contentsDigest, note)
    #expect(run.summary.orderDigest == capture.summary.orderDigest, note)
    #expect(run.summary[.retentionFull] == 0, note)
  }

  /// Loss, overtaking, copies, another cut on each line.
  @Test(arguments: protocols) func roughLinesComeToTheSame(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000, isRough: true)
    for round in 0..<3 {
      let frames = day.lossy([0, 8, 20][round], late: 50, seed: seed &+ UInt64(round), from: round == 1 ? 700 : 0)
      let capture = try day.run(frames)
      for (cores, layout, burst, retained) in [
        (1, ThreadSettings.Layout.walk, 64, 1), (1, .walk, 1, 1), (2, .rings, 64, 1), (3, .rings, 7, 2),
      ] {
        let note: Comment = "\(feedProtocol), seed \(seed), round \(round), \(cores) cores, burst \(burst)"
        let run = try day.run(frames, retained: retained) {
          $0.threads.coreCount = cores
          $0.threads.layout = layout
          $0.threads.burstPackets = burst
        }
        Self.expect(run, equals: capture, note)
      }
    }
  }

  /// What waits while messages and snapshots are asked for, and what servers answer.
  @Test(arguments: protocols) func recoveriesComeToTheSame(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    for start in [0, 800] {
      let frames = day.lossy(12, seed: seed, from: start)
      var faults = RecoveryFaults.all(seed: seed)
      faults.delayNanoseconds = 40 * millisecond
      let servers = RecoveryDay.Servers(
        messages: faults, snapshots: feedProtocol.hasChannelSnapshots ? RecoveryFaults(seed: seed) : nil)
      let capture = try day.run(frames, servers)
      for (cores, retained) in [(1, 1), (2, 1), (3, 3)] {
        let run = try day.run(frames, servers, retained: retained) {
          $0.threads.coreCount = cores
          $0.threads.layout = .rings
        }
        Self.expect(run, equals: capture, "\(feedProtocol), seed \(seed), start \(start), \(cores) cores")
        // Whoever answers is woken for what is due of the feeds, not each millisecond.
        #expect(run.summary.packets == capture.summary.packets, "\(feedProtocol), seed \(seed), \(cores) cores")
      }
    }
  }
}
