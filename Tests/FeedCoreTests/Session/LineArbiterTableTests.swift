import Testing

@testable import FeedCore

/// Each cell of the state table of `LineArbiter`, row by row. A test's name begins with the state.
@Suite struct LineArbiterTableTests {
  private static let window = SessionHarness.window
  private let feed = SessionHarness()

  private func waiting() { feed.open(); feed.data(5); #expect(feed.arbiter.state == .waiting) }
  private func ended() { feed.open(); feed.end(3); #expect(feed.arbiter.state == .ended) }
  private func joining() { feed.data(10); #expect(feed.arbiter.state == .joining) }

  // MARK: Row: data, first ≤ next < end

  @Test func liveDataAtNextIsDelivered() {
    feed.open()
    feed.data(3, 2)
    #expect(feed.trace() == "@0 3 4.")
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 5 && feed.counts == [])
  }

  @Test func liveDataThatBeginsBeforeNextIsDeliveredFromNext() {
    feed.open(through: 3)
    feed.data(2, 4, line: 1)
    #expect(feed.trace() == "@0 4 5.")
    #expect(feed.arbiter.state == .live && feed.counts == ["duplicates 2"])
  }

  @Test func waitingDataAtNextIsDeliveredThenWhatWaited() {
    waiting()
    feed.data(3, 2, line: 1, at: 7)
    #expect(feed.trace() == "@0 <gap> @7 3 4. 5. <ok>")
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 6 && feed.counts == ["gapsFilled 1"])
  }

  @Test func waitingDataAtNextLeavesTheStateWhereAnotherGapFollows() {
    waiting()
    feed.data(8)
    feed.data(3, 2, line: 1, at: 7)
    #expect(feed.trace() == "@0 <gap> @7 3 4. 5.")
    #expect(feed.arbiter.state == .waiting && feed.arbiter.next == 6)
  }

  @Test func endedDataAtNextIsDeliveredAndTheSessionIsLive() {
    ended()
    feed.data(3)
    #expect(feed.trace() == "@0 3.")
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 4)
  }

  // MARK: Row: data, end ≤ next

  @Test func liveCopyIsCountedAndCompared() {
    feed.open(through: 3)
    feed.data(1, 3, line: 1)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 3"])
    feed.data(2, texts: ["2", "x"], line: 1)
    #expect(feed.trace() == "@0 <untrusted>" && feed.counts == ["duplicates 5", "lineDisagreement 1"])
  }

  @Test func waitingCopyIsCountedAndCompared() {
    waiting()
    _ = feed.trace()
    feed.data(1, 2, line: 1)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 2"] && feed.arbiter.state == .waiting)
    feed.data(1, texts: ["x"], line: 1)
    #expect(feed.trace() == "@0 <untrusted>" && feed.counts == ["duplicates 3", "lineDisagreement 1"])
  }

  @Test func endedCopyIsCountedAndCompared() {
    ended()
    feed.data(1, 2, line: 1)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 2"] && feed.arbiter.state == .ended)
    feed.data(1, texts: ["x"], line: 1)
    #expect(feed.trace() == "@0 <untrusted>" && feed.arbiter.state == .ended)
  }

  // MARK: Row: data, first > next

  @Test func idleFirstPacketAtOneIsDelivered() {
    feed.data(1, 2)
    #expect(feed.trace() == "@0 1 2. <ok>" && feed.arbiter.state == .live)
  }

  @Test func idleFirstPacketBeyondOneIsHeld() {
    feed.data(2, 2)
    #expect(feed.trace() == "" && feed.arbiter.state == .joining)
  }

  @Test func joiningPacketAtOneIsDeliveredThenWhatWaited() {
    feed.data(3, 2)
    feed.data(1, 2, line: 1, at: 5)
    #expect(feed.trace() == "@5 1 2. 3 4. <ok>" && feed.arbiter.state == .live)
  }

  @Test func joiningPacketBeyondOneIsHeld() {
    joining()
    feed.data(8, line: 1)
    #expect(feed.trace() == "" && feed.arbiter.state == .joining)
  }

  @Test func livePacketBeyondNextIsHeld() {
    feed.open()
    feed.data(4, at: 5)
    #expect(feed.trace() == "@5 <gap>" && feed.arbiter.state == .waiting && feed.arbiter.next == 3)
  }

  @Test func waitingPacketsAreHeldInOrderOfTheirNumbers() {
    waiting()
    feed.data(9)
    feed.data(7)
    feed.data(6)
    feed.data(8)
    feed.data(3, 2)
    #expect(feed.trace() == "@0 <gap> 3 4. 5. 6. 7. 8. 9. <ok>")
  }

  @Test func endedPacketBeyondNextIsHeld() {
    ended()
    feed.data(5)
    #expect(feed.trace() == "@0 <gap>" && feed.arbiter.state == .waiting)
  }

  // MARK: Row: data, first > next + jump maximum

  private static let far: UInt64 = 3 + 1_000_001

  @Test func joiningFarPacketIsJudgedWhenTheJoinCloses() {
    joining()
    feed.data(10 + 1_000_002)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@\(Self.window) 10. <lateStart>")
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 11 && feed.counts == ["sequenceJumpsHeld 1"])
  }

  @Test func liveFarPacketIsKeptAsideUntilASecondContinuesIt() {
    feed.open()
    feed.data(Self.far)
    #expect(feed.trace() == "" && feed.arbiter.state == .live && feed.counts == ["sequenceJumpsHeld 1"])
    feed.data(Self.far + 1)
    #expect(feed.trace() == "@0 <gap>" && feed.arbiter.state == .waiting)
    #expect(feed.counts == ["sequenceJumpsHeld 1", "sequenceJumpsBelieved 1"])
  }

  @Test func waitingFarPacketIsKeptAsideUntilASecondContinuesIt() {
    waiting()
    feed.data(5 + 1_000_001)
    #expect(feed.counts == ["sequenceJumpsHeld 1"])
    feed.data(5 + 1_000_002)
    #expect(feed.counts == ["sequenceJumpsHeld 1", "sequenceJumpsBelieved 1"] && feed.arbiter.state == .waiting)
    feed.data(3, 2)
    #expect(feed.trace() == "@0 <gap> 3 4. 5." && feed.arbiter.state == .waiting)
  }

  @Test func endedFarPacketIsKeptAsideUntilASecondContinuesIt() {
    ended()
    feed.data(Self.far)
    #expect(feed.arbiter.state == .ended && feed.counts == ["sequenceJumpsHeld 1"])
    feed.data(Self.far + 1)
    #expect(feed.trace() == "@0 <gap>" && feed.arbiter.state == .waiting)
  }

  // MARK: Row: heartbeat, first = next

  @Test func idleHeartbeatAtOneOpensTheFeed() {
    feed.heartbeat(1)
    #expect(feed.trace() == "@0 <ok>" && feed.arbiter.state == .live && feed.arbiter.next == 1)
  }

  @Test func idleHeartbeatBeyondOneBeginsTheJoin() {
    feed.heartbeat(7)
    #expect(feed.arbiter.state == .joining)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@\(Self.window) <lateStart>" && feed.arbiter.state == .live && feed.arbiter.next == 7)
  }

  @Test func joiningHeartbeatIsNoted() {
    joining()
    feed.heartbeat(11)
    #expect(feed.trace() == "" && feed.arbiter.state == .joining)
  }

  @Test func liveHeartbeatAtNextIsNoted() {
    feed.open()
    feed.heartbeat(3)
    #expect(feed.trace() == "" && feed.arbiter.state == .live && feed.counters[.heartbeats] == 1)
  }

  @Test func waitingHeartbeatAtNextIsNoted() {
    waiting()
    feed.heartbeat(3, line: 1)
    #expect(feed.trace() == "@0 <gap>" && feed.arbiter.state == .waiting && feed.arbiter.next == 3)
  }

  @Test func endedHeartbeatAtNextMakesTheSessionLive() {
    ended()
    feed.heartbeat(3)
    #expect(feed.trace() == "" && feed.arbiter.state == .live)
  }

  // MARK: Row: heartbeat, first > next

  @Test func joiningHeartbeatBeyondWhatIsHeldIsNoted() {
    joining()
    feed.heartbeat(13, at: 400_000)
    #expect(feed.arbiter.state == .joining)
    // The join closes; 11 and 12 have been missing since the heartbeat spoke of them.
    feed.advance(to: 3 * Self.window)
    #expect(feed.trace() == "@1000000 10. @1400000 <untrusted>")
    #expect(feed.counts == ["gaps 1", "messagesLost 2"])
  }

  @Test func liveHeartbeatBeyondNextRevealsAGap() {
    feed.open()
    feed.heartbeat(6, at: 5)
    #expect(feed.trace() == "@5 <gap>" && feed.arbiter.state == .waiting)
    feed.advance(to: 5 + Self.window)
    #expect(feed.trace() == "@1000005 <untrusted>" && feed.arbiter.next == 6)
    #expect(feed.counts == ["gaps 1", "messagesLost 3"])
  }

  @Test func waitingHeartbeatRaisesTheHighestKnown() {
    waiting()
    feed.heartbeat(9)
    feed.data(3, 2)
    #expect(feed.trace() == "@0 <gap> 3 4. 5." && feed.arbiter.state == .waiting && feed.arbiter.next == 6)
    feed.data(6, 3)
    #expect(feed.trace() == "@0 6 7 8. <ok>" && feed.arbiter.state == .live)
  }

  @Test func endedHeartbeatBeyondNextRevealsAGap() {
    ended()
    feed.heartbeat(5)
    #expect(feed.trace() == "@0 <gap>" && feed.arbiter.state == .waiting)
  }

  // MARK: Row: end of session

  @Test func idleEndOfSessionAtOneEndsAnEmptySession() {
    feed.end(1)
    #expect(feed.trace() == "@0 <ok>" && feed.arbiter.state == .ended)
  }

  @Test func joiningEndOfSessionEndsItOnceTheJoinClosed() {
    joining()
    feed.end(11)
    #expect(feed.arbiter.state == .joining)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@\(Self.window) 10. <lateStart>" && feed.arbiter.state == .ended)
  }

  @Test func liveEndOfSessionAtNextEndsIt() {
    feed.open()
    feed.end(3)
    #expect(feed.trace() == "" && feed.arbiter.state == .ended)
  }

  @Test func liveEndOfSessionBeyondNextRevealsAGapAndEndsOnceItIsFilled() {
    feed.open()
    feed.end(5)
    #expect(feed.arbiter.state == .waiting)
    feed.data(3, line: 1)
    #expect(feed.arbiter.state == .waiting)
    feed.data(4, line: 1)
    #expect(feed.trace() == "@0 <gap> 3. 4. <ok>" && feed.arbiter.state == .ended)
  }

  @Test func waitingEndOfSessionEndsItOnceTheWindowClosed() {
    waiting()
    feed.end(6)
    #expect(feed.arbiter.state == .waiting)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@0 <gap> @\(Self.window) 5. <untrusted>" && feed.arbiter.state == .ended)
  }

  @Test func endedEndOfSessionIsNoted() {
    ended()
    feed.end(3)
    #expect(feed.trace() == "" && feed.arbiter.state == .ended && feed.counts == [])
  }

  // MARK: Row: window closed

  @Test func joiningWindowStartsAtTheLowestNumberHeld() {
    feed.data(10)
    feed.data(8, 2, line: 1, at: 9)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@\(Self.window) 8 9. 10. <lateStart>" && feed.arbiter.state == .live)
    #expect(feed.counts == [])
  }

  @Test func waitingWindowLosesTheNumbersUpToTheLowestHeld() {
    waiting()
    feed.data(6)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@0 <gap> @\(Self.window) 5. 6. <untrusted>" && feed.arbiter.state == .live)
    #expect(feed.counts == ["gaps 1", "messagesLost 2"])
  }

  @Test func waitingWindowStaysWaitingForTheNextGap() {
    waiting()
    feed.data(8, at: 100)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@0 <gap> @\(Self.window) 5. <untrusted>" && feed.arbiter.state == .waiting)
    feed.advance(to: Self.window + 99)
    #expect(feed.trace() == "")
    feed.advance(to: Self.window + 100)
    #expect(feed.trace() == "@\(Self.window + 100) 8." && feed.arbiter.state == .live)
    #expect(feed.counts == ["gaps 2", "messagesLost 4"])
  }

  // MARK: Row: other session, first ≤ 1, or this one ended

  @Test(arguments: [0, 1] as [UInt64]) func joiningOtherSessionRestartsAtOnce(first: UInt64) {
    joining()
    feed.heartbeat(first, session: "S2")
    #expect(feed.trace() == "@0 10. <lateStart> <restart> <ok>" && feed.counts == ["sessionRestarts 1"])
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 1)
  }

  @Test func liveOtherSessionRestartsAtOnce() {
    feed.open()
    feed.data(1, 2, session: "S2", at: 8)
    #expect(feed.trace() == "@8 <restart> 1 2. <ok>" && feed.counts == ["sessionRestarts 1"])
  }

  @Test func waitingOtherSessionClosesTheGapAndRestarts() {
    waiting()
    feed.data(1, session: "S2", at: 8)
    #expect(feed.trace() == "@0 <gap> @8 5. <untrusted> <restart> 1. <ok>")
    #expect(feed.counts == ["gaps 1", "messagesLost 2", "sessionRestarts 1"])
  }

  @Test func endedOtherSessionRestartsAtAnyNumber() {
    ended()
    feed.data(40, session: "S2")
    #expect(feed.trace() == "@0 <restart>" && feed.arbiter.state == .joining)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@\(Self.window) 40. <lateStart>")
  }

  // MARK: Row: other session, first > 1

  @Test func joiningOtherSessionNeedsASecondPacket() {
    joining()
    needsASecondPacket(flushed: "10. <lateStart> ")
  }

  @Test func liveOtherSessionNeedsASecondPacket() {
    feed.open()
    needsASecondPacket(flushed: "")
  }

  @Test func waitingOtherSessionNeedsASecondPacket() {
    waiting()
    _ = feed.trace()
    needsASecondPacket(flushed: "5. <untrusted> ")
  }

  private func needsASecondPacket(flushed: String) {
    let state = feed.arbiter.state
    feed.data(40, session: "S2", at: 10)
    #expect(feed.trace() == "" && feed.arbiter.state == state && feed.counts == ["sequenceJumpsHeld 1"])
    feed.data(41, session: "S2", at: 500_000)
    #expect(feed.trace() == "@500000 \(flushed)<restart>" && feed.arbiter.state == .joining)
    #expect(feed.counters[.sequenceJumpsBelieved] == 1 && feed.counters[.sequenceJumpsRefused] == 0)
    feed.advance(to: 500_000 + Self.window)
    #expect(feed.trace() == "@1500000 40. 41. <lateStart>" && feed.arbiter.next == 42)
  }

  // MARK: Row: the session before this one

  @Test func joiningDropsPacketsOfTheSessionBefore() {
    ended()
    feed.data(40, session: "S2")
    feed.data(3)
    #expect(feed.arbiter.state == .joining && feed.counts == ["sessionRestarts 1", "staleSessionPackets 1"])
  }

  @Test func livePacketsOfTheSessionBeforeAreDropped() {
    feed.open()
    feed.data(1, session: "S2")
    _ = feed.trace()
    feed.data(1)
    feed.data(3)
    feed.heartbeat(1)
    #expect(feed.trace() == "" && feed.counts == ["sessionRestarts 1", "staleSessionPackets 3"])
  }

  @Test func waitingDropsPacketsOfTheSessionBefore() {
    feed.open()
    feed.data(1, session: "S2")
    feed.data(3, session: "S2")
    _ = feed.trace()
    feed.data(3)
    #expect(feed.trace() == "" && feed.arbiter.state == .waiting && feed.counters[.staleSessionPackets] == 1)
  }

  @Test func endedDropsPacketsOfTheSessionBefore() {
    feed.open()
    feed.data(1, session: "S2")
    feed.end(2, session: "S2")
    _ = feed.trace()
    feed.data(3)
    #expect(feed.trace() == "" && feed.arbiter.state == .ended && feed.counters[.staleSessionPackets] == 1)
  }
}
