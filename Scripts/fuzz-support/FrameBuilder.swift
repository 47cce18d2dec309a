@testable import FeedCore

@_silgen_name("__asan_poison_memory_region") private func poison(_ start: UnsafeRawPointer, _ length: Int)
@_silgen_name("__asan_unpoison_memory_region") private func unpoison(_ start: UnsafeRawPointer, _ length: Int)

/// Frames of one input, one after another, in memory that stays: what is held, or kept to compare late copies with,
/// points into it. What lies between them is poisoned, so that the address sanitizer sees a read beyond a frame.
struct FrameBuilder {
  nonisolated(unsafe) private static let arena = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 1 << 20, alignment: 16)

  private(set) var packets: [Packet] = []
  /// Payloads kept without a frame.
  private(set) var kept = 0
  private var used = 0

  private let isTagged: Bool

  /// - Parameter isTagged: frames carry a VLAN tag, with which none is an everyday packet.
  init(isTagged: Bool = false) {
    self.isTagged = isTagged
    poison(UnsafeRawPointer(Self.arena.baseAddress!), Self.arena.count)
  }

  var isFull: Bool { used > Self.arena.count - 150_000 || packets.count > 500 }

  /// A payload alone.
  mutating func keep(_ payload: [UInt8]) -> UnsafeRawBufferPointer {
    let base = Self.arena.baseAddress! + used
    unpoison(UnsafeRawPointer(base), payload.count)
    payload.withUnsafeBytes { if let first = $0.baseAddress { base.copyMemory(from: first, byteCount: $0.count) } }
    used += (payload.count + 32) & ~15
    kept += 1
    return UnsafeRawBufferPointer(start: base, count: payload.count)
  }

  /// Bytes of a recovery's connection, or none of none, by which only time goes on.
  mutating func append(_ bytes: [UInt8], _ make: (UnsafeRawPointer, Int) -> Packet) {
    let base = Self.arena.baseAddress! + used
    let kept = keep(bytes)
    packets.append(make(UnsafeRawPointer(base), kept.count))
  }

  /// Ethernet, IPv4 and UDP around a payload of at most 65,507 bytes.
  mutating func append(_ payload: [UInt8], to group: IPAddress, port: UInt16, at nanoseconds: UInt64) {
    let payload = payload.prefix(65_507)
    let tag = isTagged ? 4 : 0
    let length = 42 + tag + payload.count
    let base = Self.arena.baseAddress! + used
    unpoison(UnsafeRawPointer(base), length)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: 42 + tag)
    if isTagged { base.storeBigEndian(UInt32(0x8100_0007), at: 12) }
    let ip = base + 14 + tag
    ip.storeBigEndian(UInt32(0x0800_4500), at: -2)
    ip.storeBigEndian(UInt16(payload.count + 28), at: 2)
    ip.storeByte(17, at: 9)
    ip.storeBigEndian(UInt32(truncatingIfNeeded: group.low), at: 16)
    ip.storeBigEndian(port, at: 22)
    ip.storeBigEndian(UInt16(payload.count + 8), at: 24)
    payload.withUnsafeBytes { bytes in
      if let first = bytes.baseAddress { (ip + 28).copyMemory(from: first, byteCount: bytes.count) }
    }
    packets.append(
      Packet(
        bytes: UnsafeRawPointer(base), captureNanoseconds: nanoseconds, capturedLength: UInt32(length),
        wireLength: UInt32(length), recordIndex: UInt64(packets.count), fileIndex: 0, linkType: .ethernet))
    // The next one begins where the sanitizer's grain does, and not beside this one.
    used += (length + 32) & ~15
  }
}
