import Testing

@testable import FeedCore

/// Packets whose bytes go with their burst: what waits, and what late copies are compared with, is copied.
@Suite struct PacketRetentionTests {
  private static let window: UInt64 = 1_000

  private static func feed(_ retainedBytes: Int?, packets: Int = 1_024) -> SessionHarness {
    SessionHarness(retainedBytes: retainedBytes) {
      $0.reorderWindowNanoseconds = window
      $0.reorderWindowPackets = packets
      $0.silenceNanoseconds = 1 << 60
      $0.sequenceJumpMaximum = 10_000
    }
  }

  /// A message that its number and length determine.
  private static func message(_ number: UInt64, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number &* 31 &+ UInt64($0)) }
  }

  /// Two lines of long packets, each losing and delaying its own, so that megabytes wait and are moved.
  @Test func megabytesThatWaitAreDeliveredAsIfTheyHadStayed() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    for round in 0..<6 {
      let stays = Self.feed(nil)
      let goes = Self.feed(65_536)
      var arrivals: [(at: UInt64, line: UInt8, payload: [UInt8])] = []
      var first: UInt64 = 1
      var at: UInt64 = 100
      // Longer and longer stays behind gaps: the memory turns with little and with much in it.
      for _ in 0..<1_500 {
        at += UInt64(random.int(1...20))
        let lengths = (0..<random.int(1...4)).map { _ in random.int(20...700) }
        let messages = lengths.enumerated().map { Self.message(first + UInt64($0.offset), $0.element) }
        let payload = Mold.packet("S1", first, messages)
        for line in 0...1 as ClosedRange<UInt8> where !random.chance(round * 8) {
          let delay = random.chance(20) ? UInt64(random.int(0...900)) : 0
          arrivals.append((at + delay, line, payload))
        }
        first += UInt64(lengths.count)
      }
      let order = arrivals.indices.sorted { (arrivals[$0].at, $0) < (arrivals[$1].at, $1) }
      for index in order {
        let arrival = arrivals[index]
        for feed in [stays, goes] { feed.send(arrival.payload, line: arrival.line, at: arrival.at) }
      }
      for feed in [stays, goes] { feed.finish() }
      let note: Comment = "seed \(seed), round \(round)"
      #expect(goes.sink.events == stays.sink.events, note)
      #expect(goes.sink.places == stays.sink.places, note)
      #expect(goes.counts == stays.counts, note)
      #expect(goes.counters[.lineDisagreement] == 0 && goes.counters[.duplicates] > 0, note)
    }
  }

  @Test func lateCopyThatDiffersIsFoundWhileTheBytesAreKept() {
    let feed = Self.feed(65_536)
    for number in 1...10 as ClosedRange<UInt64> { feed.send(Mold.packet("S1", number, [Self.message(number, 1_000)])) }
    feed.send(Mold.packet("S1", 4, [Self.message(4, 1_000)]), line: 1)
    #expect(feed.counts == ["duplicates 1"])
    var other = Self.message(5, 1_000)
    other[999] ^= 1
    feed.send(Mold.packet("S1", 5, [other]), line: 1)
    #expect(feed.counts == ["duplicates 2", "lineDisagreement 1"])
    #expect(feed.arbiter.published == .untrusted)
  }

  @Test func lateCopyOfBytesThatWereOverwrittenIsOnlyCounted() {
    let feed = Self.feed(65_536)
    for number in 1...200 as ClosedRange<UInt64> { feed.send(Mold.packet("S1", number, [Self.message(number, 1_000)])) }
    // 65 packets of 1,002 bytes fit: of 135 and below nothing is left, 140 is there.
    var other = Self.message(130, 1_000)
    other[0] ^= 1
    feed.send(Mold.packet("S1", 130, [other]), line: 1)
    #expect(feed.counts == ["duplicates 1"])
    other = Self.message(140, 1_000)
    other[0] ^= 1
    feed.send(Mold.packet("S1", 140, [other]), line: 1)
    #expect(feed.counts == ["duplicates 2", "lineDisagreement 1"])
  }

  @Test func jumpThatASecondPacketConfirmsIsDeliveredWithItsBytes() {
    let feed = Self.feed(65_536)
    feed.open()
    feed.data(20_001)
    feed.data(20_002)
    #expect(feed.counts == ["sequenceJumpsHeld 1", "sequenceJumpsBelieved 1"])
    feed.advance(to: 10_000)
    #expect(feed.trace() == "@0 <gap> @1000 20001. 20002. <untrusted>")
  }

  @Test func otherSessionThatASecondPacketConfirmsIsDeliveredWithItsBytes() {
    let feed = Self.feed(65_536)
    feed.open()
    feed.data(7, session: "S2")
    feed.data(8, session: "S2")
    feed.advance(to: 10_000)
    #expect(feed.trace() == "@0 <restart> @1000 7. 8. <lateStart>")
  }

  /// Eight packets of ordinary length may wait here; of far longer ones four fill the memory.
  @Test func packetWithoutMemoryToWaitInIsAsIfLost() {
    let feed = Self.feed(65_536, packets: 8)
    feed.open()
    for number in 4...8 as ClosedRange<UInt64> { feed.send(Mold.packet("S1", number, [Self.message(number, 60_000)])) }
    #expect(feed.counts == ["retentionFull 1"])
    feed.data(3)
    #expect(feed.counts == ["gapsFilled 1", "retentionFull 1"])
    let delivered = feed.sink.events.compactMap { event -> [UInt8]? in
      if case .message(let bytes, _, _) = event { bytes } else { nil }
    }
    #expect(delivered == [Array("3".utf8)] + (4...7).map { Self.message($0, 60_000) })
    // The number that was not kept is missing, until it comes once more.
    #expect(feed.arbiter.published == .gap && feed.arbiter.next == 8)
    feed.send(Mold.packet("S1", 8, [Self.message(8, 60_000)]), line: 1)
    #expect(feed.arbiter.published == .ok && feed.counters[.messagesLost] == 0)
  }

  @Test func memoryThatWasFullTakesPacketsAgainOnceFewerWait() {
    let feed = Self.feed(65_536, packets: 8)
    feed.open()
    var first: UInt64 = 3
    for _ in 0..<20 {
      for offset in 1...5 as ClosedRange<UInt64> {
        feed.send(Mold.packet("S1", first + offset, [Self.message(first + offset, 50_000)]))
      }
      for number in first...first + 5 { feed.send(Mold.packet("S1", number, [Self.message(number, 50_000)]), line: 1) }
      first += 6
    }
    #expect(feed.arbiter.next == first && feed.counters[.messagesLost] == 0)
    #expect(feed.counters[.lineDisagreement] == 0)
  }
}
