import Testing

@testable import FeedCore

/// The tables of `JoinedChannel`, row by row: what becomes of live events and of a snapshot's, on a core.
@Suite struct JoinedChannelTests {
  private typealias Bench = JoinedBench

  // MARK: CME

  private static let tick: Int64 = 250_000_000

  private func header(_ number: UInt32) -> [UInt8] { LittleBytes().u32(number).u64(UInt64(number)).bytes }
  private func level(_ size: Int32, _ action: UInt8 = 0, security: Int32 = 7) -> [UInt8] {
    CMEBytes.book([CMEBytes.level(security, "0", 1, action, Self.tick * 1_000, size)])
  }
  private func order(_ id: UInt64, _ action: UInt8 = 0, security: Int32 = 7) -> [UInt8] {
    CMEBytes.orders([CMEBytes.order(id, security, "0", action, Self.tick * 1_000, 5)])
  }
  private func levels(_ through: UInt32, _ size: Int32, status: UInt8 = 17, security: Int32 = 7) -> [UInt8] {
    CMEBytes.snapshot(security, status: status, through: through, [("0", Self.tick * 1_000, size)])
  }

  /// A channel begun late: nothing is known of "ES" (7) and "NQ" (8).
  private func late(_ configure: (inout Settings) -> Void = { _ in }) -> Bench {
    let bench = Bench(.cmeMDP3, configure: configure)
    bench.snapshot(
      header(1),
      [CMEBytes.future(7, "ES", tick: Self.tick), CMEBytes.future(8, "NQ", tick: Self.tick, group: "NQ", asset: "NQ")])
    bench.live(header(100), [level(10)])
    bench.trust(.lateStart)
    return bench
  }

  @Test func aWaitingBookKeepsItsChangesUntilItsSnapshot() {
    let bench = late()
    #expect(bench.state("ES") == .gap && bench.buys("ES") == [])
    bench.live(header(101), [level(11, 1)])
    bench.live(header(102), [level(12, 1)])
    bench.snapshot(header(1), [levels(98, 9)])
    #expect(bench.state("ES") == .gap && bench.counted(.snapshotsTooOld) == 1, "99 is missing")
    bench.snapshot(header(1), [levels(101, 11)])
    #expect(bench.state("ES") == .ok && bench.buys("ES") == ["1000x12"] && bench.counted(.snapshotsJoined) == 1)
    bench.live(header(103), [level(13, 1)])
    #expect(bench.buys("ES") == ["1000x13"])
    #expect(bench.state("NQ") == .gap, "each waits for its own")
    bench.snapshot(header(2), [levels(103, 4, security: 8)])
    #expect(bench.state("NQ") == .ok && bench.buys("NQ") == ["1000x4"])
    #expect(bench.core.messages == 4, "content of snapshots is no live message")
  }

  @Test func aSnapshotAheadOfTheChannelHoldsWhatComesUpToItsNumber() {
    let bench = late()
    bench.snapshot(header(1), [levels(105, 50)])
    #expect(bench.state("ES") == .ok && bench.buys("ES") == ["1000x50"])
    for number in UInt32(101)...105 { bench.live(header(number), [level(Int32(number), 1)]) }
    #expect(bench.buys("ES") == ["1000x50"])
    bench.live(header(106), [level(51, 1)])
    #expect(bench.buys("ES") == ["1000x51"])
  }

  @Test func tradesAndStatesOfAWaitingBookAreTold() {
    let bench = late()
    bench.live(header(101), [CMEBytes.trade(7, 0, Self.tick * 1_000, 3, id: 1, CMEBytes.end)])
    #expect(bench.volume("ES") == 3)
    bench.live(header(102), [CMEBytes.status(7, 2)])
    bench.snapshot(header(1), [levels(101, 9, status: 17)])
    #expect(bench.state("ES") == .halted, "the state told behind the snapshot's number stands")
    bench.live(header(103), [CMEBytes.status(7, 17)])
    #expect(bench.state("ES") == .ok)
    // Definitions come round for ever, and are older.
    bench.snapshot(header(1), [CMEBytes.future(7, "ES", tick: Self.tick, status: 2)])
    #expect(bench.state("ES") == .ok)
  }

  @Test func aBookThatTheVenueEmptiesNeedsNoSnapshot() {
    let bench = late()
    let reset = CMEBytes.book([CMEBytes.level(7, "J", 1, 0, .max, .max)])
    bench.live(header(101), [reset])
    #expect(bench.state("ES") == .ok && bench.buys("ES") == [])
    bench.live(header(102), [level(3)])
    #expect(bench.buys("ES") == ["1000x3"])
    bench.live(header(103), [CMEBytes.channelReset])
    #expect(bench.state("ES") == .ok && bench.buys("ES") == [])
    bench.live(header(104), [level(5, security: 8)])
    #expect(bench.state("NQ") == .ok, "a channel reset empties all books")
  }

  @Test func aLossMakesEveryBookWait() {
    for isTold in [true, false] {
      let bench = late()
      bench.snapshot(header(1), [levels(100, 10), levels(100, 4, security: 8)])
      #expect(bench.state("ES") == .ok && bench.state("NQ") == .ok)
      if isTold { bench.tell(.messagesLost) }
      if isTold { #expect(bench.state("ES") == .gap && bench.state("NQ") == .gap) }
      if isTold {
        bench.snapshot(header(1), [levels(100, 10)])
        #expect(bench.state("ES") == .gap, "nobody knows yet where the channel goes on")
      }
      bench.live(header(105), [level(15, 1)])
      #expect(bench.state("ES") == .gap && bench.state("NQ") == .gap)
      bench.snapshot(header(1), [levels(103, 13)])
      #expect(bench.state("ES") == .gap, "104 is lost")
      bench.snapshot(header(1), [levels(104, 14), levels(104, 6, security: 8)])
      #expect(bench.state("ES") == .ok && bench.buys("ES") == ["1000x15"] && bench.buys("NQ") == ["1000x6"])
    }
  }

  @Test func damageIsForgottenWithTheBookItWasIn() {
    let bench = late()
    bench.snapshot(header(1), [levels(100, 10)])
    bench.live(header(101), [CMEBytes.book([CMEBytes.level(7, "0", 9, 2, Self.tick, 1)])])
    #expect(bench.state("ES") == .untrusted, "no ninth level is there")
    bench.tell(.messagesLost)
    bench.live(header(103), [level(12, 1)])
    bench.snapshot(header(1), [levels(103, 12)])
    #expect(bench.state("ES") == .ok)
  }

  @Test func partsOfAnOrderBookAreTakenTogetherOrNotAtAll() {
    func part(_ part: UInt32, _ id: UInt64, through: UInt32 = 101) -> [UInt8] {
      CMEBytes.orderSnapshot(7, part: part, of: 3, through: through, [(id, "0", Self.tick * 1_000, 5)])
    }
    let bench = late()
    bench.live(header(101), [order(40)])
    bench.snapshot(header(1), [part(1, 1)])
    bench.snapshot(header(2), [part(2, 2)])
    bench.live(header(102), [order(41)])
    #expect(bench.state("ES MBO") == .gap)
    bench.snapshot(header(3), [part(3, 3)])
    #expect(bench.state("ES MBO") == .ok)
    #expect(bench.buys("ES MBO") == ["1000x20"], "three of the snapshot, one behind it")
    bench.tell(.messagesLost)
    bench.live(header(110), [order(50)])
    bench.snapshot(header(1), [part(1, 1, through: 110)])
    bench.snapshot(header(3), [part(3, 3, through: 110)])
    #expect(bench.state("ES MBO") == .gap && bench.counted(.snapshotsFailed) == 1)
    // A part without its first: nothing.
    bench.snapshot(header(4), [part(2, 9, through: 110)])
    for number in UInt32(1)...3 { bench.snapshot(header(number), [part(number, UInt64(number), through: 110)]) }
    #expect(bench.buys("ES MBO") == ["1000x15"] && bench.state("ES MBO") == .ok)
  }

  @Test func aNewNameIsABookThatWaits() {
    let bench = Bench(.cmeMDP3)
    bench.live(header(100), [level(10)])
    bench.trust(.lateStart)
    bench.snapshot(header(1), [levels(100, 10)])
    #expect(bench.state("#7") == .ok && bench.buys("#7").count == 1)
    bench.snapshot(header(1), [CMEBytes.future(7, "ES", tick: Self.tick)])
    #expect(bench.buys("#7") == [] && bench.state("#7") != .ok && bench.state("ES") == .gap)
    bench.live(header(101), [level(11, 1)])
    bench.snapshot(header(1), [levels(101, 11)])
    #expect(bench.state("ES") == .ok && bench.buys("ES") == ["1000x11"])
  }

  @Test func aRestartEmptiesTheBooksAndItsFirstNumberMakesThemWhole() {
    let bench = late()
    bench.snapshot(header(1), [levels(100, 10)])
    bench.tell(.sessionRestart)
    bench.live(header(1), [level(3)])
    bench.trust(.ok)
    #expect(bench.buys("ES") == ["1000x3"] && bench.state("ES") != .gap)
  }

  /// The numbers of a snapshot do not tell which session it is of; when it was sent does.
  @Test func aSnapshotSentBeforeARestartIsNotTakenBehindIt() {
    func sent(_ time: UInt64, _ number: UInt32) -> [UInt8] { LittleBytes().u32(number).u64(time).bytes }
    let bench = late()
    bench.tell(.sessionRestart)
    bench.snapshot(sent(499, 1), [levels(200, 10)])
    bench.live(sent(500, 3), [level(3)])
    bench.trust(.lateStart)
    bench.snapshot(sent(499, 1), [levels(200, 10)])
    #expect(bench.buys("ES") == [] && bench.state("ES") == .gap && bench.counted(.snapshotsTooOld) == 2)
    bench.snapshot(sent(500, 1), [levels(3, 7)])
    #expect(bench.buys("ES") == ["1000x7"] && bench.state("ES") == .ok && bench.counted(.snapshotsJoined) == 1)
  }

  @Test func noSnapshotInTimeIsGivenUpByNameAndAFlowThatComesBackIsTaken() {
    let bench = late {
      $0.recovery.snapshotTimeoutNanoseconds = 1_000_000
      $0.recovery.snapshotAttempts = 2
    }
    bench.wait(3_000_000)
    bench.live(header(101), [level(11, 1)])
    #expect(bench.state("ES") == .untrusted && bench.counted(.snapshotsGivenUp) > 0)
    bench.snapshot(header(1), [levels(101, 11)])
    #expect(bench.state("ES") == .untrusted, "from here on its messages are kept again")
    bench.live(header(102), [level(12, 1)])
    bench.snapshot(header(1), [levels(101, 11)])
    #expect(bench.state("ES") == .ok && bench.buys("ES") == ["1000x12"])
  }

  // MARK: NYSE

  private func refresh(
    _ number: UInt32, _ symbol: UInt32, through: UInt32, orders: [UInt64], seconds: UInt32 = 100
  ) -> [[UInt8]] {
    let head = Wire.xdpMessage(35, LittleBytes().u16(1).u16(1).u32(through).u32(0).bytes)
    let messages =
      [head, NYSE.mapping(symbol, "AB\(symbol)")]
      + orders.map { NYSE.refresh(symbol, $0, "B", 100, 5_000, seconds: 1_700_000_000) }
    return [Wire.xdp(number, messages, flag: 17, seconds: seconds)]
  }

  private func sendNYSE(_ bench: Bench, _ number: UInt32, _ messages: [[UInt8]], seconds: UInt32 = 100) {
    let packet = Wire.xdp(number, messages, seconds: seconds)
    bench.live(Array(packet[..<16]), messages)
  }

  @Test func aSymbolNamedByItsRefreshJoinsWhereNothingOfItIsMissing() {
    let bench = Bench(.nyseIntegrated)
    sendNYSE(bench, 500, [NYSE.add(7, 1, "B", 100, 5_000), NYSE.add(9, 2, "B", 100, 5_000)])
    bench.trust(.lateStart)
    #expect(bench.counted(.unknownInstruments) == 2)
    bench.snapshot([], refresh(1, 8, through: 499, orders: [80]))
    #expect(bench.buys("AB8") == ["5000x100"] && bench.state("AB8") == .halted, "no state was told")
    bench.snapshot([], refresh(3, 7, through: 499, orders: []))
    #expect(bench.state("AB7") == .gap, "500 could not be kept: nothing named the symbol")
    bench.snapshot([], refresh(5, 9, through: 501, orders: [2]))
    #expect(bench.buys("AB9") == ["5000x100"] && bench.state("AB9") == .halted)
    sendNYSE(bench, 502, [NYSE.add(7, 3, "B", 100, 5_000), NYSE.delete(9, 2)])
    bench.snapshot([], refresh(8, 7, through: 501, orders: [1]))
    #expect(bench.buys("AB7") == ["5000x200"] && bench.buys("AB9") == [])
  }

  @Test func messagesOfAPacketAreCountedFromItsFirst() {
    let bench = Bench(.nyseIntegrated)
    bench.snapshot([], [Wire.xdp(1, [NYSE.mapping(7, "AB7")], flag: 17)])
    sendNYSE(bench, 500, (1...6).map { NYSE.add(7, UInt64($0), "B", 100, 5_000) })
    bench.trust(.lateStart)
    bench.snapshot([], refresh(2, 7, through: 503, orders: [1, 2, 3, 4]))
    #expect(bench.buys("AB7") == ["5000x600"], "504 and 505 follow")
    #expect(bench.counted(.duplicateAdds) == 0)
  }

  /// A refresh that was asked for before a Sequence Number Reset, and comes behind it.
  @Test func aRefreshOfTheSessionBeforeIsNotTaken() {
    let bench = Bench(.nyseIntegrated)
    bench.snapshot([], [Wire.xdp(1, [NYSE.mapping(7, "AB7")], flag: 17)])
    sendNYSE(bench, 500, [NYSE.add(7, 1, "B", 100, 5_000)])
    bench.trust(.lateStart)
    bench.tell(.sessionRestart)
    sendNYSE(bench, 9, [NYSE.mapping(7, "AB7"), NYSE.add(7, 2, "B", 100, 6_000)], seconds: 110)
    bench.trust(.lateStart)
    bench.snapshot([], refresh(2, 7, through: 500, orders: [1], seconds: 109))
    #expect(bench.buys("AB7") == [] && bench.state("AB7") == .gap && bench.counted(.snapshotsTooOld) == 1)
    bench.snapshot([], refresh(4, 7, through: 8, orders: [], seconds: 111))
    #expect(bench.buys("AB7") == ["6000x100"])
  }
}
