import Testing

@testable import FeedCore

/// Numbers that begin anew under the name they had, or without one: nothing of the session before gets into the new
/// one, neither what was held nor what was asked for.
///
/// Packets are written by hand: XDP / Pillar Common Client Specification 2.4p ("Sequence Number Reset", "Retransmission
/// Request"), IEX-TP 1.26, MDP 3.0, EOBI. Line 2 carries the answers; a window is 1 ms, an answer may take 1 s.
@Suite struct LineArbiterAnewTests {
  private static let window = SessionHarness.window
  private static let second: UInt64 = 1_000_000_000

  private func nyse(messages: Bool = true) -> SessionHarness {
    SessionHarness(messages: messages, snapshots: false, protocol: .nyseIntegrated) { $1.attempts = 2 }
  }

  /// XDP messages `first` … with their numbers as text, each after MsgSize and MsgType.
  private func xdp(
    _ feed: SessionHarness, _ first: UInt64, _ count: Int = 1, flag: UInt8 = 11, seconds: UInt32, line: UInt8 = 0,
    text: String? = nil
  ) {
    let messages = (0..<UInt64(count)).map { index in
      Wire.xdpMessage(200, Array((text ?? "\(first + index)").utf8))
    }
    feed.send(Wire.xdp(UInt32(first), messages, flag: flag, seconds: seconds), line: line)
  }

  private func reset(_ feed: SessionHarness, seconds: UInt32, line: UInt8 = 0) {
    feed.send(Wire.xdp(1, [Wire.xdpReset(seconds: seconds)], flag: 12, seconds: seconds), line: line)
  }

  /// What was delivered since the last call: the texts of messages (a reset is "reset"), states, restarts.
  private func delivered(_ feed: SessionHarness) -> [String] {
    defer { feed.sink.events = [] }
    return feed.sink.events.map { event in
      guard case .message(let bytes, _, _) = event else { return event.description }
      return bytes[2] == 1 ? "reset" : String(decoding: bytes[4...], as: UTF8.self)
    }
  }

  /// BeginSeqNum to EndSeqNum of the retransmission requests sent since the last call, with their times.
  private func asked(_ feed: SessionHarness) -> [String] {
    var asked: [String] = []
    while let output = feed.outbox.next() {
      let bytes = output.bytes.array
      guard output.action == .bytes, bytes.count == 40, bytes[18] == 10 else { continue }
      func number(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
      asked.append("@\(output.captureNanoseconds) \(number(20))-\(number(24))")
    }
    return asked
  }

  /// Live through 3 (the reset is 1), 6 held, 4 and 5 asked for.
  private func recovering() -> SessionHarness {
    let feed = nyse()
    reset(feed, seconds: 100)
    feed.advance(to: 10 * Self.second)
    xdp(feed, 2, 2, seconds: 100)
    xdp(feed, 6, seconds: 101)
    feed.advance(to: 10 * Self.second + Self.window)
    #expect(delivered(feed).filter { !$0.hasPrefix("<") } == ["reset", "2", "3"])
    #expect(feed.arbiter.state == .recovering && asked(feed) == ["@10001000000 4-5"])
    return feed
  }

  // MARK: - What was held

  /// A late start whose join is open when the numbers begin anew: nothing of what was held is the new session's.
  @Test func joiningResetForgetsWhatWasSentBeforeIt() {
    let feed = nyse()
    xdp(feed, 17, seconds: 100)
    xdp(feed, 18, 2, seconds: 100, line: 1)
    feed.send(Wire.xdp(40, [], flag: 1, seconds: 100))
    reset(feed, seconds: 110)
    #expect(delivered(feed) == ["reset", "<ok>"] && feed.arbiter.state == .live)
    #expect(feed.counts == ["sessionRestarts 1", "staleSessionPackets 3"])
    xdp(feed, 2, seconds: 110)
    xdp(feed, 20, seconds: 109, line: 1)
    feed.advance(to: 2 * Self.second)
    feed.finish()
    #expect(delivered(feed) == ["2"])
    #expect(asked(feed) == [] && feed.counts == ["sessionRestarts 1", "staleSessionPackets 4"])
  }

  /// The line that is ahead lost its reset: its packets are the new session's.
  @Test func joiningResetKeepsWhatWasSentBehindIt() {
    let feed = nyse()
    xdp(feed, 2, seconds: 110)
    xdp(feed, 4, seconds: 111)
    reset(feed, seconds: 110, line: 1)
    #expect(delivered(feed) == ["reset", "2"] && feed.arbiter.next == 3 && feed.arbiter.state == .waiting)
    #expect(feed.counts == [])
  }

  /// Nothing was heard before: what comes late of the session before is known by its send time.
  @Test func idleResetMakesWhatWasSentBeforeItStale() {
    let feed = nyse()
    reset(feed, seconds: 110)
    xdp(feed, 500, seconds: 109, line: 1)
    #expect(delivered(feed) == ["reset", "<ok>"] && feed.arbiter.state == .live)
    #expect(feed.counts == ["staleSessionPackets 1"])
  }

  /// The session before was young, too: its late originals have the very numbers that come next, or came.
  @Test func liveLateOriginalOfTheSessionBeforeIsStaleAtEveryNumber() {
    let feed = nyse()
    reset(feed, seconds: 100)
    reset(feed, seconds: 110)
    xdp(feed, 2, seconds: 105, line: 1, text: "old")
    xdp(feed, 2, seconds: 110, text: "new")
    xdp(feed, 2, seconds: 105, line: 1, text: "old")
    #expect(delivered(feed) == ["reset", "<ok>", "<restart>", "reset", "<ok>", "new"] && feed.arbiter.next == 3)
    #expect(feed.counts == ["sessionRestarts 1", "staleSessionPackets 2"])
  }

  /// IEX-TP names no restart: the number 1, sent later than what the join holds.
  @Test func joiningIEXRestartForgetsWhatWasSentBeforeIt() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    feed.send(Wire.iex(17, [[0x17]], sent: 1_000))
    feed.send(Wire.iex(1, [[0x01]], sent: 1_001))
    feed.send(Wire.iex(18, [[0x18]], sent: 999, session: 7))
    #expect(feed.trace() == "@0 \u{01}. <ok>" && feed.arbiter.next == 2)
    #expect(feed.counts == ["sessionRestarts 1", "staleSessionPackets 2"])
  }

  /// The reverse: what is held was sent later, and belongs to the number 1.
  @Test func joiningIEXFirstNumberKeepsWhatWasSentBehindIt() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    feed.send(Wire.iex(2, [[0x42]], sent: 1_000))
    feed.send(Wire.iex(1, [[0x41]], sent: 999), line: 1)
    #expect(feed.trace() == "@0 A. B. <ok>" && feed.counts == [])
  }

  @Test func joiningCMEAndEOBIForgetWhatWasSentBeforeTheFirstNumber() {
    let cme = SessionHarness(.cmeMDP3)
    cme.send(Wire.cme(900, bodies: [[0x31]], sent: 50))
    cme.send(Wire.cme(1, bodies: [[0x32]], sent: 60))
    #expect(cme.arbiter.next == 2 && cme.arbiter.state == .live)
    #expect(cme.counts == ["sessionRestarts 1", "staleSessionPackets 1"])
    let eobi = SessionHarness(.eobi)
    eobi.send(Wire.eobiHeader(segment: 5, time: 50) + Wire.eobiMessage(900, [0x31]))
    eobi.send(Wire.eobiHeader(segment: 5, time: 60, reset: 1) + Wire.eobiMessage(1, [0x32]))
    #expect(eobi.arbiter.next == 2 && eobi.arbiter.state == .live)
    #expect(eobi.counts == ["sessionRestarts 1", "staleSessionPackets 1"])
  }

  /// A gap before the first message is asked for, and its number 1 comes, sent later than what is held behind it.
  @Test func recoveringIEXRestartAtAMissingNumberIsARestart() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    feed.send(Wire.iex(5, [[0x45]], sent: 1_000))
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .recovering && feed.arbiter.next == 1)
    feed.send(Wire.iex(2, [[0x42]], sent: 900), line: 1)
    #expect(feed.arbiter.state == .recovering && feed.arbiter.heldCount == 2, "a late original")
    feed.send(Wire.iex(1, [[0x61]], sent: 1_001 + Self.window))
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 2)
    #expect(feed.trace() == "@1000000 B. E. <untrusted> <restart> a. <ok>")
    #expect(feed.counts.contains("sessionRestarts 1"))
  }

  /// A snapshot is on its way when the publisher starts again: its live packets are kept for the new numbers.
  @Test func awaitingIEXRestartIsARestart() {
    let feed = SessionHarness(messages: false, snapshots: true, protocol: .deepPlus)
    feed.send(Wire.iex(50, [[0x41]], sent: 1_000))
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .awaiting && feed.arbiter.next == 50)
    feed.send(Wire.iex(49, [[0x40]], sent: 990), line: 1)
    #expect(feed.arbiter.state == .awaiting && feed.counts == ["duplicates 1"], "a late original")
    feed.send(Wire.iex(1, [[0x61]], sent: 1_001 + Self.window))
    #expect(feed.arbiter.state == .live && feed.arbiter.next == 2 && feed.counts.contains("sessionRestarts 1"))
  }

  // MARK: - What was doubted

  /// IEX live in session 6, and one packet of session 7 that nobody continues.
  private func doubting(_ number: UInt64, sent: UInt64, messages: Bool = true) -> SessionHarness {
    let feed = SessionHarness(messages: messages, snapshots: false, protocol: .deepPlus)
    feed.send(Wire.iex(1, [[0x41]], sent: 1_000, session: 6))
    feed.send(Wire.iex(number, [[0x5A]], sent: sent, session: 7))
    #expect(feed.trace() == "@0 A. <ok>" && feed.counts == ["sequenceJumpsHeld 1"])
    return feed
  }

  /// The publisher of a new day starts again at once: of its first numbers one packet was heard, and not believed.
  @Test func aDoubtedPacketSentBeforeTheNumberOneIsOfNumbersBeforeIt() {
    let feed = doubting(19, sent: 2_000)
    feed.send(Wire.iex(1, [[0x61]], sent: 9_000, session: 7))
    #expect(feed.trace() == "@0 <restart> a. <ok>")
    feed.send(Wire.iex(2, [[0x42]], sent: 1_990, session: 7), line: 1)
    feed.send(Wire.iex(16, [[0x50], [0x51]], sent: 9_500, session: 7), line: 2)
    feed.send(Wire.iex(2, [[0x42]], sent: 9_500, session: 7), line: 2)
    #expect(feed.trace() == "" && feed.arbiter.state == .live && feed.arbiter.next == 2)
    #expect(feed.counters[.staleSessionPackets] == 1 && feed.counters[.staleAnswerPackets] == 2)
    feed.send(Wire.iex(2, [[0x62]], sent: 9_001, session: 7))
    #expect(feed.trace() == "@0 b." && feed.arbiter.heldCount == 0)
  }

  /// What the new numbers miss is asked for when answers to what others asked for before must have come.
  @Test func behindADoubtedPacketRequestsWait() {
    let feed = doubting(19, sent: 2_000)
    feed.send(Wire.iex(1, [[0x61]], sent: 9_000, session: 7))
    feed.send(Wire.iex(3, [[0x63]], sent: 9_001, session: 7))
    feed.advance(to: Self.second - 1)
    #expect(feed.arbiter.state == .recovering && feed.outbox.next() == nil)
    feed.advance(to: Self.second)
    #expect(feed.outbox.next()?.captureNanoseconds == Self.second)
    _ = feed.trace()
    feed.send(Wire.iex(2, [[0x62]], sent: 9_900, session: 7), line: 2)
    #expect(feed.trace() == "@1000000000 b. c. <ok>" && feed.counters[.staleAnswerPackets] == 0)
  }

  /// The reverse: the line that was ahead lost the number 1. Its packet is of the same numbers, and nothing waits.
  @Test func aDoubtedPacketSentBehindTheNumberOneIsOfTheSameNumbers() {
    let feed = doubting(19, sent: 2_000)
    feed.send(Wire.iex(1, [[0x61]], sent: 1_990, session: 7), line: 1)
    feed.send(Wire.iex(3, [[0x63]], sent: 1_992, session: 7), line: 1)
    feed.send(Wire.iex(2, [[0x62]], sent: 1_991, session: 7), line: 1)
    #expect(feed.trace() == "@0 <restart> a. <ok> <gap> b. c. <ok>")
    #expect(feed.arbiter.answersFrom == 0 && feed.counters[.staleSessionPackets] == 0)
  }

  /// Each takes the place of the one before; the first is not forgotten.
  @Test func severalDoubtedPacketsAreRemembered() {
    let feed = doubting(19, sent: 2_000)
    feed.send(Wire.iex(50, [[0x5A]], sent: 9_500, session: 8))
    feed.send(Wire.iex(30, [[0x7A]], sent: 9_600, session: 7))
    feed.send(Wire.iex(1, [[0x61]], sent: 9_000, session: 7), line: 1)
    feed.send(Wire.iex(2, [[0x42]], sent: 1_990, session: 7), line: 1)
    feed.send(Wire.iex(2, [[0x42]], sent: 9_900, session: 7), line: 2)
    #expect(feed.trace() == "@0 <restart> a. <ok>" && feed.arbiter.next == 2)
    #expect(feed.counters[.staleSessionPackets] == 1 && feed.counters[.staleAnswerPackets] == 1)
  }

  /// A session that is believed by a second packet began behind what was doubted before, and sent earlier.
  @Test func doubtedPacketsAreOfNumbersBeforeASessionThatJoinsLate() {
    let feed = doubting(50, sent: 2_000)
    feed.send(Wire.iex(3, [[0x63]], sent: 9_003, session: 7))
    feed.send(Wire.iex(4, [[0x64]], sent: 9_004, session: 7))
    #expect(feed.trace() == "@0 <restart>" && feed.arbiter.state == .joining)
    feed.send(Wire.iex(2, [[0x42]], sent: 1_990, session: 7), line: 1)
    feed.send(Wire.iex(50, [[0x5A]], sent: 2_000, session: 7), line: 1)
    #expect(feed.arbiter.heldCount == 2 && feed.counters[.staleSessionPackets] == 2)
    feed.send(Wire.iex(1, [[0x61], [0x62]], sent: 9_002, session: 7), line: 1)
    #expect(feed.trace() == "@0 a b. c. d. <ok>")
    feed.send(Wire.iex(5, [[0x45]], sent: 9_900, session: 7), line: 2)
    #expect(feed.trace() == "" && feed.counters[.staleAnswerPackets] == 1)
  }

  /// Doubt is of one session: the next one is judged by itself.
  @Test func aSessionBehindANewOneStartsWithoutDoubt() {
    let feed = doubting(19, sent: 2_000)
    feed.send(Wire.iex(1, [[0x61]], sent: 9_000, session: 7))
    feed.send(Wire.iex(1, [[0x71]], sent: 19_000, session: 8))
    #expect(feed.arbiter.answersFrom == 0 && !feed.arbiter.isNumberedAnew)
    feed.send(Wire.iex(2, [[0x72]], sent: 19_500, session: 8), line: 2)
    #expect(feed.trace() == "@0 <restart> a. <ok> <restart> q. <ok> r.")
  }

  /// All of a publisher's numbers before a restart were sent before its number 1, heard or not.
  @Test func whatWasSentBetweenTheLastPacketHeardAndARestartIsStale() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    feed.send(Wire.iex(1, [[0x41], [0x42]], sent: 1_000))
    feed.send(Wire.iex(1, [[0x61]], sent: 1_000 + 9 * Self.window))
    feed.send(Wire.iex(2, [[0x42], [0x43]], sent: 1_000 + 5 * Self.window), line: 1)
    #expect(feed.trace() == "@0 A B. <ok> <restart> a. <ok>" && feed.counters[.staleSessionPackets] == 1)
    feed.send(Wire.iex(2, [[0x62]], sent: 1_000 + 9 * Self.window), line: 1)
    #expect(feed.trace() == "@0 b.")
  }

  /// A join that finds out about a restart takes no answer to what was asked for before it, whoever asked.
  @Test func anAnswerBehindAJoinThatForgetsIsDoubted() {
    let feed = SessionHarness(messages: false, snapshots: true, protocol: .deepPlus)
    feed.send(Wire.iex(17, [[0x57]], sent: 1_000))
    feed.send(Wire.iex(1, [[0x61]], sent: 9_000))
    feed.send(Wire.iex(2, [[0x42]], sent: 9_500), line: 2)
    #expect(feed.trace() == "@0 a. <ok>" && feed.counters[.staleAnswerPackets] == 1)
    feed.advance(to: Self.second)
    feed.send(Wire.iex(2, [[0x62]], sent: 9_500), line: 2)
    #expect(feed.trace().contains("b.") && feed.arbiter.next == 3)
  }

  // MARK: - What was asked for

  /// The answer to what was asked before the reset has a number that the new session waits for, too.
  @Test func anAnswerToWhatWasAskedBeforeAResetIsNotTaken() {
    let feed = recovering()
    _ = delivered(feed)
    reset(feed, seconds: 110)
    xdp(feed, 2, 2, seconds: 110, text: "new")
    _ = delivered(feed)
    xdp(feed, 4, 2, flag: 13, seconds: 111, line: 2, text: "old")
    #expect(delivered(feed) == [] && feed.arbiter.next == 4)
    #expect(feed.counters[.staleAnswerPackets] == 1)
    xdp(feed, 4, 2, seconds: 111, text: "new")
    #expect(delivered(feed) == ["new", "new"])
  }

  /// What the new session misses is asked for when no earlier answer can be under way any more.
  @Test func nothingIsAskedForUntilEarlierAnswersMustHaveCome() {
    let feed = recovering()
    reset(feed, seconds: 110)
    xdp(feed, 6, seconds: 110)
    let began = feed.clock
    _ = delivered(feed)
    feed.advance(to: began + Self.second - 1)
    #expect(asked(feed) == [] && feed.arbiter.state == .recovering)
    xdp(feed, 2, 4, flag: 13, seconds: 111, line: 2, text: "old")
    #expect(delivered(feed).allSatisfy { $0 == "<silent>" } && feed.counters[.staleAnswerPackets] == 1)
    feed.advance(to: began + Self.second)
    #expect(asked(feed) == ["@\(began + Self.second) 2-5"])
    xdp(feed, 2, 4, flag: 13, seconds: 112, line: 2)
    #expect(delivered(feed).filter { !$0.hasPrefix("<") } == ["2", "3", "4", "5", "6"])
    #expect(feed.arbiter.state == .live && feed.counters[.messagesLost] == 2, "4 and 5 of the session before")
  }

  /// A request that was repeated with more patience may be answered later.
  @Test func aRepeatedRequestIsWaitedForAsLongAsItWasGranted() {
    let feed = recovering()
    feed.advance(to: 11 * Self.second + Self.window)
    #expect(asked(feed) == ["@11001000000 4-5"], "its answer may take two seconds")
    reset(feed, seconds: 110)
    xdp(feed, 3, seconds: 110)
    feed.advance(to: 13 * Self.second + Self.window - 1)
    #expect(asked(feed) == [])
    feed.advance(to: 13 * Self.second + Self.window)
    #expect(asked(feed) == ["@13001000000 2-2"])
  }

  /// Nobody asked for it since: another client's answer, or one that was longer under way than any should be.
  @Test func anAnswerThatNobodyAskedForSinceTheResetIsNotTaken() {
    let feed = recovering()
    reset(feed, seconds: 110)
    feed.advance(to: feed.clock + 5 * Self.second)
    _ = delivered(feed)
    xdp(feed, 2, 3, flag: 13, seconds: 111, line: 2, text: "old")
    #expect(delivered(feed) == [] && feed.arbiter.next == 2 && feed.counters[.staleAnswerPackets] == 1)
  }

  /// A channel that listens to others' answers takes them again once those of before must have come.
  @Test func withoutRequestsAnswersAreTakenAgainAfterTheirTime() {
    let feed = nyse(messages: false)
    reset(feed, seconds: 110)
    xdp(feed, 2, flag: 13, seconds: 111, line: 2, text: "old")
    feed.advance(to: Self.second)
    xdp(feed, 2, flag: 13, seconds: 111, line: 2, text: "new")
    #expect(delivered(feed).filter { !$0.hasPrefix("<") } == ["reset", "new"])
    #expect(feed.counters[.staleAnswerPackets] == 1)
  }

  /// Message Unavailable of numbers that both sessions miss says nothing about the new one.
  @Test func whatTheServerLostBeforeAResetIsNotGivenUpBehindIt() {
    let feed = recovering()
    reset(feed, seconds: 110)
    xdp(feed, 6, seconds: 110)
    feed.advance(to: feed.clock + Self.window)
    #expect(feed.arbiter.state == .recovering)
    let unavailable = Wire.xdpMessage(31, Wire.little(UInt32(4)) + Wire.little(UInt32(5)) + [11, 3])
    feed.send(Wire.xdp(1, [unavailable], flag: 21, seconds: 110), line: 2)
    #expect(feed.arbiter.state == .recovering && feed.counters[.staleAnswerPackets] == 1)
    feed.advance(to: feed.arbiter.answersFrom)
    feed.send(Wire.xdp(1, [unavailable], flag: 21, seconds: 110), line: 2)
    #expect(feed.arbiter.state == .live && feed.arbiter.recovery?.pointee.lastFailure == .messagesUnavailable)
  }

  /// IEX-TP's restarted publisher keeps its Session ID, which answers carry.
  @Test func anAnswerToWhatWasAskedBeforeAnIEXRestartIsNotTaken() {
    let feed = SessionHarness(messages: true, snapshots: false, protocol: .deepPlus)
    feed.send(Wire.iex(1, [[0x41]], sent: 1_000))
    feed.send(Wire.iex(4, [[0x44]], sent: 1_000))
    feed.advance(to: Self.window)
    #expect(feed.arbiter.state == .recovering)
    feed.send(Wire.iex(1, [[0x61]], sent: 2_000 + Self.window))
    #expect(feed.counters[.sessionRestarts] == 1)
    _ = feed.trace()
    feed.send(Wire.iex(2, [[0x42], [0x43]], sent: 3_000 + Self.window), line: 2)
    #expect(feed.trace() == "" && feed.counters[.staleAnswerPackets] == 1)
    feed.send(Wire.iex(2, [[0x62]], sent: 3_000 + Self.window))
    #expect(feed.trace() == "@1000000 b.")
  }

  /// Where a session has another name answers say which they are of: nothing has to wait.
  @Test func anotherNameNeedsNoPatience() {
    let feed = SessionHarness(messages: true, snapshots: false) { $1.attempts = 2 }
    feed.open()
    feed.data(5)
    feed.advance(to: Self.window)
    #expect(feed.requests() == ["@1000000 ask 3+2"])
    feed.data(1, session: "S2")
    feed.data(4, session: "S2")
    feed.advance(to: 20 * Self.window)
    #expect(feed.requests().map { $0.suffix(10) } == ["ask S2 2+2"])
    _ = feed.trace()
    feed.data(3, 2, line: 2)
    #expect(feed.trace() == "" && feed.counters[.staleSessionPackets] == 1)
    feed.data(2, 2, session: "S2", line: 2)
    #expect(feed.trace() == "@20000000 2 3. 4. <ok>" && feed.counters[.staleAnswerPackets] == 0)
  }
}
