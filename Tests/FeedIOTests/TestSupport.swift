import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// A folder of its own for one test, removed afterwards.
final class TestFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "feedh-test-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func write(_ bytes: [UInt8], as name: String = "capture") -> String {
    let file = path + "/" + name
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// All that a walk gave: packets copied out, and the counters.
struct Walk {
  var packets: [TestPacket] = []
  var recordIndexes: [UInt64] = []
  var fileIndexes: [UInt16] = []
  var links: [LinkType] = []
  var readings: [CaptureReading] = []
  var delivered: UInt64 = 0

  /// "truncatedTail 1 @ 120", the first occurrence's offset last.
  var faults: [String] { readings.map { "\($0.name) \($0.count) @ \($0.firstOffset)" } }

  init(_ set: CaptureSet, burst: Int = 64) {
    let source = set.makeSource()
    let buffer = UnsafeMutableBufferPointer<Packet>.allocate(capacity: burst)
    defer { buffer.deallocate() }
    var clock: UInt64 = 0
    var consumed = 0
    while !source.isExhausted {
      let count = source.receive(into: buffer)
      for packet in buffer[..<count] {
        #expect(packet.captureNanoseconds >= clock, "the capture clock went back")
        clock = packet.captureNanoseconds
        #expect(packet.wireLength >= packet.capturedLength)
        packets.append(
          TestPacket(
            packet.captureNanoseconds,
            Array(UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength))),
            wireLength: Int(packet.wireLength)))
        recordIndexes.append(packet.recordIndex)
        fileIndexes.append(packet.fileIndex)
        links.append(packet.linkType)
      }
      #expect(source.consumedBytes >= consumed && source.consumedBytes <= set.totalBytes)
      consumed = source.consumedBytes
    }
    #expect(source.receive(into: buffer) == 0, "an exhausted source stays exhausted")
    #expect(source.consumedBytes == set.totalBytes, "what is not read is counted as passed")
    readings = source.readings
    delivered = source.packetsDelivered
    #expect(delivered == UInt64(packets.count))
  }
}

/// Walks files made of these bytes, at several burst sizes, which must not matter.
func walk(_ files: [UInt8]..., filter: String? = nil) throws -> Walk {
  let folder = TestFolder()
  let paths = files.enumerated().map { folder.write($0.element, as: "capture\($0.offset)") }
  let set = try CaptureSet(paths: paths, filter: filter)
  let result = Walk(set)
  for burst in [1, 3, 256] {
    let other = Walk(set, burst: burst)
    #expect(other.packets == result.packets && other.fileIndexes == result.fileIndexes)
    #expect(other.readings == result.readings && other.recordIndexes == result.recordIndexes)
  }
  return result
}

/// The error that opening these bytes gives, nil when they open.
func openingError(_ bytes: [UInt8], filter: String? = nil) -> CaptureError? {
  let folder = TestFolder()
  do throws(CaptureError) {
    _ = try CaptureSet(paths: [folder.write(bytes)], filter: filter)
    return nil
  } catch {
    return error
  }
}

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct CaptureRandom: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The folder of real captures: FEEDH_SHARED, else `shared` beside the checkout.
enum Shared {
  static let captures: String? = {
    let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder =
      ProcessInfo.processInfo.environment["FEEDH_SHARED"]
      ?? checkout.deletingLastPathComponent().appendingPathComponent("shared").path
    let path = folder + "/captures"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()
}

/// Runs a program with `input` on its standard input and returns its output; nil where it is not installed.
enum Program {
  static func path(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Packs bytes with `gzip -c` or `zstd -c`.
  static func pack(_ bytes: [UInt8], with name: String, _ arguments: [String] = ["-c"]) throws -> [UInt8] {
    let folder = TestFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path(name)))
    process.arguments = arguments + [folder.write(bytes)]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return Array(data)
  }
}

/// Whether a library that feedh finds at run time is here.
func hasLibrary(_ names: String...) -> Bool {
  (try? DynamicLibrary(names: names, package: "", purpose: "")) != nil
}
