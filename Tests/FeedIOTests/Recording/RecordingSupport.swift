import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// Packets in memory that stays where it is.
final class PacketMemory {
  let packets: [TestPacket]
  private let base: UnsafeMutableRawPointer
  private(set) var views: [Packet] = []

  init(_ packets: [TestPacket], link: LinkType = .ethernet) {
    self.packets = packets
    base = .allocate(byteCount: packets.reduce(1) { $0 + $1.bytes.count }, alignment: 8)
    var offset = 0
    for (index, packet) in packets.enumerated() {
      packet.bytes.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress { (base + offset).copyMemory(from: start, byteCount: bytes.count) }
      }
      views.append(
        Packet(
          bytes: base + offset, captureNanoseconds: packet.nanoseconds, capturedLength: UInt32(packet.bytes.count),
          wireLength: UInt32(packet.wireLength), recordIndex: UInt64(index), fileIndex: 0, linkType: link))
      offset += packet.bytes.count
    }
  }

  deinit { base.deallocate() }

  /// Offers packets of a range in bursts of `burst`.
  func offer(to tap: RecordingTap, _ range: Range<Int>? = nil, burst: Int = 64, interface: Int = 0) {
    let range = range ?? views.indices
    var begin = range.lowerBound
    while begin < range.upperBound {
      let end = min(begin + burst, range.upperBound)
      views.withUnsafeBufferPointer {
        tap.offer(UnsafeBufferPointer(rebasing: $0[begin..<end]), interface: interface)
      }
      begin = end
    }
  }

  /// Random packets from a seed: lengths of all kinds, some cut, times that never go back.
  static func random(_ count: Int, seed: UInt64, lengthMaximum: Int = 9_216) -> [TestPacket] {
    var random = CaptureRandom(seed)
    var clock: UInt64 = 1_767_623_400_000_000_000
    return (0..<count).map { _ in
      clock += UInt64.random(in: 0...2_000_000, using: &random)
      let length =
        switch Int.random(in: 0..<10, using: &random) {
        case 0: Int.random(in: 0...3, using: &random)
        case 1: Int.random(in: 1_500...max(1_500, lengthMaximum), using: &random)
        default: Int.random(in: 14...300, using: &random)
        }
      // One draw for eight bytes: debug builds take long over a byte.
      var bytes: [UInt8] = []
      bytes.reserveCapacity(length + 8)
      while bytes.count < length { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
      bytes.removeLast(bytes.count - length)
      let beyond = Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 1...5_000, using: &random) : 0
      return TestPacket(clock, bytes, wireLength: length + beyond)
    }
  }
}

/// The seed of a random test: printed, and repeated where FEEDH_TEST_SEED names it.
func recordingSeed(_ name: String) -> UInt64 {
  let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
  print("\(name): FEEDH_TEST_SEED=\(seed)")
  return seed
}

/// Records packets with a thread, everything in one go, and returns what came of them.
func record(
  _ packets: [TestPacket], _ options: RecordingOptions, name: String = "eth0", link: LinkType = .ethernet
) throws -> RecordingFigures {
  let recorder = try Recorder(options)
  let tap = try recorder.makeTap(name: name, interfaces: [RecordingInterface(name: name)])
  recorder.start()
  // The ring of these tests holds all of it: nothing depends on how fast the writing thread is.
  PacketMemory(packets, link: link).offer(to: tap)
  recorder.stop()
  return recorder.figures()[0]
}

extension TestFolder {
  /// Names of the folder's files, sorted.
  func names(_ folder: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
  }

  func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }
}

/// Reads captures with libpcap, which shares no code with feedh's readers and writers.
struct LibpcapReader {
  var packets: [TestPacket] = []
  var link: Int32 = 0

  private struct Header {
    var seconds: Int
    var fraction: Int
    var captured: UInt32
    var wire: UInt32
  }

  static var isHere: Bool { hasLibrary("libpcap.so.0.8", "libpcap.so.1", "libpcap.so") }

  init(_ path: String) throws {
    let library = try DynamicLibrary(
      names: ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"], package: "libpcap0.8", purpose: "this test")
    // 1: nanoseconds.
    let open = try library.function(
      "pcap_open_offline_with_tstamp_precision",
      as: (@convention(c) (UnsafePointer<CChar>, UInt32, UnsafeMutablePointer<CChar>) -> OpaquePointer?).self)
    let next = try library.function(
      "pcap_next_ex",
      as: (@convention(c) (
        OpaquePointer, UnsafeMutablePointer<UnsafeRawPointer?>, UnsafeMutablePointer<UnsafeRawPointer?>
      ) -> Int32).self)
    let datalink = try library.function("pcap_datalink", as: (@convention(c) (OpaquePointer) -> Int32).self)
    let close = try library.function("pcap_close", as: (@convention(c) (OpaquePointer) -> Void).self)
    var reason = [CChar](repeating: 0, count: 256)
    guard let handle = open(path, 1, &reason) else {
      throw LiveQueueFailure(String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    defer { close(handle) }
    link = datalink(handle)
    var header: UnsafeRawPointer?
    var bytes: UnsafeRawPointer?
    while true {
      let status = next(handle, &header, &bytes)
      // -2: the end of the file.
      if status == -2 { break }
      guard status == 1, let header, let bytes else { throw LiveQueueFailure("libpcap stopped with \(status)") }
      let values = header.loadUnaligned(as: Header.self)
      packets.append(
        TestPacket(
          UInt64(values.seconds) * 1_000_000_000 + UInt64(values.fraction),
          Array(UnsafeRawBufferPointer(start: bytes, count: Int(values.captured))), wireLength: Int(values.wire)))
    }
  }
}

/// Makes `path` lead to /dev/full, which is written to as to a full disk.
func symlinkToFullDevice(_ path: String) -> Bool {
  (try? FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")) != nil
}
