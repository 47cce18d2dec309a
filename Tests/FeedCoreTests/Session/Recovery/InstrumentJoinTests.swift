import Testing

@testable import FeedCore

/// Every cell of the table in `InstrumentJoin`.
@Suite struct InstrumentJoinTests {
  private final class Bench {
    var join: InstrumentJoin
    init(_ numbering: InstrumentJoin.Numbering, _ configure: (inout RecoverySettings) -> Void = { _ in }) {
      let settings = RecoverySettings.small(configure)
      join = InstrumentJoin(
        limits: RecoveryLimits(settings), numbering: numbering, instruments: 4, settings: settings)
    }

    func live(_ instrument: Int, _ number: UInt64, after previous: UInt64 = 0, isLast: Bool = true) -> LiveVerdict {
      Array("\(number)".utf8).exactly {
        join.live(
          instrument, number: number, previous: previous, isLast: isLast, $0, captureNanoseconds: number, now: 0)
      }
    }
    func began(_ instrument: Int, through: UInt64) -> Bool { join.snapshotBegan(instrument, through: through, now: 0) }
    func joined(_ instrument: Int) -> [String] {
      var list: [String] = []
      while let message = join.nextJoined(instrument, now: 0) {
        list.append(String(decoding: message.bytes, as: UTF8.self))
      }
      return list
    }
    /// One whole snapshot; true if it was applied.
    func snapshot(_ instrument: Int, through: UInt64) -> Bool {
      let applied = began(instrument, through: through)
      join.snapshotEnded(instrument, now: 0)
      return applied
    }
    func state(_ instrument: Int = 0) -> InstrumentJoin.State { join.state(of: instrument) }
  }

  // MARK: channel

  @Test func instrumentsJoinEachAtItsOwnNumber() {
    let bench = Bench(.channel)
    #expect(!bench.join.isSynchronised)
    #expect(bench.live(0, 10) == .buffered && bench.live(1, 11) == .buffered && bench.live(0, 12) == .buffered)
    #expect(bench.snapshot(0, through: 11) && bench.state() == .joining)
    #expect(bench.joined(0) == ["12"] && bench.state() == .current && !bench.join.isSynchronised)
    #expect(bench.live(0, 13) == .deliver && bench.live(1, 14) == .buffered)
    #expect(bench.snapshot(1, through: 20) && bench.joined(1) == [] && bench.state(1) == .current)
    #expect(bench.join.isSynchronised)
    #expect(bench.live(1, 15) == .drop, "in the snapshot")
    #expect(bench.join.counters[.messagesInSnapshot] == 3)
  }

  @Test func severalMessagesOfOnePacketAreAllDelivered() {
    let bench = Bench(.channel)
    bench.join.liveNext(10)
    #expect(bench.snapshot(0, through: 9) && bench.state() == .current)
    #expect(bench.live(0, 10) == .deliver && bench.live(0, 10) == .deliver)
  }

  @Test func noSnapshotIsTakenBeforeTheChannelIsHeard() {
    let bench = Bench(.channel)
    #expect(!bench.began(0, through: 100))
    bench.join.liveNext(101)
    #expect(bench.began(0, through: 100))
  }

  @Test func aSnapshotOlderThanWhatIsKeptIsNotTaken() {
    let bench = Bench(.channel)
    #expect(bench.live(0, 10) == .buffered)
    #expect(!bench.snapshot(0, through: 8) && bench.state() == .waiting)
    #expect(bench.snapshot(0, through: 9) && bench.joined(0) == ["10"])
    #expect(!bench.began(0, through: 50), "a current book needs none")
  }

  @Test func lostPacketsMakeEveryBookWaitThatTheSnapshotDoesNotCover() {
    let bench = Bench(.channel)
    #expect(bench.live(0, 10) == .buffered && bench.live(1, 11) == .buffered && bench.live(2, 12) == .buffered)
    #expect(bench.snapshot(0, through: 12) && bench.snapshot(1, through: 19))
    #expect(bench.state(0) == .current && bench.state(1) == .current)
    bench.join.lost(before: 20, now: 0)
    #expect(bench.state(0) == .waiting && bench.state(1) == .current && bench.state(2) == .waiting)
    #expect(!bench.snapshot(2, through: 15), "13 ... 19 are lost")
    #expect(bench.snapshot(2, through: 19) && bench.joined(2) == [] && bench.state(2) == .current)
  }

  @Test func packetsLostWhileASnapshotComesOrIsJoinedSpoilIt() {
    let bench = Bench(.channel)
    #expect(bench.live(0, 10) == .buffered && bench.began(0, through: 10))
    bench.join.lost(before: 20, now: 0)
    bench.join.snapshotEnded(0, now: 0)
    #expect(bench.state() == .waiting)
    #expect(bench.live(0, 20) == .buffered && bench.live(0, 21) == .buffered && bench.snapshot(0, through: 19))
    #expect(bench.state() == .joining)
    #expect(!bench.began(0, through: 30), "it is being joined")
    bench.join.lost(before: 30, now: 0)
    #expect(bench.state() == .waiting && bench.joined(0) == [])
  }

  @Test func aHoleNobodyToldOfIsOneNevertheless() {
    let bench = Bench(.channel)
    #expect(bench.live(0, 10) == .buffered && bench.live(0, 12) == .buffered)
    #expect(!bench.snapshot(0, through: 10))
    #expect(bench.snapshot(0, through: 11) && bench.joined(0) == ["12"])
  }

  @Test func aLostPartOfASnapshotAbortsIt() {
    let bench = Bench(.channel)
    bench.join.liveNext(10)
    #expect(bench.began(0, through: 9))
    bench.join.snapshotAborted(0)
    #expect(bench.state() == .waiting && !bench.join.isSynchronised)
    bench.join.snapshotEnded(0, now: 0)
    #expect(bench.state() == .waiting)
    #expect(bench.began(0, through: 9) && bench.began(0, through: 9), "from the beginning again")
  }

  @Test func aFullBufferBeginsAnewForAllThatWait() {
    let bench = Bench(.channel)
    for number in UInt64(10)...17 { #expect(bench.live(Int(number % 2), number) == .buffered) }
    #expect(bench.live(0, 18) == .buffered && bench.join.counters[.bufferOverflows] == 1)
    #expect(!bench.snapshot(1, through: 16), "17 was forgotten")
    #expect(bench.snapshot(1, through: 17) && bench.state(1) == .current)
    #expect(bench.snapshot(0, through: 17) && bench.joined(0) == ["18"])
  }

  @Test func waitingTooLongIsGivenUpByName() {
    let bench = Bench(.channel)
    #expect(bench.join.nextDue == .max)
    #expect(bench.live(0, 10) == .buffered && bench.live(1, 11) == .buffered)
    #expect(bench.snapshot(0, through: 11) && bench.state() == .current)
    #expect(bench.join.nextDue == 30 * second, "as long as three attempts")
    bench.join.advance(to: 30 * second - 1)
    #expect(bench.state(1) == .waiting)
    bench.join.advance(to: 30 * second)
    #expect(bench.state(0) == .current && bench.state(1) == .gaveUp && bench.join.failure == .deadlinePassed)
    #expect(bench.live(1, 12) == .deliver && !bench.began(1, through: 50) && !bench.join.isSynchronised)
    bench.join.restart(now: 0)
    #expect(bench.state(0) == .waiting && bench.state(1) == .waiting && bench.join.failure == nil)
  }

  @Test func instrumentsBeyondTheCapacityAreDropped() {
    let bench = Bench(.channel)
    #expect(bench.live(4, 1) == .drop && bench.live(-1, 1) == .drop && !bench.began(4, through: 9))
    #expect(bench.join.knownCount == 0 && bench.state(4) == .waiting)
  }

  @Test func aWholeChannelNeedsNoSnapshot() {
    let bench = Bench(.channel)
    bench.join.begin(at: 1, isWhole: true)
    #expect(bench.live(0, 1) == .deliver && bench.state() == .current && bench.join.isSynchronised)
    #expect(!bench.began(1, through: 1) && bench.state(1) == .current, "it is known to be empty")
    #expect(bench.join.nextDue == .max)
    bench.join.lose(now: 0)
    #expect(!bench.join.isWhole && bench.state(0) == .waiting && bench.state(1) == .waiting)
    #expect(bench.live(2, 9) == .buffered, "what becomes known later is not known to be whole")
  }

  @Test func afterALossOfUnknownLengthNoSnapshotIsTakenBeforeTheChannelGoesOn() {
    let bench = Bench(.channel)
    #expect(bench.live(0, 10) == .buffered && bench.snapshot(0, through: 10) && bench.state() == .current)
    #expect(bench.live(1, 11) == .buffered && bench.began(1, through: 11))
    bench.join.lose(now: 0)
    #expect(bench.state(0) == .waiting && bench.state(1) == .waiting, "its snapshot may lack what was lost")
    #expect(!bench.began(0, through: 50))
    #expect(bench.live(0, 20) == .buffered)
    #expect(!bench.snapshot(0, through: 18) && bench.snapshot(0, through: 19) && bench.joined(0) == ["20"])
  }

  @Test func anInstrumentThatBeginsLaterThanItsChannelNeedsALaterSnapshot() {
    let bench = Bench(.channel)
    bench.join.liveNext(10)
    bench.join.begin(0, at: 15, now: 0)
    bench.join.reached(15)
    #expect(!bench.snapshot(0, through: 13) && bench.state() == .waiting)
    #expect(bench.snapshot(0, through: 14) && bench.state() == .current)
    bench.join.begin(0, at: 20, now: 0)
    #expect(bench.state() == .waiting, "what was current misses messages")
  }

  @Test(arguments: [InstrumentJoin.Numbering.channel, .chain]) func aBookThatTheVenueEmptiesIsKnown(
    _ numbering: InstrumentJoin.Numbering
  ) {
    let bench = Bench(numbering)
    #expect(bench.live(0, 10, after: 8) == .buffered)
    bench.join.emptied(0, at: 12, now: 0)
    #expect(bench.state() == .current && bench.joined(0) == [] && bench.join.nextDue == .max)
    #expect(bench.live(0, 12, after: 11) == .deliver, "the rest of the same message")
    #expect(bench.live(0, 13, after: 12) == .deliver)
    // In each state.
    #expect(bench.live(1, 14, after: 11) == .buffered && bench.began(1, through: 14))
    bench.join.emptied(1, at: 15, now: 0)
    #expect(bench.state(1) == .current)
    #expect(bench.live(2, 16, after: 15) == .buffered && bench.snapshot(2, through: 15) && bench.state(2) == .joining)
    bench.join.emptied(2, at: 17, now: 0)
    #expect(bench.state(2) == .current && bench.joined(2) == [])
    #expect(bench.live(3, 18, after: 17) == .buffered)
    bench.join.advance(to: 30 * second)
    #expect(bench.state(3) == .gaveUp)
    bench.join.emptied(3, at: 19, now: 31 * second)
    #expect(bench.state(3) == .current && bench.live(3, 19, after: 18) == .deliver)
  }

  @Test func aSnapshotAfterGivingUpBeginsToKeepAgain() {
    let bench = Bench(.channel)
    #expect(bench.live(0, 10) == .buffered)
    bench.join.advance(to: 30 * second)
    #expect(bench.state() == .gaveUp && bench.live(0, 11) == .deliver)
    #expect(!bench.began(0, through: 50) && bench.state() == .waiting)
    #expect(bench.live(0, 12) == .buffered)
    #expect(!bench.snapshot(0, through: 10), "11 is not kept")
    #expect(bench.snapshot(0, through: 11) && bench.joined(0) == ["12"] && bench.state() == .current)
  }

  // MARK: chain

  @Test func aChainIsJoinedWhereItsChangeContinuesTheSnapshot() {
    let bench = Bench(.chain)
    #expect(bench.live(0, 12, after: 10) == .buffered && bench.live(0, 15, after: 12) == .buffered)
    #expect(bench.snapshot(0, through: 12) && bench.joined(0) == ["15"] && bench.state() == .current)
    #expect(bench.live(0, 19, after: 15) == .deliver && bench.join.through(of: 0) == 19)
    #expect(bench.live(0, 19, after: 15) == .drop, "a late copy")
  }

  @Test func aSnapshotThatTheKeptChangesDoNotContinueIsTakenAgain() {
    let bench = Bench(.chain)
    #expect(bench.live(0, 15, after: 12) == .buffered)
    #expect(bench.began(0, through: 10))
    bench.join.snapshotEnded(0, now: 0)
    #expect(bench.state() == .waiting)
    #expect(bench.snapshot(0, through: 12) && bench.joined(0) == ["15"])
  }

  @Test func aBrokenChainMakesOneInstrumentWait() {
    let bench = Bench(.chain)
    #expect(bench.snapshot(0, through: 10) && bench.snapshot(1, through: 10) && bench.join.isSynchronised)
    bench.join.lost(before: 99, now: 0)
    #expect(bench.join.isSynchronised, "nothing may have been lost for them")
    #expect(bench.live(0, 14, after: 12) == .buffered && bench.state(0) == .waiting)
    #expect(bench.live(1, 13, after: 10) == .deliver && bench.state(1) == .current)
    #expect(bench.join.counters[.chainBreaks] == 1)
    #expect(bench.snapshot(0, through: 14) && bench.joined(0) == [] && bench.state(0) == .current)
  }

  @Test func aChainBrokenAmongTheKeptChangesLeavesItWaiting() {
    let bench = Bench(.chain)
    #expect(bench.live(0, 12, after: 10) == .buffered && bench.live(0, 18, after: 15) == .buffered)
    #expect(bench.snapshot(0, through: 10) && bench.joined(0) == ["12"] && bench.state() == .waiting)
    #expect(bench.snapshot(0, through: 15) && bench.joined(0) == ["18"] && bench.state() == .current)
  }

  @Test func aNewerSnapshotReplacesACurrentBookAndAnEqualOrOlderOneDoesNot() {
    let bench = Bench(.chain)
    #expect(bench.snapshot(0, through: 10))
    #expect(!bench.began(0, through: 10) && !bench.began(0, through: 9) && bench.state() == .current)
    #expect(bench.began(0, through: 12) && bench.state() == .receiving)
    #expect(bench.live(0, 13, after: 12) == .buffered)
    bench.join.snapshotAborted(0)
    #expect(bench.state() == .waiting, "half of the book was replaced")
    #expect(bench.snapshot(0, through: 12) && bench.joined(0) == ["13"])
  }

  @Test func partsOfOneChangeAreAllDelivered() {
    let bench = Bench(.chain)
    #expect(bench.snapshot(0, through: 10))
    #expect(bench.live(0, 12, after: 10, isLast: false) == .deliver)
    #expect(bench.live(0, 12, after: 10, isLast: true) == .deliver)
    #expect(bench.live(0, 12, after: 10) == .drop, "the change was finished")
    #expect(bench.live(0, 13, after: 12) == .deliver)
  }
}
