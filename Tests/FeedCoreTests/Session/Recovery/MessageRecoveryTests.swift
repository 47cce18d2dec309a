import Testing

@testable import FeedCore

/// The connection of `MessageRecovery`, cell by cell of its table, with a venue that has one (Cboe's gap request proxy,
/// PITCH 2.41.66) and one that has none. Bytes are written by hand from the sheets.
@Suite struct MessageRecoveryTests {
  private static let second: UInt64 = 1_000_000_000
  private static let header: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0]

  private final class Bench {
    let outbox = RecoveryOutbox()
    var recovery: MessageRecovery
    var now: UInt64 = 1_000

    init(_ feedProtocol: FeedProtocol, _ change: (inout RecoverySettings) -> Void = { _ in }) {
      var settings = RecoverySettings()
      settings.attempts = 2
      change(&settings)
      var feed = FeedRecoverySettings()
      feed.username = "FIRM"
      feed.password = "PASS"
      feed.sessionSubId = "0001"
      feed.sourceId = "ME"
      feed.productId = 157
      feed.channelId = 3
      recovery = MessageRecovery(
        identity: RecoveryIdentity(protocol: feedProtocol, channel: 1, stream: 7, settings: feed), settings: settings,
        outbox: outbox)
      recovery.restart(session: SessionName(number: 9), now: now)
    }

    func miss(_ first: UInt64, _ end: UInt64) {
      recovery.missing(SequenceRange(first, end), now: now)
      recovery.advance(to: now)
    }

    func advance(to time: UInt64) {
      // Bounded: each turn runs what is due at one time.
      for _ in 0..<1_000 where recovery.nextDue <= time {
        now = max(now, recovery.nextDue)
        recovery.advance(to: now)
      }
      now = time
    }

    func receive(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes {
        #expect(recovery.receive($0, now: now) == bytes.count)
        while recovery.nextMessage(now: now) != nil {}
      }
      recovery.advance(to: now)
    }

    func sent() -> [(action: RecoveryOutput.Action, bytes: [UInt8])] {
      var all: [(RecoveryOutput.Action, [UInt8])] = []
      while let output = outbox.next() {
        #expect(output.channel == 1 && output.service == .messages)
        all.append((output.action, output.bytes.array))
      }
      return all
    }
  }

  /// One message in its own un-sequenced header.
  private static func unit(_ message: [UInt8]) -> [UInt8] { [UInt8(8 + message.count), 0, 1, 0, 0, 0, 0, 0] + message }
  private static let loginAccepted = unit([3, 2, UInt8(ascii: "A")])
  private static let request = unit([9, 3, 7, 5, 0, 0, 0, 3, 0])

  @Test func somethingMissingOpensAConnectionAndLogsIn() {
    let bench = Bench(.pitch)
    bench.miss(5, 8)
    let sent = bench.sent()
    #expect(sent.map(\.action) == [.open, .bytes])
    #expect(sent[1].bytes == [30, 0, 1, 0, 0, 0, 0, 0, 22, 1] + Array("0001FIRM  PASS      ".utf8))
    bench.receive(Self.loginAccepted)
    let asked = bench.sent()
    #expect(asked.map(\.action) == [.bytes] && asked[0].bytes == Self.request)
  }

  @Test func nothingMissingAnyMoreClosesIt() {
    let bench = Bench(.pitch)
    bench.miss(5, 8)
    bench.receive(Self.loginAccepted)
    _ = bench.sent()
    bench.recovery.arrived(SequenceRange(5, 8), isAnswer: true, now: bench.now)
    #expect(bench.sent().map(\.action) == [.close] && bench.recovery.gap.state == .whole)
    #expect(bench.recovery.nextDue == .max)
  }

  @Test func aGapFilledByTheLinesBeforeTheLoginIsNotAskedFor() {
    let bench = Bench(.pitch)
    bench.miss(5, 8)
    _ = bench.sent()
    bench.recovery.arrived(SequenceRange(5, 8), isAnswer: false, now: bench.now)
    #expect(bench.sent().map(\.action) == [.close])
    bench.receive(Self.loginAccepted)
    #expect(bench.sent().isEmpty, "the connection is closed: what still comes on it is of no interest")
  }

  @Test func aRefusedLoginGivesUpAtOnce() {
    let bench = Bench(.pitch)
    bench.miss(5, 8)
    bench.receive(Self.unit([3, 2, UInt8(ascii: "N")]))
    #expect(bench.recovery.gap.state == .gaveUp(.notAuthorized))
    #expect(bench.sent().map(\.action) == [.open, .bytes, .close])
  }

  @Test func aLostConnectionIsOpenedAgainAfterThePatienceAndGivenUpAfterTheLastAttempt() {
    let bench = Bench(.pitch)
    bench.miss(5, 8)
    _ = bench.sent()
    bench.recovery.disconnected(now: bench.now)
    #expect(bench.sent().map(\.action) == [.close] && bench.recovery.nextDue == bench.now + Self.second)
    bench.advance(to: bench.now + Self.second)
    #expect(bench.sent().map(\.action) == [.open, .bytes])
    bench.recovery.disconnected(now: bench.now)
    #expect(bench.recovery.gap.state == .gaveUp(.connectionLost))
    #expect(bench.recovery.connection.counters[.connectionsOpened] == 2)
    #expect(bench.recovery.connection.counters[.connectionsFailed] == 2)
  }

  @Test func aSilentServerIsGivenUpByTheDeadlineEvenWithoutALogin() {
    let bench = Bench(.pitch) {
      $0.deadlineNanoseconds = 3_000_000_000
    }
    bench.miss(5, 8)
    bench.advance(to: 10 * Self.second)
    #expect(bench.recovery.gap.state == .gaveUp(.deadlinePassed))
    #expect(bench.sent().map(\.action) == [.open, .bytes, .close])
  }

  @Test func heartbeatsLeaveWhileItIsOpen() {
    let bench = Bench(.pitch) {
      $0.answerTimeoutNanoseconds = 30_000_000_000
    }
    bench.miss(5, 8)
    bench.receive(Self.loginAccepted)
    _ = bench.sent()
    bench.advance(to: bench.now + 9 * Self.second)
    let beats = bench.sent()
    #expect(beats.map(\.bytes) == [[8, 0, 0, 0, 0, 0, 0, 0], [8, 0, 0, 0, 0, 0, 0, 0]], "every four seconds")
  }

  /// "C": the count is too large. Half as many are asked for.
  @Test func refusalsReachTheGap() {
    let bench = Bench(.pitch)
    bench.miss(5, 9)
    bench.receive(Self.loginAccepted)
    _ = bench.sent()
    bench.receive(Self.unit([10, 4, 7, 5, 0, 0, 0, 4, 0, UInt8(ascii: "C")]))
    bench.advance(to: bench.now + Self.second / 10)
    let asked = bench.sent().map(\.bytes)
    #expect(asked.first == Self.unit([9, 3, 7, 5, 0, 0, 0, 2, 0]))
    bench.receive(Self.unit([10, 4, 7, 5, 0, 0, 0, 2, 0, UInt8(ascii: "O")]))
    #expect(bench.recovery.gap.state == .gaveUp(.outOfRange))
  }

  @Test func answersForAnotherUnitAreNotOurs() {
    let bench = Bench(.pitch)
    bench.miss(5, 9)
    bench.receive(Self.loginAccepted)
    bench.receive(Self.unit([10, 4, 8, 5, 0, 0, 0, 4, 0, UInt8(ascii: "O")]))
    #expect(bench.recovery.gap.state == .recovering)
  }

  @Test func datagramsNeedNoConnection() {
    let bench = Bench(.deepPlus)
    bench.miss(5, 8)
    let sent = bench.sent()
    #expect(sent.map(\.action) == [.datagram])
    // Version 1, sequenced messages 1, DEEP+ 0x8005, channel 7, session 9, one range: 5 through 7.
    let header: [UInt8] = [1, 1, 0x05, 0x80, 7, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0]
    #expect(sent[0].bytes == header + [5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])
  }

  /// NYSE has no login: the request leaves with the connection.
  @Test func withoutALoginRequestsLeaveAtOnce() {
    let bench = Bench(.nyseIntegrated)
    bench.miss(5, 8)
    let sent = bench.sent()
    #expect(sent.map(\.action) == [.open, .bytes])
    #expect(sent[1].bytes[16...] == [24, 0, 10, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0x4D, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 157, 3])
  }

  @Test func aFullOutboxIsCountedAndTheRequestRepeated() {
    let bench = Bench(.deepPlus) {
      $0.requestSpacingNanoseconds = 0
      $0.attempts = 100
    }
    for _ in 0..<RecoveryOutbox.capacity {
      #expect(bench.outbox.push(
        RecoveryOutput(action: .close, service: .messages, channel: 1, connection: 0, captureNanoseconds: 0)))
    }
    bench.miss(5, 8)
    #expect(bench.recovery.connection.counters[.outboxOverflows] == 1)
    #expect(bench.sent().count == RecoveryOutbox.capacity)
    bench.advance(to: bench.now + Self.second)
    #expect(bench.sent().map(\.action) == [.datagram])
  }
}
