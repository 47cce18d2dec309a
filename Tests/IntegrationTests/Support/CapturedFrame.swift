import Foundation

/// One packet of a pcap file, as the tests' own reader or writer sees it: nothing here is feedh's code.
struct CapturedFrame {
  /// Unix nanoseconds.
  var nanoseconds: UInt64
  /// Ethernet, IPv4 without options, UDP: the payload begins at 42.
  var bytes: [UInt8]
  /// Bytes that were on the wire; more than `bytes` where a snap length cut the packet.
  var wireLength: Int

  init(nanoseconds: UInt64, bytes: [UInt8], wireLength: Int? = nil) {
    self.nanoseconds = nanoseconds
    self.bytes = bytes
    self.wireLength = wireLength ?? bytes.count
  }

  static let payloadOffset = 42
  /// As long as UDP says: short frames are padded.
  var payload: ArraySlice<UInt8> {
    bytes[Self.payloadOffset..<(34 + Int(bytes.bigEndian(38, 2)))]
  }
  /// The destination address and port as one number: one flow.
  var destination: UInt64 { bytes.bigEndian(30, 4) << 16 | bytes.bigEndian(36, 2) }
  var mold: MoldPacket { MoldPacket(payload) }
}

/// A MoldUDP64 packet taken apart. MoldUDP64 1.00, "Downstream Packet".
struct MoldPacket {
  var session: [UInt8]
  var sequenceNumber: UInt64
  /// As on the wire: 0 is a heartbeat, 0xFFFF the end of the session.
  var count: UInt64
  var messages: [ArraySlice<UInt8>] = []

  /// - Precondition: the payload is whole.
  init(_ payload: ArraySlice<UInt8>) {
    session = Array(payload.prefix(10))
    sequenceNumber = payload.bigEndian(10, 8)
    count = payload.bigEndian(18, 2)
    if count == 0xFFFF { return }
    var offset = payload.startIndex + 20
    for _ in 0..<count {
      let length = Int(payload.bigEndian(offset - payload.startIndex, 2))
      messages.append(payload[(offset + 2)..<(offset + 2 + length)])
      offset += 2 + length
    }
  }

  var isData: Bool { count != 0 && count != 0xFFFF }
  /// One past the last message's number.
  var end: UInt64 { sequenceNumber + (isData ? count : 0) }
}

extension RandomAccessCollection<UInt8> where Index == Int {
  /// An integer in network byte order, `offset` bytes from the beginning.
  func bigEndian(_ offset: Int, _ length: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (startIndex + offset)..<(startIndex + offset + length) { value = value << 8 | UInt64(self[index]) }
    return value
  }
}

extension [UInt8] {
  mutating func store(_ value: UInt64, _ offset: Int, _ length: Int) {
    for index in 0..<length {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (length - 1 - index)))
    }
  }
}

/// Nanosecond pcap files, little-endian, Ethernet.
enum PcapFile {
  static func read(_ path: String) throws -> [CapturedFrame] {
    let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func word(_ offset: Int) -> UInt64 {
      UInt64(data[offset]) | UInt64(data[offset + 1]) << 8 | UInt64(data[offset + 2]) << 16
        | UInt64(data[offset + 3]) << 24
    }
    precondition(word(0) == 0xA1B2_3C4D && word(20) == 1, "not a nanosecond Ethernet pcap: \(path)")
    var frames: [CapturedFrame] = []
    var offset = 24
    while offset + 16 <= data.count {
      let captured = Int(word(offset + 8))
      frames.append(
        CapturedFrame(
          nanoseconds: word(offset) * 1_000_000_000 + word(offset + 4),
          bytes: Array(data[(offset + 16)..<(offset + 16 + captured)]), wireLength: Int(word(offset + 12))))
      offset += 16 + captured
    }
    return frames
  }

  static func bytes(_ frames: [CapturedFrame]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24 + frames.reduce(0) { $0 + 16 + $1.bytes.count })
    func put(_ word: UInt64) {
      for shift in [0, 8, 16, 24] as [UInt64] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    for word in [0xA1B2_3C4D, 0x0004_0002, 0, 0, 65_535, 1] as [UInt64] { put(word) }
    for frame in frames {
      put(frame.nanoseconds / 1_000_000_000)
      put(frame.nanoseconds % 1_000_000_000)
      put(UInt64(frame.bytes.count))
      put(UInt64(frame.wireLength))
      bytes += frame.bytes
    }
    return bytes
  }

  static func write(_ frames: [CapturedFrame], as name: String = "pcap") -> String {
    ScratchFolder.write(bytes(frames), as: name)
  }
}
