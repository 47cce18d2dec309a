import CSocket
import FeedCore
import Glibc

/// All that a `UDPSocketQueue` opens, in the order in which it may fail. What was opened before a failure is closed.
struct UDPSocketOpening {
  let interface: LiveInterface
  let handles = SocketHandles()
  private(set) var endpoints: [UDPSocketQueue.Endpoint] = []
  private(set) var poller: Int32 = -1
  private(set) var warnings: [String] = []
  private(set) var usesHardwareTimestamps = false
  let batch: OpaquePointer
  let buffers: SocketBuffers
  private let options: UDPSocketOptions

  init(
    interface name: String, subscriptions: [LiveSubscription], options: UDPSocketOptions
  ) throws(LiveOpeningError) {
    self.options = options
    let wanted = LiveSubscription.merged(subscriptions)
    if wanted.isEmpty { throw .noSubscription(interface: name) }
    if wanted.count > UDPSocketQueue.subscriptionsMaximum {
      throw .tooManySubscriptions(count: wanted.count, maximum: UDPSocketQueue.subscriptionsMaximum)
    }
    for subscription in wanted { try subscription.check() }
    let interface = try LiveInterface(name: name)
    try interface.checkIsUsable(for: wanted)
    self.interface = interface
    let slots = min(max(options.burstPacketsMaximum, 1), 256)
    let capacity = min(max(options.datagramLengthMaximum ?? Self.wholeLength(interface), 1), 65_527)
    guard let buffers = SocketBuffers(slotsPerRegion: slots, payloadCapacity: capacity) else {
      throw .noMemory(
        what: "receive slots", bytes: slots * SocketBuffers.regionCount * capacity,
        remedy: "take smaller bursts (threads.burstPackets)")
    }
    guard let batch = feedh_udp_batch_make(UInt32(slots)) else {
      buffers.deallocate()
      throw .noMemory(
        what: "datagram headers", bytes: slots * 256, remedy: "take smaller bursts (threads.burstPackets)")
    }
    self.buffers = buffers
    self.batch = batch
    do throws(LiveOpeningError) {
      try open(wanted)
    } catch {
      feedh_udp_batch_free(batch)
      buffers.deallocate()
      throw error
    }
  }

  /// Payload of the longest datagram that the interface's packets hold; fragments may make longer ones.
  private static func wholeLength(_ interface: LiveInterface) -> Int {
    min(max(interface.maximumTransmissionUnit - 28, 1_472), 9_216)
  }

  private mutating func open(_ wanted: [LiveSubscription]) throws(LiveOpeningError) {
    if options.usesHardwareTimestamps {
      usesHardwareTimestamps = stampInHardware(interface, &warnings)
    }
    for subscription in wanted { try open(subscription) }
    guard endpoints.count > UDPSocketQueue.socketsAskedDirectly else { return }
    poller = feedh_poller_open()
    if poller < 0 { throw .tooManyFiles(count: endpoints.count) }
    handles.append(poller)
    for (number, endpoint) in endpoints.enumerated() {
      let error = feedh_poller_add(poller, endpoint.socket, UInt32(number))
      if error < 0 { throw .refused("epoll", at: interface.name, code: error) }
    }
  }

  private mutating func open(_ subscription: LiveSubscription) throws(LiveOpeningError) {
    var endpoint = feedh_endpoint(subscription)
    var step: Int32 = 0
    let socket = feedh_udp_open(&endpoint, interface.index, interface.name, &step)
    if socket < 0 { throw openingError(subscription, step: step, code: socket) }
    handles.append(socket)
    // The buffer first, so that a join does not overrun the default one.
    try configure(socket)
    if subscription.address.isMulticast {
      try LiveMembership.join(subscription, endpoint: &endpoint, interface: interface, socket: socket)
    }
    endpoints.append(
      UDPSocketQueue.Endpoint(
        socket: socket, header: DatagramHeader(subscription, macAddress: interface.macAddress)))
  }

  private mutating func configure(_ socket: Int32) throws(LiveOpeningError) {
    let wanted = min(options.receiveBufferBytes, Int(Int32.max / 2))
    let got = feedh_socket_set_receive_buffer(socket, Int32(wanted))
    if got < 0 { throw .refused("setting the receive buffer", at: interface.name, code: Int32(got)) }
    if got < Int64(wanted) {
      warn(
        "receive buffers of \(interface.name) are \(got) bytes instead of \(wanted): net.core.rmem_max; "
          + "sysctl -w net.core.rmem_max=\(wanted), or grant CAP_NET_ADMIN")
    }
    let error = feedh_socket_stamp(socket, usesHardwareTimestamps)
    if error < 0 { throw .refused("asking for timestamps", at: interface.name, code: error) }
    guard options.busyPollMicroseconds > 0 else { return }
    let busy = feedh_socket_set_busy_poll(socket, Int32(clamping: options.busyPollMicroseconds))
    if busy < 0 {
      let reason = busy == -EPERM ? "grant CAP_NET_ADMIN" : String(cString: strerror(-busy))
      warn("polls of \(interface.name) leave the driver to interrupts (SO_BUSY_POLL, SO_PREFER_BUSY_POLL): \(reason)")
    }
  }

  /// Once each: all sockets of an interface meet the same.
  private mutating func warn(_ warning: String) {
    if !warnings.contains(warning) { warnings.append(warning) }
  }

  private func openingError(_ subscription: LiveSubscription, step: Int32, code: Int32) -> LiveOpeningError {
    let isBinding = step == Int32(feedh_udp_step_bind.rawValue)
    switch -code {
    case EMFILE, ENFILE: return .tooManyFiles(count: endpoints.count + 1)
    case EADDRINUSE: return .addressInUse(subscription: subscription.description)
    case EADDRNOTAVAIL where isBinding:
      return .notOurAddress(subscription: subscription.description, interface: interface.name)
    case EACCES where isBinding:
      return .noPermission(what: "receiving port \(subscription.port)", right: "CAP_NET_BIND_SERVICE")
    case EPERM, EACCES: return .noPermission(what: "a socket at \(interface.name)", right: "CAP_NET_RAW")
    default:
      return .refused("opening a socket for \(subscription)", at: interface.name, code: code)
    }
  }
}

/// Has the card stamp what it receives. False, and a warning, where it does not.
func stampInHardware(_ interface: LiveInterface, _ warnings: inout [String]) -> Bool {
  let error = feedh_link_stamp_in_hardware(interface.name)
  if error == 0 { return true }
  let reason = error == -EPERM ? "grant CAP_NET_ADMIN" : String(cString: strerror(-error))
  warnings.append("\(interface.name) gives no hardware timestamps, the kernel's are used: \(reason)")
  return false
}
