import FeedCore
import Testing

@testable import FeedSim

/// Losses on both lines, asked for through the pipeline: the books are those of the loss-free day, or the gap was given
/// up by name.
@Suite struct PipelineGapTests {
  static let protocols: [FeedProtocol] = [.itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus]
  static let failures: [RecoveryFailure] = [
    .serverSilent, .serverBusy, .outOfRange, .connectionLost, .requestInvalid, .deadlinePassed, .messagesUnavailable,
    .sessionUnavailable, .malformedAnswer, .snapshotIncomplete,
  ]

  @Test(arguments: protocols) func everyLossIsFilled(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000)
    let whole = try day.run(day.frames)
    #expect(whole.state == .ok)
    for round in 0..<4 {
      let note: Comment = "\(feedProtocol), seed \(seed), round \(round)"
      let frames = day.lossy(20, seed: seed &+ UInt64(round))
      let lossy = try day.run(frames)
      #expect(lossy.state != .ok && lossy.summary[.messagesLost] > 0 || lossy.state == .lateStart, note)
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.delayNanoseconds = 20 * millisecond
      let filled = try day.run(frames, .init(messages: faults))
      #expect(filled.failure == nil && filled.state == .ok, "\(note): \(filled.explanation)")
      #expect(filled.summary[.messagesLost] == 0 && filled.count(.messagesRecovered) > 0, note)
      #expect(filled.bookDigest == whole.bookDigest && filled.contentsDigest == whole.contentsDigest, note)
      #expect(filled.summary.messages == whole.summary.messages, note)
    }
  }

  @Test(arguments: protocols) func underEveryFaultTheBooksAreRightOrNotTrusted(feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol)")
    let day = try RecoveryDay(feedProtocol, seed: seed % 1_000, isRough: true)
    let whole = try day.run(day.frames)
    var filledRuns = 0
    for round in 0..<16 {
      let note: Comment = "\(feedProtocol), seed \(seed), round \(round)"
      let frames = day.lossy(15, late: 20, seed: seed &+ UInt64(round))
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.silence = 10
      faults.refusal = round % 4 == 3 ? 10 : 0
      faults.loss = 15
      faults.duplicate = 15
      faults.overlap = 25
      faults.disconnection = 5
      faults.delayNanoseconds = [5, 50, 150, 400][round % 4] * millisecond
      let run = try day.run(frames, .init(messages: faults))
      if let failure = run.failure {
        #expect(Self.failures.contains(failure), "\(note): \(failure)")
        #expect(run.state == .untrusted || run.state == .lateStart, note)
        #expect(run.count(.gapsGivenUp) == 1, note)
      } else {
        #expect(run.state == .ok && run.bookDigest == whole.bookDigest, "\(note): \(run.explanation)")
        #expect(run.contentsDigest == whole.contentsDigest, note)
        filledRuns += 1
      }
    }
    #expect(filledRuns >= 6, "\(feedProtocol), seed \(seed): only \(filledRuns) of 16 filled")
  }

  @Test(arguments: protocols) func aDeadServerIsGivenUpByName(feedProtocol: FeedProtocol) throws {
    let day = try RecoveryDay(feedProtocol, seed: 5)
    let frames = day.lossy(20, seed: 6)
    var faults = RecoveryFaults(seed: 7)
    faults.deadFrom = 0
    let run = try day.run(frames, .init(messages: faults))
    #expect(run.failure == .serverSilent || run.failure == .deadlinePassed)
    #expect(run.state == .untrusted)
    // As without recovery, but for how long it waited.
    #expect(run.summary[.messagesLost] == (try day.run(frames)).summary[.messagesLost])
  }
}
