import Testing

@testable import FeedIO

/// Recordings that cannot be: one line each, with the remedy, before anything is received.
struct RecordingErrorTests {
  /// What opening a tap with these options throws.
  private func error(_ options: RecordingOptions) -> RecordingError? {
    do throws(RecordingError) {
      _ = try Recorder(options).makeTap(name: "a", interfaces: [RecordingInterface(name: "a")])
      return nil
    } catch {
      return error
    }
  }

  @Test func aRecordingIsNeverWrittenOver() throws {
    let folder = TestFolder()
    let path = folder.write([1, 2, 3], as: "day.pcap")
    #expect(error(RecordingOptions(path: path)) == .exists(path: path))
    #expect(try folder.bytes("day.pcap") == [1, 2, 3])
  }

  @Test func namesThatCannotBeAreRefused() {
    let folder = TestFolder()
    let packed = folder.path + "/day.pcap.zst"
    #expect(error(RecordingOptions(path: packed)) == .packedName(path: packed))
    var unlike = RecordingOptions(path: folder.path + "/day.pcap")
    unlike.format = .pcapng
    #expect(error(unlike) == .formatUnlikeName(path: unlike.path, format: .pcapng))
    let file = folder.write([1], as: "file")
    #expect(error(RecordingOptions(path: file)) == .noFolder(path: file, reason: "Not a directory"))
    let missing = folder.path + "/none/day.pcap"
    #expect(error(RecordingOptions(path: missing)) == .cannotOpen(path: missing, reason: "No such file or directory"))
  }

  @Test func aFolderIsMadeWithItsParents() throws {
    let folder = TestFolder()
    _ = try record([TestPacket(1, [1])], RecordingOptions(path: folder.path + "/a/b/"))
    #expect(folder.names("a/b") == ["eth0-19700101T000000.000000001Z-000001.pcapng"])
  }

  @Test func optionsOutOfRangeAreRefused() {
    let changes: [(inout RecordingOptions) -> Void] = [
      { $0.snapLength = 0 }, { $0.snapLength = 262_145 }, { $0.rotateBytes = 4_095 },
      { $0.rotateNanoseconds = 999_999_999 }, { $0.ringBytes = 1_000 }, { $0.ringBytes = (1 << 34) + 1 },
    ]
    for change in changes {
      var options = RecordingOptions(path: "unused")
      change(&options)
      guard case .outOfRange = error(options) else {
        Issue.record("accepted: \(options)")
        continue
      }
    }
    var options = RecordingOptions(path: "unused")
    options.cpu = 1_000_000
    #expect(error(options) == .notAllowedCPU(1_000_000))
  }

  @Test func oneFileTakesOneTap() throws {
    let folder = TestFolder()
    let recorder = try Recorder(RecordingOptions(path: folder.path + "/day.pcapng"))
    _ = try recorder.makeTap(name: "a", interfaces: [RecordingInterface(name: "a")])
    #expect(throws: RecordingError.severalIntoOneFile(path: folder.path + "/day.pcapng", queues: 2)) {
      _ = try recorder.makeTap(name: "b", interfaces: [RecordingInterface(name: "b")])
    }
  }

  @Test func aDiskThatIsFullEndsTheWritingAndEverythingIsCounted() throws {
    // Always full. Its name says no format, so a link does.
    let folder = TestFolder()
    let path = folder.path + "/day.pcap"
    try #require(symlinkToFullDevice(path))
    let packets = (0..<3_000).map { TestPacket(UInt64($0), [UInt8](repeating: 1, count: 1_000)) }
    let figures = try record(packets, RecordingOptions(path: path))
    #expect(figures.failure == .cannotWrite(path: path, reason: "No space left on device"))
    #expect(figures.offeredPackets == 3_000 && figures.notWrittenPackets == 3_000)
    #expect(figures.writtenPackets == 0 && figures.writtenBytes == 0 && figures.ringDroppedPackets == 0)
  }
}
