/// The bytes of a stream that wait to be framed, and which packets carried them.
///
/// A pointer into it is good until the next `append`.
final class StreamBytes {
  /// The bytes of one segment.
  private struct Run {
    var start: UInt64
    var end: UInt64
    var packetIndex: UInt64
  }

  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
  private var head = 0
  private var tail = 0
  private var runs: [Run] = []
  /// Position in the stream of the first byte that waits.
  private(set) var position: UInt64 = 0

  deinit { memory.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[head..<tail]) }
  var count: Int { tail - head }
  var end: UInt64 { position &+ UInt64(count) }

  func append(_ new: [UInt8], packetIndex: UInt64) {
    if tail + new.count > memory.count { makeRoom(for: new.count) }
    new.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: memory[tail...]).copyMemory(from: $0) }
    tail += new.count
    runs.append(Run(start: end &- UInt64(new.count), end: end, packetIndex: packetIndex))
  }

  /// - Precondition: that many bytes wait.
  func drop(_ length: Int) {
    precondition(length <= count)
    head += length
    position &+= UInt64(length)
    if head == tail { (head, tail) = (0, 0) }
    let passed = runs.prefix { $0.end <= position }.count
    if passed > 0 { runs.removeFirst(passed) }
  }

  /// Drops what waits, and passes over a hole.
  func skip(_ length: UInt64) {
    drop(count)
    position &+= length
  }

  /// The packet that carried the byte at `position`, 0 where none is known.
  func packetIndex(at position: UInt64) -> UInt64 {
    (runs.first { $0.end > position } ?? runs.last)?.packetIndex ?? 0
  }

  /// Whether a segment began there: nearly always a message does too.
  func isRunStart(_ position: UInt64) -> Bool { runs.contains { $0.start == position } }

  private func makeRoom(for length: Int) {
    let count = count
    if count + length <= memory.count / 2 {
      memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[head..<tail]))
    } else {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (count + length), alignment: 16)
      larger.copyMemory(from: bytes)
      memory.deallocate()
      memory = larger
    }
    (head, tail) = (0, count)
  }
}
