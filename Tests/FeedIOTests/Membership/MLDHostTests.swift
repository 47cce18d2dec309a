import FeedCore
import Testing

@testable import FeedIO

/// The host's side of MLD, held against frames written out by hand.
@Suite("Membership host, IPv6")
struct MLDHostTests {
  private let second = HostRun.second

  private static func one() throws -> [MulticastGroup] { [try MulticastGroup(IPAddress("ff05::1:3")!)] }
  private static func both() throws -> [MulticastGroup] {
    try one() + [MulticastGroup(IPAddress("ff3e::8000:1")!, sources: [IPAddress("2001:db8::7")!])]
  }

  /// A member whose joins are said.
  private func member(_ groups: [MulticastGroup], seed: UInt64 = 1) throws -> HostRun {
    var run = try HostRun(groups, seed: seed)
    run.join()
    run.pass(2 * second)
    _ = run.take()
    return run
  }

  @Test("RFC 3810 section 6.1: a change is reported at once and again within the repeat interval")
  func joinIsReportedAtOnceAndRepeatedOnce() throws {
    var run = try HostRun(Self.both())
    run.join()
    #expect(run.take() == [.init(nanoseconds: 0, frame: MLDFrames.joinBoth)])
    run.pass(second)
    #expect(run.take().map(\.frame) == [MLDFrames.joinBoth])
    run.pass(600 * second)
    #expect(run.take().isEmpty)
  }

  @Test func leaveTakesBackWhatWasJoined() throws {
    var run = try member(Self.both())
    run.hear(MLDFrames.query2)
    run.leave()
    run.pass(20 * second)
    #expect(run.take().map(\.frame) == [MLDFrames.leaveBoth, MLDFrames.leaveBoth])
    run.hear(MLDFrames.query2)
    run.pass(20 * second)
    #expect(run.take().isEmpty, "who has left answers nothing")
  }

  @Test func reportsCarryTheVLANOfTheFeed() throws {
    var run = try HostRun(Self.one()) { $0.vlan = 10 }
    run.join()
    #expect(run.take().map(\.frame) == [MLDFrames.taggedJoin])
  }

  @Test("RFC 3810 section 6.2: a general query is answered once, with all groups, within its time")
  func generalQueryIsAnsweredWithAllGroups() throws {
    var delays: Set<UInt64> = []
    for seed in 1...20 as ClosedRange<UInt64> {
      var run = try member(Self.both(), seed: seed)
      run.hear(MLDFrames.query2)
      run.hear(MLDFrames.query2)
      let asked = run.now
      run.pass(60 * second)
      let answers = run.take()
      #expect(answers.map(\.frame) == [MLDFrames.currentBoth], "seed \(seed)")
      #expect(answers.allSatisfy { $0.nanoseconds - asked <= 10 * second }, "seed \(seed)")
      delays.formUnion(answers.map { $0.nanoseconds - asked })
    }
    #expect(delays.count == 20, "the delays are random")
  }

  @Test func queriesOfAGroupAndOfItsSourcesAreAnsweredWithThese() throws {
    var run = try member(Self.both())
    run.hear(MLDFrames.query2Group)
    run.pass(second)
    #expect(run.take().map(\.frame) == [MLDFrames.currentOne])
    run.hear(MLDFrames.query2Sources)
    run.pass(second)
    #expect(run.take().map(\.frame) == [MLDFrames.currentSources])
  }

  @Test("RFC 3810 section 8.2.1: a querier of version 1 is spoken to in version 1 for as long as it is there")
  func version1QuerierIsAnsweredInVersion1() throws {
    var run = try member(Self.one())
    run.hear(MLDFrames.query1)
    run.pass(10 * second)
    #expect(run.take().map(\.frame) == [MLDFrames.version1Report])
    run.leave()
    run.pass(10 * second)
    #expect(run.take().map(\.frame) == [MLDFrames.version1Done])

    var again = try member(Self.one())
    again.hear(MLDFrames.query1)
    // Robustness (2) times 125 s, and the ten seconds of the query.
    again.pass(261 * second)
    _ = again.take()
    again.hear(MLDFrames.query2)
    again.pass(10 * second)
    #expect(again.take().map(\.frame) == [MLDFrames.currentOne])
  }

  @Test("RFC 2710 section 4: another host's report takes the place of one's own")
  func reportOfAnotherHostTakesThePlaceOfOnesOwn() throws {
    var run = try member(Self.one())
    run.hear(MLDFrames.query1)
    run.hear(MLDFrames.othersReport)
    run.pass(60 * second)
    #expect(run.take().isEmpty && run.host.counts.suppressed == 1)
    run.hear(MLDFrames.query1)
    run.hear(MLDFrames.version1Report)
    run.pass(60 * second)
    #expect(run.take().map(\.frame) == [MLDFrames.version1Report], "one's own, come back, silences nothing")
  }

  @Test("RFC 3810 section 6.2: queries from beyond the link, or without Router Alert, are dropped")
  func queriesThatAreNotOfTheLinkAreDropped() throws {
    for frame in [MLDFrames.queryFromAfar, MLDFrames.queryForwarded, MLDFrames.queryWithoutAlert] {
      var run = try member(Self.one())
      run.hear(frame)
      run.pass(60 * second)
      #expect(run.take().isEmpty && run.host.counts.ignored == 1)
    }
  }

  @Test func damagedFramesAreIgnored() throws {
    let whole = [MLDFrames.query2, MLDFrames.query2Sources, MLDFrames.query1, MLDFrames.othersReport]
    for frame in whole {
      // Ethernet addresses and the flow label are no checksum's; hop-by-hop's padding is not judged.
      for index in frame.indices where index >= 18 && !(60...61).contains(index) {
        var run = try member(Self.one())
        var damaged = frame
        damaged[index] ^= 0x10
        run.hear(damaged)
        #expect(run.host.counts.queries == 0, "byte \(index)")
      }
      for length in 0..<frame.count {
        var run = try member(Self.one())
        run.hear(Array(frame[..<length]))
        #expect(run.host.counts.queries == 0 && run.host.counts.ignored == 1, "cut to \(length)")
      }
    }
    let dialect = MLDDialect(MembershipSettings(mac: [2, 0xFC, 0, 0, 0, 1], seed: 1))
    #expect(whole.allSatisfy { frame in frame.withUnsafeBytes { dialect.read($0) } != nil })
  }

  @Test("RFC 3810 section 5.1.3: codes from 32768 on are a mantissa and an exponent")
  func longResponseTimesAreDecoded() {
    #expect(MLDDialect.decode(0) == 0 && MLDDialect.decode(32_767) == 32_767)
    #expect(MLDDialect.decode(0x8000) == 0x1000 << 3)
    #expect(MLDDialect.decode(0xFFFF) == 0x1FFF << 10)
  }

  @Test func moreGroupsThanAFrameHoldsGoOutInSeveral() throws {
    let groups = try (0..<100).map { try MulticastGroup(IPAddress(high: 0xFF05_0000_0000_0000, low: 0x100 + $0)) }
    var run = try HostRun(groups) { $0.mtu = 1_500 }
    run.join()
    let frames = run.take().map(\.frame)
    // 20 bytes a record: 72 fit into 1,500 bytes less 40 of IPv6, 8 of hop-by-hop, 8 of the report.
    #expect(frames.map { Int($0[68]) << 8 | Int($0[69]) } == [72, 28])
    #expect(frames.allSatisfy { $0.count <= 1_514 })
  }

  @Test func bothFamiliesTakeAHostEach() throws {
    #expect(throws: MembershipError.bothFamilies(group: "ff05::1:3")) { try HostRun(HostRun.one() + Self.one()) }
    #expect(throws: MembershipError.bothFamilies(group: "233.54.12.111")) { try HostRun(Self.one() + HostRun.one()) }
  }
}
