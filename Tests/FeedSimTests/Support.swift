import Foundation

@testable import FeedSim

/// One MoldUDP64 packet taken apart by the tests' own reading of the specification.
struct ParsedPacket {
  var session: [UInt8]
  var sequenceNumber: UInt64
  /// As on the wire: 0 is a heartbeat, 0xFFFF the end of a session.
  var messageCount: Int
  var messages: [[UInt8]] = []

  init?(_ payload: ArraySlice<UInt8>) {
    let bytes = Array(payload)
    guard bytes.count >= 20 else { return nil }
    session = Array(bytes[0..<10])
    sequenceNumber = bigEndian(bytes, 10, 8)
    messageCount = Int(bigEndian(bytes, 18, 2))
    var offset = 20
    if messageCount != 0xFFFF {
      for _ in 0..<messageCount {
        guard offset + 2 <= bytes.count else { return nil }
        let length = Int(bigEndian(bytes, offset, 2))
        guard offset + 2 + length <= bytes.count else { return nil }
        messages.append(Array(bytes[(offset + 2)..<(offset + 2 + length)]))
        offset += 2 + length
      }
    }
    if offset != bytes.count { return nil }
  }
}

func bigEndian(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> UInt64 {
  bytes[offset..<offset + length].reduce(0) { $0 << 8 | UInt64($1) }
}

/// Lengths of TotalView-ITCH 5.0.
let messageLengths: [Character: Int] = [
  "S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36, "F": 40,
  "E": 31, "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20, "O": 48,
]

func type(of message: [UInt8]) -> Character { Character(Unicode.Scalar(message[0])) }

/// A small run: two venues, 30 symbols, 8,000 messages, whose seed tests print where they draw it.
func smallOptions(seed: UInt64 = 1, _ change: (inout GeneratorOptions) -> Void = { _ in }) -> GeneratorOptions {
  var options = GeneratorOptions()
  options.symbolCount = 30
  options.messageCount = 8_000
  options.dislocationCount = 12
  options.seed = seed
  change(&options)
  return options
}

func generate(_ options: GeneratorOptions) throws -> (frames: [MemorySink.Frame], result: GeneratorResult) {
  let sink = MemorySink()
  let result = try TrafficGenerator.run(options, into: sink)
  return (sink.frames, result)
}

/// FNV-1a over bytes: tells runs apart.
func digest(_ frames: [MemorySink.Frame]) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for frame in frames {
    for byte in frame.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ frame.captureNanoseconds) &* 0x100_0000_01B3
  }
  return hash
}

/// `../shared` beside the checkout, or where FEEDH_SHARED says.
let sharedFolder: String = {
  if let folder = ProcessInfo.processInfo.environment["FEEDH_SHARED"] { return folder }
  let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return checkout.deletingLastPathComponent().appendingPathComponent("shared").path
}()

/// A folder of its own for one test's files, removed afterwards.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("feedsim-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}
