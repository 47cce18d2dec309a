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

  init() { poison(UnsafeRawPointer(Self.arena.baseAddress!), Self.arena.count) }

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

  /// Ethernet, IPv4 and UDP around a payload of at most 65,507 bytes.
  mutating func append(_ payload: [UInt8], to group: IPAddress, port: UInt16, at nanoseconds: UInt64) {
    let payload = payload.prefix(65_507)
    let length = 42 + payload.count
    let base = Self.arena.baseAddress! + used
    unpoison(UnsafeRawPointer(base), length)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: 42)
    base.storeBigEndian(UInt32(0x0800_4500), at: 12)
    base.storeBigEndian(UInt16(length - 14), at: 16)
    base.storeByte(17, at: 23)
    base.storeBigEndian(UInt32(truncatingIfNeeded: group.low), at: 30)
    base.storeBigEndian(port, at: 36)
    base.storeBigEndian(UInt16(length - 34), at: 38)
    payload.withUnsafeBytes { if let first = $0.baseAddress { (base + 42).copyMemory(from: first, byteCount: $0.count) } }
    packets.append(
      Packet(
        bytes: UnsafeRawPointer(base), captureNanoseconds: nanoseconds, capturedLength: UInt32(length),
        wireLength: UInt32(length), recordIndex: UInt64(packets.count), fileIndex: 0, linkType: .ethernet))
    // The next one begins where the sanitizer's grain does, and not beside this one.
    used += (length + 32) & ~15
  }
}
