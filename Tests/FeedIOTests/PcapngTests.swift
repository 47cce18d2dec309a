import FeedCore
import Testing

@testable import FeedIO

@Suite struct PcapngTests {
  private let time: UInt64 = 1_700_000_000_123_456_789

  @Test(arguments: [false, true])
  func everyPacketBlockIsRead(bigEndian: Bool) throws {
    let file =
      Pcapng.section(bigEndian: bigEndian)
      + Pcapng.interface(snapLength: 5, resolution: 9, bigEndian: bigEndian)
      + Pcapng.simple([9, 9], bigEndian: bigEndian)
      + Pcapng.enhanced([1, 2, 3], ticks: time, wireLength: 90, bigEndian: bigEndian, options: [0, 0, 0, 0])
      + Pcapng.block(5, [0, 0, 0, 0], bigEndian: bigEndian)
      + Pcapng.obsolete([4, 5, 6, 7], ticks: time + 1, bigEndian: bigEndian)
      + Pcapng.simple([1, 2, 3, 4, 5], wireLength: 70, bigEndian: bigEndian)
      + Pcapng.block(0xBAD, [1, 2, 3, 4], bigEndian: bigEndian)
    let walk = try walk(file)
    #expect(
      walk.packets == [
        TestPacket(0, [9, 9]), TestPacket(time, [1, 2, 3], wireLength: 90), TestPacket(time + 1, [4, 5, 6, 7]),
        // Simple packets have no time of their own, and end at the interface's snap length.
        TestPacket(time + 1, [1, 2, 3, 4, 5], wireLength: 70),
      ])
    #expect(walk.readings.isEmpty && walk.recordIndexes == [0, 1, 2, 3])
  }

  @Test func timeResolutionsAndOffsets() throws {
    let seconds: UInt64 = 1_700_000_000
    let cases: [(resolution: UInt8?, offset: Int64?, ticks: UInt64, nanoseconds: UInt64)] = [
      (nil, nil, seconds * 1_000_000 + 5, seconds * 1_000_000_000 + 5_000),
      (0, nil, seconds, seconds * 1_000_000_000),
      (3, nil, seconds * 1_000 + 7, seconds * 1_000_000_000 + 7_000_000),
      (6, nil, seconds * 1_000_000 + 7, seconds * 1_000_000_000 + 7_000),
      (9, nil, time, time),
      (10, nil, 12_345_678_901, 1_234_567_890),
      (12, nil, 5_999, 5),
      (19, nil, .max, 1_844_674_407),
      (127, nil, .max, 0),
      (9, 1_000, 5, 1_000_000_000_005),
      (9, -1, 3_000_000_001, 2_000_000_001),
      (9, -10, 3_000_000_001, 0),
      (0x80, nil, seconds, seconds * 1_000_000_000),
      (0x80 | 1, nil, 3, 1_500_000_000),
      (0x80 | 10, nil, 1_024 + 512, 1_500_000_000),
      (0x80 | 32, nil, seconds << 32 | 1 << 31, seconds * 1_000_000_000 + 500_000_000),
      (0x80 | 63, nil, 1 << 63, 1_000_000_000),
      (0x80 | 127, nil, .max, 0),
      (0x80 | 32, 7, 1 << 31, 7_500_000_000),
      (9, nil, .max, UInt64(Int64.max)),
      (0, nil, .max, UInt64(Int64.max)),
      (6, .max, 1, UInt64(Int64.max)),
      (6, .min, .max, 0),
    ]
    for (index, item) in cases.enumerated() {
      for bigEndian in [false, true] {
        let file =
          Pcapng.section(bigEndian: bigEndian)
          + Pcapng.interface(resolution: item.resolution, offsetSeconds: item.offset, bigEndian: bigEndian)
          + Pcapng.enhanced([1], ticks: item.ticks, bigEndian: bigEndian)
        let walk = try walk(file)
        #expect(walk.packets.map(\.nanoseconds) == [item.nanoseconds], "case \(index)")
        #expect(walk.readings.isEmpty)
      }
    }
  }

  @Test func interfacesHaveTheirOwnLinkAndClock() throws {
    let walk = try walk(
      Pcapng.section() + Pcapng.interface(link: 1, resolution: 9) + Pcapng.interface(link: 276, resolution: 6)
        + Pcapng.enhanced([1], ticks: 1_000_000) + Pcapng.enhanced([2], ticks: 2_000, interface: 1)
        + Pcapng.interface(link: 101, resolution: 3) + Pcapng.enhanced([3], ticks: 3, interface: 2))
    #expect(walk.packets == [TestPacket(1_000_000, [1]), TestPacket(2_000_000, [2]), TestPacket(3_000_000, [3])])
    #expect(walk.links == [.ethernet, .linuxSLL2, .rawIP])
  }

  @Test func sectionsHaveTheirOwnByteOrderAndInterfaces() throws {
    let first = Pcapng.section() + Pcapng.interface(resolution: 9) + Pcapng.interface(resolution: 9)
    let second = Pcapng.section(bigEndian: true) + Pcapng.interface(link: 113, resolution: 9, bigEndian: true)
    let lost = Pcapng.enhanced([8], ticks: 30, interface: 1, bigEndian: true)
    let walk = try walk(
      first + Pcapng.enhanced([1], ticks: 10, interface: 1) + second + lost
        + Pcapng.enhanced([2], ticks: 20, bigEndian: true) + Pcapng.section() + Pcapng.interface(resolution: 9)
        + Pcapng.enhanced([3], ticks: 30))
    #expect(walk.packets == [TestPacket(10, [1]), TestPacket(20, [2]), TestPacket(30, [3])])
    #expect(walk.links == [.ethernet, .linuxSLL, .ethernet])
    #expect(walk.recordIndexes == [0, 2, 3], "a packet that cannot be read keeps its place")
    #expect(walk.faults == ["unknownInterface 1 @ \(first.count + 36 + second.count)"])
  }

  @Test func manyInterfacesAreKept() throws {
    let count = 1_000
    let file =
      Pcapng.section() + (0..<count).flatMap { _ in Pcapng.interface(resolution: 9) }
      + Pcapng.enhanced([1], ticks: 5, interface: UInt32(count - 1))
      + Pcapng.enhanced([2], ticks: 6, interface: UInt32(count))
    let walk = try walk(file)
    #expect(walk.packets == [TestPacket(5, [1])])
    #expect(walk.readings.map(\.name) == ["unknownInterface"])
  }

  @Test func fileCutAnywhereGivesWhatIsWhole() throws {
    let blocks = [
      Pcapng.section(), Pcapng.interface(resolution: 9), Pcapng.enhanced([1, 2, 3], ticks: 10),
      Pcapng.simple([4, 5]), Pcapng.obsolete([6], ticks: 11), Pcapng.section(bigEndian: true),
      Pcapng.interface(resolution: 9, bigEndian: true), Pcapng.enhanced([7], ticks: 12, bigEndian: true),
    ]
    let packets: [TestPacket?] = [
      nil, nil, TestPacket(10, [1, 2, 3]), TestPacket(10, [4, 5]), TestPacket(11, [6]), nil, nil, TestPacket(12, [7]),
    ]
    let file = blocks.flatMap { $0 }
    var ends = [0]
    for block in blocks { ends.append(ends.last! + block.count) }
    for length in 0...file.count {
      let bytes = Array(file[..<length])
      if length < 12 {
        #expect(openingError(bytes) != nil)
        continue
      }
      let whole = ends.lastIndex { $0 <= length }!
      let walk = try walk(bytes)
      #expect(walk.packets == packets[..<whole].compactMap { $0 })
      #expect(walk.faults == (ends.contains(length) ? [] : ["truncatedTail 1 @ \(ends[whole])"]))
    }
  }

  @Test func badBlockLengthEndsTheFileAtItsPlace() throws {
    let start = Pcapng.section() + Pcapng.interface(resolution: 9) + Pcapng.enhanced([1], ticks: 10)
    let good = Pcapng.enhanced([2], ticks: 11)
    for length in [UInt32(0), 4, 8, 11, 13, 34, 28, 0x4000_0000, 0xFFFF_FFFC] {
      let walk = try walk(start + Pcapng.block(6, [UInt8](repeating: 0, count: 24), length: length) + good)
      #expect(walk.packets == [TestPacket(10, [1])], "length \(length)")
      #expect(walk.faults == ["badBlock 1 @ \(start.count)"], "length \(length)")
    }
    let strange = try walk(start + Pcapng.section(major: 2) + good)
    #expect(strange.packets.count == 1 && strange.faults == ["badBlock 1 @ \(start.count)"])
    var order = Pcapng.section()
    order[8] = 0
    let unordered = try walk(start + order + good)
    #expect(unordered.packets.count == 1 && unordered.faults == ["badBlock 1 @ \(start.count)"])
  }

  @Test func capturedLengthThatContradictsItsBlockSkipsThatBlockOnly() throws {
    let start = Pcapng.section() + Pcapng.interface(resolution: 9)
    let good = Pcapng.enhanced([2], ticks: 11)
    let bad = [
      Pcapng.enhanced([1, 2, 3, 4], ticks: 10, capturedLength: 5),
      Pcapng.enhanced([1, 2, 3, 4], ticks: 10, capturedLength: 0xFFFF_FFFF), Pcapng.block(6, [0, 0, 0, 0]),
      Pcapng.block(2, []), Pcapng.block(3, []), Pcapng.simple([1, 2, 3, 4], wireLength: 5),
    ]
    for block in bad {
      let walk = try walk(start + block + good)
      #expect(walk.packets == [TestPacket(11, [2])])
      #expect(walk.recordIndexes == [1])
      #expect(walk.faults == ["badRecordLength 1 @ \(start.count)"])
    }
  }

  @Test func simplePacketWithoutInterfaceIsCounted() throws {
    let walk = try walk(Pcapng.section() + Pcapng.simple([1]))
    #expect(walk.packets.isEmpty && walk.faults == ["unknownInterface 1 @ 28"])
  }

  @Test func optionBeyondItsBlockIsCountedAndThoseBeforeItCount() throws {
    var writer = ByteWriter()
    writer.integer(UInt16(1))
    writer.integer(UInt16(0))
    writer.integer(UInt32(0))
    writer.bytes += Pcapng.option(9, [9])
    writer.integer(UInt16(14))
    writer.integer(UInt16(400))
    writer.bytes += [1, 2, 3, 4]
    let walk = try walk(Pcapng.section() + Pcapng.block(1, writer.bytes) + Pcapng.enhanced([1], ticks: time))
    #expect(walk.packets == [TestPacket(time, [1])])
    #expect(walk.faults == ["badOption 1 @ \(28 + 16 + 8)"])
  }

  @Test func unknownBlocksAreSkippedAndCounted() throws {
    let start = Pcapng.section() + Pcapng.interface(resolution: 9)
    let walk = try walk(
      start + Pcapng.block(0x7777, [1, 2, 3, 4]) + Pcapng.enhanced([1], ticks: 5) + Pcapng.block(0x7778, []))
    #expect(walk.packets == [TestPacket(5, [1])])
    #expect(walk.faults == ["unknownBlock 2 @ \(start.count)"])
  }
}
