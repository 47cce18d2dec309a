import Testing

@testable import FeedCore

/// Each cell of the second table of `LineArbiter`: what a channel that may ask does instead of losing. A test's name
/// begins with the state.
///
/// Requests are compared with bytes written by hand from "MoldUDP64 1.00, Request Packet"; the messages are ITCH's no
/// more than their numbers are. Eight packets may be kept, a request asks for five messages.
@Suite struct LineArbiterRecoveryTests {
  private static let window = SessionHarness.window
  private static let timeout: UInt64 = 1_000_000_000

  private func asking(snapshots: Bool = false) -> SessionHarness {
    SessionHarness(messages: true, snapshots: snapshots) { $1.attempts = 2 }
  }

  /// Live through 2, with 5 waiting behind 3 and 4, whose window is over: recovering.
  private func recovering(snapshots: Bool = false) -> SessionHarness {
    let feed = asking(snapshots: snapshots)
    feed.open()
    feed.data(5)
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .recovering && feed.requests() == ["@1000000 ask 3+2"])
    _ = feed.trace()
    return feed
  }

  /// Live through 2, 5 kept, a snapshot asked for.
  private func awaiting(messages: Bool = false) -> SessionHarness {
    let feed = SessionHarness(messages: messages, snapshots: true) { $1.attempts = 1 }
    feed.open()
    feed.data(5)
    feed.advance(to: Self.window)
    if messages { feed.advance(to: Self.window + Self.timeout) }
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 5)
    _ = feed.trace()
    _ = feed.requests()
    return feed
  }

  // MARK: Row: window closed, asks

  @Test func joiningNearTheFirstNumberAsksForWhatIsBefore() {
    let feed = asking(snapshots: true)
    feed.data(6)
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .recovering && feed.requests() == ["@1000000 ask 1+5"])
    feed.data(1, 5, line: 2)
    #expect(feed.trace() == "@1000000 1 2 3 4 5. 6. <ok>" && feed.arbiter.state == .live)
    #expect(feed.counts == ["gapsFilled 1", "answerPackets 1"])
  }

  @Test func joiningFartherAwayAsksForAllOfItWhereThereIsNoSnapshot() {
    let feed = asking()
    feed.data(7)
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .recovering && feed.requests() == ["@1000000 ask 1+5"])
  }

  @Test func joiningFartherAwayThanMayBeMissingStartsLate() {
    let feed = SessionHarness(messages: true, snapshots: false) { $1.gapMessages = 5 }
    feed.data(7)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@1000000 7. <lateStart>" && feed.requests() == [] && feed.arbiter.state == .live)
  }

  @Test func waitingAsksForEachHoleThatIsDue() {
    let feed = asking()
    feed.open()
    feed.data(5)
    feed.data(8)
    feed.data(11, at: 400_000)
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .recovering)
    #expect(feed.requests() == ["@1000000 ask 3+2"], "the second leaves after the spacing")
    feed.advance(to: Self.window + 10_000_000)
    #expect(feed.requests() == ["@11000000 ask 6+2"])
    // The third hole was two fifths of a window younger.
    feed.advance(to: Self.window + 30_000_000)
    #expect(feed.requests() == ["@21000000 ask 9+2"])
    #expect(feed.trace() == "@0 <gap>")
  }

  // MARK: Row: window closed, has a snapshot

  @Test func joiningFarFromTheFirstNumberAsksForASnapshot() {
    let feed = asking(snapshots: true)
    feed.data(7)
    feed.data(8)
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 7 && feed.arbiter.heldCount == 2)
    #expect(feed.trace() == "" && feed.requests() == ["@1000000 open", "@1000000 login"])
  }

  @Test func waitingAsksForASnapshotWhereNothingRepeatsMessages() {
    let feed = SessionHarness(messages: false, snapshots: true)
    feed.open()
    feed.data(5)
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 5)
    #expect(feed.trace() == "@0 <gap>" && feed.requests() == ["@1000000 open", "@1000000 login"])
  }

  // MARK: Row: data, first ≤ next < end

  @Test func recoveringDataAtNextIsDeliveredThenWhatWaited() {
    let feed = recovering()
    feed.data(3, 2, line: 2, at: 2_000_000)
    #expect(feed.trace() == "@2000000 3 4. 5. <ok>" && feed.arbiter.state == .live)
    #expect(feed.counts == ["gapsFilled 1", "answerPackets 1"])
    feed.advance(to: 60_000_000_000)
    #expect(feed.requests() == [], "nothing is asked for any more")
  }

  @Test func recoveringLeadsToTheNextHoleThatIsAskedFor() {
    let feed = recovering()
    feed.data(8, at: 1_500_000)
    feed.advance(to: 2_500_000)
    feed.data(3, 2, line: 2, at: 3_000_000)
    #expect(feed.trace() == "@3000000 3 4. 5." && feed.arbiter.state == .recovering && feed.arbiter.next == 6)
    feed.data(6, 2, line: 1, at: 4_000_000)
    #expect(feed.trace() == "@4000000 6 7. 8. <ok>" && feed.arbiter.state == .live)
  }

  @Test func recoveringLeadsToWaitingForAHoleWhoseWindowIsOpen() {
    let feed = recovering()
    feed.data(8, at: 1_500_000)
    feed.data(3, 2, line: 2, at: 1_600_000)
    #expect(feed.trace() == "@1600000 3 4. 5." && feed.arbiter.state == .waiting && feed.arbiter.next == 6)
    #expect(feed.arbiter.nextDue == 2_500_000, "since the packet that showed it")
    feed.data(6, 2, line: 1, at: 1_700_000)
    #expect(feed.trace() == "@1700000 6 7. 8. <ok>")
  }

  /// A late original that comes first, and the answer behind it: each message once.
  @Test func recoveringAnOriginalBeforeTheAnswerIsNoEvent() {
    let feed = recovering()
    feed.data(3, line: 1, at: 2_000_000)
    #expect(feed.trace() == "@2000000 3." && feed.arbiter.state == .recovering)
    feed.data(3, 2, line: 2, at: 3_000_000)
    #expect(feed.trace() == "@3000000 4. 5. <ok>" && feed.counts.contains("duplicates 1"))
    feed.data(3, 2, line: 0, at: 4_000_000)
    #expect(feed.trace() == "" && feed.counts.contains("duplicates 3") && feed.arbiter.state == .live)
  }

  @Test func recoveringAPartialAnswerLeavesTheRestToBeAskedFor() {
    let feed = recovering()
    feed.data(3, line: 2, at: 2_000_000)
    #expect(feed.trace() == "@2000000 3." && feed.arbiter.state == .recovering)
    feed.advance(to: 20_000_000)
    #expect(feed.requests() == ["@11000000 ask 4+1"])
  }

  @Test func awaitingDataIsKept() {
    let feed = awaiting()
    feed.data(4, 4, at: 2_000_000)
    #expect(feed.trace() == "" && feed.arbiter.heldCount == 2 && feed.arbiter.next == 5)
  }

  // MARK: Row: data, end ≤ next

  @Test func recoveringCopyIsCountedAndCompared() {
    let feed = recovering()
    feed.data(1, 2, line: 1)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 2"] && feed.arbiter.state == .recovering)
    feed.data(1, texts: ["x"], line: 1)
    #expect(feed.trace() == "@1000000 <untrusted>")
  }

  @Test func awaitingCopyIsCounted() {
    let feed = awaiting()
    feed.data(1, 2, line: 1)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 2"] && feed.arbiter.state == .awaiting)
  }

  // MARK: Row: data, first > next

  @Test func recoveringDataAheadIsHeld() {
    let feed = recovering()
    feed.data(6)
    feed.data(4, line: 2)
    #expect(feed.trace() == "" && feed.arbiter.heldCount == 3 && feed.arbiter.state == .recovering)
    feed.data(3, line: 2)
    #expect(feed.trace() == "@1000000 3. 4. 5. 6. <ok>")
  }

  @Test func awaitingDataAheadIsHeld() {
    let feed = awaiting()
    feed.data(6)
    feed.data(7)
    #expect(feed.trace() == "" && feed.arbiter.heldCount == 3)
  }

  // MARK: Row: heartbeat, end of session, other session, restart

  @Test func recoveringAHeartbeatBeyondShowsAnotherHole() {
    let feed = recovering()
    feed.heartbeat(9, at: 2_000_000)
    feed.advance(to: 3_000_000)
    feed.advance(to: 20_000_000)
    #expect(feed.requests() == ["@11000000 ask 6+3"])
    feed.data(3, 6, line: 2, at: 21_000_000)
    #expect(feed.trace() == "@21000000 3 4 5 6 7 8. <ok>" && feed.arbiter.state == .live)
  }

  @Test func recoveringToTheAnnouncedEndEndsTheSession() {
    let feed = recovering()
    feed.end(6)
    #expect(feed.arbiter.state == .recovering)
    feed.data(3, 2, line: 2)
    #expect(feed.trace() == "@1000000 3 4. 5. <ok>" && feed.arbiter.state == .ended)
  }

  @Test func recoveringAnotherSessionGivesUpAndStarts() {
    let feed = recovering()
    feed.data(1, session: "S2", at: 2_000_000)
    #expect(feed.trace() == "@2000000 5. <untrusted> <restart> 1. <ok>")
    #expect(feed.counts == ["gaps 1", "messagesLost 2", "sessionRestarts 1"])
    #expect(feed.recovery.lastFailure == .interrupted)
    // The new session asks again.
    feed.data(3, session: "S2", at: 3_000_000)
    feed.advance(to: 20_000_000)
    #expect(feed.requests() == ["@11000000 ask S2 2+1"])
  }

  @Test func awaitingAnotherSessionGivesUpAndStarts() {
    let feed = awaiting()
    feed.data(1, session: "S2", at: 2_000_000)
    #expect(feed.trace() == "@2000000 5. <untrusted> <restart> 1. <ok>")
    #expect(feed.requests() == ["@1000000 close"] && feed.recovery.lastFailure == .interrupted)
    #expect(feed.arbiter.state == .live)
  }

  @Test func awaitingAHeartbeatAtTheNextNumberIsNoted() {
    let feed = awaiting()
    feed.heartbeat(6, at: 2_000_000)
    #expect(feed.trace() == "" && feed.arbiter.state == .awaiting && feed.arbiter.lastHeard == 2_000_000)
  }

  // MARK: Row: a hole behind what is held

  @Test func awaitingAHoleThatNobodyRepeatsForgetsWhatIsBeforeIt() {
    let feed = awaiting()
    feed.data(8, at: 2_000_000)
    feed.advance(to: 3_000_000)
    #expect(feed.arbiter.next == 8 && feed.arbiter.heldCount == 1 && feed.arbiter.state == .awaiting)
    // Through 6: older than what is kept, so asked for again.
    feed.glimpse(through: 6, ["9"], at: 4_000_000)
    #expect(feed.arbiter.state == .awaiting && feed.recovery.counters[.snapshotsTooOld] == 1)
  }

  @Test func awaitingAHoleIsAskedForWhereSomebodyRepeats() {
    let feed = asking(snapshots: true)
    feed.data(10)
    feed.data(13)
    feed.advance(to: Self.window)
    feed.advance(to: 2 * Self.window)
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 10)
    #expect(feed.requests() == ["@1000000 ask 11+2", "@1000000 open", "@1000000 login"])
    #expect(feed.arbiter.heldCount == 2, "nothing is forgotten while it is asked for")
  }

  // MARK: Row: the buffer is full

  @Test func recoveringWithAFullBufferIsGivenUpByName() {
    let feed = recovering()
    for number in 6...13 { feed.data(UInt64(number)) }
    #expect(feed.recovery.lastFailure == .bufferFull && feed.arbiter.state == .live)
    #expect(feed.trace() == "@1000000 5. 6. 7. 8. 9. 10. 11. 12. <untrusted> 13.")
    #expect(feed.counts == ["gaps 1", "messagesLost 2"])
  }

  @Test func awaitingWithAFullBufferBeginsAnew() {
    let feed = awaiting()
    for number in 6...13 { feed.data(UInt64(number)) }
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 13 && feed.arbiter.heldCount == 1)
    #expect(feed.recovery.counters[.bufferOverflows] == 1)
  }

  // MARK: Row: gap given up

  @Test func recoveringGivenUpIsLost() {
    let feed = recovering()
    feed.advance(to: Self.window + Self.timeout)
    #expect(feed.requests() == ["@1001000000 ask 3+2"] && feed.arbiter.state == .recovering)
    feed.data(6, at: 3_000_000_000)
    feed.advance(to: Self.window + 3 * Self.timeout)
    #expect(feed.trace() == "@3001000000 5. 6. <untrusted>" && feed.arbiter.state == .live)
    #expect(feed.recovery.lastFailure == .serverSilent && feed.counts == ["gaps 1", "messagesLost 2"])
    // As without recovery from here on.
    feed.data(9, at: 3_100_000_000)
    feed.advance(to: 3_101_000_000)
    #expect(feed.trace() == "@3101000000 9." && feed.requests() == [])
  }

  @Test func recoveringGivenUpAsksForASnapshotWhereThereIsOne() {
    let feed = recovering(snapshots: true)
    feed.advance(to: 3_001_000_000)
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 5)
    #expect(feed.requests() == ["@1001000000 ask 3+2", "@3001000000 open", "@3001000000 login"])
    #expect(feed.trace() == "" && feed.counts == [], "nothing is lost while a snapshot may come")
  }

  @Test func recoveringBeforeTheFirstMessageGivenUpIsALateStart() {
    let feed = asking()
    feed.data(6)
    feed.advance(to: Self.window)
    feed.advance(to: 5 * Self.timeout)
    #expect(feed.trace() == "@3001000000 6. <lateStart>" && feed.counts == [])
    #expect(feed.recovery.lastFailure == .serverSilent)
  }

  // MARK: Row: snapshot whole

  @Test func awaitingASnapshotDeliversWhatFollowsIt() {
    let feed = awaiting()
    feed.data(6)
    feed.data(7)
    feed.glimpse(through: 5, ["a", "b"], at: 4_000_000)
    #expect(feed.trace() == "@4000000 <snapshot> [a] [b] <whole> 6. 7. <ok>")
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 8 && feed.requests() == ["@4000000 close"])
    feed.data(8)
    #expect(feed.trace() == "@4000000 8." && feed.counts == [])
  }

  @Test func awaitingASnapshotInTheMiddleOfAPacketDeliversItsRest() {
    let feed = awaiting()
    feed.data(6, 3)
    feed.glimpse(through: 7, ["a"], at: 4_000_000)
    #expect(feed.trace() == "@4000000 <snapshot> [a] <whole> 8. <ok>" && feed.arbiter.next == 9)
  }

  @Test func awaitingASnapshotBeyondTheLinesDropsWhatItHolds() {
    let feed = awaiting()
    feed.glimpse(through: 9, ["a"], at: 4_000_000)
    #expect(feed.trace() == "@4000000 <snapshot> [a] <whole> <ok>" && feed.arbiter.next == 10)
    feed.data(6, 5)
    #expect(feed.trace() == "@4000000 10.", "messages through 9 are in the snapshot")
  }

  @Test func awaitingASnapshotBeforeAHoleLeadsToWaiting() {
    let feed = awaiting()
    feed.data(6, at: 1_500_000)
    feed.data(9, at: 1_900_000)
    feed.glimpse(through: 5, ["a"], at: 2_000_000)
    #expect(feed.trace() == "@2000000 <snapshot> [a] <whole> 6." && feed.arbiter.state == .waiting)
    #expect(feed.arbiter.nextDue == 2_900_000)
  }

  @Test func awaitingASecondLossIsJoinedBySecondSnapshot() {
    let feed = awaiting()
    feed.glimpse(through: 5, ["a"], at: 4_000_000)
    feed.data(8)
    feed.advance(to: 5_000_000)
    #expect(feed.arbiter.state == .awaiting)
    feed.glimpse(through: 8, ["b"], at: 6_000_000)
    #expect(feed.trace() == "@4000000 <snapshot> [a] <whole> <ok> <gap> @6000000 <snapshot> [b] <whole> <ok>")
    #expect(feed.recovery.counters[.snapshotsJoined] == 2 && feed.counts == [])
  }

  // MARK: Row: snapshot given up

  @Test func awaitingGivenUpAfterALossIsUntrusted() {
    let feed = awaiting()
    feed.data(6)
    feed.refuseGlimpse(at: 4_000_000)
    #expect(feed.trace() == "@4000000 5. 6. <untrusted>" && feed.arbiter.state == .live)
    #expect(feed.counts == ["gaps 1", "messagesLost 2"] && feed.recovery.lastFailure == .notAuthorized)
  }

  @Test func awaitingGivenUpAfterALateStartIsALateStart() {
    let feed = SessionHarness(messages: false, snapshots: true)
    feed.data(100)
    feed.advance(to: Self.window)
    _ = feed.requests()
    feed.refuseGlimpse(at: 4_000_000)
    #expect(feed.trace() == "@4000000 100. <lateStart>" && feed.counts == [])
  }

  // MARK: Row: input ends

  @Test func recoveringAtTheEndOfTheInputIsLost() {
    let feed = recovering()
    feed.finish()
    #expect(feed.trace() == "@1000000 5. <untrusted>" && feed.recovery.lastFailure == .interrupted)
  }

  @Test func awaitingAtTheEndOfTheInputIsLost() {
    let feed = awaiting()
    feed.finish()
    #expect(feed.trace() == "@1000000 5. <untrusted>" && feed.recovery.lastFailure == .interrupted)
  }

  // MARK: Rows: answers

  @Test func answersOfAnotherSessionAreStale() {
    let feed = recovering()
    feed.data(3, 2, session: "S0", line: 2)
    #expect(feed.trace() == "" && feed.counts == ["staleSessionPackets 1", "answerPackets 1"])
    #expect(feed.arbiter.state == .recovering)
  }

  @Test func answersBeforeAnythingWasHeardAreStale() {
    let feed = asking()
    feed.data(3, 2, line: 2)
    #expect(feed.arbiter.state == .idle && feed.counts == ["staleSessionPackets 1", "answerPackets 1"])
  }

  @Test func answersWithoutDataAreCounted() {
    let feed = recovering()
    feed.heartbeat(900, line: 2)
    #expect(feed.counts == ["answerPackets 1"] && feed.counters[.heartbeats] == 1)
    #expect(feed.arbiter.state == .recovering && feed.arbiter.highestKnown == 6)
  }

  @Test func answersFarAheadAreDropped() {
    let feed = recovering()
    feed.data(2_000_000, line: 2)
    #expect(feed.counts == ["answerPackets 1", "sequenceJumpsRefused 1"])
    #expect(feed.arbiter.heldCount == 1 && feed.arbiter.aside == nil)
  }

  // MARK: - Send times (IEX-TP): what a snapshot holds is no restart

  private func iex(_ feed: SessionHarness, _ first: UInt64, sent: UInt64, line: UInt8 = 0, at time: UInt64) {
    feed.send(Wire.iex(first, SessionHarness.texts(first, 1), sent: sent), line: line, at: time)
  }

  /// SNAP 1.05 without content: SnapshotStart, whose length is that of the SnapshotEnd that follows.
  private func snap(_ feed: SessionHarness, through: UInt8, at time: UInt64) {
    feed.receive(
      [9, 0, UInt8(ascii: "s"), 11, 0, 0, 0, 0, 0, 0, 0, 9, 0, UInt8(ascii: "x"), through, 0, 0, 0, 0, 0, 0, 0],
      at: time)
  }

  @Test func lateOriginalsOfWhatASnapshotHoldsAreNoRestart() {
    let feed = SessionHarness(messages: false, snapshots: true, protocol: .deepPlus)
    iex(feed, 1, sent: 10_000, at: 0)
    iex(feed, 9, sent: 5_000_000, at: 5_000_000)
    feed.advance(to: 6_000_000)
    #expect(feed.arbiter.state == .awaiting && feed.trace() == "@0 1. <ok> @5000000 <gap>")
    // Sent later than the last that was delivered, by more than the window.
    iex(feed, 5, sent: 2_000_000, line: 1, at: 6_000_000)
    iex(feed, 6, sent: 2_100_000, line: 1, at: 6_000_000)
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.aside == nil)
    snap(feed, through: 12, at: 7_000_000)
    iex(feed, 10, sent: 6_000_000, at: 7_000_000)
    iex(feed, 11, sent: 6_100_000, at: 7_000_000)
    iex(feed, 13, sent: 8_000_000, at: 8_000_000)
    #expect(feed.trace() == "@7000000 <snapshot> <whole> <ok> @8000000 13.")
    #expect(feed.counts == ["duplicates 4"] && feed.counters[.sessionRestarts] == 0)
    // From here on send times tell again.
    iex(feed, 1, sent: 8_000_000 + Self.window + 1, at: 9_500_000)
    #expect(feed.trace() == "@9500000 <restart> 1. <ok>")
  }

  /// The send time of a repetition is the server's affair.
  @Test func answersSentLaterAreNoRestart() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    iex(feed, 1, sent: 10_000, at: 0)
    iex(feed, 3, sent: 20_000, at: 20_000)
    feed.advance(to: 2_000_000)
    #expect(feed.arbiter.state == .recovering)
    iex(feed, 2, sent: 900_000_000, line: 2, at: 3_000_000)
    iex(feed, 2, sent: 950_000_000, line: 2, at: 4_000_000)
    iex(feed, 3, sent: 20_000, line: 1, at: 5_000_000)
    iex(feed, 4, sent: 5_000_000, at: 5_000_000)
    #expect(feed.trace() == "@0 1. <ok> @20000 <gap> @3000000 2. 3. <ok> @5000000 4.")
    #expect(feed.counters[.sessionRestarts] == 0 && feed.arbiter.aside == nil)
  }

  /// An answer brings some of what is missing; an original of it, sent after the last message before the gap, follows.
  @Test func lateOriginalsOfWhatAnAnswerBroughtAreNoRestart() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    iex(feed, 1, sent: 10_000, at: 0)
    iex(feed, 6, sent: 50_000_000, at: 50_000_000)
    feed.advance(to: 52_000_000)
    iex(feed, 2, sent: 0, line: 2, at: 53_000_000)
    iex(feed, 3, sent: 0, line: 2, at: 53_000_000)
    iex(feed, 2, sent: 20_000_000, line: 1, at: 54_000_000)
    iex(feed, 3, sent: 30_000_000, line: 1, at: 54_000_000)
    #expect(feed.trace() == "@0 1. <ok> @50000000 <gap> @53000000 2. 3." && feed.arbiter.state == .recovering)
    #expect(feed.arbiter.aside == nil && feed.counts == ["duplicates 2", "answerPackets 2"])
  }

  // MARK: - Silence, and nothing configured

  @Test func aChannelThatIsHeardIsNotSilentWhileItRecovers() {
    let feed = SessionHarness(messages: true, snapshots: false) { $1.answerTimeoutNanoseconds = 20_000_000_000 }
    feed.open()
    feed.data(5)
    for second in 1...7 { feed.data(UInt64(5 + second), at: UInt64(second) * 1_000_000_000) }
    #expect(feed.counts == [] && feed.arbiter.state == .recovering, "five seconds without a packet would be silence")
  }
}
