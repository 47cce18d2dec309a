import CSocket
import FeedCore
import Glibc
import Synchronization

/// A live queue over an AF_PACKET ring (TPACKET_V3): whole frames of one interface, in memory that the kernel shares,
/// without a system call per burst. Wants CAP_NET_RAW.
///
///     block 0 │ block 1 │ … │ block n          each: header, packet, packet, …
///       ▲ oldest held          ▲ next to read
///
/// The kernel fills a block and closes it when it is full or its time is up; a burst holds packets of one block, so at
/// most 33 blocks are held for packets handed out (`LiveSource.retainedBursts`); older ones go back to the kernel in
/// order. Frames come as they were on the wire: the VLAN tag that the kernel takes out is put back. Packets that this
/// machine sends are not seen. One that a program of this machine sent through a virtual interface lacks its checksum,
/// as no card was there to write it: it is marked as having none.
///
/// When the interface goes down, nothing comes until it is up again; when it is removed, `failure` says so.
///
/// One core polls; `figures` and `failure` may be asked by any thread.
public final class PacketRingQueue: LiveQueue, @unchecked Sendable {
  public let name: String
  /// What the kernel or the driver did not grant, and the remedy; one line each.
  public let warnings: [String]
  let interface: LiveInterface
  let blockSize: Int
  let blockCount: Int
  private let handles: SocketHandles
  private let socket: Int32
  private let memory: UnsafeMutableRawPointer
  private let usesHardwareTimestamps: Bool
  private let state = LiveQueueState()
  private let drops = Mutex<UInt64>(0)
  private var isClosed = false

  // The polling core's own.
  /// Block to read next, or being read.
  private var block = 0
  /// The packet to hand out next; meaningful while `packetsLeft` > 0.
  private var packet: UnsafeMutableRawPointer
  private var packetsLeft: UInt32 = 0
  /// Bursts handed out.
  private var bursts: UInt64 = 0
  /// Of each block the number of the last burst that had packets of it.
  private let lastBurst: UnsafeMutablePointer<UInt64>
  private var oldestHeld = 0
  private var heldCount = 0
  private var clock: UInt64 = 0
  private var hardwareClock = HardwareClock()
  private var stampedInHardware = false
  private var nextLookTicks: UInt64 = 0
  private let lookTicks: UInt64

  /// Makes the ring, joins the groups and starts to receive.
  ///
  /// - Parameters:
  ///   - name: what reports call it.
  ///   - interface: the kernel's name of the interface.
  ///   - subscriptions: what reaches the ring; empty: every packet that arrives.
  public init(
    name: String, interface: String, subscriptions: [LiveSubscription], options: PacketRingOptions = PacketRingOptions()
  ) throws(LiveOpeningError) {
    let opened = try PacketRingOpening(interface: interface, subscriptions: subscriptions, options: options)
    self.name = name
    self.interface = opened.interface
    warnings = opened.warnings
    blockSize = opened.blockSize
    blockCount = opened.blockCount
    handles = opened.handles
    socket = opened.socket
    memory = opened.memory
    usesHardwareTimestamps = opened.usesHardwareTimestamps
    packet = opened.memory
    lastBurst = .allocate(capacity: opened.blockCount)
    lastBurst.initialize(repeating: 0, count: opened.blockCount)
    lookTicks = TickClock.calibrate(nanoseconds: 1_000_000).ticks(nanoseconds: 100_000_000)
  }

  deinit { close() }

  public func close() {
    // A thread that asks for figures meanwhile finds the socket open, or the queue closed.
    let isFirst = drops.withLock { _ in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    munmap(memory, blockSize * blockCount)
    handles.closeAll()
    lastBurst.deallocate()
  }

  public var failure: LiveQueueFailure? { state.failure }

  // MARK: - The core's call

  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    guard let out = burst.baseAddress, burst.count > 0, !isClosed else { return 0 }
    releaseOldBlocks()
    if packetsLeft == 0, !openNextBlock() {
      if TickClock.now >= nextLookTicks { lookAtLink() }
      return 0
    }
    let count = min(burst.count, Int(packetsLeft))
    hand(out, count)
    bursts &+= 1
    packetsLeft &-= UInt32(truncatingIfNeeded: count)
    if packetsLeft == 0 { hold() }
    return count
  }

  /// Gives back the blocks whose packets were promised for no burst any more: this call's is number `bursts` + 1.
  @inline(__always)
  private func releaseOldBlocks() {
    while heldCount > 0, bursts >= lastBurst[oldestHeld] &+ UInt64(LiveSource.retainedBursts) {
      feedh_block_release(address(oldestHeld))
      oldestHeld = next(oldestHeld)
      heldCount &-= 1
    }
  }

  /// False where the kernel has not closed the next block.
  @inline(__always)
  private func openNextBlock() -> Bool {
    // All are held: the next is one of ours, not the kernel's news. (33 are the most, and there are 48 at least.)
    guard heldCount < blockCount else { return false }
    let header = address(block)
    guard feedh_block_is_ready(header) else { return false }
    packetsLeft = feedh_block_packet_count(header)
    if packetsLeft == 0 {
      hold()
      return false
    }
    packet = feedh_block_first(header)
    return true
  }

  /// The block was read to its end: it stays until its packets need it no more.
  @inline(__always)
  private func hold() {
    lastBurst[block] = bursts
    block = next(block)
    heldCount &+= 1
  }

  @inline(__always)
  private func hand(_ out: UnsafeMutablePointer<Packet>, _ count: Int) {
    let first = state.packetCount
    let now = usesHardwareTimestamps ? feedh_unix_nanoseconds() : 0
    var bytes: UInt64 = 0
    var cut: UInt64 = 0
    for index in 0..<count {
      // SAFETY: the kernel closed the block with `packetsLeft` packets or more, which its offsets chain.
      var frame = feedh_ring_packet_read(packet)
      packet = feedh_ring_packet_next(packet)
      if frame.lacks_checksum { Self.markChecksumAbsent(frame) }
      if frame.vlan_tag != 0 { Self.putTagBack(&frame) }
      clock = max(clock, usesHardwareTimestamps ? stamp(frame, now) : frame.nanoseconds)
      out[index] = Packet(
        bytes: frame.bytes, captureNanoseconds: clock, capturedLength: frame.captured_length,
        wireLength: frame.wire_length, recordIndex: first &+ UInt64(truncatingIfNeeded: index), fileIndex: 0,
        linkType: .ethernet)
      bytes &+= UInt64(frame.wire_length)
      if frame.wire_length > frame.captured_length { cut &+= 1 }
    }
    state.count(packets: count, bytes: bytes, cut: cut, stampedInHardware: stampedInHardware)
  }

  @inline(__always)
  private func address(_ block: Int) -> UnsafeMutableRawPointer { memory + block &* blockSize }

  @inline(__always)
  private func next(_ block: Int) -> Int { block &+ 1 == blockCount ? 0 : block &+ 1 }

  // MARK: - Rare

  /// The tag stands between the addresses and the EtherType (IEEE 802.1Q): the addresses move forward by four bytes,
  /// for which the ring has room in front of every packet.
  @inline(never)
  static func putTagBack(_ frame: inout feedh_ring_packet) {
    guard frame.captured_length >= 12 else { return }
    // SAFETY: PACKET_RESERVE keeps four bytes free before the frame, of which twelve are here.
    let start = frame.bytes - 4
    UnsafeMutableRawPointer(start).copyMemory(from: frame.bytes, byteCount: 12)
    UnsafeMutableRawPointer(start).storeBytes(of: frame.vlan_tag.bigEndian, toByteOffset: 12, as: UInt32.self)
    frame.bytes = start
    frame.captured_length &+= 4
    frame.wire_length &+= 4
  }

  /// Zero in UDP over IPv4: no checksum (RFC 768). What stands there is the sum of the pseudo header alone. Of IPv6,
  /// where zero is not allowed, readers know that sum for what it is.
  @inline(never)
  static func markChecksumAbsent(_ frame: feedh_ring_packet) {
    let header = UnsafeMutableRawPointer(frame.network)
    let here = Int(frame.captured_length) &- (frame.network - frame.bytes)
    // SAFETY: `here` bytes are at `header`; the two before it belong to the Ethernet header.
    guard here >= 20, frame.network - frame.bytes >= 14, header.bigEndian16(at: -2) == 0x0800,
      header.load(fromByteOffset: 9, as: UInt8.self) == 17, header.bigEndian16(at: 6) & 0x1FFF == 0
    else { return }
    let length = Int(header.load(as: UInt8.self) & 0x0F) &* 4
    if length >= 20, here >= length &+ 8 { header.storeBytes(of: 0, toByteOffset: length &+ 6, as: UInt16.self) }
  }

  @inline(never)
  private func stamp(_ frame: feedh_ring_packet, _ now: UInt64) -> UInt64 {
    stampedInHardware = false
    guard frame.is_stamped_in_hardware else { return frame.nanoseconds }
    guard let unix = hardwareClock.unixNanoseconds(frame.nanoseconds, system: now) else { return now }
    stampedInHardware = true
    return unix
  }

  /// Ten times a second while nothing comes: is the interface still there?
  @inline(never)
  private func lookAtLink() {
    nextLookTicks = TickClock.now &+ lookTicks
    if interface.hasVanished(from: socket) { state.fail(interface.vanishedFailure) }
  }

  // MARK: - Cold threads

  /// `drops`: packets for which the ring had no room, and what the interface missed for want of room, which it counts
  /// for all queues together; `errors`: what it counts as damaged, likewise.
  public func figures() -> LiveQueueFigures {
    let dropped = drops.withLock { drops in
      var seen: UInt32 = 0
      var more: UInt32 = 0
      if !isClosed, feedh_ring_read_statistics(socket, &seen, &more) == 0 { drops &+= UInt64(more) }
      return drops
    }
    return state.figures(drops: dropped, of: interface)
  }
}

extension UnsafeMutableRawPointer {
  fileprivate func bigEndian16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
}
