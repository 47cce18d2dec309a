import CSocket
import FeedCore
import Glibc
import Synchronization

/// A live queue over the kernel's UDP sockets: one socket per address and port, so that each brings only what was sent
/// there, has a receive buffer of its own, and never meets `net.ipv4.igmp_max_memberships`.
///
///     let queue = try UDPSocketQueue(
///       name: "feed-a:0", interface: "eth1",
///       subscriptions: [LiveSubscription(address: IPAddress("233.54.12.111")!, port: 26_477)])
///     for warning in queue.warnings { … }
///     while … { let count = queue.receive(into: burst) … }
///     queue.close()
///
/// Packets are Ethernet frames whose headers `DatagramHeader` made up of what the kernel says: group, port and source
/// are true. Sockets are asked in turn; of a burst that several sockets filled the packets are put in the order of
/// their stamps, and one that was overtaken by an earlier burst takes that burst's last stamp.
///
/// One core polls; `figures` and `failure` may be asked by any thread.
public final class UDPSocketQueue: LiveQueue, @unchecked Sendable {
  /// Groups and ports of one queue.
  public static let subscriptionsMaximum = 1_024
  /// Sources of one group.
  public static let sourcesMaximum = 64
  /// Up to here each socket is asked in each poll; of more, epoll tells which have something. An empty recvmmsg costs
  /// 395 ns on the reference machine, an empty epoll_wait of 64 sockets 155 ns, which come on top of a hit's 1,000 ns.
  static let socketsAskedDirectly = 2

  /// A socket, and the headers of what it brings.
  struct Endpoint {
    var socket: Int32
    var header: DatagramHeader
  }

  public let name: String
  /// What the kernel or the driver did not grant, and the remedy; one line each.
  public let warnings: [String]
  let interface: LiveInterface
  private let handles: SocketHandles
  private let endpoints: UnsafeMutableBufferPointer<Endpoint>
  /// epoll's descriptor, −1: every socket is asked.
  private let poller: Int32
  private let batch: OpaquePointer
  private let buffers: SocketBuffers
  private let datagrams: UnsafeMutablePointer<feedh_datagram>
  /// Packets of one socket, while they are merged among those of others.
  private let spare: UnsafeMutablePointer<Packet>
  /// Numbers of the sockets to ask in a poll.
  private let turn: UnsafeMutablePointer<UInt32>
  private let usesHardwareTimestamps: Bool
  private let state = LiveQueueState()
  /// Drops of each socket as last read, and their sum: the kernel counts modulo 2^32.
  private let drops: Mutex<(last: [UInt32], total: UInt64)>
  private var isClosed = false

  // The polling core's own.
  private var region = 0
  private var nextSocket = 0
  private var clock: UInt64 = 0
  private var hardwareClock = HardwareClock()
  private var stampedInHardware = false
  private var nextLookTicks: UInt64 = 0
  private let lookTicks: UInt64

  /// Opens the sockets and joins the groups.
  ///
  /// - Parameters:
  ///   - name: what reports call it.
  ///   - interface: the kernel's name of the interface.
  ///   - subscriptions: 1 ... 1,024; mentions of the same address and port are one.
  public init(
    name: String, interface: String, subscriptions: [LiveSubscription], options: UDPSocketOptions = UDPSocketOptions()
  ) throws(LiveOpeningError) {
    let opened = try UDPSocketOpening(interface: interface, subscriptions: subscriptions, options: options)
    self.name = name
    self.interface = opened.interface
    warnings = opened.warnings
    handles = opened.handles
    poller = opened.poller
    batch = opened.batch
    buffers = opened.buffers
    usesHardwareTimestamps = opened.usesHardwareTimestamps
    endpoints = .allocate(capacity: opened.endpoints.count)
    _ = endpoints.initialize(fromContentsOf: opened.endpoints)
    datagrams = .allocate(capacity: buffers.slotsPerRegion)
    spare = .allocate(capacity: buffers.slotsPerRegion)
    turn = .allocate(capacity: max(64, opened.endpoints.count))
    drops = Mutex(([UInt32](repeating: 0, count: opened.endpoints.count), 0))
    lookTicks = TickClock.calibrate(nanoseconds: 1_000_000).ticks(nanoseconds: 100_000_000)
    place()
  }

  deinit { close() }

  public func close() {
    // A thread that asks for figures meanwhile finds the sockets open, or the queue closed.
    let isFirst = drops.withLock { _ in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    // Closing a socket leaves its groups.
    handles.closeAll()
    feedh_udp_batch_free(batch)
    buffers.deallocate()
    endpoints.deallocate()
    datagrams.deallocate()
    spare.deallocate()
    turn.deallocate()
  }

  public var failure: LiveQueueFailure? { state.failure }

  // MARK: - The core's call

  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    guard let out = burst.baseAddress, burst.count > 0, !isClosed else { return 0 }
    let limit = min(burst.count, buffers.slotsPerRegion)
    let asked = chooseSockets(limit)
    var filled = 0
    var unfinished = 0
    // A fair share each, what others leave included; then what is left over to those that may have more.
    for position in 0..<asked where filled < limit {
      let share = max(1, (limit &- filled) / (asked &- position))
      let count = take(turn[position], share, out, filled)
      filled &+= count
      if count == share {
        turn[unfinished] = turn[position]
        unfinished &+= 1
      }
    }
    for position in 0..<unfinished where filled < limit {
      filled &+= take(turn[position], limit &- filled, out, filled)
    }
    if filled == 0 {
      if TickClock.now >= nextLookTicks { lookAtLink() }
      return 0
    }
    finish(out, filled)
    return filled
  }

  /// Writes the numbers of the sockets to ask to `turn`, and returns how many there are.
  @inline(__always)
  private func chooseSockets(_ limit: Int) -> Int {
    // No more than are served: what epoll told of goes to the end of its line.
    if poller >= 0 { return max(0, Int(feedh_poller_ready(poller, turn, UInt32(truncatingIfNeeded: limit)))) }
    let count = endpoints.count
    if count == 1 {
      turn[0] = 0
      return 1
    }
    var socket = nextSocket
    for position in 0..<count {
      turn[position] = UInt32(truncatingIfNeeded: socket)
      socket = socket &+ 1 == count ? 0 : socket &+ 1
    }
    nextSocket = nextSocket &+ 1 == count ? 0 : nextSocket &+ 1
    return count
  }

  /// Receives up to `limit` datagrams of a socket into the slots from `filled` on, and puts them among the packets
  /// before them in the order of their stamps.
  private func take(_ number: UInt32, _ limit: Int, _ out: UnsafeMutablePointer<Packet>, _ filled: Int) -> Int {
    let endpoint = endpoints.baseAddress! + Int(number)
    let count = Int(
      feedh_udp_batch_receive(
        batch, endpoint.pointee.socket, UInt32(truncatingIfNeeded: filled), UInt32(truncatingIfNeeded: limit),
        datagrams))
    if count <= 0 {
      if count < 0 { noteReceiveError(Int32(truncatingIfNeeded: count)) }
      return 0
    }
    var slot = buffers.region(region) + filled &* buffers.slotStride
    let header = endpoint.pointee.header
    for index in 0..<count {
      out[filled &+ index] = packet(datagrams + index, slot, header)
      slot += buffers.slotStride
    }
    if filled > 0 { Self.merge(out, sorted: filled, added: count, spare) }
    return count
  }

  @inline(__always)
  private func packet(
    _ datagram: UnsafeMutablePointer<feedh_datagram>, _ slot: UnsafeMutableRawPointer, _ header: DatagramHeader
  ) -> Packet {
    // SAFETY: the slot holds 64 bytes and `payloadCapacity` more, of which the kernel filled the beginning.
    header.write(to: slot, datagram.pointee)
    let sent = Int(datagram.pointee.length)
    return Packet(
      bytes: slot + header.frameOffset, captureNanoseconds: stamp(datagram),
      capturedLength: UInt32(truncatingIfNeeded: header.frameLength &+ min(sent, buffers.payloadCapacity)),
      wireLength: UInt32(truncatingIfNeeded: header.frameLength &+ sent), recordIndex: 0, fileIndex: 0,
      linkType: header.linkType)
  }

  @inline(__always)
  private func stamp(_ datagram: UnsafeMutablePointer<feedh_datagram>) -> UInt64 {
    var time = datagram.pointee.kernel_nanoseconds
    if time == 0 { time = feedh_unix_nanoseconds() }
    guard usesHardwareTimestamps else { return time }
    let stamp = datagram.pointee.hardware_nanoseconds
    if stamp != 0, let unix = hardwareClock.unixNanoseconds(stamp, system: time) {
      stampedInHardware = true
      return unix
    }
    stampedInHardware = false
    return time
  }

  /// Merges the last `added` packets among the `sorted` before them; of equal stamps the earlier ones stay first.
  static func merge(
    _ packets: UnsafeMutablePointer<Packet>, sorted: Int, added: Int, _ spare: UnsafeMutablePointer<Packet>
  ) {
    if packets[sorted &- 1].captureNanoseconds <= packets[sorted].captureNanoseconds { return }
    spare.update(from: packets + sorted, count: added)
    var left = sorted
    var right = added
    // From the back; done when all that were added have found their place.
    while right > 0 {
      if left > 0, packets[left &- 1].captureNanoseconds > spare[right &- 1].captureNanoseconds {
        packets[left &+ right &- 1] = packets[left &- 1]
        left &-= 1
      } else {
        packets[left &+ right &- 1] = spare[right &- 1]
        right &-= 1
      }
    }
  }

  /// Numbers the burst's packets, keeps their clock from going back, and makes the next region the current one.
  @inline(__always)
  private func finish(_ out: UnsafeMutablePointer<Packet>, _ count: Int) {
    let first = state.packetCount
    var bytes: UInt64 = 0
    var cut: UInt64 = 0
    for index in 0..<count {
      clock = max(clock, out[index].captureNanoseconds)
      out[index].captureNanoseconds = clock
      out[index].recordIndex = first &+ UInt64(truncatingIfNeeded: index)
      bytes &+= UInt64(out[index].wireLength)
      if out[index].wireLength > out[index].capturedLength { cut &+= 1 }
    }
    state.count(packets: count, bytes: bytes, cut: cut, stampedInHardware: stampedInHardware)
    region = region &+ 1 == SocketBuffers.regionCount ? 0 : region &+ 1
    place()
  }

  /// The batch receives into the current region.
  @inline(__always)
  private func place() {
    feedh_udp_batch_place(
      batch, buffers.region(region) + SocketBuffers.headerLength, buffers.slotStride,
      UInt32(truncatingIfNeeded: buffers.payloadCapacity))
  }

  // MARK: - Rare

  /// Ten times a second while nothing comes: is the interface still there?
  @inline(never)
  private func lookAtLink() {
    nextLookTicks = TickClock.now &+ lookTicks
    if interface.hasVanished(from: endpoints[0].socket) { state.fail(interface.vanishedFailure) }
  }

  @inline(never)
  private func noteReceiveError(_ code: Int32) {
    switch -code {
    // What passes, or was about one datagram.
    case ENOBUFS, ENOMEM, ECONNREFUSED, ENETDOWN, ENETUNREACH, EHOSTUNREACH: state.countError()
    default:
      state.fail(
        LiveQueueFailure(
          "receiving at \(interface.name) failed: \(String(cString: strerror(-code))); the sockets cannot be used any "
            + "more, start again"))
    }
  }

  // MARK: - Cold threads

  /// `drops`: datagrams that found their socket's buffer full, and what the interface missed for want of room, which it
  /// counts for all queues together; `errors`: what it counts as damaged, likewise.
  public func figures() -> LiveQueueFigures {
    let dropped = drops.withLock { drops in
      guard !isClosed else { return drops.total }
      for (index, endpoint) in endpoints.enumerated() {
        var now: UInt32 = 0
        guard feedh_socket_read_drops(endpoint.socket, &now) == 0 else { continue }
        drops.total &+= UInt64(now &- drops.last[index])
        drops.last[index] = now
      }
      return drops.total
    }
    return state.figures(drops: dropped, of: interface)
  }
}
