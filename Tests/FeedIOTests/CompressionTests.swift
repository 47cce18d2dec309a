import FeedCore
import Testing

@testable import FeedIO

/// Packed captures, made with the programs `gzip` and `zstd`.
@Suite struct CompressionTests {
  private let packets = (0..<500).map { index in
    TestPacket(UInt64(index) * 1_000, [UInt8](repeating: UInt8(index & 0xFF), count: index))
  }

  static let gzip = Program.path("gzip") != nil && hasLibrary("libz.so.1")
  static let zstd = Program.path("zstd") != nil && hasLibrary("libzstd.so.1")

  @Suite(.enabled(if: CompressionTests.gzip, "needs the program gzip and libz.so.1 (Debian: gzip, zlib1g)"))
  struct Gzip {
    private let packets = CompressionTests().packets

    @Test func everyKindIsReadThroughGzip() throws {
      for file in [
        Pcap.file([TestPacket(5, [1])]), Pcap.file([TestPacket(5, [1])], bigEndian: true),
        Pcapng.section() + Pcapng.interface(resolution: 9) + Pcapng.enhanced([1], ticks: 5),
      ] {
        let walk = try walk(try Program.pack(file, with: "gzip"))
        #expect(walk.packets == [TestPacket(5, [1])] && walk.readings.isEmpty)
      }
      let message = Messages.systemEvent(7)
      #expect(try walk(try Program.pack(Messages.prefixed(message), with: "gzip")).packets == [TestPacket(7, message)])
    }

    @Test func membersFollowOneAnother() throws {
      let file = Pcap.file(packets)
      let first = try Program.pack(Array(file[..<10_000]), with: "gzip")
      let second = try Program.pack(Array(file[10_000...]), with: "gzip")
      let walk = try walk(first + second)
      #expect(walk.packets == packets && walk.readings.isEmpty)
      let padded = try FeedIOTests.walk(first + second + [0, 0, 0, 0, 0])
      #expect(padded.packets == packets && padded.readings.isEmpty)
      let followed = try FeedIOTests.walk(first + second + [1, 2, 3])
      #expect(followed.packets == packets)
      #expect(followed.faults == ["corruptCompression 1 @ \(first.count + second.count)"])
    }

    @Test func moreThanOneBufferIsUnpacked() throws {
      let many = (0..<3_000).map { TestPacket(UInt64($0), [UInt8](repeating: UInt8($0 & 0xFF), count: 1_400)) }
      let walk = try walk(try Program.pack(Pcap.file(many), with: "gzip"))
      #expect(walk.packets.count == 3_000 && walk.packets.last == many.last && walk.readings.isEmpty)
    }

    @Test func truncatedDataGivesWhatCameOut() throws {
      let packed = try Program.pack(Pcap.file(packets), with: "gzip")
      for length in [packed.count - 1, packed.count - 8, packed.count - 9, packed.count / 2] {
        let walk = try walk(Array(packed[..<length]))
        #expect(walk.packets == Array(packets[..<walk.packets.count]))
        #expect(!walk.packets.isEmpty)
        #expect(walk.faults.contains("truncatedCompression 1 @ \(length)"))
      }
    }

    @Test func damagedDataGivesWhatCameOutBefore() throws {
      var packed = try Program.pack(Pcap.file(packets), with: "gzip")
      // The check sum of the whole: everything came out before it was found wrong.
      packed[packed.count - 6] ^= 0x10
      let walk = try walk(packed)
      #expect(walk.packets == packets)
      #expect(walk.readings.map(\.name) == ["corruptCompression"])
    }

    @Test func gzipOfNothingOrOfTextIsAnError() throws {
      let packed = try Program.pack(Pcap.file(packets), with: "gzip")
      guard case .nothingDecompressed? = openingError(Array(packed[..<12])) else {
        Issue.record("a gzip header alone opened")
        return
      }
      let text = openingError(try Program.pack(Array("hello, world".utf8), with: "gzip"))
      #expect(text?.description.contains("\"hello, w\", unpacked from gzip") == true)
      let twice = openingError(try Program.pack(packed, with: "gzip"))
      #expect(twice?.description.contains("is no capture") == true)
    }

    @Test func packedAndPlainFilesMerge() throws {
      let packed = try Program.pack(Pcap.file([TestPacket(5, [1])]), with: "gzip")
      let walk = try walk(packed, Pcap.file([TestPacket(4, [2])]))
      #expect(walk.packets == [TestPacket(4, [2]), TestPacket(5, [1])])
    }
  }

  @Suite(.enabled(if: CompressionTests.zstd, "needs the program zstd and libzstd.so.1 (Debian: zstd, libzstd1)"))
  struct Zstd {
    private let packets = CompressionTests().packets

    @Test func framesFollowOneAnother() throws {
      let file = Pcap.file(packets)
      let first = try Program.pack(Array(file[..<10_000]), with: "zstd")
      let second = try Program.pack(Array(file[10_000...]), with: "zstd")
      let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
      for bytes in [try Program.pack(file, with: "zstd"), first + second, skippable + first + skippable + second] {
        let walk = try walk(bytes)
        #expect(walk.packets == packets && walk.readings.isEmpty)
      }
    }

    @Test func moreThanOneBufferIsUnpacked() throws {
      let many = (0..<3_000).map { TestPacket(UInt64($0), [UInt8](repeating: UInt8($0 & 0xFF), count: 1_400)) }
      let walk = try walk(try Program.pack(Pcap.file(many), with: "zstd"))
      #expect(walk.packets.count == 3_000 && walk.packets.last == many.last && walk.readings.isEmpty)
    }

    @Test func truncatedDataGivesWhatCameOut() throws {
      var random = CaptureRandom(7)
      let many = (0..<400).map { index in
        TestPacket(UInt64(index), (0..<1_400).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      }
      let packed = try Program.pack(Pcap.file(many), with: "zstd")
      for length in [packed.count - 1, packed.count - 10, packed.count / 2] {
        let walk = try walk(Array(packed[..<length]))
        #expect(walk.packets == Array(many[..<walk.packets.count]) && !walk.packets.isEmpty)
        #expect(walk.faults.contains("truncatedCompression 1 @ \(length)"))
      }
    }

    @Test func somethingElseAfterTheLastFrameIsCounted() throws {
      let walk = try walk(try Program.pack(Pcap.file(packets), with: "zstd") + Array("not a frame".utf8))
      #expect(walk.packets == packets)
      #expect(walk.readings.map(\.name) == ["corruptCompression"])
    }
  }
}
