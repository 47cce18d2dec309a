import FeedCore
import Testing

@testable import FeedIO

@Suite struct PcapTests {
  private let packets = [
    TestPacket(1_700_000_000_000_001_000, [1, 2, 3]),
    TestPacket(1_700_000_000_000_001_000, [], wireLength: 60),
    TestPacket(1_700_000_001_999_999_000, [UInt8](repeating: 7, count: 200), wireLength: 1500),
  ]

  @Test(arguments: [false, true], [false, true])
  func everyByteOrderAndResolutionReadsTheSame(bigEndian: Bool, nanoseconds: Bool) throws {
    let walk = try walk(Pcap.file(packets, bigEndian: bigEndian, nanoseconds: nanoseconds))
    #expect(walk.packets == packets)
    #expect(walk.recordIndexes == [0, 1, 2] && walk.readings.isEmpty)
    #expect(walk.links.allSatisfy { $0 == .ethernet })
  }

  @Test func linkNumbersAreMapped() throws {
    let expected: [(UInt32, LinkType)] = [
      (0, .loopback), (1, .ethernet), (12, .rawIP), (14, .rawIP), (101, .rawIP), (108, .loopback), (113, .linuxSLL),
      (228, .ipv4), (229, .ipv6), (276, .linuxSLL2), (105, .unsupported), (65_535, .unsupported),
      // Frame check sequence length in the upper half of the word.
      (0x5400_0001, .ethernet),
    ]
    for (number, link) in expected {
      #expect(try walk(Pcap.file([packets[0]], link: number)).links == [link])
    }
  }

  @Test func originalLengthBelowTheCapturedOneIsRaisedToIt() throws {
    let walk = try walk(Pcap.file([TestPacket(5, [1, 2, 3], wireLength: 1)]))
    #expect(walk.packets == [TestPacket(5, [1, 2, 3])])
  }

  @Test func fileCutAnywhereGivesWhatIsWhole() throws {
    let file = Pcap.file(packets)
    var ends = [24]
    for packet in packets { ends.append(ends.last! + 16 + packet.bytes.count) }
    for length in 0..<file.count {
      let bytes = Array(file[..<length])
      if length < 24 {
        #expect(openingError(bytes) != nil)
        continue
      }
      let whole = ends.lastIndex { $0 <= length }!
      let walk = try walk(bytes)
      #expect(walk.packets == Array(packets[..<whole]))
      #expect(walk.faults == (ends.contains(length) ? [] : ["truncatedTail 1 @ \(ends[whole])"]))
    }
  }

  @Test func absurdRecordLengthEndsTheFileAtItsPlace() throws {
    let good = Pcap.record(packets[0])
    for length in [UInt32(65_535 + 262_145), 0x7FFF_FFFF, 0xFFFF_FFFF] {
      let bad = Pcap.record(packets[0], capturedLength: length)
      let walk = try walk(Pcap.header() + good + bad + good)
      #expect(walk.packets == [packets[0]])
      #expect(walk.faults == ["badRecordLength 1 @ \(24 + good.count)"])
    }
  }

  @Test func absurdRecordLengthIsRefusedEvenWhereTheFileIsLongEnough() throws {
    let length = 65_535 + (256 << 10)
    for (extra, isGood) in [(0, true), (1, false)] {
      let big = TestPacket(9, [UInt8](repeating: 1, count: length + extra))
      let walk = try walk(Pcap.header() + Pcap.record(big))
      #expect(walk.packets.count == (isGood ? 1 : 0))
      #expect(walk.faults == (isGood ? [] : ["badRecordLength 1 @ 24"]))
    }
  }

  @Test func timeGoingBackIsHeldAndCounted() throws {
    let walk = try walk(Pcap.file([TestPacket(50, [1]), TestPacket(40, [2]), TestPacket(60, [3]), TestPacket(59, [4])]))
    #expect(walk.packets.map(\.nanoseconds) == [50, 50, 60, 60])
    #expect(walk.packets.map(\.bytes) == [[1], [2], [3], [4]])
    #expect(walk.faults == ["timeWentBack 2 @ 41"])
  }

  @Test func fractionsBeyondASecondDoNotTrap() throws {
    var file = Pcap.file([TestPacket(1, [1])], nanoseconds: false)
    for index in 24..<32 { file[index] = 0xFF }
    #expect(try walk(file).packets[0].nanoseconds == 4_294_967_295_000_000_000 + 4_294_967_295_000)
  }

  @Test func headerWithoutPacketsIsAnEmptyCapture() throws {
    let walk = try walk(Pcap.header())
    #expect(walk.packets.isEmpty && walk.readings.isEmpty)
  }

  @Test func prefaultingChangesNothing() throws {
    let folder = TestFolder()
    let set = try CaptureSet(paths: [folder.write(Pcap.file(packets)), folder.write(Pcap.file(packets), as: "b")])
    #expect(set.prefault(limitBytes: 0) == 0)
    #expect(set.prefault(limitBytes: 300) == 300)
    #expect(set.prefault(limitBytes: .max) == set.totalBytes)
    #expect(set.totalBytes == 2 * Pcap.file(packets).count)
    #expect(Walk(set).packets.count == 6)
  }
}
