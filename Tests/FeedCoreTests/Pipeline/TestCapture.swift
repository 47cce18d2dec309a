@testable import FeedCore

/// Frames in memory, as a capture of one or several files.
final class TestCapture {
  private(set) var packets: [Packet] = []
  private var memory: [UnsafeMutableRawBufferPointer] = []
  private var records: [UInt16: UInt64] = [:]

  deinit { for buffer in memory { buffer.deallocate() } }

  /// Adds a frame; packets are handed out in the order they were added.
  func add(
    _ frame: [UInt8], at time: UInt64 = 0, file: UInt16 = 0, link: LinkType = .ethernet, keep: Int? = nil
  ) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, frame.count), alignment: 1)
    buffer.copyBytes(from: frame)
    memory.append(buffer)
    let record = records[file, default: 0]
    records[file] = record + 1
    packets.append(
      Packet(
        bytes: UnsafeRawPointer(buffer.baseAddress!), captureNanoseconds: time,
        capturedLength: UInt32(keep ?? frame.count), wireLength: UInt32(frame.count), recordIndex: record,
        fileIndex: file, linkType: link))
  }

  /// A MoldUDP64 packet to `group` and `port`.
  func mold(
    _ first: UInt64, _ messages: [[UInt8]], session: String = "S1", group: String = "233.54.12.111",
    port: Int = 26_477, at time: UInt64 = 0, file: UInt16 = 0
  ) {
    add(Self.frame(Mold.packet(session, first, messages), group: group, port: port), at: time, file: file)
  }

  func makeSource() -> Source { Source(packets: packets) }

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

  // MARK: - Bytes

  /// Ethernet, IPv4 without options; the header checksum is right, UDP's is left out.
  static func frame(
    _ payload: [UInt8], group: String = "233.54.12.111", port: Int = 26_477, isTCP: Bool = false
  ) -> [UInt8] {
    let body =
      isTCP
      ? [0xC7, 0x38] + TestFrame.bigEndian(port, bytes: 2) + TestFrame.tcp(payload).dropFirst(4)
      : TestFrame.udp(payload, port: port, checksum: false)
    var packet = TestFrame.ipv4(body, protocol: isTCP ? 6 : 17)
    packet.replaceSubrange(16..<20, with: group.split(separator: ".").map { UInt8($0)! })
    packet.replaceSubrange(10..<12, with: [0, 0])
    packet.replaceSubrange(10..<12, with: TestFrame.bigEndian(Int(~TestFrame.scalarSum(Array(packet[..<20]))), bytes: 2))
    return TestFrame.ethernet(0x0800, packet)
  }

  /// ITCH 5.0 System Event messages, each with its number and a venue's mark in its timestamp.
  static func itch(_ first: UInt64, _ count: Int, venue: UInt8 = 1) -> [[UInt8]] {
    (0..<UInt64(count)).map {
      [UInt8(ascii: "S"), 0, 0, 0, 0, 0, venue] + Mold.bigEndian(UInt32(truncatingIfNeeded: first + $0))
        + [UInt8(ascii: "Q")]
    }
  }
}
