import FeedCore
import Testing

@testable import FeedIO

@Suite struct MergeTests {
  @Test func earliestGoesFirstAndTiesFollowTheCommandLine() throws {
    let a = Pcap.file([TestPacket(10, [1]), TestPacket(20, [2]), TestPacket(20, [3]), TestPacket(50, [4])])
    let b = Pcap.file([TestPacket(10, [5]), TestPacket(15, [6]), TestPacket(20, [7]), TestPacket(60, [8])])
    let c = Pcap.file([TestPacket(5, [9]), TestPacket(20, [10])])
    let walk = try walk(a, b, c)
    #expect(walk.packets.map { $0.bytes[0] } == [9, 1, 5, 6, 2, 3, 7, 10, 4, 8])
    #expect(walk.fileIndexes == [2, 0, 1, 1, 0, 0, 1, 2, 0, 1])
    #expect(walk.recordIndexes == [0, 0, 0, 1, 1, 2, 2, 1, 3, 3])
  }

  @Test func packetOlderThanOneBeforeItWaitsForThatOnesTime() throws {
    let a = Pcap.file([TestPacket(30, [1]), TestPacket(5, [2]), TestPacket(31, [3])])
    let b = Pcap.file([TestPacket(10, [4]), TestPacket(29, [5]), TestPacket(30, [6])])
    let walk = try walk(a, b)
    #expect(walk.packets.map { $0.bytes[0] } == [4, 5, 1, 2, 6, 3])
    #expect(walk.packets.map(\.nanoseconds) == [10, 29, 30, 30, 30, 31])
    #expect(walk.faults == ["timeWentBack 1 @ 41"])
  }

  @Test func kindsOfCaptureMixAndEmptyOnesDoNotMatter() throws {
    let a = Pcap.header()
    let b = Pcapng.section() + Pcapng.interface(resolution: 9) + Pcapng.enhanced([1], ticks: 20)
    let c = Pcap.file([TestPacket(10_000, [2])], bigEndian: true, nanoseconds: false)
    let walk = try walk(a, b, c)
    #expect(walk.packets == [TestPacket(20, [1]), TestPacket(10_000, [2])])
    #expect(walk.fileIndexes == [1, 2])
  }

  @Test func oneCopyNamedTwiceIsTwoFiles() throws {
    let folder = TestFolder()
    let path = folder.write(Pcap.file([TestPacket(1, [1]), TestPacket(2, [2])]))
    let walk = Walk(try CaptureSet(paths: [path, path]))
    #expect(walk.fileIndexes == [0, 1, 0, 1])
  }

  @Test func mergeEqualsAStableSortByRunningMaximum() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("mergeEqualsAStableSort: seed \(seed)")
    var random = CaptureRandom(seed)
    for _ in 0..<20 {
      let fileCount = Int(random.next() % 9) + 2
      var expected: [(time: UInt64, file: Int, index: Int)] = []
      let folder = TestFolder()
      var paths: [String] = []
      for file in 0..<fileCount {
        var packets: [TestPacket] = []
        var clock: UInt64 = 0
        var now = random.next() % 100
        for index in 0..<Int(random.next() % 200) {
          now = now &+ random.next() % 7 &- (now > 10 && random.next() % 5 == 0 ? 3 : 0)
          clock = max(clock, now)
          packets.append(TestPacket(now, [UInt8(file), UInt8(index & 0xFF)]))
          expected.append((clock, file, index))
        }
        paths.append(folder.write(Pcap.file(packets), as: "\(file)"))
      }
      expected.sort { ($0.time, $0.file, $0.index) < ($1.time, $1.file, $1.index) }
      let set = try CaptureSet(paths: paths)
      for burst in [1, 7, 64] {
        let walk = Walk(set, burst: burst)
        #expect(walk.packets.map(\.nanoseconds) == expected.map(\.time), "seed \(seed)")
        #expect(walk.fileIndexes.map(Int.init) == expected.map(\.file), "seed \(seed)")
        #expect(walk.recordIndexes.map(Int.init) == expected.map(\.index), "seed \(seed)")
      }
    }
  }
}
