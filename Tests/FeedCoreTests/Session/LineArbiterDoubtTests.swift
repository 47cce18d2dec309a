import Testing

@testable import FeedCore

/// What is not believed at once, or never: far jumps, other sessions, packets that contradict themselves.
@Suite struct LineArbiterDoubtTests {
  private static let window = SessionHarness.window
  private let feed = SessionHarness()

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
}
