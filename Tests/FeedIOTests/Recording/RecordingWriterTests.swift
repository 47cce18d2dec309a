import FeedCore
import Testing

@testable import FeedIO

/// What recordings hold, read back by feedh's readers, by libpcap and by hand.
struct RecordingWriterTests {
  static let libpcap = LibpcapReader.isHere

  @Test func onePacketInAPcapIsTheseBytes() throws {
    let folder = TestFolder()
    let figures = try record(
      [TestPacket(1_767_623_400_000_000_123, [0xDE, 0xAD, 0xBE], wireLength: 60)],
      RecordingOptions(path: folder.path + "/one.pcap"))
    #expect(figures.writtenPackets == 1 && figures.cutPackets == 1 && figures.files == 1)
    let expected: [UInt8] = [
      // Nanosecond magic, version 2.4, zeros, snap length 262,144, Ethernet.
      0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
      // 1,767,623,400 s (0x695BCAE8), 123 ns, 3 of 60 bytes.
      0xE8, 0xCA, 0x5B, 0x69, 123, 0, 0, 0, 3, 0, 0, 0, 60, 0, 0, 0, 0xDE, 0xAD, 0xBE,
    ]
    #expect(try folder.bytes("one.pcap") == expected)
  }

  @Test func onePacketInAPcapngIsTheseBytes() throws {
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/one.pcapng")
    options.application = "test"
    options.snapLength = 1_518
    let recorder = try Recorder(options)
    let tap = try recorder.makeTap(
      name: "eth0",
      interfaces: [
        RecordingInterface(name: "eth0") {
          var figures = LiveQueueFigures()
          figures.packets = 5
          figures.drops = 2
          return figures
        }
      ])
    recorder.start()
    PacketMemory([TestPacket(0x0102_0304_0506_0708, [0xDE, 0xAD, 0xBE], wireLength: 60)]).offer(to: tap)
    recorder.stop()
    let time: [UInt8] = [4, 3, 2, 1, 8, 7, 6, 5]
    let section: [UInt8] =
      [0x0A, 0x0D, 0x0D, 0x0A, 40, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0]
      + [UInt8](repeating: 0xFF, count: 8) + [4, 0, 4, 0] + Array("test".utf8) + [0, 0, 0, 0, 40, 0, 0, 0]
    let interface: [UInt8] =
      [1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0xEE, 5, 0, 0, 2, 0, 4, 0] + Array("eth0".utf8)
      + [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0]
    let packet: [UInt8] =
      [6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0] + time + [3, 0, 0, 0, 60, 0, 0, 0, 0xDE, 0xAD, 0xBE, 0, 36, 0, 0, 0]
    // Start, end, received 7, dropped by the system 2, delivered 1.
    let statistics: [UInt8] =
      [5, 0, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0] + time + [2, 0, 8, 0] + time + [3, 0, 8, 0] + time
      + [4, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0] + [7, 0, 8, 0, 2, 0, 0, 0, 0, 0, 0, 0]
      + [8, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 88, 0, 0, 0]
    #expect(try folder.bytes("one.pcapng") == section + interface + packet + statistics)
  }

  @Test(arguments: RecordingFormat.allCases)
  func randomPacketsAreReadBackByFeedhAsTheyWere(format: RecordingFormat) throws {
    let packets = PacketMemory.random(3_000, seed: recordingSeed("randomPackets"))
    let folder = TestFolder()
    let path = folder.path + "/day" + format.suffix
    let figures = try record(packets, RecordingOptions(path: path))
    #expect(figures.offeredPackets == 3_000 && figures.writtenPackets == 3_000 && figures.ringDroppedPackets == 0)
    #expect(figures.writtenBytes == packets.reduce(0) { $0 + UInt64($1.bytes.count) })
    #expect(figures.cutPackets == packets.reduce(0) { $0 + ($1.wireLength > $1.bytes.count ? 1 : 0) })
    let walk = Walk(try CaptureSet(paths: [path]))
    #expect(walk.packets == packets)
    #expect(walk.readings.isEmpty, "\(walk.faults)")
  }

  @Test(.enabled(if: libpcap, "libpcap is not installed"), arguments: RecordingFormat.allCases)
  func randomPacketsAreReadBackByLibpcapAsTheyWere(format: RecordingFormat) throws {
    let packets = PacketMemory.random(1_000, seed: recordingSeed("libpcap"))
    let folder = TestFolder()
    let path = folder.path + "/day" + format.suffix
    _ = try record(packets, RecordingOptions(path: path))
    let read = try LibpcapReader(path)
    #expect(read.packets == packets)
    #expect(read.link == 1)
  }

  @Test(arguments: RecordingFormat.allCases)
  func longestPacketsAndNoPacketsAreRecorded(format: RecordingFormat) throws {
    let folder = TestFolder()
    let jumbo = [
      TestPacket(5, [UInt8](repeating: 7, count: 65_549)), TestPacket(6, [UInt8](repeating: 8, count: 262_144)),
    ]
    _ = try record(jumbo, RecordingOptions(path: folder.path + "/jumbo" + format.suffix))
    #expect(Walk(try CaptureSet(paths: [folder.path + "/jumbo" + format.suffix])).packets == jumbo)

    let figures = try record([], RecordingOptions(path: folder.path + "/none" + format.suffix))
    #expect(figures.offeredPackets == 0 && figures.files == 1)
    let walk = Walk(try CaptureSet(paths: [folder.path + "/none" + format.suffix]))
    #expect(walk.packets.isEmpty && walk.readings.isEmpty)
  }

  @Test(arguments: RecordingFormat.allCases)
  func theSnapLengthCutsPacketsAndKeepsTheirLength(format: RecordingFormat) throws {
    let packets = PacketMemory.random(200, seed: 3)
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/cut" + format.suffix)
    options.snapLength = 96
    let figures = try record(packets, options)
    let expected = packets.map { TestPacket($0.nanoseconds, Array($0.bytes.prefix(96)), wireLength: $0.wireLength) }
    #expect(Walk(try CaptureSet(paths: [options.path])).packets == expected)
    #expect(figures.cutPackets == expected.reduce(0) { $0 + ($1.wireLength > $1.bytes.count ? 1 : 0) })
    #expect(figures.writtenBytes == expected.reduce(0) { $0 + UInt64($1.bytes.count) })
  }

  @Test func aPcapKeepsOneLinkTypeAndCountsTheOthers() throws {
    let folder = TestFolder()
    let recorder = try Recorder(RecordingOptions(path: folder.path + "/one.pcap"))
    let tap = try recorder.makeTap(name: "a", interfaces: [RecordingInterface(name: "a")])
    recorder.start()
    PacketMemory([TestPacket(1, [1]), TestPacket(2, [2])], link: .rawIP).offer(to: tap)
    PacketMemory([TestPacket(3, [3])]).offer(to: tap)
    recorder.stop()
    let figures = recorder.figures()[0]
    #expect(figures.writtenPackets == 2 && figures.otherLinkPackets == 1)
    let walk = Walk(try CaptureSet(paths: [folder.path + "/one.pcap"]))
    #expect(walk.packets.map(\.bytes) == [[1], [2]] && walk.links == [.rawIP, .rawIP])
  }

  @Test func aPcapngKeepsEachQueueAndLinkTypeAsAnInterface() throws {
    let folder = TestFolder()
    let recorder = try Recorder(RecordingOptions(path: folder.path + "/two.pcapng"))
    let tap = try recorder.makeTap(
      name: "both", interfaces: [RecordingInterface(name: "feed-a:0"), RecordingInterface(name: "feed-b:0")])
    recorder.start()
    PacketMemory([TestPacket(1, [1])]).offer(to: tap, interface: 1)
    PacketMemory([TestPacket(2, [2])]).offer(to: tap, interface: 0)
    PacketMemory([TestPacket(3, [3])], link: .linuxSLL).offer(to: tap, interface: 1)
    PacketMemory([TestPacket(4, [4])]).offer(to: tap, interface: 1)
    recorder.stop()
    let walk = Walk(try CaptureSet(paths: [folder.path + "/two.pcapng"]))
    #expect(walk.packets.map(\.bytes) == [[1], [2], [3], [4]])
    #expect(walk.links == [.ethernet, .ethernet, .linuxSLL, .ethernet])
    let blocks = try PcapngBlocks(folder.bytes("two.pcapng"))
    #expect(blocks.interfaceNames == ["feed-b:0", "feed-a:0", "feed-b:0"])
    #expect(blocks.packetInterfaces == [0, 1, 2, 0])
    // Of a queue, whatever the link type.
    #expect(blocks.statistics.map(\.delivered) == [3, 1, 3])
  }
}
