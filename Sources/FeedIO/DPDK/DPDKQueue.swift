import CDPDK
import CPlatform
import FeedCore
import Synchronization

/// A receive queue of a DPDK port. Packets stay where the card put them: no copy, one call into the driver per burst.
///
/// The first `receive` makes its thread known to DPDK (`prepareThread`), which allocates; call that before polling
/// begins. All calls of `receive` come from one thread.
public final class DPDKQueue: LiveQueue, @unchecked Sendable {
  /// Packets of a burst at most.
  public static var burstMaximum: Int { 64 }

  public let name: String
  public let index: Int
  /// What only the polling thread touches.
  private let state: UnsafeMutablePointer<State>
  private let counts: Counts
  private let timestamps: LiveQueueFigures.Timestamps
  /// Nil: no card's clock is followed.
  private let deviceClock: DeviceClock?
  /// Frames of IGMP and MLD for the port's service; nil: nobody wants them.
  private let inbox: FrameInbox?
  private let port: DPDKPort
  /// Figures at the close; nil: open.
  private let closed = Mutex<LiveQueueFigures?>(nil)

  private struct State {
    let port: UInt16
    let queue: UInt16
    var fileIndex: UInt16 = 0
    var isAdopted = false
    var ring = BurstRing()
    var time: CoreTime
    var deviceTime: DeviceTime?
    /// Where a packet's own time stands, and the bit that says that it is there; 0: nowhere.
    var stampOffset = 0
    var stampFlag: UInt64 = 0
    /// Nanoseconds of one unit of it, where it is Unix time.
    var stampScale: UInt64 = 1
    var lastNanoseconds: UInt64 = 0
    var received: UInt64 = 0
  }

  private struct Counts {
    let packets = OwnedCount()
    let bytes = OwnedCount()
    let cut = OwnedCount()
  }

  init(_ port: DPDKPort, name: String, index: Int, times: DPDKTimes, clock: TickClock, inbox: FrameInbox?) {
    self.port = port
    self.name = name
    self.index = index
    timestamps = times.isHardware ? .hardware : .core
    if case .packet(_, _, .device(let clock)) = times { deviceClock = clock } else { deviceClock = nil }
    self.inbox = inbox
    counts = Counts()
    state = .allocate(capacity: 1)
    state.initialize(
      to: State(port: port.number, queue: UInt16(truncatingIfNeeded: index), time: CoreTime(clock)))
    guard case .packet(let offset, let flag, let unit) = times else { return }
    state.pointee.stampOffset = offset
    state.pointee.stampFlag = flag
    switch unit {
    case .microseconds: state.pointee.stampScale = 1_000
    case .nanoseconds: break
    case .device(let clock): state.pointee.deviceTime = clock.time
    }
  }

  /// `Packet.fileIndex` of what this queue gives: tells lines of one group on two ports apart. Set before polling.
  public var fileIndex: UInt16 {
    get { state.pointee.fileIndex }
    set { state.pointee.fileIndex = newValue }
  }

  /// Makes the calling thread known to DPDK, which then keeps a cache of packet buffers for it.
  ///
  /// Without it polling works too, a few nanoseconds a packet slower: a thread beyond the 128 that DPDK knows.
  public func prepareThread() {
    state.pointee.isAdopted = true
    _ = feedh_dpdk_adopt_thread()
  }

  // MARK: Packets

  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    guard let out = burst.baseAddress, burst.count > 0 else { return 0 }
    let state = state
    if !state.pointee.isAdopted { prepareThread() }
    let slot = state.pointee.ring.slot
    let limit = UInt16(truncatingIfNeeded: min(burst.count, Self.burstMaximum))
    let count = Int(feedh_dpdk_receive(state.pointee.port, state.pointee.queue, slot, limit))
    if count == 0 { return 0 }
    for index in 0..<count {
      // SAFETY: the driver has filled `count` places, each with a packet whose data lie within its buffer.
      let packet = slot[index].unsafelyUnwrapped
      feedh_prefetch_read(packet.pointee.buffer + Int(packet.pointee.data_offset))
    }
    let now = state.pointee.time.read()
    if let deviceClock { follow(deviceClock) }
    var bytes: UInt64 = 0
    for index in 0..<count {
      let packet = slot[index].unsafelyUnwrapped
      if packet.pointee.segment_count > 1 { join(packet) }
      let length = packet.pointee.packet_length
      let start = UnsafeRawPointer(packet.pointee.buffer + Int(packet.pointee.data_offset))
      let captured = min(UInt32(packet.pointee.data_length), length)
      let time = max(stamp(packet, now: now), state.pointee.lastNanoseconds)
      state.pointee.lastNanoseconds = time
      (out + index).initialize(
        to: Packet(
          bytes: start, captureNanoseconds: time, capturedLength: captured, wireLength: length,
          recordIndex: state.pointee.received &+ UInt64(truncatingIfNeeded: index),
          fileIndex: state.pointee.fileIndex, linkType: .ethernet))
      bytes &+= UInt64(length)
      if inbox != nil && (Self.isIGMP(start, captured) || Self.isMLD(start, captured)) { pass(start, captured) }
    }
    state.pointee.received &+= UInt64(truncatingIfNeeded: count)
    state.pointee.ring.keep(count)
    counts.packets.add(UInt64(truncatingIfNeeded: count))
    counts.bytes.add(bytes)
    return count
  }

  /// A packet's own time, else that of the burst.
  @inline(__always)
  private func stamp(_ packet: UnsafeMutablePointer<feedh_dpdk_mbuf>, now: UInt64) -> UInt64 {
    if packet.pointee.flags & state.pointee.stampFlag == 0 { return now }
    // SAFETY: DPDK gave the offset of an eight-byte field within every packet's header.
    let value = UnsafeRawPointer(packet).load(fromByteOffset: state.pointee.stampOffset, as: UInt64.self)
    if state.pointee.deviceTime != nil { return state.pointee.deviceTime.unsafelyUnwrapped.nanoseconds(value) }
    return value &* state.pointee.stampScale
  }

  private func follow(_ clock: DeviceClock) {
    guard var time = state.pointee.deviceTime else { return }
    clock.update(&time)
    state.pointee.deviceTime = time
  }

  /// A packet in several buffers is put into the first one; where that is too small the rest is cut off.
  @inline(never)
  private func join(_ packet: UnsafeMutablePointer<feedh_dpdk_mbuf>) {
    if !feedh_dpdk_linearise(packet) { counts.cut.add(1) }
  }

  /// IPv4 that carries IGMP (2), with at most one VLAN tag.
  @inline(__always)
  private static func isIGMP(_ start: UnsafeRawPointer, _ length: UInt32) -> Bool {
    // SAFETY: every load lies below 34, or below 38 with a tag.
    if length < 34 { return false }
    let type = UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
    if type == 0x0800 { return start.load(fromByteOffset: 23, as: UInt8.self) == 2 }
    if type != 0x8100 || length < 38 { return false }
    return UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 16, as: UInt16.self)) == 0x0800
      && start.load(fromByteOffset: 27, as: UInt8.self) == 2
  }

  /// IPv6 with a hop-by-hop header (0) that carries ICMPv6 (58), with at most one VLAN tag: MLD has one, market data none.
  @inline(__always)
  static func isMLD(_ start: UnsafeRawPointer, _ length: UInt32) -> Bool {
    // SAFETY: every load lies below 62, or below 66 with a tag.
    if length < 62 { return false }
    let type = UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
    var offset = 14
    if type == 0x8100, length >= 66 {
      if UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 16, as: UInt16.self)) != 0x86DD { return false }
      offset = 18
    } else if type != 0x86DD {
      return false
    }
    return start.load(fromByteOffset: offset &+ 6, as: UInt8.self) == 0
      && start.load(fromByteOffset: offset &+ 40, as: UInt8.self) == 58
  }

  @inline(never)
  private func pass(_ start: UnsafeRawPointer, _ length: UInt32) {
    if let inbox { inbox.push(start, length: Int(length)) }
  }

  // MARK: Cold

  /// Drops and errors are the port's, which drivers do not tell apart by queue: its first queue has them.
  public func figures() -> LiveQueueFigures {
    if let last = closed.withLock({ $0 }) { return last }
    var figures = LiveQueueFigures()
    figures.packets = counts.packets.value
    figures.bytes = counts.bytes.value
    figures.cut = counts.cut.value
    figures.timestamps = timestamps
    if let port = port.figures() {
      figures.linkIsUp = port.linkIsUp
      if index == 0 {
        figures.drops = port.missed &+ port.noBuffer
        figures.noBuffers = port.noBuffer
        figures.errors = port.errors
      }
    }
    return figures
  }

  public var failure: LiveQueueFailure? { port.failure }

  public func device() -> LiveDeviceFigures? { port.device() }

  /// The port is closed with the last of its queues.
  public func close() {
    let last = figures()
    let isFirst = closed.withLock { closed -> Bool in
      if closed != nil { return false }
      closed = last
      return true
    }
    if !isFirst { return }
    state.pointee.ring.freeAll()
    state.pointee.ring.deallocate()
    port.queueClosed()
  }

  /// Ends a queue whose port could not be set up.
  func abandon() {
    closed.withLock { $0 = $0 ?? LiveQueueFigures() }
    state.pointee.ring.deallocate()
  }

  /// Drops what still waits in the driver: of loops of memory, whose buffers nobody else gives back.
  func drain() {
    let packets = BurstRing.Slot.allocate(capacity: Self.burstMaximum)
    packets.initialize(repeating: nil, count: Self.burstMaximum)
    defer { packets.deallocate() }
    for _ in 0..<4_096 {
      let count = feedh_dpdk_receive(
        state.pointee.port, state.pointee.queue, packets, UInt16(truncatingIfNeeded: Self.burstMaximum))
      if count == 0 { return }
      feedh_dpdk_free(packets, UInt32(count))
    }
  }

  deinit {
    for count in [counts.packets, counts.bytes, counts.cut] { count.deallocate() }
    state.deallocate()
  }
}
