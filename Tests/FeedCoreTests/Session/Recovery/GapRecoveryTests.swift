import Testing

@testable import FeedCore

/// Every cell of the table in `GapRecovery`.
@Suite struct GapRecoveryTests {
  private func recovery(
    answer: RecoveryLimits.Answer = .many, _ configure: (inout RecoverySettings) -> Void = { _ in }
  ) -> GapRecovery {
    GapRecovery(limits: RecoveryLimits(.small(configure), answer: answer))
  }

  private func requests(_ recovery: inout GapRecovery, at now: UInt64) -> [String] {
    var list: [String] = []
    while let request = recovery.nextRequest(now: now) { list.append("\(request.range) #\(request.attempt)") }
    return list
  }

  private func gaveUp(_ failure: RecoveryFailure) -> GapRecovery {
    var recovery = recovery()
    recovery.missing(SequenceRange(5, 9), now: 0)
    recovery.fail(failure)
    return recovery
  }

  // MARK: missing

  @Test func aMissingRangeIsAskedForOnce() {
    var r = recovery()
    #expect(r.nextDue == .max)
    r.missing(SequenceRange(5, 9), now: 7)
    #expect(r.state == .recovering && r.missingCount == 4 && r.firstMissing == 5)
    #expect(r.nextDue <= 7)
    #expect(requests(&r, at: 7) == ["[5, 9) #1"])
    #expect(requests(&r, at: 8) == [], "what is in flight is not asked for again")
    #expect(r.nextDue == 7 + second)
  }

  @Test func anEmptyRangeIsNoGap() {
    var r = recovery()
    r.missing(SequenceRange(5, 5), now: 0)
    r.missing(SequenceRange(9, 5), now: 0)
    #expect(r.state == .whole && r.counters.list == [])
  }

  @Test func aLongGapIsCutIntoRequestsOfTheAllowedSize() {
    var r = recovery()
    r.missing(SequenceRange(1, 36), now: 0)
    #expect(requests(&r, at: 0) == ["[1, 11) #1", "[11, 21) #1"], "two may be in flight")
    r.arrived(SequenceRange(1, 11), isAnswer: true, now: 1)
    #expect(requests(&r, at: 1) == ["[21, 31) #1"])
    r.arrived(SequenceRange(11, 31), isAnswer: true, now: 2)
    #expect(requests(&r, at: 2) == ["[31, 36) #1"])
  }

  @Test func overlappingAndTouchingRangesBecomeOne() {
    var r = recovery { $0.requestMessages = 100 }
    r.missing(SequenceRange(10, 20), now: 0)
    r.missing(SequenceRange(30, 40), now: 0)
    r.missing(SequenceRange(50, 60), now: 0)
    r.missing(SequenceRange(15, 30), now: 0)
    #expect(r.missingCount == 40)
    #expect(requests(&r, at: 0) == ["[10, 40) #1", "[50, 60) #1"])
  }

  @Test func rangesToldOutOfOrderAreAskedForInOrder() {
    var r = recovery()
    r.missing(SequenceRange(50, 51), now: 0)
    r.missing(SequenceRange(10, 11), now: 0)
    r.missing(SequenceRange(30, 31), now: 0)
    #expect(requests(&r, at: 0) == ["[10, 11) #1", "[30, 31) #1"])
    r.arrived(SequenceRange(10, 11), isAnswer: true, now: 0)
    #expect(requests(&r, at: 0) == ["[50, 51) #1"])
  }

  @Test func aGapGrowingBehindARequestIsAskedForWithoutTheRequestsPart() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    #expect(requests(&r, at: 0) == ["[5, 9) #1"])
    r.missing(SequenceRange(5, 12), now: 0)
    #expect(requests(&r, at: 0) == ["[9, 12) #1"])
  }

  @Test func tooManyMissingMessagesAreGivenUp() {
    var r = recovery { $0.gapMessages = 10 }
    r.missing(SequenceRange(1, 11), now: 0)
    #expect(r.state == .recovering)
    r.missing(SequenceRange(20, 21), now: 0)
    #expect(r.state == .gaveUp(.gapTooLarge))
    #expect(requests(&r, at: 0) == [] && r.nextDue == .max)
    #expect(r.counters.list == ["gapsOpened 1", "gapsGivenUp 1"])
  }

  @Test func tooManyRangesAreGivenUp() {
    var r = recovery()
    for index in 0..<UInt64(64) { r.missing(SequenceRange(index * 2, index * 2 + 1), now: 0) }
    #expect(r.state == .recovering && r.missingCount == 64)
    r.missing(SequenceRange(500, 501), now: 0)
    #expect(r.state == .gaveUp(.tooManyGaps))
  }

  @Test func withAllPlacesTakenARangeCutInTwoStaysWhole() {
    var r = recovery()
    for index in 0..<UInt64(63) { r.missing(SequenceRange(index * 2, index * 2 + 1), now: 0) }
    r.missing(SequenceRange(200, 209), now: 0)
    r.arrived(SequenceRange(204, 205), isAnswer: false, now: 0)
    #expect(r.state == .recovering && r.missingCount == 63 + 9)
    r.arrived(SequenceRange(200, 209), isAnswer: true, now: 0)
    r.arrived(SequenceRange(0, 126), isAnswer: true, now: 0)
    #expect(r.state == .whole)
  }

  @Test func whatIsMissingAfterGivingUpIsNotAskedFor() {
    var r = gaveUp(.serverSilent)
    r.missing(SequenceRange(20, 30), now: 0)
    #expect(r.state == .gaveUp(.serverSilent) && r.missingCount == 0 && requests(&r, at: 0) == [])
  }

  // MARK: arrived

  @Test func arrivalsWithNothingMissingAreNoEvent() {
    var r = recovery()
    r.arrived(SequenceRange(1, 100), isAnswer: true, now: 0)
    #expect(r.state == .whole && r.counters.list == [])
    r = gaveUp(.deadlinePassed)
    r.arrived(SequenceRange(1, 100), isAnswer: true, now: 0)
    #expect(r.state == .gaveUp(.deadlinePassed))
  }

  @Test func aLateOriginalFillsTheGapAndItsRetransmissionIsNoEvent() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    #expect(requests(&r, at: 0) == ["[5, 9) #1"])
    r.arrived(SequenceRange(3, 12), isAnswer: false, now: 1)
    #expect(r.state == .whole && r.nextDue == .max)
    r.arrived(SequenceRange(5, 9), isAnswer: true, now: 2)
    #expect(r.state == .whole && requests(&r, at: 100 * second) == [])
    #expect(r.counters.list == ["gapsOpened 1", "gapsFilled 1", "requestsSent 1", "messagesRecovered 4"])
  }

  @Test func aRetransmissionFillsTheGapAndTheLateOriginalIsNoEvent() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    _ = requests(&r, at: 0)
    r.arrived(SequenceRange(5, 9), isAnswer: true, now: 1)
    #expect(r.state == .whole)
    r.arrived(SequenceRange(5, 9), isAnswer: false, now: 2)
    #expect(r.state == .whole && r.counters[.messagesRecovered] == 4)
  }

  @Test func onlyWhatIsStillMissingIsRepeated() {
    var r = recovery()
    r.missing(SequenceRange(1, 11), now: 0)
    _ = requests(&r, at: 0)
    r.arrived(SequenceRange(3, 6), isAnswer: false, now: 1)
    #expect(requests(&r, at: second) == ["[1, 3) #1", "[6, 11) #1"], "progress counts attempts anew")
    #expect(r.state == .recovering && r.missingCount == 7)
  }

  @Test func anAnswerOfOnePacketEndsItsRequestAndTheRestIsAskedForAtOnce() {
    var r = recovery(answer: .onePacket)
    r.missing(SequenceRange(1, 9), now: 0)
    #expect(requests(&r, at: 0) == ["[1, 9) #1"])
    r.arrived(SequenceRange(1, 4), isAnswer: true, now: 5)
    #expect(requests(&r, at: 5) == ["[4, 9) #1"])
    r.arrived(SequenceRange(1, 4), isAnswer: true, now: 6)
    #expect(requests(&r, at: 6) == [], "a second answer to the first request asks for nothing")
    r.arrived(SequenceRange(4, 9), isAnswer: true, now: 7)
    #expect(r.state == .whole)
  }

  @Test func anAnswerOfOnePacketEndsItsRequestEvenIfItsMessagesCameBefore() {
    var r = recovery(answer: .onePacket)
    r.missing(SequenceRange(1, 9), now: 0)
    _ = requests(&r, at: 0)
    r.arrived(SequenceRange(1, 4), isAnswer: false, now: 1)
    #expect(requests(&r, at: 1) == [], "the request is still in flight")
    r.arrived(SequenceRange(1, 4), isAnswer: true, now: 2)
    #expect(requests(&r, at: 2) == ["[4, 9) #1"])
  }

  // MARK: accepted, refused, unavailable

  @Test func anAcceptanceLetsPatienceBeginAnew() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    _ = requests(&r, at: 0)
    r.accepted(first: 5, now: second / 2)
    #expect(requests(&r, at: second) == [])
    #expect(requests(&r, at: second + second / 2) == ["[5, 9) #2"])
    #expect(r.counters[.requestsAccepted] == 1 && r.counters[.requestsTimedOut] == 1)
  }

  @Test func responsesToNoOpenRequestAreCountedAndChangeNothing() {
    var whole = recovery()
    whole.accepted(first: 5, now: 0)
    whole.refused(first: 5, .final(.outOfRange), now: 0)
    #expect(whole.state == .whole && whole.counters.list == ["responsesUnmatched 2"])
    var lost = gaveUp(.serverSilent)
    lost.accepted(first: 5, now: 0)
    lost.refused(first: 5, .busy, now: 0)
    #expect(lost.state == .gaveUp(.serverSilent) && lost.counters[.responsesUnmatched] == 2)
    var other = recovery()
    other.missing(SequenceRange(5, 9), now: 0)
    _ = requests(&other, at: 0)
    other.refused(first: 6, .final(.outOfRange), now: 0)
    #expect(other.state == .recovering, "another client's, or one of an earlier request")
  }

  @Test func aBusyServerIsAskedAgainAfterABackOffThatDoubles() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    _ = requests(&r, at: 0)
    r.refused(first: 5, .busy, now: 10)
    #expect(requests(&r, at: 9 + second) == [] && r.nextDue == 10 + second)
    #expect(requests(&r, at: 10 + second) == ["[5, 9) #2"])
    r.refused(first: 5, .busy, now: 2 * second)
    #expect(requests(&r, at: 4 * second - 1) == [] && requests(&r, at: 4 * second) == ["[5, 9) #3"])
    r.refused(first: 5, .busy, now: 5 * second)
    #expect(r.state == .gaveUp(.serverBusy))
  }

  @Test func aRequestThatIsTooLargeIsHalvedAndSoAreThoseAfterIt() {
    var r = recovery()
    r.missing(SequenceRange(1, 11), now: 0)
    #expect(requests(&r, at: 0) == ["[1, 11) #1"])
    r.refused(first: 1, .tooLarge, now: 1)
    #expect(requests(&r, at: 1) == ["[1, 6) #2", "[6, 11) #1"])
    r.refused(first: 1, .tooLarge, now: 2)
    r.refused(first: 6, .tooLarge, now: 2)
    #expect(requests(&r, at: 2) == ["[1, 3) #3", "[6, 8) #2"])
  }

  @Test func aRequestForOneMessageThatIsTooLargeIsGivenUp() {
    var r = recovery()
    r.missing(SequenceRange(1, 2), now: 0)
    _ = requests(&r, at: 0)
    r.refused(first: 1, .tooLarge, now: 1)
    #expect(r.state == .gaveUp(.requestInvalid))
  }

  @Test func aFinalRefusalIsGivenUpWithItsReason() {
    var r = recovery()
    r.missing(SequenceRange(1, 2), now: 0)
    _ = requests(&r, at: 0)
    r.refused(first: 1, .final(.allowanceSpent), now: 1)
    #expect(r.state == .gaveUp(.allowanceSpent) && r.nextDue == .max)
  }

  @Test func messagesTheServerHasLostAreGivenUpOnlyIfTheyAreMissing() {
    var r = recovery()
    r.unavailable(SequenceRange(1, 100))
    #expect(r.state == .whole)
    r.missing(SequenceRange(5, 9), now: 0)
    r.unavailable(SequenceRange(1, 5))
    #expect(r.state == .recovering)
    r.unavailable(SequenceRange(8, 9))
    #expect(r.state == .gaveUp(.messagesUnavailable))
  }

  // MARK: forget, restart

  @Test func whatASnapshotHoldsIsNotAskedForAnyMore() {
    var r = recovery()
    r.forget(below: 7)
    #expect(r.state == .whole)
    r.missing(SequenceRange(5, 9), now: 0)
    _ = requests(&r, at: 0)
    r.forget(below: 7)
    #expect(r.missingCount == 2 && r.firstMissing == 7)
    #expect(requests(&r, at: second) == ["[7, 9) #2"])
    r.forget(below: 20)
    #expect(r.state == .whole && r.nextDue == .max)
    r = gaveUp(.serverSilent)
    r.forget(below: 20)
    #expect(r.state == .gaveUp(.serverSilent))
  }

  @Test func aRestartForgetsEverything() {
    var r = recovery { $0.requestsPerSession = 1 }
    r.missing(SequenceRange(5, 9), now: 0)
    _ = requests(&r, at: 0)
    r.restart(isNewSession: false)
    #expect(r.state == .whole && r.missingCount == 0 && r.nextDue == .max)
    r.missing(SequenceRange(50, 90), now: 0)
    #expect(requests(&r, at: 0) == [] && r.state == .gaveUp(.allowanceSpent), "the session's allowance stays spent")
    r.restart(isNewSession: true)
    r.missing(SequenceRange(1, 2), now: 0)
    #expect(requests(&r, at: 0) == ["[1, 2) #1"])
  }

  /// Numbers that began anew look like those before: no request before their answers must have come.
  @Test func askAgainWaitsForWhateverIsUnderWay() {
    var r = recovery()
    #expect(r.askAgain(from: 100) == 100, "nothing was asked for")
    r.missing(SequenceRange(5, 9), now: 50)
    #expect(requests(&r, at: 99) == [] && r.nextDue == 100 && !r.isAskedFor(SequenceRange(5, 9)))
    #expect(requests(&r, at: 100) == ["[5, 9) #1"])
    #expect(r.isAskedFor(SequenceRange(8, 20)) && !r.isAskedFor(SequenceRange(9, 20)))
    #expect(requests(&r, at: 100 + second) == ["[5, 9) #2"], "this one may take two seconds")
    r.fail(.interrupted)
    #expect(!r.isAskedFor(SequenceRange(5, 9)))
    r.restart(isNewSession: false)
    #expect(r.askAgain(from: 200) == 100 + 3 * second)
    r.missing(SequenceRange(2, 3), now: 100 + second)
    #expect(requests(&r, at: 99 + 3 * second) == [] && r.nextDue == 100 + 3 * second)
    #expect(requests(&r, at: 100 + 3 * second) == ["[2, 3) #1"])
    #expect(r.askAgain(from: .max) == .max)
  }

  /// A server that said that it will answer is given its time anew.
  @Test func askAgainKnowsAcceptedRequests() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    #expect(requests(&r, at: 0) == ["[5, 9) #1"])
    r.accepted(first: 5, now: second / 2)
    r.restart(isNewSession: false)
    #expect(r.askAgain(from: 0) == second + second / 2)
  }

  // MARK: time

  @Test func aSilentServerIsAskedAgainWithGrowingPatienceAndThenGivenUp() {
    var r = recovery()
    r.missing(SequenceRange(5, 9), now: 0)
    #expect(requests(&r, at: 0) == ["[5, 9) #1"])
    #expect(requests(&r, at: second - 1) == [] && requests(&r, at: second) == ["[5, 9) #2"])
    #expect(requests(&r, at: 3 * second - 1) == [] && requests(&r, at: 3 * second) == ["[5, 9) #3"])
    #expect(requests(&r, at: 7 * second - 1) == [] && r.state == .recovering)
    #expect(requests(&r, at: 7 * second) == [] && r.state == .gaveUp(.serverSilent))
    #expect(r.counters.list == ["gapsOpened 1", "gapsGivenUp 1", "requestsSent 3", "requestsRepeated 2",
      "requestsTimedOut 3"])
  }

  @Test func aGapThatStaysOpenTooLongIsGivenUpEvenWithProgress() {
    var r = recovery { $0.deadlineNanoseconds = 3 * second }
    r.missing(SequenceRange(1, 100), now: 0)
    for index in 0..<UInt64(3) {
      _ = requests(&r, at: index * second)
      r.arrived(SequenceRange(index * 10, index * 10 + 10), isAnswer: true, now: index * second)
    }
    #expect(r.state == .recovering)
    #expect(requests(&r, at: 3 * second) == [] && r.state == .gaveUp(.deadlinePassed))
  }

  @Test func requestsKeepTheirDistance() {
    var r = recovery { $0.requestSpacingNanoseconds = 100 }
    r.missing(SequenceRange(1, 31), now: 0)
    #expect(requests(&r, at: 0) == ["[1, 11) #1"])
    #expect(r.nextDue == 100 && requests(&r, at: 99) == [])
    #expect(requests(&r, at: 100) == ["[11, 21) #1"])
  }

  @Test func theAllowanceOfASessionIsKept() {
    var r = recovery { $0.requestsPerSession = 2 }
    r.missing(SequenceRange(1, 31), now: 0)
    #expect(requests(&r, at: 0).count == 2)
    r.arrived(SequenceRange(1, 21), isAnswer: true, now: 1)
    #expect(requests(&r, at: 1) == [] && r.state == .gaveUp(.allowanceSpent))
  }

  @Test func extremeNumbersAndTimesDoNotTrap() {
    var r = recovery { $0.gapMessages = 64_000_000 }
    r.missing(SequenceRange(.max - 20, .max), now: .max - 5)
    #expect(requests(&r, at: .max - 5).count == 2)
    #expect(requests(&r, at: .max - 1).isEmpty)
    r.arrived(SequenceRange(0, .max), isAnswer: true, now: .max - 1)
    #expect(r.state == .whole)
    r.missing(SequenceRange(0, .max), now: .max - 1)
    #expect(r.state == .gaveUp(.gapTooLarge))
  }

  /// Random events against a set of numbers: never asks for what is not missing, never twice at once, never more than
  /// allowed; and when everything arrived, it is whole.
  @Test func randomEventsKeepTheInvariants() {
    let seed = SessionRandom.seed()
    for round in 0..<300 {
      var random = SessionRandom(seed: seed &+ UInt64(round))
      let note: Comment = "seed \(seed), round \(round)"
      var r = recovery(answer: random.chance(50) ? .onePacket : .many) { $0.attempts = 100 }
      var missing = Set<UInt64>()
      var inFlight: [SequenceRange] = []
      var now: UInt64 = 0
      var highest: UInt64 = 1
      for _ in 0..<120 {
        now += UInt64(random.int(0...300)) * millisecond
        switch random.int(0...3) {
        case 0:
          let first = highest + UInt64(random.int(0...5))
          let range = SequenceRange(first, first + UInt64(random.int(1...15)))
          highest = range.end
          r.missing(range, now: now)
          missing.formUnion(range.first..<range.end)
        case 1, 2:
          let first = UInt64(random.int(0...Int(highest)))
          let range = SequenceRange(first, first + UInt64(random.int(1...9)))
          r.arrived(range, isAnswer: random.chance(50), now: now)
          missing.subtract(range.first..<range.end)
        default: break
        }
        while let request = r.nextRequest(now: now) {
          #expect(Set(request.range.first..<request.range.end).isSubset(of: missing), note)
          #expect(request.range.count <= 10, note)
          inFlight.append(request.range)
        }
        guard r.state != .gaveUp(.tooManyGaps), r.state != .gaveUp(.deadlinePassed) else { break }
        #expect(r.missingCount == UInt64(missing.count), note)
        #expect((r.state == .whole) == missing.isEmpty, note)
        #expect(r.firstMissing == missing.min(), note)
      }
      if case .gaveUp = r.state { continue }
      r.arrived(SequenceRange(0, highest), isAnswer: true, now: now)
      #expect(r.state == .whole && r.nextDue == .max, note)
      #expect(r.counters[.gapsOpened] == r.counters[.gapsFilled], note)
    }
  }
}
