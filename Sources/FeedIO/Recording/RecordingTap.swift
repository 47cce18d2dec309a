import FeedCore

/// Where a core leaves the packets that are to be recorded: call `offer` once per burst.
///
/// One core offers, one thread writes (`Recorder`). `offer` copies into a bounded ring; it allocates nothing, locks
/// nothing, makes no system call and never waits: packets that find the ring full are dropped and counted.
public final class RecordingTap: @unchecked Sendable {
  /// Words of `counters`.
  enum Word {
    static let offeredPackets = 0
    static let offeredBytes = 1
    static let droppedPackets = 2
    static let droppedBytes = 3
    static let cutPackets = 4
    static let count = 5
  }

  /// What its files are called.
  public let name: String
  let ring: RecordingRing
  let counters = SharedCounters(count: Word.count)
  private let snapLength: UInt32
  private let interfaceCount: Int
  private let producer: UnsafeMutablePointer<RecordingRing.Producer>

  init(name: String, interfaceCount: Int, options: RecordingOptions) {
    self.name = name
    self.interfaceCount = interfaceCount
    snapLength = UInt32(options.snapLength)
    ring = RecordingRing(bytes: options.ringBytes)
    producer = .allocate(capacity: 1)
    producer.initialize(to: RecordingRing.Producer())
  }

  deinit {
    producer.deallocate()
    counters.deallocate()
  }

  /// Takes a burst of packets of one interface, in order. The bytes are copied: they need not stay.
  ///
  /// - Parameter interface: position in the `interfaces` that the tap was made with; another one counts as the last.
  @inline(never)
  public func offer(_ burst: UnsafeBufferPointer<Packet>, interface: Int = 0) {
    if burst.isEmpty { return }
    let number = UInt16(truncatingIfNeeded: min(max(0, interface), interfaceCount &- 1))
    var bytes: UInt64 = 0
    var dropped: UInt64 = 0
    var droppedBytes: UInt64 = 0
    var cut: UInt64 = 0
    var state = producer.pointee
    for packet in burst {
      let length = min(packet.capturedLength, snapLength)
      bytes &+= UInt64(packet.capturedLength)
      if ring.push(packet, length: Int(length), interface: number, &state) {
        if length < packet.wireLength { cut &+= 1 }
      } else {
        dropped &+= 1
        droppedBytes &+= UInt64(packet.capturedLength)
      }
    }
    producer.pointee = state
    ring.publish(state)
    counters.add(UInt64(burst.count), to: Word.offeredPackets)
    counters.add(bytes, to: Word.offeredBytes)
    if cut > 0 { counters.add(cut, to: Word.cutPackets) }
    if dropped > 0 {
      counters.add(dropped, to: Word.droppedPackets)
      counters.add(droppedBytes, to: Word.droppedBytes)
    }
  }
}
