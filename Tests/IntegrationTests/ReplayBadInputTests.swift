import FeedIO
import Testing

@testable import FeedCore

/// Damage done to a feed of a few packets: counted under its name with its first place, and everything else is right.
struct ReplayBadInputTests {
  typealias F = ScriptedFeed

  /// Two stocks and six packets; packet 3 (numbers 8, 9) is the one most tests damage:
  ///
  /// | packet | numbers | |
  /// |---|---|---|
  /// | 0, 1 | 1-3, 4-6 | start of day |
  /// | 2 | 7 | AAA bid 500 at 10.00 |
  /// | 3 | 8, 9 | AAA ask 300 at 10.01, BBB bid 100 at 20.00 |
  /// | 4 | 10 | BBB ask 400 at 20.02 |
  /// | 5 | 11, 12 | AAA bid 50 more at 10.00, 30 of BBB's bid executed |
  private func feed(line: UInt64 = 0) -> ScriptedFeed {
    var feed = F()
    feed.group += line << 8
    feed.port += line * 100
    feed.nanoseconds += line * 700
    feed.open("AAA", "BBB")
    feed.send(F.add(1, 100, "B", 500, 100_000, "AAA"))
    feed.send(F.add(1, 101, "S", 300, 100_100, "AAA"), F.add(2, 200, "B", 100, 200_000, "BBB"))
    feed.send(F.add(2, 201, "S", 400, 200_200, "BBB"))
    feed.send(F.add(1, 102, "B", 50, 100_000, "AAA"), F.execute(2, 200, 30))
    return feed
  }

  /// "AAA 550@100000x2 300@100100x1 ok", one per stock.
  private func books(_ run: ReplayRun) -> [String] {
    run.summary.instruments.sorted { $0.symbol < $1.symbol }.map { i in
      "\(i.symbol) \(i.top.bidQuantity)@\(i.top.bidPrice)x\(i.bidOrders) "
        + "\(i.top.askQuantity)@\(i.top.askPrice)x\(i.askOrders) \(i.state)"
    }
  }

  private let whole = ["AAA 550@100000x2 300@100100x1 ok", "BBB 70@200000x1 400@200200x1 ok"]
  private let withoutPacket3 = ["AAA 550@100000x2 0@0x0 untrusted", "BBB 0@0x0 400@200200x1 untrusted"]

  private func run(_ frames: [CapturedFrame], _ settings: Settings = .small) throws -> ReplayRun {
    try ReplayRun([PcapFile.write(frames)], settings)
  }

  @Test func theFeedUndamaged() throws {
    let run = try run(feed().frames)
    #expect(books(run) == whole && run.faults == [] && run.summary.messages == 12)
  }

  // MARK: - Files and frames

  @Test(arguments: [1, 15, 20, 60]) func aTruncatedFileGivesItsWholePackets(bytesGone: Int) throws {
    let bytes = PcapFile.bytes(feed().frames)
    let run = try ReplayRun([ScratchFolder.write(bytes.dropLast(bytesGone), as: "pcap")])
    let last = 16 + (feed().frames.last?.bytes.count ?? 0)
    #expect(run.readings.map(\.counter) == [.truncatedTail] && run.readings[0].firstOffset == bytes.count - last)
    #expect(books(run) == ["AAA 500@100000x1 300@100100x1 ok", "BBB 100@200000x1 400@200200x1 ok"])
    #expect(run.summary.messages == 10)
  }

  @Test func aCutPacketGivesItsWholeMessagesAndTheOtherLineTheRest() throws {
    var frames = feed().frames
    // Packet 3 keeps its first message and a part of the second.
    frames[3].bytes.removeLast(10)
    let alone = try run(frames)
    #expect(alone.noted(.cutPackets)! == (1, "0/3/0"))
    #expect(alone.summary[.messagesLost] == 1 && alone.summary[.gaps] == 1 && alone.summary.messages == 11)
    #expect(books(alone) == ["AAA 550@100000x2 300@100100x1 untrusted", "BBB 0@0x0 400@200200x1 untrusted"])
    let other = feed(line: 1).frames
    let both = try run((frames + other).sorted { $0.nanoseconds < $1.nanoseconds })
    #expect(books(both) == whole && both.summary[.messagesLost] == 0 && both.noted(.cutPackets)!.count == 1)
  }

  struct FrameDamage: Sendable, CustomTestStringConvertible {
    var counter: WireCounter
    var name: String
    var damage: @Sendable (inout CapturedFrame) -> Void
    var testDescription: String { "\(counter.name): \(name)" }
  }

  static let frameDamages = [
    FrameDamage(counter: .badIPLength, name: "beyond the frame") {
      $0.bytes.store(1_500, 16, 2)
      CapturedFrame.renewHeaderChecksum(&$0.bytes)
    },
    FrameDamage(counter: .badIPLength, name: "below its header") {
      $0.bytes.store(19, 16, 2)
      CapturedFrame.renewHeaderChecksum(&$0.bytes)
    },
    FrameDamage(counter: .badIPHeader, name: "16 bytes long") { $0.bytes[14] = 0x44 },
    FrameDamage(counter: .badIPHeader, name: "version 5") { $0.bytes[14] = 0x55 },
    FrameDamage(counter: .badIPChecksum, name: "time to live changed") { $0.bytes[22] = 3 },
    FrameDamage(counter: .fragments, name: "more fragments") {
      $0.bytes[20] = 0x20
      CapturedFrame.renewHeaderChecksum(&$0.bytes)
    },
    FrameDamage(counter: .badUDPLength, name: "one too long") { $0.bytes.store($0.bytes.bigEndian(38, 2) + 1, 38, 2) },
    FrameDamage(counter: .badUDPLength, name: "seven") { $0.bytes.store(7, 38, 2) },
    FrameDamage(counter: .badUDPChecksum, name: "wrong") { $0.bytes.store(0x1234, 40, 2) },
    FrameDamage(counter: .shortFrame, name: "cut inside UDP's header") { $0.bytes.removeLast($0.bytes.count - 40) },
    FrameDamage(counter: .notIP, name: "another EtherType") { $0.bytes.store(0x88CC, 12, 2) },
    FrameDamage(counter: .otherTransport, name: "ICMP") {
      $0.bytes[23] = 1
      CapturedFrame.renewHeaderChecksum(&$0.bytes)
    },
  ]

  @Test(arguments: frameDamages) func aDamagedFrameIsDroppedAndItsNumbersAreLost(damage: FrameDamage) throws {
    var frames = feed().frames
    damage.damage(&frames[3])
    let run = try run(frames)
    #expect(run.summary.wire[damage.counter] == 1 && run.summary.wire.first(damage.counter)?.recordIndex == 3)
    #expect(WireCounter.allCases.filter { run.summary.wire[$0] > 0 } == [damage.counter])
    #expect(books(run) == withoutPacket3 && run.summary[.messagesLost] == 2 && run.summary[.gaps] == 1)
    #expect(run.summary.packets == 6 && run.summary.messages == 10)
  }

  // MARK: - MoldUDP64

  struct PayloadDamage: Sendable, CustomTestStringConvertible {
    var name: String
    var damage: @Sendable (inout [UInt8]) -> Void
    var testDescription: String { name }
  }

  static let payloadDamages = [
    PayloadDamage(name: "a block longer than the packet") { $0.store(900, 20, 2) },
    PayloadDamage(name: "a block shorter than its message") { $0.store(35, 20, 2) },
    PayloadDamage(name: "a message count one too high") { $0.store(3, 18, 2) },
    PayloadDamage(name: "a message count one too low") { $0.store(1, 18, 2) },
    PayloadDamage(name: "a message count of 65,534") { $0.store(65_534, 18, 2) },
    PayloadDamage(name: "three bytes behind the last block") { $0 += [0, 0, 0] },
    PayloadDamage(name: "one byte of a length") { $0 = Array($0.prefix(21)) },
    PayloadDamage(name: "19 bytes of header") { $0 = Array($0.prefix(19)) },
    PayloadDamage(name: "a heartbeat with blocks") { $0.store(0, 18, 2) },
    PayloadDamage(name: "an end of session with blocks") { $0.store(0xFFFF, 18, 2) },
    PayloadDamage(name: "numbers beyond 64 bits") { $0.store(UInt64.max, 10, 8) },
  ]

  @Test(arguments: payloadDamages) func blocksThatContradictThePacketDiscardIt(damage: PayloadDamage) throws {
    var feed = feed()
    var payload = Array(feed.frames[3].payload)
    damage.damage(&payload)
    feed.nanoseconds = feed.frames[3].nanoseconds
    feed.frames[3] = feed.frame(payload)
    let run = try run(feed.frames)
    #expect(run.noted(.malformed)! == (1, "0/3/0"), "\(run.faults)")
    #expect(books(run) == withoutPacket3 && run.summary[.messagesLost] == 2 && run.summary[.gaps] == 1)
  }

  @Test func aJumpOfBillionsNeedsASecondPacket() throws {
    var feed = feed()
    let lone = feed.frame(F.mold(feed.session, 5_000_000_000, [F.delete(1, 100)]))
    feed.frames.insert(lone, at: 4)
    let refused = try run(feed.frames)
    #expect(books(refused) == whole && refused.summary[.messagesLost] == 0)
    #expect(refused.noted(.sequenceJumpsHeld)! == (1, "0/4/0") && refused.summary[.sequenceJumpsRefused] == 1)

    // Two packets that continue one another are believed: everything between is lost.
    var believed = self.feed()
    believed.next = 7_000_000_000
    believed.send(F.delete(1, 101))
    believed.send(F.delete(2, 201))
    let run = try run(believed.frames)
    #expect(run.summary[.sequenceJumpsBelieved] == 1 && run.summary[.messagesLost] == 7_000_000_000 - 13)
    #expect(run.summary[.gaps] == 1 && run.summary.messages == 14)
    #expect(books(run) == ["AAA 550@100000x2 0@0x0 untrusted", "BBB 70@200000x1 0@0x0 untrusted"])
  }

  @Test func linesThatDisagreeAreNotTrusted() throws {
    let a = feed().frames
    var other = feed(line: 1)
    // Another price on line B, after the messages that made it a line of the same feed.
    other.frames[3].bytes[42 + 20 + 2 + 35] ^= 1
    let run = try run((a + other.frames).sorted { $0.nanoseconds < $1.nanoseconds })
    #expect(run.noted(.lineDisagreement)!.count == 1 && run.summary[.messagesLost] == 0)
    #expect(books(run) == whole.map { $0.replacingSuffix("ok", "untrusted") })
  }

  // MARK: - Messages

  /// Replays the feed with packet 3 made of `messages` (their count moves later numbers along).
  private func run(packet3 messages: [[UInt8]], _ settings: Settings = .small) throws -> ReplayRun {
    var feed = F()
    feed.open("AAA", "BBB")
    feed.send(F.add(1, 100, "B", 500, 100_000, "AAA"))
    feed.sendAll(messages)
    feed.send(F.add(2, 201, "S", 400, 200_200, "BBB"))
    feed.send(F.add(1, 102, "B", 50, 100_000, "AAA"), F.execute(2, 200, 30))
    return try run(feed.frames, settings)
  }

  private let askAAA = F.add(1, 101, "S", 300, 100_100, "AAA")
  private let bidBBB = F.add(2, 200, "B", 100, 200_000, "BBB")

  /// One more message between the two of packet 3 is counted at its place and changes nothing.
  @Test func messagesThatCannotBeReadAreCountedAndPassedOver() throws {
    // Its block begins behind the header and one block of 36 bytes: at 58, its message at 60.
    let cases: [(Counter, [UInt8])] = [
      (.malformed, Array(F.delete(1, 100).dropLast())), (.malformed, Array(F.add(1, 9, "B", 1, 1, "AAA").dropLast(7))),
      (.malformed, [UInt8(ascii: "A")]), (.emptyMessages, []), (.unknownTypes, [UInt8(ascii: "z")]),
      (.unknownTypes, [0] + [UInt8](repeating: 0xFF, count: 80)), (.badSide, F.add(1, 9, "X", 1, 100_050, "AAA")),
      (.zeroQuantities, F.add(1, 9, "B", 0, 100_050, "AAA")), (.zeroQuantities, F.cancel(1, 100, 0)),
      (.zeroQuantities, F.execute(1, 100, 0)), (.brokenTradesUnknown, Array(F.delete(1, 555)).withFirst("B")),
    ]
    for (counter, message) in cases {
      let run = try run(packet3: [askAAA, message, bidBBB])
      #expect(run.noted(counter)! == (1, "0/3/60"), "\(counter) \(message.count)")
      #expect(books(run) == whole && run.faults.count == 1, "\(counter) \(run.faults)")
    }
  }

  @Test func aLongerMessageIsReadAsFarAsItIsKnownAndCounted() throws {
    let run = try run(packet3: [askAAA + [1, 2, 3], bidBBB])
    #expect(books(run) == whole && run.faults == ["longerMessages 1"])
    #expect(run.noted(.longerMessages)! == (1, "0/3/22"))
  }

  @Test func anOrphanDamagesItsBookAlone() throws {
    let orphans = [
      F.delete(1, 999), F.cancel(1, 999, 5), F.execute(1, 999, 5), F.replace(1, 999, 998, 5, 100_000),
      // The reference is BBB's, the locate is AAA's.
      F.delete(1, 200),
    ]
    for orphan in orphans {
      let run = try run(packet3: [askAAA, bidBBB, orphan])
      #expect(run.summary.orphansByType == [String(Unicode.Scalar(orphan[0])): 1])
      #expect(books(run) == [whole[0].replacingSuffix("ok", "untrusted"), whole[1]], "\(orphan)")
    }
  }

  @Test func aDuplicateAddReplacesTheOrder() throws {
    let run = try run(packet3: [askAAA, bidBBB, F.add(1, 101, "S", 70, 100_200, "AAA")])
    #expect(run.noted(.duplicateAdds)! == (1, "0/3/98"))
    #expect(books(run) == ["AAA 550@100000x2 70@100200x1 ok", whole[1]])
    // A number that another stock uses is another order: a core that owns one of them cannot see the other.
    for cores in [1, 2, 3] {
      let apart = try self.run(
        packet3: [askAAA, bidBBB, F.add(2, 101, "S", 70, 200_100, "BBB"), F.delete(1, 101)],
        .small.with { $0.threads.coreCount = cores })
      #expect(books(apart) == ["AAA 550@100000x2 0@0x0 ok", "BBB 70@200000x1 70@200100x1 ok"] && apart.faults == [])
    }
  }

  @Test func anOverExecutionTakesWhatThereIs() throws {
    for message in [F.execute(1, 101, 301), F.cancel(1, 101, UInt64(UInt32.max))] {
      let run = try run(packet3: [askAAA, bidBBB, message])
      #expect(run.noted(.overExecutions)! == (1, "0/3/98"))
      #expect(books(run) == ["AAA 550@100000x2 0@0x0 ok", whole[1]])
    }
  }

  @Test func referencesOf64BitsAreOrdersLikeAnyOther() throws {
    let references: [UInt64] = [.max, .max - 1, 1 << 63, 1 << 47, (1 << 47) - 1, 101 | 1 << 47, 0]
    for reference in references {
      let run = try run(packet3: [
        F.add(1, reference, "S", 300, 100_100, "AAA"), bidBBB, F.cancel(1, reference, 100),
        F.replace(1, reference, reference ^ 1 << 62, 90, 100_100), F.execute(1, reference ^ 1 << 62, 40),
      ])
      #expect(books(run) == ["AAA 550@100000x2 50@100100x1 ok", whole[1]] && run.faults == [], "\(reference)")
      let gone = try self.run(packet3: [
        F.add(1, reference, "S", 300, 100_100, "AAA"), bidBBB, F.delete(1, reference),
      ])
      #expect(books(gone) == ["AAA 550@100000x2 0@0x0 ok", whole[1]] && gone.summary.orphans == 0, "\(reference)")
    }
  }

  @Test func pricesNoOrderCanHaveEndTheTrustInTheirBook() throws {
    for (counter, price) in [
      (Counter.zeroPrices, UInt64(0)), (.pricesOutOfRange, 1 << 31), (.pricesOutOfRange, 0xFFFF_FFFF),
    ] {
      let run = try run(packet3: [askAAA, bidBBB, F.add(1, 9, "B", 10, price, "AAA")])
      #expect(run.noted(counter)! == (1, "0/3/98"))
      #expect(books(run) == [whole[0].replacingSuffix("ok", "untrusted"), whole[1]], "\(price)")
    }
  }

  @Test func levelsBeyond32BitsAreClampedAndNotTrusted() throws {
    let run = try run(packet3: [askAAA, bidBBB, F.add(1, 9, "B", 4_294_967_000, 100_000, "AAA")])
    #expect(run.noted(.levelQuantityOverflows)!.count >= 1)
    #expect(books(run)[0].hasSuffix("untrusted") && books(run)[1] == whole[1])
  }

  // MARK: - Capacities

  @Test func moreOrdersThanThereIsRoomForEndTheTrustInTheirBook() throws {
    var feed = feed()
    for number in 0..<30 {
      feed.sendAll((0..<50).map { F.add(1, UInt64(1_000 + number * 50 + $0), "B", 10, 90_000, "AAA") })
    }
    feed.send(F.execute(2, 200, 20))
    let run = try run(feed.frames, .small.with { $0.capacity.liveOrders = 1_024 })
    // Five orders rest; 1,019 more fit. Number 1,019 of the flood is in packet 6 + 20, its 20th.
    #expect(run.noted(.ordersFull)! == (1_500 - 1_019, "0/26/\(20 + 19 * 38 + 2)"))
    #expect(books(run) == [whole[0].replacingSuffix("ok", "untrusted"), "BBB 50@200000x1 400@200200x1 ok"])
    #expect(run.summary.liveOrders == 1_024)
  }

  @Test func moreLevelsThanThereIsRoomForEndTheTrustInTheirBook() throws {
    var feed = feed()
    for number in 0..<30 {
      feed.sendAll(
        (0..<50).map { F.add(1, UInt64(1_000 + number * 50 + $0), "B", 10, UInt64(1_000 + number * 50 + $0), "AAA") })
    }
    feed.send(F.execute(2, 200, 20))
    let run = try run(feed.frames, .small.with { $0.capacity.priceLevels = 1_024 })
    #expect(run.noted(.levelsFull)!.count > 0)
    #expect(books(run) == [whole[0].replacingSuffix("ok", "untrusted"), "BBB 50@200000x1 400@200200x1 ok"])
  }

  @Test func moreInstrumentsThanThereIsRoomForAreCounted() throws {
    var feed = feed()
    feed.sendAll((0..<20).map { F.directory(UInt64(10 + $0), "S\($0)") })
    feed.sendAll((0..<20).map { F.add(UInt64(10 + $0), UInt64(3_000 + $0), "B", 10, 90_000, "S\($0)") })
    feed.send(F.execute(2, 200, 20))
    let run = try run(feed.frames, .small.with { $0.capacity.instruments = 16 })
    // 14 of 20 find room; the 15th directory is the first that does not.
    #expect(run.noted(.instrumentsFull)! == (6 + 6, "0/6/\(20 + 14 * 41 + 2)"))
    #expect(run.summary.instruments.count == 16)
    #expect(
      books(run).filter { $0.hasPrefix("AAA") || $0.hasPrefix("BBB") } == [whole[0], "BBB 50@200000x1 400@200200x1 ok"])
  }

  // MARK: - Time

  /// Two packets of one time: what the first one lets out without latency arrives before the second.
  @Test func anArrivalDueNowComesBeforeTheNextPacketOfTheSameTime() throws {
    var x = F()
    var y = F(session: "SCRIPT0002", group: 0xE936_0C02, port: 26_402)
    x.open("AAA")
    y.open("AAA")
    x.send(F.add(1, 1, "S", 100, 100_000, "AAA"))
    y.send(F.add(1, 1, "B", 100, 101_000, "AAA"))
    let moment = y.frames[2].nanoseconds + 10_000
    y.frames[2].nanoseconds = moment
    x.nanoseconds = moment
    x.send(F.delete(1, 1))
    // The crossing packet of y, then at the same time the one in which x's order goes.
    let frames = x.frames.dropLast() + y.frames + [x.frames.last!]
    var settings = Settings.small
    settings.orders.enabled = true
    settings.venues = ["x", "y"].map { name in
      var venue = VenueSettings(name: name)
      venue.orderLatencyNanoseconds = 0
      return venue
    }
    settings.feeds = [
      FeedSettings(name: "x", venue: "x", lines: [LineSettings(name: "A", port: 26_401)]),
      FeedSettings(name: "y", venue: "y", lines: [LineSettings(name: "A", port: 26_402)]),
    ]
    let run = try run(frames.sorted { $0.nanoseconds < $1.nanoseconds }, settings)
    #expect(run.summary.orders.filter { $0.kind == .sent }.map(\.captureNanoseconds) == [moment, moment])
    #expect(run.summary.orders.filter { $0.kind == .executed }.map(\.quantity) == [100, 100])
  }
}

extension String {
  func replacingSuffix(_ suffix: String, _ other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + other : self
  }
}

extension [UInt8] {
  fileprivate func withFirst(_ type: Character) -> [UInt8] { [type.asciiValue!] + dropFirst() }
}
