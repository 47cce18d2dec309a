import CDynamic
import CSocket
import FeedCore
import Glibc
import Synchronization

/// A live queue over libpcap, which is found at run time: whole frames of one interface, as far as libpcap knows how to
/// get them there. The slowest driver (a call and a copy per packet), for systems where no other one works.
///
/// Packets come at once (immediate mode), with nanoseconds where the system has them; libpcap's filter lets only the
/// wanted groups, ports and sources through, with and without a VLAN tag. What this machine sends is not seen. Groups
/// are joined by kernel sockets.
///
/// libpcap's bytes are good for one call, so each packet is copied into memory of its own.
///
/// One core polls; `figures` and `failure` may be asked by any thread.
public final class PcapLiveQueue: LiveQueue, @unchecked Sendable {
  public let name: String
  /// What the system did not grant, and the remedy; one line each.
  public let warnings: [String]
  let interface: LiveInterface
  private let library: PcapLibrary
  private let handle: PcapLibrary.Handle
  private let handles: SocketHandles
  private let buffers: SocketBuffers
  private let state = LiveQueueState()
  /// The polling core's own; libpcap hands it to `take`.
  private let burst: UnsafeMutablePointer<Burst>
  /// Drops as last read, and their sum: libpcap counts modulo 2^32.
  private let drops = Mutex<(last: UInt32, total: UInt64)>((0, 0))
  private var isClosed = false
  private var nextLookTicks: UInt64 = 0
  private let lookTicks: UInt64

  /// A burst while it is received.
  private struct Burst {
    var out: UnsafeMutablePointer<Packet>
    var count = 0
    var slot: UnsafeMutableRawPointer
    let slotStride: Int
    let capacity: Int
    let linkType: LinkType
    /// Nanoseconds of one unit of a header's fraction of a second.
    let fraction: UInt64
    var first: UInt64 = 0
    var clock: UInt64 = 0
    var bytes: UInt64 = 0
    var cut: UInt64 = 0
    var region = 0
  }

  /// Opens the interface, joins the groups and starts to receive.
  ///
  /// - Parameters:
  ///   - name: what reports call it.
  ///   - interface: the kernel's name of the interface.
  ///   - subscriptions: what is received; empty: every packet that arrives.
  /// - Throws: `LiveOpeningError`, `CaptureError` where libpcap is not there, `LiveQueueFailure` with libpcap's words.
  public init(
    name: String, interface: String, subscriptions: [LiveSubscription], options: PcapLiveOptions = PcapLiveOptions()
  ) throws {
    let opened = try PcapLiveOpening(interface: interface, subscriptions: subscriptions, options: options)
    self.name = name
    self.interface = opened.interface
    warnings = opened.warnings
    library = opened.library
    handle = opened.handle
    handles = opened.handles
    buffers = opened.buffers
    burst = .allocate(capacity: 1)
    burst.initialize(
      to: Burst(
        out: UnsafeMutablePointer<Packet>(bitPattern: MemoryLayout<Packet>.alignment)!, slot: opened.buffers.region(0),
        slotStride: opened.buffers.slotStride, capacity: opened.buffers.payloadCapacity, linkType: opened.linkType,
        fraction: opened.nanosecondsPerUnit))
    lookTicks = TickClock.calibrate(nanoseconds: 1_000_000).ticks(nanoseconds: 100_000_000)
  }

  deinit { close() }

  public func close() {
    // A thread that asks for figures meanwhile finds the capture open, or the queue closed.
    let isFirst = drops.withLock { _ in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    library.close(handle)
    handles.closeAll()
    buffers.deallocate()
    burst.deallocate()
  }

  public var failure: LiveQueueFailure? { state.failure }

  // MARK: - The core's call

  public func receive(into packets: UnsafeMutableBufferPointer<Packet>) -> Int {
    guard let out = packets.baseAddress, packets.count > 0, !isClosed else { return 0 }
    let burst = burst
    burst.pointee.out = out
    burst.pointee.count = 0
    burst.pointee.bytes = 0
    burst.pointee.cut = 0
    burst.pointee.first = state.packetCount
    burst.pointee.slot = buffers.region(burst.pointee.region)
    let limit = Int32(truncatingIfNeeded: min(packets.count, buffers.slotsPerRegion))
    let result = library.dispatch(handle, limit, Self.take, burst)
    if result < 0 { noteError() }
    let count = burst.pointee.count
    if count == 0 {
      if TickClock.now >= nextLookTicks { lookAtLink() }
      return 0
    }
    state.count(
      packets: count, bytes: burst.pointee.bytes, cut: burst.pointee.cut, stampedInHardware: false)
    let region = burst.pointee.region &+ 1
    burst.pointee.region = region == SocketBuffers.regionCount ? 0 : region
    return count
  }

  /// Copies one packet. Called by libpcap, `limit` times at most.
  private static let take: PcapLibrary.Handler = { context, header, bytes in
    guard let context, let header, let bytes else { return }
    let burst = context.assumingMemoryBound(to: Burst.self)
    // SAFETY: libpcap has `captured_length` bytes at `bytes`; a slot holds `capacity`.
    let captured = min(Int(header.pointee.captured_length), burst.pointee.capacity)
    let slot = burst.pointee.slot
    slot.copyMemory(from: bytes, byteCount: captured)
    let time = UInt64(clamping: header.pointee.seconds) &* 1_000_000_000
      &+ UInt64(clamping: header.pointee.microseconds) &* burst.pointee.fraction
    burst.pointee.clock = max(burst.pointee.clock, time)
    let count = burst.pointee.count
    burst.pointee.out[count] = Packet(
      bytes: UnsafeRawPointer(slot), captureNanoseconds: burst.pointee.clock,
      capturedLength: UInt32(truncatingIfNeeded: captured), wireLength: header.pointee.wire_length,
      recordIndex: burst.pointee.first &+ UInt64(truncatingIfNeeded: count), fileIndex: 0,
      linkType: burst.pointee.linkType)
    burst.pointee.count = count &+ 1
    burst.pointee.slot = slot + burst.pointee.slotStride
    burst.pointee.bytes &+= UInt64(header.pointee.wire_length)
    if captured < Int(header.pointee.wire_length) { burst.pointee.cut &+= 1 }
  }

  // MARK: - Rare

  /// Ten times a second while nothing comes: is the interface still there?
  @inline(never)
  private func lookAtLink() {
    nextLookTicks = TickClock.now &+ lookTicks
    if interface.state() == nil { state.fail(interface.vanishedFailure) }
  }

  /// An interface that is down is waited for; one that is gone is the end; anything else libpcap says.
  @inline(never)
  private func noteError() {
    guard let link = interface.state() else { return state.fail(interface.vanishedFailure) }
    if !link.isUp { return state.countError() }
    let reason = String(cString: library.errorText(handle))
    state.fail(
      LiveQueueFailure("libpcap receives nothing any more at \(interface.name): \(reason); start again"))
  }

  // MARK: - Cold threads

  /// `drops`: packets for which the kernel's buffer had no room, and what the interface missed for want of room, which
  /// it counts for all queues together; `errors`: what it counts as damaged, likewise.
  public func figures() -> LiveQueueFigures {
    let dropped = drops.withLock { drops in
      var counts = [UInt32](repeating: 0, count: 8)
      if !isClosed, library.statistics(handle, &counts) == 0 {
        drops.total &+= UInt64(counts[1] &- drops.last)
        drops.last = counts[1]
      }
      return drops.total
    }
    return state.figures(drops: dropped, of: interface)
  }
}
