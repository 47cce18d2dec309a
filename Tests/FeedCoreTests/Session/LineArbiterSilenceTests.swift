import Testing

@testable import FeedCore

/// A channel of which nothing is heard: rule by rule.
@Suite struct LineArbiterSilenceTests {
  private static let second: UInt64 = 1_000_000_000
  private let feed = SessionHarness()

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
    expectNoTrust(beyond: { $0.data(4, at: $1) }, filled: "3. 4.")
  }

  @Test func aHeartbeatBeyondAGapDoesNotBringTrustBackForAMoment() {
    expectNoTrust(beyond: { $0.heartbeat(4, at: $1) }, filled: "3.")
  }

  /// What ends the silence shows that number 3 is missing: the channel is in a gap, and never `ok` in between.
  private func expectNoTrust(beyond: (SessionHarness, UInt64) -> Void, filled: String) {
    feed.open()
    beyond(feed, 7 * Self.second)
    #expect(feed.trace() == "@5000000000 <silent> @7000000000 <gap>")
    feed.data(3, line: 1)
    #expect(feed.trace() == "@7000000000 \(filled) <ok>")
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
