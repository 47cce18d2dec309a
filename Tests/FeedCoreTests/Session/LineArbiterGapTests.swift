import Testing

@testable import FeedCore

/// What is missing, how long it is waited for, and what is then lost: rule by rule.
@Suite struct LineArbiterGapTests {
  private static let window = SessionHarness.window
  private let feed = SessionHarness()

  // MARK: The reorder window

  @Test func theWindowClosesAtItsOwnTimeBeforeAnyPacketAtOrAfterIt() {
    feed.open()
    feed.data(4, at: 100)
    // The missing message arrives exactly at the deadline: too late, and the close bears the deadline.
    feed.data(3, line: 1, at: 100 + Self.window)
    #expect(feed.trace() == "@100 <gap> @1000100 4. <untrusted>")
    #expect(feed.counts == ["duplicates 1", "gaps 1", "messagesLost 1"])
  }

  @Test func oneNanosecondBeforeTheDeadlineAGapIsStillFilled() {
    feed.open()
    feed.data(4, at: 100)
    feed.data(3, line: 1, at: 99 + Self.window)
    #expect(feed.trace() == "@100 <gap> @1000099 3. 4. <ok>" && feed.counts == ["gapsFilled 1"])
  }

  @Test func theWindowsCloseIsStampedWithItsOwnTimeHoweverLateThePacket() {
    feed.open()
    feed.data(4, at: 100)
    feed.data(5, at: 9 * Self.window)
    #expect(feed.trace() == "@100 <gap> @1000100 4. <untrusted> @9000000 5.")
  }

  @Test func severalTimersHappenInOrderEachAtItsOwnTime() {
    feed.open()
    feed.data(4, at: 100)
    feed.data(6, at: 200)
    feed.data(8, at: 300)
    feed.data(9, at: 4_000_000)
    #expect(feed.trace() == "@100 <gap> @1000100 4. <untrusted> @1000200 6. @1000300 8. @4000000 9.")
    #expect(feed.counts == ["gaps 3", "messagesLost 3"])
  }

  @Test func theWindowOfAGapBeginsWhenItsOwnPacketsCame() {
    feed.open()
    feed.data(4, at: 0)
    feed.data(6, at: 600_000)
    feed.data(3, line: 1, at: 900_000)
    // 5 is missing since 6 came.
    feed.data(5, line: 1, at: 1_599_999)
    #expect(feed.trace() == "@0 <gap> @900000 3. 4. @1599999 5. 6. <ok>" && feed.counts == ["gapsFilled 2"])
  }

  @Test func aHeartbeatDoesNotLengthenTheWindow() {
    feed.open()
    feed.heartbeat(4, at: 0)
    feed.data(5, at: 500_000)
    feed.heartbeat(6, at: 600_000)
    feed.data(3, 2, line: 1, at: Self.window)
    #expect(feed.trace() == "@0 <gap> @1000000 5. <untrusted>")
  }

  @Test func theWindowOfAGapThatAHeartbeatShowedBeginsWithTheHeartbeat() {
    feed.open()
    feed.data(4, at: 0)
    feed.heartbeat(7, at: 800_000)
    feed.data(3, line: 1, at: 900_000)
    feed.data(5, 2, line: 1, at: 1_799_999)
    #expect(feed.trace() == "@0 <gap> @900000 3. 4. @1799999 5 6. <ok>" && feed.counts == ["gapsFilled 2"])
  }

  @Test func thePacketBeyondTheWindowsRoomClosesIt() {
    let feed = SessionHarness { $0.reorderWindowPackets = 3 }
    feed.open()
    for number in [4, 6, 8] as [UInt64] { feed.data(number, at: number) }
    #expect(feed.trace() == "@4 <gap>")
    feed.data(10, at: 10)
    #expect(feed.trace() == "@10 4. <untrusted>" && feed.counts == ["gaps 1", "messagesLost 1"])
    // Room again: the gap at 5 has the packet at 6 behind it, and its time.
    feed.advance(to: 5 + Self.window)
    #expect(feed.trace() == "")
    feed.advance(to: 6 + Self.window)
    #expect(feed.trace() == "@1000006 6.")
  }

  @Test func theDefaultWindowHolds1024Packets() {
    feed.open()
    for number in 0..<1_024 as Range<UInt64> { feed.data(4 + 2 * number) }
    #expect(feed.counts == [] && feed.trace() == "@0 <gap>")
    feed.data(4 + 2 * 1_024)
    #expect(feed.trace() == "@0 4. <untrusted>" && feed.counts == ["gaps 1", "messagesLost 1"])
  }

  @Test func aGapWhosePacketClosedAnotherWaitsAWholeWindow() {
    let feed = SessionHarness { $0.reorderWindowPackets = 1 }
    feed.open()
    feed.data(4, at: 0)
    feed.data(6, at: 900_000)
    #expect(feed.trace() == "@0 <gap> @900000 4. <untrusted>")
    feed.data(5, line: 1, at: 1_899_999)
    #expect(feed.trace() == "@1899999 5. 6." && feed.counters[.messagesLost] == 1)
  }

  @Test func theFirstMessageFillsAJoinThatHasNoMoreRoom() {
    let feed = SessionHarness { $0.reorderWindowPackets = 1 }
    feed.data(2)
    feed.data(1, line: 1, at: 5)
    #expect(feed.trace() == "@5 1. 2. <ok>" && feed.counts == [])
  }

  @Test func thePacketThatClosesAJoinForWantOfRoomIsNotForgotten() {
    let feed = SessionHarness { $0.reorderWindowPackets = 2 }
    feed.data(10)
    feed.data(20)
    feed.data(30)
    feed.data(30 + 1_000_000)
    feed.finish()
    #expect(feed.trace() == "@0 10. 20. <untrusted> 30. 1000030.")
    #expect(feed.counts == ["gaps 3", "messagesLost 1000017"])
  }

  @Test func aPoisonPacketThatClosesAJoinForWantOfRoomIsNotBelieved() {
    let feed = SessionHarness { $0.reorderWindowPackets = 1 }
    feed.data(10)
    feed.data(1 << 40)
    feed.data(11)
    #expect(feed.trace() == "@0 10. <lateStart> 11." && feed.counts == ["sequenceJumpsHeld 1"])
  }

  @Test func aWindowOfZeroLosesAtTheNextInstant() {
    let feed = SessionHarness { $0.reorderWindowNanoseconds = 0 }
    feed.open()
    feed.data(4, at: 5)
    feed.data(3, line: 1, at: 5)
    #expect(feed.trace() == "@5 <gap> 4. <untrusted>")
  }

  // MARK: Gaps and losses

  @Test func gapsAndLossesAreExact() {
    feed.open()
    feed.data(10, 3)
    feed.data(20)
    feed.advance(to: Self.window)
    #expect(feed.counts == ["gaps 2", "messagesLost 14"] && feed.arbiter.next == 21)
    #expect(feed.counters.first(.gaps)?.packetIndex == 1)
  }

  @Test func aGapFilledInPartIsOneGapOfWhatIsLeft() {
    feed.open()
    feed.data(10)
    feed.data(3, 4, line: 1)
    feed.data(9, line: 1)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@0 <gap> 3 4 5 6. @1000000 9. 10. <untrusted>")
    #expect(feed.counts == ["gaps 1", "messagesLost 2"])
  }

  @Test func aGapFilledByTwoPacketsIsOneGapFilled() {
    feed.open()
    feed.data(6)
    feed.data(3, 2, line: 1)
    feed.data(5, line: 1)
    #expect(feed.trace() == "@0 <gap> 3 4. 5. 6. <ok>" && feed.counts == ["gapsFilled 1"])
  }

  @Test func gapThenLateOriginalAppliesEachMessageOnce() {
    feed.open()
    feed.data(5)
    feed.advance(to: Self.window)
    feed.data(3, 2, line: 1)
    feed.data(5, 2, line: 1)
    #expect(feed.trace() == "@0 <gap> @1000000 5. <untrusted> 6." && feed.counters[.messagesLost] == 2)
  }

  @Test func aHeartbeatThatShowsAGapIsTheGapsPlace() {
    feed.open()
    feed.heartbeat(5)
    feed.advance(to: Self.window)
    #expect(feed.counts == ["gaps 1", "messagesLost 2"])
    #expect(feed.counters.first(.gaps) == Occurrence(fileIndex: 0, packetIndex: 1, offset: 0))
  }

  @Test func theEndOfTheInputClosesEveryGap() {
    feed.open()
    feed.data(4)
    feed.data(6, 2)
    feed.heartbeat(10)
    feed.finish()
    #expect(feed.trace() == "@0 <gap> 4. <untrusted> 6 7.")
    #expect(feed.counts == ["gaps 3", "messagesLost 4"] && feed.arbiter.next == 10)
  }

  @Test func theEndOfTheInputClosesAJoin() {
    feed.data(7)
    feed.finish()
    #expect(feed.trace() == "@0 7. <lateStart>" && feed.counts == [])
  }

  @Test func messagesBehindAGapAreDeliveredBeforeTrustComesBack() {
    // No publish point between the fill and `ok` may be a trusted one: `ok` comes last.
    feed.open()
    feed.data(5, 2)
    feed.data(3, line: 1)
    feed.data(4, line: 1)
    #expect(feed.trace() == "@0 <gap> 3. 4. 5 6. <ok>")
  }

  // MARK: Late start

  @Test func aLateStartIsNoGapAndNoLoss() {
    feed.data(100, 2)
    feed.data(102, at: Self.window)
    #expect(feed.trace() == "@1000000 100 101. <lateStart> 102." && feed.counts == [])
  }

  @Test func aLateStartThatTheOtherLineFillsInTimeIsNone() {
    feed.data(4, line: 0, at: 0)
    feed.data(2, 2, line: 1, at: 10)
    feed.data(1, line: 1, at: Self.window - 1)
    #expect(feed.trace() == "@999999 1. 2 3. 4. <ok>" && feed.counts == [])
  }

  @Test func aLateStartStaysLateAfterItsGapsAreFilled() {
    feed.data(100)
    feed.advance(to: Self.window)
    feed.data(102)
    feed.data(101, line: 1)
    #expect(feed.trace() == "@1000000 100. <lateStart> <gap> 101. 102. <lateStart>")
  }

  @Test func aJoinWithAHoleOpensInAGap() {
    feed.data(100, at: 0)
    feed.data(102, at: 10)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@1000000 100." && feed.arbiter.state == .waiting)
    feed.data(101, line: 1, at: Self.window + 9)
    #expect(feed.trace() == "@1000009 101. 102. <lateStart>" && feed.counts == ["gapsFilled 1"])
  }

  @Test func aFeedThatOpensInAGapIsNotTrustedForAMoment() {
    feed.data(3)
    feed.data(1, line: 1)
    #expect(feed.trace() == "@0 1." && feed.arbiter.state == .waiting)
    feed.data(2, line: 1)
    #expect(feed.trace() == "@0 2. 3. <ok>")
  }

  @Test func aFirstNumberOfZeroIsTakenAtOnceAsALateStart() {
    // Numbers begin at 1: what numbers its first message 0 is not known to be whole.
    feed.data(0, 2)
    feed.data(2)
    #expect(feed.trace() == "@0 0 1. <lateStart> 2." && feed.arbiter.next == 3)
  }

  @Test func numberZeroLaterIsALateCopy() {
    feed.open()
    feed.data(0, 3, line: 1)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 3"] && feed.arbiter.next == 3)
    feed.heartbeat(0)
    #expect(feed.trace() == "" && feed.arbiter.state == .live)
  }
}
