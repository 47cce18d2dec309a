import FeedCore

/// Packets on their way from the core that receives them to the thread that writes them: a ring of bytes with one
/// producer and one consumer. Full: the producer is told; nothing is overwritten, nobody waits.
///
///     0 time   8 packets lost before this one   16 stored length   20 wire length
///     24 link type   26 interface   28 kind   32 packet …   to a multiple of 32
///
/// A record lies in one piece: what does not fit before the ring's end begins at its start, and a record of kind
/// `skip` fills the rest. The memory is reserved and touched by `init` and, as all memory that a polling core may
/// still use, never freed.
struct RecordingRing: @unchecked Sendable {
  /// A packet in the ring. `bytes` is valid until it is given back.
  struct Record {
    var bytes: UnsafeRawPointer
    var captureNanoseconds: UInt64
    /// Packets that found the ring full since the record before.
    var droppedBefore: UInt64
    var storedLength: Int
    var wireLength: UInt32
    var linkType: UInt16
    var interface: UInt16
  }

  static let headerLength = 32
  private static let kindPacket: UInt32 = 1
  private static let kindSkip: UInt32 = 2

  private let base: UnsafeMutableRawPointer
  let capacity: Int
  /// Bytes ever pushed, written by the producer; alone on its lines.
  private let pushed = SharedCounters(count: 1)
  /// Bytes ever popped, written by the consumer.
  private let popped = SharedCounters(count: 1)

  /// - Parameter bytes: rounded up to a power of two, `RecordingOptions.ringBytesMinimum` at least.
  init(bytes: Int) {
    var capacity = RecordingOptions.ringBytesMinimum
    while capacity < bytes { capacity <<= 1 }
    let storage = Storage<UInt64>(capacity: capacity / 8)
    storage.prefault()
    base = UnsafeMutableRawPointer(storage.base)
    self.capacity = capacity
  }

  // MARK: - The producer

  /// Where the producer stands: its own, so that a packet costs no look at what the consumer writes.
  struct Producer: BitwiseCopyable {
    fileprivate var tail: UInt64 = 0
    fileprivate var knownHead: UInt64 = 0
    fileprivate(set) var droppedSince: UInt64 = 0
  }

  /// Copies `length` bytes of a packet; false where there is no room: it is dropped, and the next record says so.
  /// The consumer sees nothing before `publish`.
  ///
  /// - Precondition: `length` ≤ `RecordingOptions.snapLengthMaximum`, so that a record is less than half of the ring.
  @inline(__always)
  func push(_ packet: Packet, length: Int, interface: UInt16, _ producer: inout Producer) -> Bool {
    assert(length <= RecordingOptions.snapLengthMaximum)
    let needed = (Self.headerLength &+ length &+ 31) & ~31
    var place = Int(truncatingIfNeeded: producer.tail) & (capacity &- 1)
    let untilEnd = capacity &- place
    let taken = needed > untilEnd ? untilEnd &+ needed : needed
    if !hasRoom(taken, &producer) {
      producer.droppedSince &+= 1
      return false
    }
    if needed > untilEnd {
      // SAFETY: places are multiples of 32, as is the capacity: a header fits before the end.
      (base + place).storeBytes(of: Self.kindSkip, toByteOffset: 28, as: UInt32.self)
      place = 0
    }
    // SAFETY: `needed` bytes from `place` on lie within the ring, and the consumer has given them back (`hasRoom`).
    let record = base + place
    record.storeBytes(of: packet.captureNanoseconds, toByteOffset: 0, as: UInt64.self)
    record.storeBytes(of: producer.droppedSince, toByteOffset: 8, as: UInt64.self)
    record.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: 16, as: UInt32.self)
    record.storeBytes(of: packet.wireLength, toByteOffset: 20, as: UInt32.self)
    record.storeBytes(of: packet.linkType.rawValue, toByteOffset: 24, as: UInt16.self)
    record.storeBytes(of: interface, toByteOffset: 26, as: UInt16.self)
    record.storeBytes(of: Self.kindPacket, toByteOffset: 28, as: UInt32.self)
    (record + Self.headerLength).copyMemory(from: packet.bytes, byteCount: length)
    producer.tail &+= UInt64(truncatingIfNeeded: taken)
    producer.droppedSince = 0
    return true
  }

  @inline(__always)
  private func hasRoom(_ length: Int, _ producer: inout Producer) -> Bool {
    let end = producer.tail &+ UInt64(truncatingIfNeeded: length)
    if end &- producer.knownHead <= UInt64(truncatingIfNeeded: capacity) { return true }
    // Acquire: the consumer has read the bytes before it gave them back.
    producer.knownHead = popped.observe(0)
    return end &- producer.knownHead <= UInt64(truncatingIfNeeded: capacity)
  }

  /// Shows the consumer what was pushed: once per burst.
  @inline(__always)
  func publish(_ producer: Producer) { pushed.publish(producer.tail, to: 0) }

  // MARK: - The consumer

  /// Where the consumer stands.
  struct Consumer: BitwiseCopyable {
    fileprivate var head: UInt64 = 0
    fileprivate var knownTail: UInt64 = 0
  }

  /// The oldest record, nil when there is none. It stays in the ring until `giveBack`.
  func pop(_ consumer: inout Consumer) -> Record? {
    while true {
      if consumer.head == consumer.knownTail {
        consumer.knownTail = pushed.observe(0)
        if consumer.head == consumer.knownTail { return nil }
      }
      let place = Int(truncatingIfNeeded: consumer.head) & (capacity - 1)
      // SAFETY: the producer has published a whole record from `head` on.
      let record = UnsafeRawPointer(base + place)
      if record.load(fromByteOffset: 28, as: UInt32.self) == Self.kindSkip {
        consumer.head &+= UInt64(truncatingIfNeeded: capacity - place)
        continue
      }
      let length = Int(record.load(fromByteOffset: 16, as: UInt32.self))
      consumer.head &+= UInt64(truncatingIfNeeded: (Self.headerLength + length + 31) & ~31)
      return Record(
        bytes: record + Self.headerLength, captureNanoseconds: record.load(fromByteOffset: 0, as: UInt64.self),
        droppedBefore: record.load(fromByteOffset: 8, as: UInt64.self), storedLength: length,
        wireLength: record.load(fromByteOffset: 20, as: UInt32.self),
        linkType: record.load(fromByteOffset: 24, as: UInt16.self),
        interface: record.load(fromByteOffset: 26, as: UInt16.self))
    }
  }

  /// The producer may use everything that was popped again.
  func giveBack(_ consumer: Consumer) { popped.publish(consumer.head, to: 0) }
}
