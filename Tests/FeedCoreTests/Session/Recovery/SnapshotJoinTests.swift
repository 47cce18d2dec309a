import Testing

@testable import FeedCore

/// Every cell of the table in `SnapshotJoin`.
@Suite struct SnapshotJoinTests {
  /// A join, brought into a state: live messages from 10 on are heard, 10 and 11 are kept.
  private final class Bench {
    var join: SnapshotJoin
    init(_ configure: (inout RecoverySettings) -> Void = { _ in }) {
      let settings = RecoverySettings.small(configure)
      join = SnapshotJoin(limits: RecoveryLimits(settings), settings: settings)
    }

    func live(_ number: UInt64, at now: UInt64 = 0, text: String? = nil) -> LiveVerdict {
      Array((text ?? "\(number)").utf8).exactly {
        join.live(number, $0, captureNanoseconds: number &* 7, now: now)
      }
    }

    func nextRequest(now: UInt64) -> SnapshotRequest? { join.nextRequest(now: now) }
    func snapshotBegan(through: UInt64?, messageCount: UInt64?, now: UInt64) -> Bool {
      join.snapshotBegan(through: through, messageCount: messageCount, now: now)
    }
    func snapshotMessage(now: UInt64) -> Bool { join.snapshotMessage(now: now) }

    func joined() -> [String] {
      var list: [String] = []
      while let message = join.nextJoined() {
        #expect(message.captureNanoseconds == message.number * 7, "a kept message keeps its time")
        list.append(String(decoding: message.bytes, as: UTF8.self))
      }
      return list
    }

    static func wanted() -> Bench {
      let bench = Bench()
      bench.join.begin(now: 0)
      #expect(bench.live(10) == .buffered && bench.live(11) == .buffered)
      return bench
    }
    static func requested() -> Bench {
      let bench = wanted()
      #expect(bench.nextRequest(now: 0) == SnapshotRequest(throughMinimum: 9, attempt: 1))
      return bench
    }
    static func receiving() -> Bench {
      let bench = requested()
      #expect(bench.snapshotBegan(through: nil, messageCount: nil, now: 0))
      #expect(bench.snapshotMessage(now: 0))
      return bench
    }
    static func joining() -> Bench {
      let bench = receiving()
      bench.join.snapshotEnded(through: 10, now: 0)
      return bench
    }
    static func synchronised() -> Bench {
      let bench = joining()
      #expect(bench.joined() == ["11"])
      return bench
    }
    static func gaveUp() -> Bench {
      let bench = requested()
      bench.join.refused(.final(.notAuthorized), now: 0)
      return bench
    }
    static func idle() -> Bench { Bench() }
  }

  @Test func theBenchesAreInTheirStates() {
    #expect(Bench.idle().join.state == .idle)
    #expect(Bench.wanted().join.state == .wanted)
    #expect(Bench.requested().join.state == .requested)
    #expect(Bench.receiving().join.state == .receiving)
    #expect(Bench.joining().join.state == .joining)
    #expect(Bench.synchronised().join.state == .synchronised)
    #expect(Bench.gaveUp().join.state == .gaveUp(.notAuthorized))
  }

  // MARK: begin

  @Test func beginAsksForASnapshotOnlyWhereNoneIsUnderWay() {
    for (make, expected) in [
      (Bench.idle, SnapshotJoin.State.wanted), (Bench.wanted, .wanted), (Bench.requested, .requested),
      (Bench.receiving, .receiving), (Bench.joining, .joining), (Bench.synchronised, .wanted),
      (Bench.gaveUp, .gaveUp(.notAuthorized)),
    ] {
      let bench = make()
      bench.join.begin(now: 0)
      #expect(bench.join.state == expected)
    }
  }

  @Test func noRequestLeavesBeforeALiveNumberIsKnown() {
    let bench = Bench()
    bench.join.begin(now: 0)
    #expect(bench.join.nextDue == .max && bench.nextRequest(now: 0) == nil)
    bench.join.liveNext(21, now: 1)
    #expect(bench.nextRequest(now: 1) == SnapshotRequest(throughMinimum: 20, attempt: 1))
  }

  // MARK: live

  @Test func liveMessagesAreDeliveredWhereNoSnapshotIsNeeded() {
    let idle = Bench.idle()
    #expect(idle.live(1) == .deliver && idle.live(1) == .deliver)
    let gaveUp = Bench.gaveUp()
    #expect(gaveUp.live(12) == .deliver)
  }

  @Test func liveMessagesAreKeptWhileASnapshotComes() {
    for make in [Bench.wanted, Bench.requested, Bench.receiving, Bench.joining] {
      let bench = make()
      let state = bench.join.state
      #expect(bench.live(12) == .buffered && bench.join.state == state)
      #expect(bench.live(12) == .drop, "a second copy")
      #expect(bench.live(3) == .drop)
    }
  }

  @Test func afterTheSnapshotOnlyLaterMessagesAreDelivered() {
    let bench = Bench.synchronised()
    #expect(bench.live(9) == .drop && bench.live(10) == .drop && bench.live(12) == .deliver)
  }

  @Test func keptMessagesAreAppliedInOrderBehindTheSnapshotAndBeforeNewOnes() {
    let bench = Bench.joining()
    #expect(bench.live(12) == .buffered, "11 is not applied yet")
    #expect(bench.joined() == ["11", "12"])
    #expect(bench.join.state == .synchronised && bench.live(13) == .deliver)
    #expect(bench.join.counters[.messagesInSnapshot] == 1 && bench.join.counters[.messagesJoined] == 2)
  }

  @Test func aSnapshotNewerThanAllKeptMessagesDropsWhatItHolds() {
    let bench = Bench.receiving()
    bench.join.snapshotEnded(through: 14, now: 0)
    #expect(bench.join.state == .synchronised && bench.joined() == [])
    #expect(bench.live(12) == .drop && bench.live(14) == .drop && bench.live(15) == .deliver)
  }

  @Test func aSnapshotThatEndsJustBeforeTheFirstKeptMessageIsJoined() {
    let bench = Bench.receiving()
    bench.join.snapshotEnded(through: 9, now: 0)
    #expect(bench.join.state == .joining && bench.joined() == ["10", "11"])
  }

  @Test func aSnapshotWithAHoleBeforeTheFirstKeptMessageIsTakenAgain() {
    let bench = Bench.receiving()
    bench.join.snapshotEnded(through: 8, now: 0)
    #expect(bench.join.state == .wanted)
    #expect(bench.join.counters[.snapshotsTooOld] == 1)
    #expect(bench.nextRequest(now: second - 1) == nil, "back-off")
    #expect(bench.nextRequest(now: second) == SnapshotRequest(throughMinimum: 9, attempt: 2))
    #expect(bench.snapshotBegan(through: 10, messageCount: nil, now: second), "cleared again")
    bench.join.snapshotEnded(through: 10, now: second)
    #expect(bench.joined() == ["11"] && bench.join.state == .synchronised)
  }

  @Test func withoutLiveMessagesAHeartbeatSaysWhereToJoin() {
    let bench = Bench()
    bench.join.begin(now: 0)
    bench.join.liveNext(21, now: 0)
    _ = bench.nextRequest(now: 0)
    #expect(bench.snapshotBegan(through: 20, messageCount: 0, now: 0))
    bench.join.snapshotEnded(through: 20, now: 0)
    #expect(bench.join.state == .synchronised && bench.live(21) == .deliver)
    let late = Bench()
    late.join.begin(now: 0)
    late.join.liveNext(22, now: 0)
    _ = late.nextRequest(now: 0)
    #expect(!late.snapshotBegan(through: 20, messageCount: 0, now: 0) && late.join.state == .wanted)
  }

  @Test func heartbeatsElsewhereChangeNothing() {
    for make in [Bench.idle, Bench.wanted, Bench.requested, Bench.receiving, Bench.joining, Bench.synchronised,
      Bench.gaveUp]
    {
      let bench = make()
      let state = bench.join.state
      bench.join.liveNext(12, now: 0)
      #expect(bench.join.state == state)
    }
  }

  // MARK: lost

  @Test func aHoleBeforeTheSnapshotForgetsWhatIsKept() {
    for make in [Bench.wanted, Bench.requested, Bench.receiving] {
      let bench = make()
      let state = bench.join.state
      bench.join.lost(before: 20, now: 0)
      #expect(bench.join.state == state && bench.live(20) == .buffered)
      if state == .wanted { _ = bench.nextRequest(now: 0) }
      _ = bench.snapshotBegan(through: nil, messageCount: nil, now: 0)
      bench.join.snapshotEnded(through: 18, now: 0)
      #expect(bench.join.state == .wanted, "19 is neither in the snapshot nor kept")
    }
  }

  @Test func aHoleNobodyToldOfIsOneNevertheless() {
    var bench = Bench.receiving()
    #expect(bench.live(13) == .buffered)
    bench.join.snapshotEnded(through: 11, now: 0)
    #expect(bench.join.state == .wanted, "12 is missing")
    bench = Bench.receiving()
    #expect(bench.live(13) == .buffered)
    bench.join.snapshotEnded(through: 12, now: 0)
    #expect(bench.joined() == ["13"] && bench.join.state == .synchronised)
  }

  @Test func aHoleWhileJoiningNeedsAnotherSnapshot() {
    let bench = Bench.joining()
    bench.join.lost(before: 20, now: 0)
    #expect(bench.join.state == .wanted && bench.joined() == [])
    #expect(bench.live(20) == .buffered)
    #expect(bench.nextRequest(now: second) == SnapshotRequest(throughMinimum: 19, attempt: 2))
  }

  @Test func aHoleAfterwardsMattersOnlyBeyondTheSnapshot() {
    let bench = Bench.receiving()
    bench.join.snapshotEnded(through: 20, now: 0)
    bench.join.lost(before: 21, now: 0)
    #expect(bench.join.state == .synchronised, "the snapshot holds what was lost")
    bench.join.lost(before: 23, now: 5)
    #expect(bench.join.state == .wanted)
    #expect(bench.nextRequest(now: 5) == SnapshotRequest(throughMinimum: 22, attempt: 1))
    let idle = Bench.idle()
    idle.join.lost(before: 9, now: 0)
    #expect(idle.join.state == .idle)
    let gaveUp = Bench.gaveUp()
    gaveUp.join.lost(before: 9, now: 0)
    #expect(gaveUp.join.state == .gaveUp(.notAuthorized))
  }

  // MARK: buffer

  @Test func aFullBufferBeginsAnewAndTheSnapshotHasToReachThatFar() {
    for make in [Bench.wanted, Bench.requested, Bench.receiving] {
      let bench = make()
      for number in UInt64(12)...17 { #expect(bench.live(number) == .buffered) }
      #expect(bench.join.counters[.bufferOverflows] == 0)
      #expect(bench.live(18) == .buffered, "the ninth")
      #expect(bench.join.counters[.bufferOverflows] == 1)
      if bench.join.state == .wanted { #expect(bench.nextRequest(now: 0)?.throughMinimum == 17) }
      _ = bench.snapshotBegan(through: nil, messageCount: nil, now: 0)
      bench.join.snapshotEnded(through: 17, now: 0)
      #expect(bench.joined() == ["18"] && bench.join.state == .synchronised)
    }
  }

  @Test func aSnapshotMadeUselessByAFullBufferIsGivenUpByThatName() {
    let bench = Bench.wanted()
    var number: UInt64 = 12
    for attempt in 1...3 {
      let now = UInt64(attempt) * 10 * second
      #expect(bench.nextRequest(now: now)?.attempt == UInt16(attempt))
      let through = number - 1
      for _ in 0..<12 {
        _ = bench.live(number)
        number += 1
      }
      #expect(bench.snapshotBegan(through: nil, messageCount: nil, now: now))
      bench.join.snapshotEnded(through: through - 1, now: now)
    }
    #expect(bench.join.state == .gaveUp(.bufferFull))
  }

  @Test func aMessageLargerThanTheBufferIsDropped() {
    let bench = Bench.requested()
    #expect(bench.live(12, text: String(repeating: "x", count: 65)) == .drop)
    #expect(bench.live(13) == .buffered)
    _ = bench.snapshotBegan(through: nil, messageCount: nil, now: 0)
    bench.join.snapshotEnded(through: 12, now: 0)
    #expect(bench.joined() == ["13"])
  }

  @Test func aFullBufferWhileJoiningNeedsAnotherSnapshot() {
    let bench = Bench.joining()
    for number in UInt64(12)...19 { _ = bench.live(number) }
    #expect(bench.join.state == .wanted)
    #expect(bench.nextRequest(now: second) == SnapshotRequest(throughMinimum: 18, attempt: 2))
  }

  // MARK: snapshot

  @Test func aSnapshotNobodyAskedForIsNotApplied() {
    for make in [Bench.idle, Bench.wanted, Bench.joining, Bench.synchronised, Bench.gaveUp] {
      let bench = make()
      let state = bench.join.state
      #expect(!bench.snapshotBegan(through: 100, messageCount: nil, now: 0))
      #expect(!bench.snapshotMessage(now: 0))
      bench.join.snapshotEnded(through: 100, now: 0)
      #expect(bench.join.state == state && bench.join.counters[.snapshotsUnexpected] == 3)
    }
  }

  @Test func messagesAndEndsNeedABeginning() {
    let bench = Bench.requested()
    #expect(!bench.snapshotMessage(now: 0))
    bench.join.snapshotEnded(through: 10, now: 0)
    #expect(bench.join.state == .requested && bench.join.counters[.snapshotsUnexpected] == 2)
  }

  @Test func aSnapshotThatBeginsAgainIsCountedAnew() {
    let bench = Bench.receiving()
    #expect(bench.snapshotBegan(through: nil, messageCount: 1, now: 0))
    #expect(bench.snapshotMessage(now: 0))
    bench.join.snapshotEnded(through: 10, now: 0)
    #expect(bench.join.state == .joining)
  }

  @Test func aSnapshotWithTooFewMessagesIsTakenAgain() {
    let bench = Bench.requested()
    #expect(bench.snapshotBegan(through: 10, messageCount: 2, now: 0))
    #expect(bench.snapshotMessage(now: 0))
    bench.join.snapshotEnded(through: 10, now: 0)
    #expect(bench.join.state == .wanted && bench.join.counters[.snapshotsFailed] == 1)
  }

  // MARK: failures

  @Test func failuresAreTriedAgainAndThenGivenUpByTheLastName() {
    let bench = Bench.wanted()
    for (attempt, failure) in [RecoveryFailure.connectionLost, .malformedAnswer, .sessionUnavailable].enumerated() {
      let now = UInt64(attempt) * 20 * second
      #expect(bench.nextRequest(now: now)?.attempt == UInt16(attempt + 1))
      bench.join.failed(failure, now: now)
    }
    #expect(bench.join.state == .gaveUp(.sessionUnavailable) && bench.join.nextDue == .max)
    #expect(bench.join.counters[.snapshotsGivenUp] == 1)
  }

  @Test func aSilentServerIsNamedAndSoIsASnapshotThatStops() {
    let bench = Bench.requested()
    #expect(bench.nextRequest(now: 10 * second - 1) == nil && bench.join.nextDue == 10 * second)
    #expect(bench.nextRequest(now: 10 * second) == nil && bench.join.state == .wanted)
    #expect(bench.nextRequest(now: 11 * second)?.attempt == 2)
    #expect(bench.nextRequest(now: 21 * second) == nil)
    #expect(bench.nextRequest(now: 23 * second)?.attempt == 3)
    #expect(bench.nextRequest(now: 33 * second) == nil && bench.join.state == .gaveUp(.serverSilent))
    let stopped = Bench.receiving()
    for attempt in 1...3 {
      let now = UInt64(attempt) * 30 * second
      _ = stopped.nextRequest(now: now)
      if stopped.join.state == .wanted { _ = stopped.nextRequest(now: now + 9 * second) }
      _ = stopped.snapshotBegan(through: nil, messageCount: nil, now: now + 9 * second)
    }
    _ = stopped.nextRequest(now: 200 * second)
    #expect(stopped.join.state == .gaveUp(.snapshotIncomplete))
  }

  @Test func eachMessageLetsPatienceBeginAnew() {
    let bench = Bench.receiving()
    #expect(bench.snapshotMessage(now: 9 * second))
    #expect(bench.nextRequest(now: 18 * second) == nil && bench.join.state == .receiving)
    bench.join.accepted(now: 18 * second)
    #expect(bench.join.nextDue == 28 * second)
  }

  @Test func refusalsHaveTheirOwnEnds() {
    let busy = Bench.requested()
    busy.join.refused(.busy, now: 0)
    #expect(busy.join.state == .wanted)
    let large = Bench.receiving()
    large.join.refused(.tooLarge, now: 0)
    #expect(large.join.state == .gaveUp(.requestInvalid))
    for make in [Bench.idle, Bench.wanted, Bench.joining, Bench.synchronised] {
      let bench = make()
      let state = bench.join.state
      bench.join.refused(.final(.notAuthorized), now: 0)
      bench.join.failed(.connectionLost, now: 0)
      #expect(bench.join.state == state, "no request is open")
    }
  }

  @Test func aRestartForgetsEverything() {
    for make in [Bench.idle, Bench.wanted, Bench.requested, Bench.receiving, Bench.joining, Bench.synchronised,
      Bench.gaveUp]
    {
      let bench = make()
      bench.join.restart()
      #expect(bench.join.state == .idle && bench.live(1) == .deliver && bench.join.nextDue == .max)
    }
  }
}
