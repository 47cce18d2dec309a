import CSocket
import FeedCore
import Glibc

/// All that a `PacketRingQueue` opens, in the order in which it may fail. What was opened before a failure is closed.
struct PacketRingOpening {
  /// Blocks that are kept for packets handed out, and as many more as let a burst of traffic in.
  static let blocksMinimum = LiveSource.retainedBursts + 16
  /// So many, where the memory is there, that a block is small beside the ring.
  static let blocksWanted = 128

  let interface: LiveInterface
  let handles = SocketHandles()
  let socket: Int32
  let memory: UnsafeMutableRawPointer
  let blockSize: Int
  let blockCount: Int
  private(set) var warnings: [String] = []
  private(set) var usesHardwareTimestamps = false

  init(
    interface name: String, subscriptions: [LiveSubscription], options: PacketRingOptions
  ) throws(LiveOpeningError) {
    let wanted = LiveSubscription.merged(subscriptions)
    for subscription in wanted { try subscription.check() }
    let interface = try LiveInterface(name: name)
    try interface.checkIsUsable(for: wanted)
    // ARPHRD_ETHER, ARPHRD_LOOPBACK.
    guard [1, 772].contains(interface.hardwareType) else {
      throw .unknownLink(interface: name, hardwareType: interface.hardwareType)
    }
    self.interface = interface
    let filter = try RingFilter(wanted)

    socket = feedh_ring_open()
    switch -socket {
    case EPERM, EACCES: throw .noPermission(what: "a packet ring on \(name)", right: "CAP_NET_RAW")
    case EMFILE, ENFILE: throw .tooManyFiles(count: 1)
    case 1...: throw .refused("opening an AF_PACKET socket", at: name, code: socket)
    default: handles.append(socket)
    }
    let error = feedh_ring_set_filter(socket, filter.instructions, UInt32(filter.instructions.count))
    // The kernel charges filters to the socket's option memory.
    if error == -ENOMEM {
      throw .noMemory(
        what: "the filter of \(name)", bytes: filter.instructions.count * 8, remedy: "sysctl -w net.core.optmem_max=1048576")
    }
    if error < 0 { throw .refused("attaching the filter", at: name, code: error) }

    (blockSize, blockCount) = Self.geometry(
      bufferBytes: options.bufferBytes, maximumTransmissionUnit: interface.maximumTransmissionUnit)
    let timeout = UInt32(min(max(options.blockTimeoutMilliseconds, 1), 1_000))
    let stamps = options.usesHardwareTimestamps && stampInHardware(interface, &warnings)
    usesHardwareTimestamps = stamps
    var mapped: UnsafeMutableRawPointer?
    let code = feedh_ring_map(socket, UInt32(blockSize), UInt32(blockCount), timeout, stamps, &mapped)
    guard code == 0, let mapped else {
      if code == -ENOMEM || code == -EAGAIN {
        throw .noMemory(
          what: "the packet ring of \(name)", bytes: blockSize * blockCount, remedy: "set live.receiveBufferBytes lower")
      }
      throw .refused("making the packet ring", at: name, code: code)
    }
    memory = mapped
    do throws(LiveOpeningError) {
      try start(wanted, options)
    } catch {
      munmap(mapped, blockSize * blockCount)
      throw error
    }
  }

  /// Members, then the interface: from here on packets come.
  private func start(_ wanted: [LiveSubscription], _ options: PacketRingOptions) throws(LiveOpeningError) {
    if options.reception != .promiscuous {
      try LiveMembership.hold(wanted, interface: interface, handles: handles)
    }
    if options.reception != .groups {
      let error = feedh_ring_widen(socket, interface.index, options.reception == .promiscuous)
      if error < 0 { throw .refused("opening the interface for all packets", at: interface.name, code: error) }
    }
    let error = feedh_ring_bind(socket, interface.index)
    if error == -ENETDOWN { throw .interfaceIsDown(name: interface.name) }
    if error < 0 { throw .refused("binding the packet ring", at: interface.name, code: error) }
    guard let fanout = options.fanout else { return }
    let code = feedh_ring_join_fanout(socket, options.fanoutGroup, fanout == .byQueue)
    if code < 0 { throw .fanoutRefused(interface: interface.name, group: options.fanoutGroup) }
  }

  /// Sizes of the ring: blocks are powers of two, hold the longest packet, and there are at least `blocksMinimum`.
  static func geometry(bufferBytes: Int, maximumTransmissionUnit: Int) -> (blockSize: Int, blockCount: Int) {
    let bytes = min(max(bufferBytes, 65_536), 1 << 30)
    // The packet, its Ethernet header and tag, the ring's headers of block and packet.
    let least = powerOfTwo(atLeast: max(4_096, min(max(maximumTransmissionUnit, 1_500), 65_536) + 512))
    var size = least
    while size * 2 * blocksWanted <= bytes && size < 1 << 20 { size *= 2 }
    return (size, max(bytes / size, blocksMinimum))
  }

  private static func powerOfTwo(atLeast value: Int) -> Int {
    var result = 4_096
    while result < value { result *= 2 }
    return result
  }
}
