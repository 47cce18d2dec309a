import Testing

@testable import FeedCore

/// The first arrival of each message wins, and later ones are compared with it: rule by rule.
@Suite struct LineArbiterCopyTests {
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
}
