import Testing

@testable import FeedCore

/// Readers of snapshots that come by multicast, over packets written out by hand.
@Suite struct VenueReaderTests {
  // MARK: NYSE refresh

  /// A refresh packet: flag, SeqNum, messages.
  private func refresh(_ flag: UInt8, _ sequence: UInt8, _ messages: [[UInt8]]) -> [UInt8] {
    let length = 16 + messages.reduce(0) { $0 + $1.count }
    return [UInt8(length), 0, flag, UInt8(messages.count), sequence, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
      + messages.flatMap { $0 }
  }
  private func first(_ current: UInt8, _ total: UInt8, through: UInt8) -> [UInt8] {
    hex("1000 2300") + [current, 0, total, 0, through, 0, 0, 0] + hex("01000000")
  }
  private func later(_ current: UInt8, _ total: UInt8) -> [UInt8] { hex("0800 2300") + [current, 0, total, 0] }
  /// Symbol Index Mapping, 44 bytes; Add Order Refresh, 43 bytes.
  private func mapping(_ symbol: UInt8) -> [UInt8] { hex("2c00 0300") + [symbol] + [UInt8](repeating: 0, count: 39) }
  private func add(_ symbol: UInt8) -> [UInt8] {
    hex("2b00 6a00 00000000 00000000") + [symbol] + [UInt8](repeating: 0, count: 30)
  }

  private func nyse(_ packets: [[UInt8]]) -> [String] {
    var reader = NYSERefreshReader()
    var list: [String] = []
    for packet in packets {
      packet.exactly {
        reader.read($0) { event in
          switch event {
          case .began(let symbol, let through): list.append("began \(symbol) \(through)")
          case .message(_, let length): list.append("\(length)")
          case .ended(let symbol): list.append("ended \(symbol)")
          case .aborted(let symbol): list.append("aborted \(symbol)")
          case .malformed: list.append("malformed")
          }
        }
      }
    }
    return list
  }

  @Test func aRefreshOfSeveralSymbolsIsTakenApart() {
    let packets = [
      refresh(18, 1, [first(1, 2, through: 50), mapping(7), add(7)]), refresh(19, 4, [later(2, 2), add(7)]),
      refresh(20, 6, [first(1, 1, through: 52), mapping(8)]),
    ]
    #expect(nyse(packets) == ["began 7 50", "44", "43", "43", "ended 7", "began 8 52", "44", "ended 8"])
  }

  @Test func packetCountsThatRunOverTheWholeRefreshReadAlike() {
    let packets = [
      refresh(18, 1, [first(1, 3, through: 50), mapping(7), add(7)]), refresh(19, 4, [later(2, 3), add(7)]),
      refresh(20, 6, [first(3, 3, through: 52), mapping(8)]),
    ]
    #expect(nyse(packets) == ["began 7 50", "44", "43", "43", "ended 7", "began 8 52", "44", "ended 8"])
  }

  @Test func aLostRefreshPacketAbortsItsSymbol() {
    let packets = [
      refresh(18, 1, [first(1, 3, through: 50), add(7)]), refresh(19, 5, [later(3, 3), add(7)]),
      refresh(17, 7, [first(1, 1, through: 52), mapping(8)]),
    ]
    #expect(nyse(packets) == ["began 7 50", "43", "aborted 7", "43", "began 8 52", "44", "ended 8"])
  }

  /// A refresh begins, without a hole in the numbers, before the one under way ended: neither its book nor its header
  /// goes on in the new one.
  @Test func aRefreshThatBeginsBeforeTheLastOneEndedIsReadByItself() {
    let open = refresh(18, 1, [first(1, 3, through: 50), add(7)])
    #expect(
      nyse([open, refresh(17, 3, [first(1, 1, through: 60), add(8)])])
        == ["began 7 50", "43", "aborted 7", "began 8 60", "43", "ended 8"])
    let header = refresh(18, 1, [first(1, 3, through: 50)])
    #expect(
      nyse([header, refresh(17, 2, [mapping(8), first(1, 1, through: 60), add(9)])])
        == ["44", "began 9 60", "43", "ended 9"])
  }

  @Test func mappingsAndHeartbeatsOfTheGroupAreNoSnapshot() {
    #expect(nyse([refresh(17, 1, [mapping(7)])]) == ["44"])
    let heartbeat = refresh(1, 3, [])
    #expect(nyse([refresh(18, 1, [first(1, 2, through: 5), add(7)]), heartbeat]) == ["began 7 5", "43"])
    let ahead = refresh(1, 4, [])
    #expect(nyse([refresh(18, 1, [first(1, 2, through: 5), add(7)]), ahead]) == ["began 7 5", "43", "aborted 7"])
  }

  @Test func damagedRefreshPacketsAreMalformed() {
    let whole = refresh(17, 1, [first(1, 1, through: 5), add(7)])
    for length in 0..<whole.count { #expect(nyse([Array(whole[..<length])]) == ["malformed"], "\(length) bytes") }
    var long = whole
    long[16] = 200
    #expect(nyse([long]) == ["malformed"])
    var tiny = whole
    tiny[16] = 3
    #expect(nyse([tiny]) == ["malformed"])
  }

  // MARK: CME

  private func cmePacket(_ number: UInt8, _ messages: [UInt8]...) -> [UInt8] {
    [number, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + messages.flatMap { $0 }
  }
  /// SnapshotFullRefresh52: root 59, no entries.
  private func mbp(_ security: UInt8, through: UInt8, of total: UInt8) -> [UInt8] {
    hex("4800 3b00 3400 0100 0900") + [through, 0, 0, 0, total, 0, 0, 0, security, 0, 0, 0]
      + [UInt8](repeating: 0, count: 47) + hex("1600 00")
  }
  /// SnapshotFullRefreshOrderBook53: root 28, no entries.
  private func mbo(_ security: UInt8, through: UInt8, chunk: UInt8, of chunks: UInt8) -> [UInt8] {
    hex("2900 1c00 3500 0100 0900") + [through, 0, 0, 0, 2, 0, 0, 0, security, 0, 0, 0, chunks, 0, 0, 0, chunk, 0, 0, 0]
      + [UInt8](repeating: 0, count: 8) + hex("1d00 00")
  }

  private func cme(_ packets: [[UInt8]]) -> [String] {
    var reader = CMESnapshotReader()
    var list: [String] = []
    for packet in packets {
      packet.exactly {
        reader.read($0) { event in
          switch event {
          case .round(let count): list.append("round \(count)")
          case .began(let security, let through): list.append("began \(security) \(through)")
          case .message: list.append("message")
          case .ended(let security): list.append("ended \(security)")
          case .aborted(let security): list.append("aborted \(security)")
          case .other: break
          case .malformed: list.append("malformed")
          }
        }
      }
    }
    return list
  }

  @Test func theSnapshotLoopIsTakenApart() {
    #expect(
      cme([cmePacket(1, mbp(5, through: 90, of: 2)), cmePacket(2, mbp(6, through: 91, of: 2)),
        cmePacket(1, mbp(5, through: 95, of: 2))])
        == ["round 2", "began 5 90", "message", "ended 5", "began 6 91", "message", "ended 6",
          "round 2", "began 5 95", "message", "ended 5"])
  }

  @Test func chunksOfAnOrderBookBelongTogether() {
    #expect(
      cme([cmePacket(3, mbo(5, through: 90, chunk: 1, of: 2)), cmePacket(4, mbo(5, through: 90, chunk: 2, of: 2))])
        == ["began 5 90", "message", "message", "ended 5"])
    #expect(
      cme([cmePacket(3, mbo(5, through: 90, chunk: 1, of: 3)), cmePacket(5, mbo(5, through: 90, chunk: 3, of: 3))])
        == ["began 5 90", "message", "aborted 5"], "a packet is lost")
    #expect(
      cme([cmePacket(3, mbo(5, through: 90, chunk: 1, of: 3), mbo(5, through: 90, chunk: 3, of: 3))])
        == ["began 5 90", "message", "aborted 5"], "a chunk is missing")
    #expect(
      cme([cmePacket(3, mbo(5, through: 90, chunk: 1, of: 2), mbo(5, through: 91, chunk: 2, of: 2))])
        == ["began 5 90", "message", "aborted 5"], "chunks of two times")
    #expect(cme([cmePacket(3, mbo(5, through: 90, chunk: 2, of: 2))]) == [], "its beginning was not seen")
    #expect(
      cme([cmePacket(3, mbo(5, through: 90, chunk: 1, of: 2), mbo(6, through: 90, chunk: 1, of: 1))])
        == ["began 5 90", "message", "aborted 5", "began 6 90", "message", "ended 6"])
  }

  @Test func otherTemplatesOfTheLoopAreSkippedAndDamageIsNamed() {
    let heartbeat = hex("0a00 0000 0c00 0100 0900")
    #expect(cme([cmePacket(1, heartbeat, mbp(5, through: 90, of: 1))]).count == 4)
    let whole = cmePacket(1, mbp(5, through: 90, of: 1))
    #expect(whole.count == 84)
    for length in 0..<whole.count where length != 12 {
      #expect(cme([Array(whole[..<length])]) == ["malformed"], "\(length) bytes")
    }
    var short = whole
    short[14] = 11
    #expect(cme([short]) == ["malformed"], "a root block without SecurityID")
  }

  // MARK: Deribit

  private func deribitPacket(_ sequence: UInt8, _ messages: [UInt8]...) -> [UInt8] {
    let body = messages.flatMap { $0 }
    return [UInt8(body.count), 0, 101, 0, sequence, 0, 0, 0] + body
  }
  private let cycleStart = hex("0400 ed03 0100 0200 0000 0000  c8000000")
  private let cycleEnd = hex("0000 ee03 0100 0200 0000 0000")
  /// 1004 with `levels` empty entries of 17 bytes.
  private func book(_ instrument: UInt8, change: UInt8, isLast: Bool, levels: UInt8 = 1) -> [UInt8] {
    hex("1600 ec03 0100 0200 0100 0000") + [instrument, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
      + [change, 0, 0, 0, 0, 0, 0, 0, 1, isLast ? 1 : 0] + [17, 0, levels, 0, 0, 0, 0, 0]
      + [UInt8](repeating: 0, count: 17 * Int(levels))
  }
  /// An unknown template with a root of 2, no group, one string of 3.
  private let other = hex("0200 0f27 0100 0300 0000 0100  ffff 03 414243")

  private func deribit(_ packets: [[UInt8]]) -> [String] {
    var reader = DeribitSnapshotReader()
    var list: [String] = []
    for packet in packets {
      packet.exactly {
        reader.read($0) { event in
          switch event {
          case .cycleBegan: list.append("cycle")
          case .cycleEnded(let isComplete): list.append(isComplete ? "complete" : "incomplete")
          case .began(let instrument, let change): list.append("began \(instrument) \(change)")
          case .book: list.append("book")
          case .ended(let instrument): list.append("ended \(instrument)")
          case .aborted(let instrument): list.append("aborted \(instrument)")
          case .other(_, let length): list.append("\(length)")
          case .malformed: list.append("malformed")
          }
        }
      }
    }
    return list
  }

  @Test func aCycleIsTakenApart() {
    let packets = [
      deribitPacket(0, cycleStart), deribitPacket(1, other, book(3, change: 9, isLast: false, levels: 2)),
      deribitPacket(2, book(3, change: 9, isLast: true), book(4, change: 5, isLast: true, levels: 0)),
      deribitPacket(3, cycleEnd),
    ]
    #expect(
      deribit(packets)
        == ["cycle", "18", "began 3 9", "book", "book", "ended 3", "began 4 5", "book", "ended 4", "complete"])
  }

  @Test func aLostPacketAbortsTheBookUnderWayAndTheCyclesCompleteness() {
    let packets = [
      deribitPacket(0, cycleStart),
      deribitPacket(1, book(3, change: 9, isLast: true), book(4, change: 5, isLast: false)),
      deribitPacket(3, book(4, change: 5, isLast: true), book(5, change: 6, isLast: true)), deribitPacket(4, cycleEnd),
    ]
    #expect(
      deribit(packets)
        == ["cycle", "began 3 9", "book", "ended 3", "began 4 5", "book", "aborted 4", "began 5 6", "book", "ended 5",
          "incomplete"])
  }

  @Test func partsOfTwoChangesAreTwoBooksOfWhichTheSecondMayLackItsBeginning() {
    #expect(
      deribit([deribitPacket(1, other, book(3, change: 9, isLast: false), book(3, change: 10, isLast: true), cycleEnd)])
        == ["18", "began 3 9", "book", "aborted 3", "incomplete"])
  }

  @Test func aBookWhoseFirstPartMayBeLostIsNotRead() {
    // In mid-stream: nothing says that this is the first part. Behind its last part a beginning is sure.
    #expect(
      deribit([deribitPacket(5, book(3, change: 9, isLast: false), book(3, change: 9, isLast: true),
        book(4, change: 7, isLast: true))]) == ["began 4 7", "book", "ended 4"])
    // A packet with the first part is lost.
    #expect(
      deribit([deribitPacket(0, cycleStart), deribitPacket(2, book(3, change: 9, isLast: true)),
        deribitPacket(3, book(4, change: 7, isLast: true))]) == ["cycle", "began 4 7", "book", "ended 4"])
  }

  @Test func damagedDeribitPacketsAreMalformed() {
    let whole = deribitPacket(1, book(3, change: 9, isLast: true))
    for length in 0..<whole.count { #expect(deribit([Array(whole[..<length])]) == ["malformed"], "\(length) bytes") }
    for length in 1..<(whole.count - 8) {
      var cut = Array(whole[..<(8 + length)])
      cut[0] = UInt8(length)
      #expect(deribit([cut]) == ["malformed"], "\(length) bytes of the message")
    }
    var short = whole
    short[8] = 21
    #expect(deribit([short]).contains("malformed"))
    let behind = deribitPacket(2, book(4, change: 7, isLast: true))
    #expect(deribit([whole, behind]) == ["began 4 7", "book", "ended 4"], "whole, but its beginning was not sure")
  }

  /// Random bytes behind plausible heads: never read beyond the packet (the memory ends where the packet does).
  @Test func randomBytesAreReadWithinTheirBounds() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    let samples = [
      refresh(17, 1, [first(1, 1, through: 5), add(7)]), cmePacket(1, mbo(5, through: 9, chunk: 1, of: 1)),
      deribitPacket(1, other, book(3, change: 9, isLast: true)),
    ]
    for _ in 0..<3_000 {
      var packet = samples[random.int(0...2)]
      for _ in 0..<random.int(1...6) { packet[random.int(0...(packet.count - 1))] = UInt8(random.int(0...255)) }
      packet.removeLast(random.int(0...4))
      _ = nyse([packet])
      _ = cme([packet])
      _ = deribit([packet])
    }
  }
}
