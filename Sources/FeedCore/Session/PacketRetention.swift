/// Memory of one channel for packets that have to outlast their burst: those that wait, and those that late copies are
/// compared with. Of live packets only, whose bytes go soon; the packets of a mapped capture stay where they are.
///
/// Waiting packets lie in one of two halves, one behind the other. When a half is full, or twice what waited last time,
/// what still waits is copied to the other: nothing needs to be given back one by one, packets may be of any size, and
/// memory is touched as far as it is needed. Delivered packets lie in a ring of bytes: what is overwritten is no longer
/// compared. Reserved before the first packet; a copy of a packet's bytes is all that a call costs.
struct PacketRetention {
  /// Room that each packet that may wait counts with: twice an Ethernet frame of ordinary size and more, because of a
  /// half no more than half is filled by what waits.
  private static var packetBytes: Int { 4_096 }
  /// The longest payload, header and all.
  private static var longestBytes: Int { 131_072 }
  /// Bytes of a half that are used before it is looked at for the first time.
  private static var firstLimit: Int { 1 << 18 }

  private let waiting: Storage<UInt8>
  private let halfBytes: Int
  /// Which half is filled: 0 or 1, and how far.
  private var half = 0
  private var used = 0
  private var limit: Int
  /// Packets that waited when there was no room for another; 0: there was.
  private var fullCount = 0

  private let delivered: Storage<UInt8>
  /// Bytes ever written to the ring, and where in it the next go.
  private var written: UInt64 = 0
  private var offset = 0
  /// By position in the arbiter's history: where its bytes begin, by `written`; `gone`: they were not kept.
  private let places: Storage<UInt64>
  private static var gone: UInt64 { .max }

  /// - Parameters:
  ///   - waitingPackets: packets that may wait at once.
  ///   - historyBytes: of the ring; at least 65,536.
  ///   - historyPackets: positions of the arbiter's history.
  init(waitingPackets: Int, historyBytes: Int, historyPackets: Int) {
    halfBytes = waitingPackets * Self.packetBytes + 2 * Self.longestBytes
    waiting = Storage(capacity: 2 * halfBytes, hugePages: false)
    limit = min(Self.firstLimit, halfBytes)
    delivered = Storage(capacity: max(65_536, historyBytes), hugePages: false)
    places = Storage(capacity: historyPackets, hugePages: false)
    waiting.prefault(count: limit)
    delivered.prefault()
    places.prefault()
  }

  // MARK: - Waiting packets

  /// The packet lies here already.
  @inline(__always)
  func holds(_ packet: SequencedPacket) -> Bool {
    let place = packet.blocks - UnsafeRawPointer(waiting.base)
    return place >= 0 && place < waiting.capacity
  }

  private static func length(_ packet: SequencedPacket) -> Int { Int(packet.headerLength) + Int(packet.blocksLength) }

  func hasRoom(for packet: SequencedPacket) -> Bool { used + Self.length(packet) <= limit }

  /// A turn would bring nothing: no fewer packets wait than when the last one brought no room.
  func isFull(waiting count: Int) -> Bool { fullCount > 0 && count >= fullCount }

  /// Copies a packet, header and blocks. Nil where the half has no room for it.
  mutating func keep(_ packet: SequencedPacket) -> SequencedPacket? {
    let length = Self.length(packet)
    if length > halfBytes - used { return nil }
    var kept = packet
    let place = UnsafeMutableRawPointer(waiting.base + half * halfBytes + used)
    // SAFETY: the half has room for `length` bytes; a packet's header and blocks lie one behind the other.
    place.copyMemory(from: packet.blocks - Int(packet.headerLength), byteCount: length)
    kept.blocks = UnsafeRawPointer(place) + Int(packet.headerLength)
    used += length
    return kept
  }

  /// Goes over to the other half: what still waits is copied there with `move`, then `moved` says so. Nothing may point
  /// into that half any more.
  mutating func turn() {
    half = 1 - half
    used = 0
  }

  /// Copies a packet of the half that was left. What waits had room there, so it has here.
  mutating func move(_ packet: inout SequencedPacket) {
    let kept = keep(packet)
    assert(kept != nil, "both halves are of one size")
    if let kept { packet.blocks = kept.blocks }
  }

  /// All `count` packets that wait were moved: twice as much may come before the next turn, and `packet` at least.
  /// Where more than half of a half is taken, turns would bring little: then there is no room until fewer wait.
  mutating func moved(_ count: Int, for packet: SequencedPacket) {
    let wanted = max(Self.firstLimit, 2 * used, used + Self.length(packet))
    let isFull = used > halfBytes / 2
    limit = isFull ? used : min(wanted, halfBytes)
    fullCount = isFull ? count : 0
  }

  // MARK: - Delivered packets

  /// Copies the blocks of a packet just entered into the history at `position`, and lets its record point to them.
  ///
  /// Static, with pointers: a method of the value would copy all of it (Swift 6.3.1).
  @inline(never)
  static func remember(
    _ retention: UnsafeMutablePointer<PacketRetention>, _ record: UnsafeMutablePointer<SequencedPacket>,
    at position: Int
  ) {
    let length = Int(record.pointee.blocksLength)
    let capacity = retention.pointee.delivered.capacity
    if record.pointee.wholeCount == 0 || length > capacity {
      retention.pointee.places.base[position] = gone
      return
    }
    if length > capacity &- retention.pointee.offset {
      // A packet's bytes do not wrap: the end of the ring stays empty this time.
      retention.pointee.written &+= UInt64(truncatingIfNeeded: capacity &- retention.pointee.offset)
      retention.pointee.offset = 0
    }
    let place = UnsafeMutableRawPointer(retention.pointee.delivered.base + retention.pointee.offset)
    // SAFETY: `offset + length` is within the ring, and the packet's blocks were walked.
    place.copyMemory(from: record.pointee.blocks, byteCount: length)
    record.pointee.blocks = UnsafeRawPointer(place)
    retention.pointee.places.base[position] = retention.pointee.written
    retention.pointee.written &+= UInt64(truncatingIfNeeded: length)
    retention.pointee.offset &+= length
  }

  /// Whether the blocks of the packet at `position` of the history are still there.
  @inline(__always)
  func remembers(_ position: Int) -> Bool {
    let place = places.base[position]
    return place != Self.gone && written &- place <= UInt64(delivered.capacity)
  }
}
