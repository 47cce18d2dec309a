import Testing

@testable import FeedCore

/// The rows of `LineArbiter`'s table that only some transports have, cell by cell, and numbers that wrap.
@Suite struct LineArbiterTransportTests {
  private static let window = SessionHarness.window

  private func texts(_ first: UInt64, _ count: Int) -> [[UInt8]] { SessionHarness.texts(first, count) }

  // MARK: - IEX-TP: restarts told by the send time

  private func iex(
    _ feed: SessionHarness, _ first: UInt64, _ count: Int, sent: UInt64, line: UInt8 = 0, at time: UInt64? = nil
  ) {
    feed.send(Wire.iex(first, texts(first, count), sent: sent), line: line, at: time)
  }

  private func liveIEX() -> SessionHarness {
    let feed = SessionHarness(.iexTP)
    iex(feed, 1, 4, sent: 10_000)
    #expect(feed.trace() == "@0 1 2 3 4. <ok>")
    return feed
  }

  @Test func livePassedNumberSentLaterThanTheWindowIsARestart() {
    let feed = liveIEX()
    iex(feed, 1, 2, sent: 10_000 + Self.window + 1, at: 5)
    #expect(feed.trace() == "@5 <restart> 1 2. <ok>" && feed.arbiter.next == 3)
    #expect(feed.counts == ["sessionRestarts 1"])
  }

  @Test func livePassedNumberSentWithinTheWindowIsALateCopy() {
    let feed = liveIEX()
    iex(feed, 1, 2, sent: 10_000 + Self.window, line: 1, at: 5)
    #expect(feed.trace() == "" && feed.counts == ["duplicates 2"] && feed.arbiter.next == 5)
  }

  @Test func liveHeartbeatOfAPassedNumberSentLaterIsARestart() {
    let feed = liveIEX()
    iex(feed, 1, 0, sent: 10_000 + Self.window + 1, at: 5)
    #expect(feed.trace() == "@5 <restart> <ok>" && feed.arbiter.next == 1)
    // The other line says the same a little later: no second restart.
    iex(feed, 1, 0, sent: 10_000 + Self.window + 300, line: 1, at: 6)
    iex(feed, 1, 1, sent: 10_000 + Self.window + 400, at: 7)
    #expect(feed.trace() == "@7 1." && feed.counts == ["sessionRestarts 1"])
  }

  @Test func liveRestartInTheMiddleNeedsASecondPacket() {
    let feed = liveIEX()
    iex(feed, 2, 1, sent: 90_000_000, at: 5)
    #expect(feed.trace() == "" && feed.counts == ["sequenceJumpsHeld 1"])
    iex(feed, 3, 1, sent: 90_000_010, at: 6)
    #expect(feed.trace() == "@6 <restart>" && feed.arbiter.state == .joining)
    feed.advance(to: 6 + Self.window)
    #expect(feed.trace() == "@\(6 + Self.window) 2. 3. <lateStart>")
  }

  @Test func waitingRestartGivesUpTheGap() {
    let feed = liveIEX()
    iex(feed, 7, 1, sent: 10_100)
    #expect(feed.trace() == "@0 <gap>" && feed.arbiter.state == .waiting)
    iex(feed, 1, 1, sent: 90_000_000, at: 5)
    #expect(feed.trace() == "@5 7. <untrusted> <restart> 1. <ok>")
    #expect(feed.counts == ["gaps 1", "messagesLost 2", "sessionRestarts 1"])
  }

  @Test func afterARestartWhatWasSentBeforeIsStale() {
    let feed = liveIEX()
    iex(feed, 1, 1, sent: 90_000_000, at: 5)
    _ = feed.trace()
    iex(feed, 5, 2, sent: 10_050, line: 1, at: 6)
    #expect(feed.trace() == "" && feed.counts == ["sessionRestarts 1", "staleSessionPackets 1"])
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 2)
  }

  @Test func anotherSessionIdRestartsAsASessionNameDoes() {
    let feed = liveIEX()
    feed.send(Wire.iex(1, texts(1, 1), sent: 10_001, session: 8))
    #expect(feed.trace() == "@0 <restart> 1. <ok>" && feed.counts == ["sessionRestarts 1"])
  }

  // MARK: - XDP: sequence reset

  private func xdp(_ feed: SessionHarness, _ first: UInt32, seconds: UInt32, line: UInt8 = 0) {
    feed.send(Wire.xdp(first, [Wire.xdpMessage(100, Array("\(first)".utf8))], seconds: seconds), line: line)
  }

  private func reset(_ feed: SessionHarness, _ seconds: UInt32, flag: UInt8 = 12, line: UInt8 = 0) {
    feed.send(Wire.xdp(1, [Wire.xdpReset(seconds: seconds)], flag: flag, seconds: seconds), line: line)
  }

  private func liveXDP() -> SessionHarness {
    let feed = SessionHarness(.nyseXDP)
    reset(feed, 50)
    xdp(feed, 2, seconds: 51)
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 3 && feed.arbiter.published == .ok)
    return feed
  }

  @Test func idleResetBeginsTheSessionWithoutARestart() {
    #expect(liveXDP().counts == [])
  }

  @Test func liveLaterResetIsARestart() {
    let feed = liveXDP()
    reset(feed, 60)
    #expect(feed.counts == ["sessionRestarts 1"] && feed.arbiter.next == 2 && feed.arbiter.state == .live)
  }

  @Test func liveCopyOfTheResetIsALateCopy() {
    let feed = liveXDP()
    reset(feed, 50, line: 1)
    #expect(feed.counts == ["duplicates 1"] && feed.arbiter.next == 3)
  }

  @Test func liveOlderResetIsStale() {
    let feed = liveXDP()
    reset(feed, 60)
    reset(feed, 50, line: 1)
    xdp(feed, 3, seconds: 52, line: 1)
    #expect(feed.counts == ["sessionRestarts 1", "staleSessionPackets 2"] && feed.arbiter.next == 2)
  }

  @Test func joiningResetOpensTheStream() {
    let feed = SessionHarness(.nyseXDP)
    xdp(feed, 2, seconds: 51, line: 1)
    #expect(feed.arbiter.state == .joining)
    reset(feed, 50)
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 3 && feed.counts == [])
    reset(feed, 50, line: 1)
    #expect(feed.counts == ["duplicates 1"])
  }

  @Test func aResetIsKnownByItsMessageWhateverItsFlag() {
    let feed = liveXDP()
    reset(feed, 60, flag: 11)
    #expect(feed.counts == ["sessionRestarts 1"])
  }

  @Test func refreshesAreOutOfBand() {
    let feed = liveXDP()
    feed.send(Wire.xdp(1, [Wire.xdpMessage(106, [1])], flag: 18))
    feed.send(Wire.xdp(3, [], flag: 1))
    #expect(feed.counts == ["outOfBandPackets 1"] && feed.arbiter.next == 3)
  }

  // MARK: - Heartbeats with the last number

  @Test func memxHeartbeatShowsWhatIsMissing() {
    let feed = SessionHarness(.memxUDP)
    feed.send(Wire.memx(1, texts(1, 2)))
    feed.send(Wire.memxControl(0, 2))
    #expect(feed.trace() == "@0 1 2. <ok>" && feed.arbiter.state == .live)
    feed.send(Wire.memxControl(0, 3), at: 5)
    #expect(feed.trace() == "@5 <gap>" && feed.arbiter.state == .waiting)
    feed.send(Wire.memx(3, texts(3, 1)), line: 1, at: 6)
    #expect(feed.trace() == "@6 3. <ok>")
    feed.send(Wire.memxControl(1, 3), at: 7)
    #expect(feed.arbiter.state == .ended)
  }

  @Test func machStartOfSessionBeginsNumbersAgainEvenWithALowerSession() {
    let feed = SessionHarness(.mach)
    feed.send(Wire.mach(0, [], type: 1, session: 2))
    feed.send(Wire.mach(1, Array("1".utf8), session: 2))
    #expect(feed.trace() == "@0 <ok> 1.")
    feed.send(Wire.mach(0, [], type: 1, session: 1), at: 5)
    feed.send(Wire.mach(1, Array("a".utf8), session: 1), at: 5)
    #expect(feed.trace() == "@5 <restart> <ok> a.")
    // The other line's copies of the old session, then a return to it in earnest.
    feed.send(Wire.mach(2, Array("b".utf8), session: 2), line: 1, at: 6)
    #expect(feed.trace() == "" && feed.counts == ["sessionRestarts 1", "staleSessionPackets 1"])
    feed.send(Wire.mach(0, [], type: 1, session: 2), at: 10 * Self.window)
    #expect(feed.counts == ["sessionRestarts 2", "staleSessionPackets 1"])
  }

  // MARK: - Packets with one number for all their messages

  private func cme(_ feed: SessionHarness, _ number: UInt32, sent: UInt64, line: UInt8 = 0, template: UInt16 = 32) {
    feed.send(Wire.cme(number, bodies: [[1], [2, 3]], sent: sent, template: template), line: line)
  }

  @Test func cmePacketsAreDeliveredWholeAndOnce() {
    let feed = SessionHarness(.cmeMDP3)
    cme(feed, 1, sent: 10)
    cme(feed, 1, sent: 10, line: 1)
    cme(feed, 3, sent: 30)
    cme(feed, 2, sent: 20, line: 1)
    let messages = feed.sink.events.filter { if case .message = $0 { true } else { false } }
    #expect(messages.count == 6 && feed.arbiter.next == 4)
    #expect(feed.counts == ["duplicates 1", "gapsFilled 1"])
  }

  @Test func cmeNumberOneSentLaterIsANewTurn() {
    let feed = SessionHarness(.cmeMDP3)
    cme(feed, 1, sent: 10)
    cme(feed, 2, sent: 20)
    cme(feed, 1, sent: 20 + Self.window + 1)
    #expect(feed.counts == ["sessionRestarts 1"] && feed.arbiter.next == 2)
    cme(feed, 2, sent: 30 + Self.window)
    // Any other number is a late copy, however late.
    cme(feed, 2, sent: 90_000_000, line: 1)
    #expect(feed.counts == ["duplicates 1", "sessionRestarts 1"])
  }

  @Test func cmeChannelResetBeginsAgainOrGoesOn() {
    let feed = SessionHarness(.cmeMDP3)
    cme(feed, 1, sent: 10)
    cme(feed, 2, sent: 20, template: 4)
    #expect(feed.arbiter.next == 3 && feed.counts == [], "a number that is next goes on")
    cme(feed, 1, sent: 30, template: 4)
    #expect(feed.arbiter.next == 2 && feed.counts == ["sessionRestarts 1"])
    cme(feed, 1, sent: 30, line: 1, template: 4)
    #expect(feed.counts == ["duplicates 1", "sessionRestarts 1"])
  }

  @Test func aDamagedPacketIsMalformedAsAWhole() {
    let feed = SessionHarness(.cmeMDP3)
    var payload = Wire.cme(1, bodies: [[1], [2, 3]], sent: 1)
    payload[12] = 9  // shorter than a message header
    feed.send(payload)
    #expect(feed.counts == ["malformed 1"] && feed.sink.events.isEmpty)
    // Cut by the snap length, a packet with one number is none.
    feed.send(Wire.cme(1, bodies: [[1], [2, 3]], sent: 1), keep: 30)
    feed.send(Wire.cme(1, bodies: [[1], [2, 3]], sent: 1), line: 1)
    #expect(feed.arbiter.next == 2)
  }

  // MARK: - EOBI

  private func eobi(_ feed: SessionHarness, _ number: UInt32, time: UInt64, reset: UInt8 = 0, line: UInt8 = 0) {
    feed.send(
      Wire.eobiHeader(segment: 5, time: time, reset: reset) + Wire.eobiMessage(number, Array("\(number)".utf8)),
      line: line)
  }

  @Test func eobiResetIndicatorBeginsAgainOnceForBothLines() {
    let feed = SessionHarness(.eobi)
    for number in 1...3 as ClosedRange<UInt32> { eobi(feed, number, time: UInt64(number)) }
    eobi(feed, 1, time: 50, reset: 1)
    eobi(feed, 2, time: 51, reset: 1)
    eobi(feed, 1, time: 50, reset: 1, line: 1)
    eobi(feed, 2, time: 51, reset: 1, line: 1)
    #expect(feed.counts == ["duplicates 2", "sessionRestarts 1"] && feed.arbiter.next == 3)
  }

  // MARK: - Silence

  @Test func aKeepAliveEndsSilenceWithoutANumber() {
    let feed = SessionHarness(.cboeSUH) { $0.silenceNanoseconds = 100 }
    feed.send(Wire.suh(0, []), at: 0)
    #expect(feed.arbiter.state == .idle)
    feed.send(Wire.suh(1, [[1]]), at: 10)
    feed.advance(to: 200)
    _ = feed.trace()
    feed.send(Wire.suh(0, []), at: 300)
    #expect(feed.trace() == "@300 <ok>" && feed.arbiter.next == 2)
  }

  @Test(arguments: [Transport.deribit, .coinbaseDerivatives, .eobi])
  func aTransportWithoutKnownHeartbeatsIsNeverSilent(transport: Transport) {
    let feed = SessionHarness(transport)
    switch transport {
    case .deribit: feed.send(Wire.deribit(0, [1]))
    case .eobi: eobi(feed, 1, time: 1)
    default: feed.send(Wire.coinbase(1, count: 1, Wire.coinbaseFrame([1, 2, 3, 4])))
    }
    #expect(feed.arbiter.state == .live && feed.arbiter.nextDue == .max)
  }

  @Test func deribitStartsAgainAfterASilenceOnly() {
    let feed = SessionHarness(.deribit) { $0.silenceNanoseconds = 100 }
    for number in 0..<3 as Range<UInt32> { feed.send(Wire.deribit(number, Array("\(number)".utf8))) }
    feed.send(Wire.deribit(0, Array("0".utf8)), line: 1, at: 50)
    #expect(feed.counts == ["duplicates 1"])
    feed.send(Wire.deribit(0, Array("x".utf8)), at: 500)
    #expect(feed.counts == ["duplicates 1", "sessionRestarts 1"] && feed.arbiter.next == 2)
  }

  // MARK: - Wrapping

  @Test func unitNumbersWrapToOne() {
    let feed = SessionHarness(.cboeSUH)
    let last = UInt32.max
    feed.send(Wire.suh(last - 1, [[1]]))
    feed.advance(to: Self.window)
    feed.send(Wire.suh(last, [[2]]))
    feed.send(Wire.suh(1, [[3]]))
    feed.send(Wire.suh(last, [[2]]), line: 1)
    feed.send(Wire.suh(3, [[5]]))
    feed.send(Wire.suh(2, [[4]]), line: 1)
    #expect(feed.arbiter.next == UInt64(last) + 4 && feed.arbiter.state == .live)
    #expect(feed.counts == ["duplicates 1", "gapsFilled 1"])
  }

  @Test func aPacketMayHoldTheWrap() {
    let feed = SessionHarness(.cboeSUH)
    feed.send(Wire.suh(.max - 1, [[1], [2], [3]]))
    feed.advance(to: Self.window)
    feed.send(Wire.suh(2, [[4]]))
    #expect(feed.arbiter.next == UInt64(UInt32.max) + 3 && feed.counts == [])
  }

  @Test func deribitNumbersWrapToZero() {
    let feed = SessionHarness(.deribit)
    feed.send(Wire.deribit(.max, [1]))
    feed.advance(to: Self.window)
    feed.send(Wire.deribit(0, [2]))
    feed.send(Wire.deribit(1, [3]))
    #expect(feed.arbiter.next == 1 << 32 + 3 && feed.counts == [])
  }

  @Test func aLowNumberInMidStreamIsNoWrap() {
    let feed = SessionHarness(.cboeSUH)
    feed.send(Wire.suh(3_000_000_000, [[1]]))
    feed.advance(to: Self.window)
    #expect(feed.arbiter.unwrapped(5) == 5 && feed.arbiter.unwrapped(3_000_000_007) == 3_000_000_007)
  }
}
