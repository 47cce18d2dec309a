import FeedCore
import Testing

@testable import FeedIO

/// Files of one recording, one after the other.
struct RecordingRotationTests {
  private static let second: UInt64 = 1_000_000_000

  /// All packets of the folder's files, in the order of their names.
  private func packets(_ folder: TestFolder) throws -> [[TestPacket]] {
    try folder.names("out").map { name in
      let walk = Walk(try CaptureSet(paths: [folder.path + "/out/" + name]))
      #expect(walk.readings.isEmpty, "\(name): \(walk.faults)")
      return walk.packets
    }
  }

  @Test(arguments: RecordingFormat.allCases, [4_096 as Int64, 20_000])
  func filesStayBelowTheirLimitAndLoseNothing(format: RecordingFormat, limit: Int64) throws {
    let seed = recordingSeed("rotation")
    let packets = PacketMemory.random(2_000, seed: seed, lengthMaximum: 9_216)
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/out")
    options.format = format
    options.rotateBytes = limit
    let figures = try record(packets, options)
    let files = try self.packets(folder)
    #expect(files.flatMap { $0 } == packets)
    #expect(figures.files == UInt64(files.count) && files.count > 10)
    #expect(files.allSatisfy { !$0.isEmpty })
    for (index, name) in folder.names("out").enumerated() where files[index].count > 1 {
      #expect(Int64(try folder.bytes("out/" + name).count) <= limit, "\(name)")
    }
  }

  @Test func aFileEndsExactlyWhereTheNextPacketWouldNotFit() throws {
    // 24 bytes of header and 16 + 84 of each packet: 40 of them are 4,024 bytes, 41 would be 4,124.
    let packets = (0..<100).map { TestPacket(UInt64($0), [UInt8](repeating: UInt8($0), count: 84)) }
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/out")
    options.format = .pcap
    options.rotateBytes = 4_123
    _ = try record(packets, options)
    #expect(try self.packets(folder).map(\.count) == [40, 40, 20])
    options.path = folder.path + "/exact"
    options.rotateBytes = 4_124
    _ = try record(packets, options)
    let counts = try folder.names("exact").map { try CaptureSet(paths: [folder.path + "/exact/" + $0]) }
      .map { Walk($0).packets.count }
    #expect(counts == [41, 41, 18])
  }

  @Test(arguments: RecordingFormat.allCases)
  func filesBeginOnMultiplesOfTheirTime(format: RecordingFormat) throws {
    // 14:29:59.5, one just before and one just at 14:30:00, then a gap of several minutes.
    let half = 1_767_623_399 * Self.second + 500_000_000
    let full = 1_767_623_400 * Self.second
    let times = [half, full - 1, full, full + 1, full + 59 * Self.second, full + 400 * Self.second]
    let packets = times.enumerated().map { TestPacket($0.element, [UInt8($0.offset)]) }
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/out")
    options.format = format
    options.rotateNanoseconds = 60 * Self.second
    _ = try record(packets, options, name: "feed a:0")
    #expect(folder.names("out") == [
      "feed_a_0-20260105T142959.500000000Z-000001" + format.suffix,
      "feed_a_0-20260105T143000.000000000Z-000002" + format.suffix,
      "feed_a_0-20260105T143640.000000000Z-000003" + format.suffix,
    ])
    #expect(try self.packets(folder).map { $0.map(\.nanoseconds) } == [
      Array(times[0..<2]), Array(times[2..<5]), Array(times[5...]),
    ])
  }

  @Test func aFileNameThatRotatesBecomesTheBeginningOfNames() throws {
    let packets = (0..<3).map { TestPacket(UInt64($0) * Self.second, [1]) }
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/day.pcap")
    options.rotateNanoseconds = Self.second
    _ = try record(packets, options)
    #expect(folder.names() == (1...3).map { "day-1970010\(1)T00000\($0 - 1).000000000Z-00000\($0).pcap" })
  }

  @Test func statisticsOfEveryFileCountOn() throws {
    let packets = (0..<4).map { TestPacket(UInt64($0) * Self.second, [1]) }
    let folder = TestFolder()
    var options = RecordingOptions(path: folder.path + "/out")
    options.rotateNanoseconds = 2 * Self.second
    _ = try record(packets, options)
    let statistics = try folder.names("out").map { try PcapngBlocks(folder.bytes("out/" + $0)).statistics }
    #expect(statistics.map { $0.map(\.delivered) } == [[2], [4]])
    // There is no queue to ask.
    #expect(statistics.allSatisfy { $0.allSatisfy { $0.received == nil && $0.droppedBySystem == nil } })
  }
}
