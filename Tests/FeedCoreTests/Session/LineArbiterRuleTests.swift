import Testing

@testable import FeedCore

/// MoldUDP64's receiver rules and what feedh promises of its sessions, sentence by sentence.
@Suite struct LineArbiterRuleTests {
  private static let window = SessionHarness.window
  private let feed = SessionHarness()

  // MARK: First arrival wins, whatever the framing

  @Test func firstArrivalWinsAndLateCopiesAreDropped() {
    feed.data(1, 2, line: 0, at: 0)
    feed.data(1, 2, line: 1, at: 3)
    feed.data(3, line: 1, at: 10)
    feed.data(3, line: 0, at: 12)
    #expect(feed.trace() == "@0 1 2. <ok> @10 3." && feed.counts == ["duplicates 3"])
  }

  @Test func packetBoundariesOfTheLinesMayDiffer() {
    feed.data(1, 4, line: 0)
    feed.data(1, 1, line: 1)
    feed.data(2, 4, line: 1)
    feed.data(5, 4, line: 0)
    feed.data(6, 1, line: 1)
    feed.data(7, 3, line: 1)
    #expect(feed.trace() == "@0 1 2 3 4. <ok> 5. 6 7 8. 9." && feed.arbiter.next == 10)
    // 1; 2 to 4; 5; 6; 7 and 8.
    #expect(feed.counts == ["duplicates 8"])
  }

  @Test func aLineMaySendTheSamePacketTwice() {
    feed.open()
    for _ in 0..<2 { feed.data(3, 2) }
    for _ in 0..<2 { feed.data(6) }
    feed.data(5)
    #expect(feed.trace() == "@0 3 4. <gap> 5. 6. <ok>" && feed.counts == ["duplicates 3", "gapsFilled 1"])
  }

  @Test func anEmptyMessageConsumesANumber() {
    feed.open()
    feed.data(3, texts: ["", "4", ""])
    #expect(feed.trace() == "@0  4 ." && feed.arbiter.next == 6)
  }

  @Test func thePacketOfTheVectorIsDelivered() {
    // Two messages "AB" (3) and "" (4), and the heartbeat and end of session that name 5.
    func bytes(_ hex: String) -> [UInt8] {
      let digits = Array(hex.utf8)
      return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)!
      }
    }
    let session = "53455353494f4e303031"
    feed.data(1, 2, session: "SESSION001")
    feed.send(bytes(session + "0000000000000003" + "0002" + "0002" + "4142" + "0000"))
    feed.send(bytes(session + "0000000000000005" + "0000"))
    #expect(feed.trace() == "@0 1 2. <ok> AB ." && feed.arbiter.next == 5 && feed.counters[.heartbeats] == 1)
    feed.send(bytes(session + "0000000000000005" + "ffff"))
    #expect(feed.arbiter.state == .ended && feed.counts == [])
  }

  @Test func aDeliveryKnowsItsPlaceInItsPacket() {
    feed.open()
    feed.sink.places = []
    feed.data(2, 3)
    // Header 20, block of "2": 3 bytes, then the prefix of "3"; the packet is the second of its file.
    #expect(feed.sink.places.map(\.offset) == [25, 28] && feed.sink.places.allSatisfy { $0.packetIndex == 1 })
  }

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

  // MARK: Poison

  @Test func aJumpOfExactlyTheMaximumNeedsNoSecondPacket() {
    feed.open()
    feed.data(3 + 1_000_000)
    #expect(feed.trace() == "@0 <gap>" && feed.counts == [])
  }

  @Test func onePoisonPacketChangesNothing() {
    feed.open()
    feed.data(1 << 40)
    feed.data(3)
    feed.data(4)
    feed.finish()
    #expect(feed.trace() == "@0 3. 4." && feed.counts == ["sequenceJumpsHeld 1", "sequenceJumpsRefused 1"])
    #expect(feed.counters.first(.sequenceJumpsHeld)?.packetIndex == 1)
  }

  @Test func twoPoisonPacketsThatDoNotFollowEachOtherAreNotBelieved() {
    feed.open()
    feed.data(1 << 40)
    feed.data(1 << 41)
    feed.data(1 << 40)
    feed.data(3)
    feed.finish()
    #expect(feed.trace() == "@0 3." && feed.counts == ["sequenceJumpsHeld 3", "sequenceJumpsRefused 3"])
  }

  @Test func copiesOfOnePoisonPacketDoNotMakeItTrue() {
    feed.open()
    feed.data(1 << 40, 2, line: 0)
    feed.data(1 << 40, 2, line: 1)
    feed.data(3)
    #expect(feed.trace() == "@0 3." && feed.counters[.sequenceJumpsBelieved] == 0)
  }

  @Test func aJumpThatASecondPacketContinuesIsAGap() {
    feed.open()
    feed.data(2_000_000, 2, at: 10)
    feed.data(2_000_002, at: 5_000_000)
    feed.advance(to: 5_000_000 + Self.window)
    // The gap is known, and its window begins, when the jump is believed.
    #expect(feed.trace() == "@5000000 <gap> @6000000 2000000 2000001. 2000002. <untrusted>")
    #expect(
      feed.counts == [
        "gaps 1", "messagesLost 1999997", "sequenceJumpsHeld 1", "sequenceJumpsBelieved 1",
      ])
  }

  @Test func aBelievedJumpNeverStampsThePast() {
    feed.open()
    feed.data(2_000_000, at: 10)
    feed.data(2_000_001, at: 5_000_000)
    feed.data(3, line: 1, at: 5_000_001)
    feed.advance(to: 9 * Self.window)
    #expect(feed.trace() == "@5000000 <gap> @5000001 3. @6000000 2000000. 2000001. <untrusted>")
  }

  @Test func aPoisonHeartbeatChangesNothing() {
    feed.open()
    feed.heartbeat(1 << 50)
    feed.data(3)
    feed.advance(to: 2 * Self.window)
    #expect(feed.trace() == "@0 3." && feed.counts == ["sequenceJumpsHeld 1"])
  }

  @Test func aPoisonHeartbeatInAJoinChangesNothingLater() {
    feed.data(10)
    feed.heartbeat(1 << 50)
    feed.advance(to: Self.window)
    feed.data(12, at: 5_000_000)
    feed.data(11, line: 1, at: 5_999_999)
    #expect(feed.trace() == "@1000000 10. <lateStart> @5000000 <gap> @5999999 11. 12. <lateStart>")
    #expect(feed.counts == ["gapsFilled 1"])
  }

  @Test func packetsBehindABelievedJumpNeedNoBelief() {
    feed.open()
    for number in 5_000_000..<5_000_005 as Range<UInt64> { feed.data(number) }
    #expect(feed.counts == ["sequenceJumpsHeld 1", "sequenceJumpsBelieved 1"])
    feed.finish()
    #expect(feed.arbiter.next == 5_000_005)
  }

  @Test func numbersNearTheEndOfTheRangeDoNotWrap() {
    let last = UInt64.max - 4
    feed.data(last, 2)
    feed.data(last + 2)
    feed.advance(to: Self.window)
    #expect(feed.trace() == "@1000000 \(last) \(last + 1). \(last + 2). <lateStart>")
    feed.data(last + 3)
    #expect(feed.trace() == "@1000000 \(last + 3)." && feed.arbiter.next == .max)
    feed.heartbeat(.max)
    #expect(feed.arbiter.state == .live && feed.counts == [])
    // The last number would pass 2^64.
    feed.data(.max, 1)
    #expect(feed.trace() == "" && feed.counts == ["malformed 1"])
  }

  @Test func aBelievedJumpToTheEndOfTheRangeIsCounted() {
    feed.open()
    feed.data(.max - 3)
    feed.data(.max - 2)
    feed.finish()
    #expect(feed.counters[.messagesLost] == .max - 3 - 3 && feed.arbiter.next == .max - 1)
  }

  // MARK: Sessions

  @Test func aRestartEmptiesTheBooksAndNumbersBeginAgain() {
    feed.open(through: 5)
    feed.data(1, 2, session: "S2", at: 10)
    feed.data(3, session: "S2", at: 11)
    #expect(feed.trace() == "@10 <restart> 1 2. <ok> @11 3." && feed.counts == ["sessionRestarts 1"])
    #expect(feed.counters.first(.sessionRestarts)?.packetIndex == 1)
  }

  @Test func aRestartEndsTheDistrustOfTheOldSession() {
    feed.open()
    feed.data(5)
    feed.advance(to: Self.window)
    feed.data(1, session: "S2")
    feed.data(2, session: "S2")
    #expect(feed.trace() == "@0 <gap> @1000000 5. <untrusted> <restart> 1. <ok> 2.")
  }

  @Test func aForeignPacketWithAHighNumberDoesNotRestart() {
    feed.open()
    feed.data(77, session: "XX")
    feed.data(3)
    feed.finish()
    #expect(feed.trace() == "@0 3." && feed.counts == ["sequenceJumpsHeld 1", "sequenceJumpsRefused 1"])
  }

  @Test func theNextSessionsSecondLineMayComeLate() {
    feed.data(1, 2, line: 0)
    feed.data(1, session: "S2", line: 0)
    feed.data(1, 2, session: "S1", line: 1)
    feed.end(3, session: "S1", line: 1)
    feed.data(1, session: "S2", line: 1)
    feed.data(2, session: "S2", line: 1)
    #expect(feed.trace() == "@0 1 2. <ok> <restart> 1. <ok> 2.")
    #expect(feed.counts == ["duplicates 1", "sessionRestarts 1", "staleSessionPackets 2"])
  }

  @Test func copiesOfAnEndedSessionDoNotRestartIt() {
    feed.open()
    feed.end(3)
    feed.data(1, 2, line: 1)
    feed.end(3, line: 1)
    #expect(feed.trace() == "" && feed.arbiter.state == .ended && feed.counts == ["duplicates 2"])
  }

  // MARK: Malformed and cut packets

  @Test(arguments: [
    // A block runs over the payload; bytes behind the last block; half a length prefix; no block at all.
    Mold.header("S1", 3, 2) + Mold.blocks([Array("3".utf8)]) + [0, 9, 0x34],
    Mold.header("S1", 3, 1) + Mold.blocks([Array("3".utf8)]) + [0],
    Mold.header("S1", 3, 2) + Mold.blocks([Array("3".utf8)]) + [0],
    Mold.header("S1", 3, 1),
    Mold.header("S1", 3, 0) + [0, 0],
    Mold.header("S1", 3, 0xFFFF) + Mold.blocks([Array("3".utf8)]),
    Mold.header("S1", 3, 0xFFFE) + Mold.blocks([Array("3".utf8), Array("4".utf8)]),
    Array(Mold.header("S1", 3, 1).dropLast()),
  ])
  func blocksThatContradictTheLengthDiscardThePacketWhole(payload: [UInt8]) {
    feed.open()
    feed.send(payload)
    #expect(feed.trace() == "" && feed.counts == ["malformed 1"] && feed.arbiter.next == 3)
    #expect(feed.counters.first(.malformed)?.packetIndex == 1)
    feed.data(3)
    #expect(feed.trace() == "@0 3." && feed.arbiter.state == .live)
  }

  @Test func malformedPacketsAheadOrOfOtherSessionsAreDiscarded() {
    feed.open()
    for header in [Mold.header("S1", 9, 1), Mold.header("S2", 1, 1), Mold.header("S1", 1, 1)] {
      feed.send(header + [0, 5, 1])
    }
    #expect(feed.trace() == "" && feed.counts == ["malformed 3"] && feed.arbiter.state == .live)
  }

  @Test func aMalformedFirstPacketDoesNotOpenTheFeed() {
    feed.send(Mold.header("S1", 1, 1) + [0, 5, 1])
    #expect(feed.arbiter.state == .idle && feed.counts == ["malformed 1"])
  }

  @Test func anyNumberOfMalformedPacketsLeavesTheBatchInItsBounds() {
    feed.open()
    let good = Mold.packet("S1", 3, [Array("3".utf8)])
    for _ in 0..<2_000 { feed.send(Mold.header("S1", 3, 1) + [0, 5, 1], flush: false) }
    #expect(feed.sink.batch.packetCount <= feed.sink.batch.packets.capacity)
    feed.send(good)
    #expect(feed.trace() == "@0 3." && feed.counts == ["malformed 2000"])
  }

  @Test func aCutPacketGivesItsWholeMessagesAndTheOtherLineTheRest() {
    feed.open()
    feed.data(3, 4, line: 0, wholeMessages: 2)
    #expect(feed.trace() == "@0 3 4. <gap>" && feed.arbiter.next == 5)
    feed.data(3, 4, line: 1, at: 10)
    #expect(feed.trace() == "@10 5 6. <ok>" && feed.counts == ["duplicates 2", "gapsFilled 1"])
  }

  @Test func theRestOfACutPacketIsAGapWhenNobodyHasIt() {
    feed.open()
    feed.data(3, 4, line: 0, at: 10, wholeMessages: 2)
    feed.data(3, 4, line: 1, at: 20, wholeMessages: 2)
    feed.data(7, at: 30)
    feed.advance(to: 10 + Self.window)
    #expect(feed.trace() == "@10 3 4. <gap> @1000010 7. <untrusted>")
    #expect(feed.counts == ["duplicates 2", "gaps 1", "messagesLost 2"])
  }

  @Test func aCutPacketIsThePlaceOfTheGapItLeaves() {
    feed.open()
    feed.data(3, 4, wholeMessages: 2)
    feed.advance(to: Self.window)
    #expect(feed.counters.first(.gaps)?.packetIndex == 1 && feed.counters[.messagesLost] == 2)
  }

  @Test func aCutPacketWithoutAWholeMessageIsAGap() {
    feed.open()
    feed.data(3, 2, wholeMessages: 0)
    #expect(feed.trace() == "@0 <gap>")
    feed.data(3, 2, line: 1, at: 9)
    #expect(feed.trace() == "@9 3 4. <ok>" && feed.counts == ["gapsFilled 1"])
  }

  @Test func aCutPacketMayOpenTheFeed() {
    feed.data(1, 3, wholeMessages: 1)
    #expect(feed.trace() == "@0 1." && feed.arbiter.state == .waiting)
    feed.data(2, 2, line: 1)
    #expect(feed.trace() == "@0 2 3. <ok>")
  }

  @Test func aFullerCopyOfAHeldCutPacketIsUsed() {
    feed.open()
    feed.data(5, 3, wholeMessages: 1)
    feed.data(5, 3, line: 1, wholeMessages: 2)
    feed.data(5, 3, line: 1)
    feed.data(3, 2)
    #expect(feed.trace() == "@0 <gap> 3 4. 5. 6. 7. <ok>" && feed.counts == ["duplicates 3", "gapsFilled 1"])
  }

  @Test func aCutLateCopyCountsItsWholeMessages() {
    feed.open(through: 6)
    feed.data(2, 4, line: 1, wholeMessages: 3)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 3"])
  }

  @Test func aCutCopyThatEndsBeyondNextCountsItsWholeMessagesOnly() {
    feed.open(through: 6)
    feed.data(2, 7, line: 1, wholeMessages: 3)
    #expect(feed.trace() == "@0 <gap>" && feed.counts == ["duplicates 3"])
  }

  // MARK: Lines that disagree

  @Test func aCopyWithOtherBytesIsNamedAndEndsTrustForTheSession() {
    feed.open(through: 3)
    feed.data(3, texts: ["x"], line: 1, at: 5)
    feed.data(4, at: 6)
    #expect(feed.trace() == "@5 <untrusted> @6 4." && feed.counts == ["duplicates 1", "lineDisagreement 1"])
    #expect(feed.counters.first(.lineDisagreement)?.packetIndex == 1)
    feed.data(1, session: "S2", at: 7)
    #expect(feed.trace() == "@7 <restart> 1. <ok>")
  }

  @Test func aCopyOfOtherLengthDisagrees() {
    feed.open(through: 3)
    feed.data(2, texts: ["22", "3"], line: 1)
    #expect(feed.counters[.lineDisagreement] == 1)
  }

  @Test func copiesInOtherFramingAreComparedMessageByMessage() {
    feed.data(1, 3)
    feed.data(4, 3)
    feed.data(2, 4, line: 1)
    #expect(feed.counts == ["duplicates 4"])
    feed.data(3, texts: ["3", "4", "x"], line: 1)
    #expect(feed.trace() == "@0 1 2 3. <ok> 4 5 6. <untrusted>" && feed.counters[.lineDisagreement] == 1)
  }

  @Test func theDeliveredHalfOfAPacketIsCompared() {
    feed.open(through: 3)
    feed.data(2, texts: ["2", "x", "4", "5"], line: 1)
    #expect(feed.trace() == "@0 <untrusted> 4 5." && feed.counts == ["duplicates 2", "lineDisagreement 1"])
  }

  @Test func copiesAreFoundHoweverTheLinesCutTheirPackets() {
    feed.open(through: 4)
    feed.data(5, 2)
    // Begins before the packet delivered last, and goes on beyond it.
    feed.data(3, 7, line: 1)
    feed.data(10, line: 0)
    feed.data(5, texts: ["5", "x"], line: 0)
    #expect(feed.counters[.lineDisagreement] == 1)
  }

  @Test func aCopyOfAHeldPacketIsComparedAtOnce() {
    feed.open()
    feed.data(5, 2)
    feed.data(5, 2, line: 1)
    #expect(feed.trace() == "@0 <gap>" && feed.counts == ["duplicates 2"])
    feed.data(5, texts: ["5", "x"], line: 1)
    #expect(feed.trace() == "@0 <untrusted>" && feed.counts == ["duplicates 4", "lineDisagreement 1"])
    feed.data(3, 2)
    #expect(feed.trace() == "@0 3 4. 5 6.")
  }

  @Test func aCopyOfAHeldPacketInOtherFramingIsComparedWhenItIsDelivered() {
    feed.open()
    feed.data(5, 4)
    feed.data(6, 2, line: 1)
    feed.data(7, texts: ["7", "x", "9"], line: 1)
    feed.data(3, 2)
    #expect(feed.trace() == "@0 <gap> 3 4. 5 6 7 8. <untrusted> 9.")
    // 6 and 7; 7 and 8.
    #expect(feed.counts == ["duplicates 4", "gapsFilled 1", "lineDisagreement 1"])
  }

  @Test func aCopyHeldInAJoinIsCompared() {
    feed.data(5)
    feed.data(5, texts: ["x"], line: 1)
    feed.data(1, 4)
    #expect(feed.trace() == "@0 <untrusted> 1 2 3 4. 5." && feed.counters[.lineDisagreement] == 1)
  }

  @Test func copiesAcrossManyPacketsAreAllCompared() {
    feed.open()
    for number in 3...40 as ClosedRange<UInt64> { feed.data(number) }
    feed.data(1, 40, line: 1)
    #expect(feed.counts == ["duplicates 40"])
    for number in 1...40 as ClosedRange<UInt64> {
      let feed = SessionHarness()
      for original in stride(from: 1, through: 40, by: 3) { feed.data(UInt64(original), min(3, 41 - original)) }
      feed.data(1, texts: (1...40).map { $0 == Int(number) ? "x" : "\($0)" }, line: 1)
      #expect(feed.counters[.lineDisagreement] == 1, "message \(number)")
    }
  }

  @Test func theLateLineIsComparedForThousandsOfPackets() {
    feed.open()
    for number in 3...5_000 as ClosedRange<UInt64> {
      feed.data(number)
      if number > 1_500 { feed.data(number - 1_498, line: 1) }
    }
    #expect(feed.counts == ["duplicates 3500"])
    feed.data(3_503, texts: ["x"], line: 1)
    #expect(feed.counters[.lineDisagreement] == 1)
  }

  // MARK: Silence

  private static let second: UInt64 = 1_000_000_000

  @Test func aChannelWithoutPacketOrHeartbeatIsSilentFromItsOwnTimeOn() {
    feed.open()
    feed.data(3, at: Self.second)
    feed.advance(to: 6 * Self.second - 1)
    #expect(feed.trace() == "@1000000000 3.")
    feed.advance(to: 9 * Self.second)
    #expect(feed.trace() == "@6000000000 <silent>" && feed.counts == ["silences 1"])
  }

  @Test func heartbeatsKeepAChannelAlive() {
    feed.open()
    for second in 1...20 as ClosedRange<UInt64> { feed.heartbeat(3, at: second * Self.second) }
    #expect(feed.trace() == "" && feed.counts == [])
  }

  @Test func silenceEndsWithTheNextPacketInSequence() {
    feed.open()
    feed.advance(to: 7 * Self.second)
    feed.data(1, line: 1)
    #expect(feed.trace() == "@5000000000 <silent>", "a late copy does not end it")
    feed.data(3, at: 8 * Self.second)
    #expect(feed.trace() == "@8000000000 <ok> 3.")
    feed.advance(to: 13 * Self.second)
    #expect(feed.trace() == "@13000000000 <silent>" && feed.counters[.silences] == 2)
  }

  @Test func silenceEndsWithAHeartbeat() {
    feed.open()
    feed.heartbeat(3, at: 7 * Self.second)
    #expect(feed.trace() == "@5000000000 <silent> @7000000000 <ok>")
  }

  @Test func aMalformedPacketDoesNotEndSilence() {
    feed.open()
    feed.advance(to: 5 * Self.second)
    feed.send(Mold.header("S1", 3, 1) + [0, 5, 1])
    #expect(feed.trace() == "@5000000000 <silent>")
  }

  @Test func aPacketBeyondAGapDoesNotBringTrustBackForAMoment() {
    feed.open()
    feed.data(4, at: 7 * Self.second)
    #expect(feed.trace() == "@5000000000 <silent> @7000000000 <gap>")
    feed.data(3, line: 1)
    #expect(feed.trace() == "@7000000000 3. 4. <ok>")
  }

  @Test func aHeartbeatBeyondAGapDoesNotBringTrustBackForAMoment() {
    feed.open()
    feed.heartbeat(4, at: 7 * Self.second)
    #expect(feed.trace() == "@5000000000 <silent> @7000000000 <gap>")
    feed.data(3, line: 1)
    #expect(feed.trace() == "@7000000000 3. <ok>")
  }

  @Test func anEndedSessionIsNeverSilent() {
    feed.open()
    feed.end(3)
    feed.advance(to: 100 * Self.second)
    #expect(feed.trace() == "" && feed.counts == [])
  }

  @Test func anIdleChannelIsNeverSilent() {
    feed.advance(to: 100 * Self.second)
    #expect(feed.trace() == "" && feed.arbiter.nextDue == .max)
  }
}
