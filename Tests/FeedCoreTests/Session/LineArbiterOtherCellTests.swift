import Testing

@testable import FeedCore

/// Cells of `LineArbiter`'s table for what only some transports have, in states other than live: resets, restarts,
/// keep-alives, packets out of band.
@Suite struct LineArbiterOtherCellTests {
  private static let window = SessionHarness.window

  private func xdp(_ feed: SessionHarness, _ first: UInt32, seconds: UInt32, line: UInt8 = 0, at time: UInt64? = nil) {
    feed.send(
      Wire.xdp(first, [Wire.xdpMessage(100, Array("\(first)".utf8))], seconds: seconds), line: line, at: time)
  }

  private func reset(_ feed: SessionHarness, _ seconds: UInt32, line: UInt8 = 0, at time: UInt64? = nil) {
    feed.send(Wire.xdp(1, [Wire.xdpReset(seconds: seconds)], flag: 12, seconds: seconds), line: line, at: time)
  }

  private func refresh(_ feed: SessionHarness) { feed.send(Wire.xdp(1, [Wire.xdpMessage(106, [1])], flag: 18)) }

  /// Numbers 1 and 2 came, and 5: 3 and 4 are missing.
  private func waitingXDP() -> SessionHarness {
    let feed = SessionHarness(.nyseXDP)
    reset(feed, 50)
    xdp(feed, 2, seconds: 51)
    xdp(feed, 5, seconds: 52)
    #expect(feed.arbiter.state == .waiting && feed.arbiter.next == 3)
    _ = feed.trace()
    return feed
  }

  // MARK: Row: reset that begins numbers

  @Test func waitingLaterResetGivesUpTheGap() {
    let feed = waitingXDP()
    reset(feed, 60, at: 7)
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 2 && feed.arbiter.published == .ok)
    #expect(feed.counts == ["gaps 1", "messagesLost 2", "sessionRestarts 1"])
    // What was held is delivered before the numbers begin anew, and nothing of it behind.
    xdp(feed, 2, seconds: 61, at: 8)
    let told = feed.sink.events.filter { if case .message = $0 { false } else { true } }.map { "\($0)" }
    #expect(told == ["<untrusted>", "<restart>", "<ok>"])
    #expect(feed.arbiter.next == 3)
  }

  // MARK: Row: copy of the reset that began this session

  @Test func waitingCopyOfTheResetIsALateCopy() {
    let feed = waitingXDP()
    reset(feed, 50, line: 1)
    #expect(feed.counts == ["duplicates 1"] && feed.arbiter.state == .waiting && feed.arbiter.next == 3)
    #expect(feed.trace() == "")
  }

  // MARK: Row: an older reset, or sent before the restart

  @Test func waitingOlderResetAndWhatWasSentBeforeTheResetAreStale() {
    let feed = SessionHarness(.nyseXDP)
    reset(feed, 50)
    reset(feed, 60)
    xdp(feed, 4, seconds: 61)
    #expect(feed.arbiter.state == .waiting && feed.arbiter.next == 2)
    reset(feed, 50, line: 1)
    xdp(feed, 2, seconds: 51, line: 1)
    #expect(feed.counts == ["sessionRestarts 1", "staleSessionPackets 2"])
    #expect(feed.arbiter.state == .waiting && feed.arbiter.next == 2)
  }

  // MARK: Row: restart, first > 1

  @Test func waitingRestartInTheMiddleNeedsASecondPacket() {
    let feed = SessionHarness(.iexTP)
    func iex(_ first: UInt64, _ count: Int = 1, sent: UInt64, at time: UInt64) {
      feed.send(Wire.iex(first, SessionHarness.texts(first, count), sent: sent), at: time)
    }
    iex(1, 4, sent: 10_000, at: 0)
    iex(7, sent: 10_100, at: 1)
    #expect(feed.trace() == "@0 1 2 3 4. <ok> @1 <gap>" && feed.arbiter.state == .waiting)
    iex(2, sent: 90_000_000, at: 3)
    #expect(feed.trace() == "" && feed.arbiter.state == .waiting && feed.counts == ["sequenceJumpsHeld 1"])
    iex(3, sent: 90_000_010, at: 4)
    #expect(feed.trace() == "@4 7. <untrusted> <restart>" && feed.arbiter.state == .joining)
    feed.advance(to: 4 + Self.window)
    #expect(feed.trace() == "@\(4 + Self.window) 2. 3. <lateStart>" && feed.arbiter.next == 4)
  }

  // MARK: Row: keep-alive

  @Test func joiningAndWaitingKeepAlivesChangeNoNumber() {
    let joining = SessionHarness(.cboeSUH)
    joining.send(Wire.suh(5, [[1]]), at: 1)
    joining.send(Wire.suh(0, []), at: 2)
    #expect(joining.arbiter.state == .joining && joining.trace() == "" && joining.counts == [])
    joining.advance(to: 1 + Self.window)
    #expect(joining.arbiter.state == .live && joining.arbiter.next == 6, "the window is that of the packet")

    let waiting = SessionHarness(.cboeSUH)
    waiting.send(Wire.suh(1, [[1]]), at: 1)
    waiting.send(Wire.suh(3, [[3]]), at: 2)
    waiting.send(Wire.suh(0, []), at: 3)
    #expect(waiting.arbiter.state == .waiting && waiting.arbiter.next == 2)
    waiting.send(Wire.suh(2, [[2]]), line: 1, at: 4)
    #expect(waiting.arbiter.state == .live && waiting.arbiter.next == 4 && waiting.counts == ["gapsFilled 1"])
  }

  // MARK: Row: out of band

  @Test func idleJoiningAndWaitingPacketsOutOfBandAreCountedAndDropped() {
    let idle = SessionHarness(.nyseXDP)
    refresh(idle)
    #expect(idle.arbiter.state == .idle && idle.counts == ["outOfBandPackets 1"] && idle.trace() == "")
    xdp(idle, 7, seconds: 51)
    refresh(idle)
    #expect(idle.arbiter.state == .joining && idle.counts == ["outOfBandPackets 2"] && idle.trace() == "")
    let waiting = waitingXDP()
    refresh(waiting)
    #expect(waiting.arbiter.state == .waiting && waiting.arbiter.next == 3 && waiting.trace() == "")
    #expect(waiting.counts == ["outOfBandPackets 1"])
  }

  // MARK: State: ended

  /// Start of another session behind an end: numbers begin anew. Of the same one it is the other line's copy.
  @Test func endedStartOfASessionIsARestart() {
    let feed = SessionHarness(.mach)
    feed.send(Wire.mach(0, [], type: 1, session: 2))
    feed.send(Wire.mach(1, Array("1".utf8), session: 2))
    feed.send(Wire.mach(1, [], type: 2, session: 2), at: 5)
    #expect(feed.arbiter.state == .ended && feed.trace() == "@0 <ok> 1.")
    feed.send(Wire.mach(0, [], type: 1, session: 2), line: 1, at: 6)
    #expect(feed.arbiter.state == .ended && feed.trace() == "" && feed.arbiter.next == 2)
    feed.send(Wire.mach(0, [], type: 1, session: 3), at: 10 * Self.window)
    feed.send(Wire.mach(1, Array("a".utf8), session: 3), at: 10 * Self.window)
    #expect(feed.arbiter.state == .live && feed.counts == ["sessionRestarts 1"])
    #expect(feed.trace() == "@\(10 * Self.window) <restart> <ok> a.")
  }
}
