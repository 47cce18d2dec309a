import FeedCore
import Testing

@testable import FeedIO

/// The host's side of IGMP, held against frames written out by hand.
@Suite("Membership host")
struct MembershipHostTests {
  private let second = HostRun.second

  // MARK: Joining and leaving

  @Test("RFC 3376 section 5.1: a change is reported at once and again within the repeat interval")
  func joinIsReportedAtOnceAndRepeatedOnce() throws {
    var run = try HostRun(HostRun.both())
    run.join()
    #expect(run.take() == [.init(nanoseconds: 0, frame: IGMPFrames.joinBoth)])
    run.pass(second)
    let again = run.take()
    #expect(again.map(\.frame) == [IGMPFrames.joinBoth])
    #expect(again.allSatisfy { $0.nanoseconds <= second })
    run.pass(600 * second)
    #expect(run.take().isEmpty)
  }

  @Test func robustnessIsHowOftenAChangeIsReported() throws {
    var run = try HostRun(HostRun.one()) { $0.robustness = 5 }
    run.join()
    run.pass(5 * second)
    #expect(run.take().map(\.frame) == Array(repeating: IGMPFrames.joinOne, count: 5))
  }

  @Test func leaveTakesBackWhatWasJoinedAndEndsAnswers() throws {
    var run = try HostRun(HostRun.both())
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query3)
    run.leave()
    run.pass(20 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.leaveBoth, IGMPFrames.leaveBoth])
    run.hear(IGMPFrames.query3)
    run.pass(20 * second)
    #expect(run.take().isEmpty, "who has left answers nothing")
  }

  @Test func reportsCarryTheVLANOfTheFeed() throws {
    var run = try HostRun(HostRun.one()) { $0.vlan = 10 }
    run.join()
    #expect(run.take().map(\.frame) == [IGMPFrames.taggedJoin])
  }

  // MARK: Queries, version 3

  @Test("RFC 3376 section 5.2: a query of everything is answered once, with all groups, within its time")
  func generalQueryIsAnsweredWithAllGroups() throws {
    var delays: Set<UInt64> = []
    for seed in 1...20 as ClosedRange<UInt64> {
      var run = try HostRun(HostRun.both(), seed: seed)
      run.join()
      run.pass(2 * second)
      _ = run.take()
      run.hear(IGMPFrames.query3)
      run.hear(IGMPFrames.query3)
      let asked = run.now
      run.pass(60 * second)
      let answers = run.take()
      #expect(answers.map(\.frame) == [IGMPFrames.currentBoth], "seed \(seed)")
      #expect(answers.allSatisfy { $0.nanoseconds - asked <= 10 * second }, "seed \(seed)")
      delays.formUnion(answers.map { $0.nanoseconds - asked })
    }
    #expect(delays.count == 20, "the delays are random")
  }

  @Test func theSameSeedAnswersAtTheSameTimes() throws {
    let times = try (0..<2).map { _ in
      var run = try HostRun(HostRun.both(), seed: 99)
      run.join()
      run.hear(IGMPFrames.query3)
      run.pass(60 * second)
      return run.take().map(\.nanoseconds)
    }
    #expect(times[0] == times[1])
  }

  @Test func groupQueryIsAnsweredWithThatGroup() throws {
    var run = try HostRun(HostRun.both())
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query3Group)
    run.pass(second)
    #expect(run.take().map(\.frame) == [IGMPFrames.currentOne])
  }

  @Test func sourceQueryOfAnAnySourceGroupIsAnsweredWithTheSourcesAskedFor() throws {
    var run = try HostRun(HostRun.both())
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query3Sources)
    run.pass(second)
    #expect(run.take().map(\.frame) == [IGMPFrames.currentSources])
  }

  @Test("RFC 3376 section 5.2 rule 4: a query of the group takes the place of one of its sources")
  func groupQueryReplacesSourceQuery() throws {
    var run = try HostRun(HostRun.both())
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query3Sources)
    run.hear(IGMPFrames.query3Group)
    run.pass(second)
    #expect(run.take().map(\.frame) == [IGMPFrames.currentOne])
  }

  @Test func sourcesThatNobodyWantsAreNotAnsweredFor() throws {
    let group = try MulticastGroup(IPAddress("233.54.12.111")!, sources: [IPAddress("192.0.2.7")!])
    var run = try HostRun([group])
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query3Sources)
    run.pass(60 * second)
    #expect(run.take().isEmpty)
    #expect(run.host.counts.queries == 1)
  }

  @Test func queryOfAnotherGroupIsNotAnswered() throws {
    var run = try HostRun([MulticastGroup(IPAddress("233.54.12.112")!)])
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query3Group)
    run.pass(60 * second)
    #expect(run.take().isEmpty)
  }

  // MARK: Lower versions

  @Test("RFC 3376 section 7.2.1: a querier of version 2 is answered in version 2 until it has been silent for 260 s")
  func version2QuerierIsAnsweredInVersion2() throws {
    var run = try HostRun(HostRun.one())
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query2)
    #expect(run.host.version(at: run.now) == .v2)
    run.pass(10 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.version2Report])
    run.hear(IGMPFrames.query2Group)
    run.pass(second)
    #expect(run.take().map(\.frame) == [IGMPFrames.version2Report])
    // 2 x 125 s, and the query's 1 s; the first query's 10 s were longer ago.
    let heard = run.now - second
    #expect(run.host.version(at: heard + 251 * second - 1) == .v2)
    #expect(run.host.version(at: heard + 251 * second) == .v3)
    run.pass(252 * second)
    run.hear(IGMPFrames.query3)
    run.pass(10 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.currentOne])
    #expect(run.host.counts.versionChanges == 2)
  }

  @Test func joinUnderWayBeginsAgainInTheQueriersVersion() throws {
    var run = try HostRun(HostRun.one())
    run.join()
    #expect(run.take().map(\.frame) == [IGMPFrames.joinOne])
    run.hear(IGMPFrames.query2)
    run.pass(0)
    #expect(run.take().map(\.frame) == [IGMPFrames.version2Report])
  }

  @Test("RFC 2236 section 3: another host's report takes the place of one's own, its own does not")
  func anothersReportSuppressesAnAnswer() throws {
    var run = try HostRun(HostRun.one())
    run.join()
    run.pass(2 * second)
    run.hear(IGMPFrames.query2)
    _ = run.take()
    run.hear(IGMPFrames.version2Report)
    #expect(run.host.nextDue != nil)
    run.hear(IGMPFrames.othersReport)
    run.pass(20 * second)
    #expect(run.take().isEmpty)
    #expect(run.host.counts.suppressed == 1)
  }

  @Test func version3AnswersWhateverOthersReport() throws {
    var run = try HostRun(HostRun.one())
    run.join()
    run.pass(2 * second)
    run.hear(IGMPFrames.query3)
    _ = run.take()
    run.hear(IGMPFrames.othersReport)
    run.pass(10 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.currentOne])
  }

  @Test func version2LeavesAtOnceAndOnce() throws {
    var run = try HostRun(HostRun.one()) { $0.versionMaximum = .v2 }
    run.join()
    run.pass(2 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.version2Report, IGMPFrames.version2Report])
    run.leave()
    run.pass(20 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.version2Leave])
  }

  @Test func version1QuerierIsAnsweredInVersion1AndNotLeft() throws {
    var run = try HostRun(HostRun.one())
    run.join()
    run.pass(2 * second)
    _ = run.take()
    run.hear(IGMPFrames.query1)
    run.pass(10 * second)
    #expect(run.take().map(\.frame) == [IGMPFrames.version1Report])
    run.leave()
    run.pass(20 * second)
    #expect(run.take().isEmpty)
  }

  // MARK: Sizes

  @Test func groupsThatFillAFrameAreDealtOutToSeveral() throws {
    let groups = try (0..<400).map { try MulticastGroup(IPAddress(ipv4: 0xE936_0000 | UInt32($0))) }
    var run = try HostRun(groups) { $0.robustness = 1 }
    run.join()
    let frames = run.take().map(\.frame)
    // (1500 - 24 - 8) / 8 = 183 records of 8 bytes to a frame.
    #expect(frames.map { Int($0[44]) << 8 | Int($0[45]) } == [183, 183, 34])
    #expect(frames.allSatisfy { $0.count <= 1_514 })
    let named = frames.flatMap { frame in
      stride(from: 46, to: 46 + 8 * (Int(frame[44]) << 8 | Int(frame[45])), by: 8).map { Array(frame[$0 + 4..<$0 + 8]) }
    }
    #expect(named.count == 400 && Set(named).count == 400)
  }

  @Test func sourcesThatFillAFrameAreDealtOutToSeveral() throws {
    let sources = (1...500).map { IPAddress(ipv4: 0x0A00_0000 | UInt32($0)) }
    var run = try HostRun([MulticastGroup(IPAddress("232.1.2.3")!, sources: sources)]) { $0.robustness = 1 }
    run.join()
    let frames = run.take().map(\.frame)
    // (1500 - 24 - 8 - 8) / 4 = 365 sources to a frame, one record each.
    #expect(frames.map { Int($0[44]) << 8 | Int($0[45]) } == [1, 1])
    #expect(frames.map { Int($0[48]) << 8 | Int($0[49]) } == [365, 135])
  }

  // MARK: Refusals

  @Test func groupsAndAddressesThatCannotBeAreRefusedByName() throws {
    #expect(throws: MembershipError.notMulticast(group: "10.0.0.1")) { try MulticastGroup(IPAddress("10.0.0.1")!) }
    #expect(throws: MembershipError.badSource(group: "232.1.2.3", source: "239.0.0.1")) {
      try MulticastGroup(IPAddress("232.1.2.3")!, sources: [IPAddress("239.0.0.1")!])
    }
    let ipv6 = try MulticastGroup(IPAddress("ff05::1")!)
    #expect(ipv6.mac == [0x33, 0x33, 0, 0, 0, 1])
    #expect(throws: MembershipError.badHostAddress(address: "233.1.1.1")) {
      try HostRun(HostRun.one()) { $0.address = IPAddress("233.1.1.1")! }
    }
    // RFC 1112 section 6.4: the group's highest nine bits are not in it.
    #expect(try MulticastGroup(IPAddress("239.182.12.111")!).mac == [0x01, 0x00, 0x5E, 0x36, 0x0C, 0x6F])
  }
}
