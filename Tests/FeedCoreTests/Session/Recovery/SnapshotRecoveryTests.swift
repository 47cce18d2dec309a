import Testing

@testable import FeedCore

/// Attempts at a snapshot through the arbiter of an ITCH channel: what fails, what is asked again, what it costs.
@Suite struct SnapshotRecoveryTests {
  private static let window = SessionHarness.window
  private static let second: UInt64 = 1_000_000_000

  /// A late start at 100, a snapshot asked for.
  private func late(_ change: (inout RecoverySettings) -> Void = { _ in }) -> SessionHarness {
    let feed = SessionHarness(messages: false, snapshots: true) { change(&$1) }
    feed.data(100)
    feed.advance(to: Self.window)
    #expect(feed.requests() == ["@1000000 open", "@1000000 login"])
    return feed
  }

  @Test func aSnapshotBrokenOffIsAskedForAgainAndTheBooksAreEmptiedAgain() {
    let feed = late()
    feed.brokenGlimpse(["a", "b"], at: 2_000_000)
    #expect(feed.trace() == "@2000000 <snapshot> [a] [b]" && feed.requests() == ["@2000000 close"])
    feed.advance(to: 2_000_000 + Self.second)
    #expect(feed.requests() == ["@1002000000 open", "@1002000000 login"], "after the patience of a request")
    feed.glimpse(through: 99, ["a", "b", "c"], at: 1_100_000_000)
    #expect(feed.trace() == "@1100000000 <snapshot> [a] [b] [c] <whole> 100. <ok>")
    #expect(feed.recovery.counters[.snapshotsFailed] == 1 && feed.recovery.lastFailure == nil)
  }

  @Test func aSilentServerIsAskedAsOftenAsAllowed() {
    let feed = late { $0.snapshotAttempts = 3 }
    feed.advance(to: 60 * Self.second)
    #expect(feed.arbiter.state == .live && feed.recovery.lastFailure == .serverSilent)
    #expect(feed.recovery.counters[.snapshotsRequested] == 3)
    #expect(feed.trace().hasSuffix("100. <lateStart>") && feed.counts.allSatisfy { !$0.hasPrefix("gaps") })
  }

  @Test func heartbeatsLeaveWhileASnapshotComes() {
    let feed = late()
    feed.advance(to: 3 * Self.second)
    #expect(feed.requests().map { $0.split(separator: " ")[1] } == ["beat", "beat"], "SoupBinTCP: after each second")
  }

  @Test func aSnapshotOlderThanWhatIsKeptIsAskedForAgain() {
    let feed = late()
    feed.glimpse(through: 98, ["a"], at: 2_000_000)
    #expect(feed.arbiter.state == .awaiting && feed.recovery.counters[.snapshotsTooOld] == 1)
    #expect(feed.trace() == "@2000000 <snapshot> [a]", "it is not whole: it is of no use")
    feed.advance(to: 2 * Self.second)
    feed.glimpse(through: 99, ["b"], at: 2 * Self.second)
    #expect(feed.trace() == "@2000000000 <snapshot> [b] <whole> 100. <ok>" && feed.arbiter.next == 101)
  }

  @Test func anEndWithoutANumberIsMalformed() {
    let feed = late { $0.snapshotAttempts = 1 }
    let end = [UInt8(ascii: "S"), UInt8(ascii: "G")] + [UInt8](repeating: 0x20, count: 20)
    let accepted = [0, 31, UInt8(ascii: "A")] + Array("SNAPSHOT01".utf8) + [UInt8](repeating: 0x20, count: 19) + [0x31]
    feed.receive(accepted + [0, 22] + end, at: 2_000_000)
    #expect(feed.recovery.lastFailure == .malformedAnswer)
    #expect(feed.trace() == "@2000000 <snapshot> 100. <lateStart>")
  }

  @Test func aSnapshotComesInPiecesOfAnySize() {
    for size in [1, 2, 3, 7, 50] {
      let feed = late()
      var bytes = [0, 31, UInt8(ascii: "A")] + Array("SNAPSHOT01".utf8)
      bytes += [UInt8](repeating: 0x20, count: 19) + [0x31] + [0, 4, UInt8(ascii: "S")] + Array("abc".utf8)
      bytes += [0, 22, UInt8(ascii: "S"), UInt8(ascii: "G")] + [UInt8](repeating: 0x20, count: 17) + Array("101".utf8)
      var rest = bytes[...]
      while !rest.isEmpty {
        feed.receive(Array(rest.prefix(size)), at: 2_000_000)
        rest = rest.dropFirst(size)
      }
      #expect(feed.trace() == "@2000000 <snapshot> [abc] <whole> <ok>" && feed.arbiter.next == 101, "pieces of \(size)")
    }
  }

  /// Whatever a server sends, the run goes on, and ends in a state with a name.
  @Test func noBytesOfAConnectionCrash() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    for round in 0..<300 {
      let feed = SessionHarness(messages: true, snapshots: true) { $1.snapshotTimeoutNanoseconds = 1_000_000 }
      feed.data(UInt64(random.int(50...90)))
      var time = Self.window
      feed.advance(to: time)
      for _ in 0..<random.int(1...30) {
        time += UInt64(random.int(0...500_000_000))
        // Types and lengths that mean something, more often than not.
        var bytes: [UInt8] = []
        for _ in 0..<random.int(0...4) {
          let payload = (0..<random.int(0...40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
          let type = [UInt8]("AJSZHU+G".utf8).randomElement(using: &random)!
          bytes += random.chance(80) ? [0, UInt8(payload.count + 1), type] + payload : payload
        }
        feed.receive(bytes, of: random.chance(80) ? .snapshots : .messages, isEnd: random.chance(10), at: time)
        if random.chance(30) { feed.data(UInt64(random.int(1...120)), line: UInt8(random.int(0...2)), at: time) }
      }
      feed.finish()
      #expect(feed.arbiter.state == .live || feed.arbiter.state == .idle, "seed \(seed), round \(round)")
    }
  }
}
