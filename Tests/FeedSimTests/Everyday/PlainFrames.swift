import FeedSim
import Foundation

@testable import FeedCore

/// Frames of plain traffic in memory, which a test may damage: without UDP checksums, so that no damage is refused for
/// its checksum's sake.
final class PlainFrames {
  struct Frame {
    var bytes: [UInt8]
    var captureNanoseconds: UInt64
  }
  private(set) var frames: [Frame] = []

  init(_ feedProtocol: FeedProtocol, changes: Int, seed: UInt64) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("plain-\(UUID().uuidString).pcap").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try PlainTraffic.write(feedProtocol, changes: changes, seed: seed, to: path)
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) } }
    // pcap: a header of 24 bytes; each record has seconds, nanoseconds, captured and original length.
    var offset = 24
    while offset + 16 <= file.count {
      let length = word(offset + 8)
      var bytes = Array(file[(offset + 16)..<(offset + 16 + length)])
      bytes.replaceSubrange(40..<42, with: [0, 0])
      frames.append(
        Frame(bytes: bytes, captureNanoseconds: UInt64(word(offset)) * 1_000_000_000 + UInt64(word(offset + 4))))
      offset += 16 + length
    }
  }

  /// Packets lost, repeated, out of order, damaged and cut, by chance; times never go back.
  func impair(_ random: inout SplitMix) {
    var result: [Frame] = []
    var waiting: Frame?
    for frame in frames {
      var frame = frame
      switch random.below(60) {
      case 0: continue
      case 1: result.append(frame)
      case 2 where waiting == nil:
        waiting = frame
        continue
      case 3:
        // Behind Ethernet, IP and UDP, whose own checks are not the matter here.
        let place = 42 + random.below(frame.bytes.count - 42)
        frame.bytes[place] ^= UInt8(1 + random.below(255))
      case 4:
        let place = 42 + random.below(min(40, frame.bytes.count - 42))
        frame.bytes[place] = UInt8(random.below(4))
      default: break
      }
      result.append(frame)
      if let late = waiting, random.below(3) == 0 {
        result.append(late)
        waiting = nil
      }
    }
    for index in result.indices where index > 0 {
      result[index].captureNanoseconds = max(
        result[index].captureNanoseconds, result[index - 1].captureNanoseconds)
    }
    frames = result
  }

  /// The same packets behind a VLAN tag, which takes them off every short path.
  func tagged() -> [Frame] {
    frames.map {
      Frame(
        bytes: Array($0.bytes[..<12]) + [0x81, 0x00, 0x00, 0x07] + Array($0.bytes[12...]),
        captureNanoseconds: $0.captureNanoseconds)
    }
  }
}

/// Numbers by seed (SplitMix64).
struct SplitMix {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Frames as a capture that stays in memory.
final class FrameCapture {
  private(set) var packets: [Packet] = []
  private var memory: [UnsafeMutableRawBufferPointer] = []

  init(_ frames: [PlainFrames.Frame]) {
    for (record, frame) in frames.enumerated() {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.bytes.count, alignment: 1)
      buffer.copyBytes(from: frame.bytes)
      memory.append(buffer)
      packets.append(
        Packet(
          bytes: UnsafeRawPointer(buffer.baseAddress!), captureNanoseconds: frame.captureNanoseconds,
          capturedLength: UInt32(frame.bytes.count), wireLength: UInt32(frame.bytes.count),
          recordIndex: UInt64(record), fileIndex: 0, linkType: .ethernet))
    }
  }

  deinit { for buffer in memory { buffer.deallocate() } }

  struct Source: PacketSource {
    let packets: [Packet]
    var position = 0
    var isExhausted: Bool { position == packets.count }

    mutating func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
      let count = min(burst.count, packets.count - position)
      for index in 0..<count { burst[index] = packets[position + index] }
      position += count
      return count
    }
  }
}
