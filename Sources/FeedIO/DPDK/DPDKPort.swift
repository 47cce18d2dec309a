import CDPDK
import FeedCore
import Glibc
import Synchronization

/// An open port of DPDK: its queues, its memory, and the thread that looks after its memberships.
///
/// Open with `open`, poll `queues`, and `close` each of them when no core polls any more: the last one closes the port.
public final class DPDKPort: @unchecked Sendable {
  public let settings: DPDKPortSettings
  public let facts: DPDKPortFacts
  public internal(set) var plan: DPDKPortPlan
  /// Receive queues, in order. Each belongs to the core that polls it.
  public internal(set) var queues: [DPDKQueue] = []
  /// Queues to send from, `settings.transmitQueues`.
  public internal(set) var transmitQueues: [DPDKTransmitQueue] = []

  let number: UInt16
  let environment: DPDKEnvironment
  var pools: [UnsafeMutableRawPointer] = []
  var inboxes: [FrameInbox] = []
  var service: DPDKPortService?
  /// The queue of membership reports.
  var controlQueue: DPDKTransmitQueue?
  var kernelMembership: KernelMembership?
  var isStarted = false
  var deviceClock: DeviceClock?
  /// Queues that are not closed yet, the account of the buffers afterwards. The lock also keeps `figures` from asking
  /// a port that is being closed.
  private let closing = Mutex(Closing())

  private struct Closing {
    var openQueues = 0
    var isClosed = false
    var account: DPDKBufferAccount?
  }

  init(
    _ settings: DPDKPortSettings, number: UInt16, facts: DPDKPortFacts, environment: DPDKEnvironment
  ) {
    self.settings = settings
    self.number = number
    self.facts = facts
    self.environment = environment
    plan = DPDKPortPlan(
      name: settings.name, device: facts.device, driver: facts.driver, node: facts.node, mtu: facts.mtu,
      queues: settings.queues, receiveDescriptors: settings.queueDepthPackets, buffersPerQueue: 0, bufferLength: 0,
      transmitQueues: settings.transmitQueues, usesHugePages: environment.usesHugePages)
  }

  /// Finds the device, sets it up as `settings` say, and starts it. From then on packets wait in its queues.
  ///
  /// - Throws: a setting beyond what the device has, with its limit; a device that is missing; memory that is; a
  ///   driver's refusal. Nothing stays open then.
  public static func open(
    _ settings: DPDKPortSettings, in environment: DPDKEnvironment
  ) throws(DPDKError) -> DPDKPort {
    // One port at a time: what DPDK logs meanwhile is that port's.
    try environment.settingUp.withLock { _ in attempt(settings, in: environment) }.get()
  }

  private static func attempt(
    _ settings: DPDKPortSettings, in environment: DPDKEnvironment
  ) -> Result<DPDKPort, DPDKError> {
    do throws(DPDKError) {
      let (number, facts) = try environment.acquire(settings.device)
      let port = DPDKPort(settings, number: number, facts: facts, environment: environment)
      do throws(DPDKError) {
        try port.setUp()
      } catch {
        port.abandon()
        throw error
      }
      port.closing.withLock { $0.openQueues = port.queues.count }
      return .success(port)
    } catch {
      return .failure(error)
    }
  }

  /// Opens all ports, or none: those opened before the one that fails are closed again.
  ///
  /// - Parameter environment: nil: DPDK is started with memory and cards for these ports.
  public static func open(
    all settings: [DPDKPortSettings], in environment: DPDKEnvironment? = nil
  ) throws(DPDKError) -> [DPDKPort] {
    if settings.isEmpty { return [] }
    let started: DPDKEnvironment
    if let environment {
      started = environment
    } else {
      started = try DPDKEnvironment.start(DPDKEnvironmentSettings(ports: settings))
    }
    var ports: [DPDKPort] = []
    for port in settings {
      do throws(DPDKError) {
        ports.append(try open(port, in: started))
      } catch {
        for port in ports { port.close() }
        throw error
      }
    }
    return ports
  }

  // MARK: Figures

  /// What the driver counts; nil: closed, or it does not tell.
  public func figures() -> DPDKPortFigures? {
    closing.withLock { closing in
      if closing.isClosed { return nil }
      var counts = feedh_dpdk_counts()
      guard feedh_dpdk_get_counts(number, &counts) == 0 else { return nil }
      var figures = DPDKPortFigures()
      figures.packets = counts.packets
      figures.bytes = counts.bytes
      figures.missed = counts.missed
      figures.errors = counts.errors
      figures.noBuffer = counts.no_buffer
      figures.sentPackets = counts.sent_packets
      figures.sentBytes = counts.sent_bytes
      figures.sendErrors = counts.send_errors
      figures.linkIsUp = linkIsUp
      return figures
    }
  }

  private var linkIsUp: Bool? {
    // These drivers say that it is up, whatever their interface has.
    if ["net_af_packet", "net_af_xdp"].contains(facts.driver) {
      return KernelInterface.name(index: facts.interfaceIndex).flatMap(KernelInterface.linkIsUp(of:))
    }
    let link = feedh_dpdk_link(number)
    return link < 0 ? nil : link == 1
  }

  /// Counters of the driver's own (xstats), in its words; none where it has none, or more than 512.
  public func extendedCounts() -> [(name: String, value: UInt64)] {
    closing.withLock { closing in
      if closing.isClosed { return [] }
      var counts = [feedh_dpdk_extended_count](repeating: feedh_dpdk_extended_count(), count: 512)
      let filled = feedh_dpdk_get_extended_counts(number, &counts, UInt32(counts.count))
      return counts.prefix(Int(max(0, filled))).map { count in
        let name = withUnsafeBytes(of: count.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return (name, count.value)
      }
    }
  }

  /// What was heard and said about memberships; nil: the kernel does that, or nobody.
  public var membershipCounts: MembershipCounts? { controlQueue == nil ? nil : service?.membershipCounts }

  /// The device and what it has counted; its own counters while the port is open, its buffers once it is closed.
  func device() -> LiveDeviceFigures {
    var figures = LiveDeviceFigures(device: facts.device, driver: facts.driver)
    figures.counters = extendedCounts().filter { $0.value > 0 }.map { .init(name: $0.name, value: $0.value) }
    figures.membership = membershipCounts
    figures.buffers = bufferAccount
    return figures
  }

  /// Packet buffers that are neither in use nor on their way.
  public var availableBuffers: Int {
    closing.withLock { $0.isClosed ? 0 : pools.reduce(0) { $0 + Int(feedh_dpdk_pool_available($1)) } }
  }

  /// Where the buffers were after the port was closed; nil: it is open.
  public var bufferAccount: DPDKBufferAccount? { closing.withLock { $0.account } }

  var failure: LiveQueueFailure? {
    switch service?.end {
    case nil, DPDKPortService.Ending.none?: nil
    case .removed?: LiveQueueFailure("port \(settings.name): \(facts.device) was removed; put it back, restart feedh")
    case .interfaceGone?:
      LiveQueueFailure(
        "port \(settings.name): the interface of \(facts.device) is gone; bring it back, restart feedh")
    }
  }

  // MARK: Close

  /// Closes all queues, and with them the port. For those who do not hold the queues themselves.
  public func close() {
    for queue in queues { queue.close() }
  }

  func queueClosed() {
    let isLast = closing.withLock { closing -> Bool in
      closing.openQueues -= 1
      return closing.openQueues == 0
    }
    if isLast { shutDown() }
  }

  /// What `open` had set up before it failed.
  private func abandon() {
    for queue in queues { queue.abandon() }
    shutDown()
  }

  private func shutDown() {
    // The groups are left while frames can still be sent.
    service?.stop()
    kernelMembership?.close()
    closing.withLock { closing in
      closing.isClosed = true
      for queue in transmitQueues { queue.close() }
      controlQueue?.close()
      if isStarted {
        if case .rules = plan.spreading { _ = feedh_dpdk_unsteer(number) }
        // Its ring is this process's memory and outlives the port.
        if facts.driver == "net_ring" { for queue in queues { queue.drain() } }
        _ = feedh_dpdk_stop_port(number)
      }
      var isVirtual = false
      if case .virtual = settings.device { isVirtual = true }
      environment.release(number, device: facts.device, isVirtual: isVirtual)
      closing.account = freePools()
    }
    for inbox in inboxes { inbox.deallocate() }
    inboxes = []
    // They hold the port.
    queues = []
  }

  /// A pool that does not have all its buffers stays: somebody may still write into one.
  private func freePools() -> DPDKBufferAccount {
    var account = DPDKBufferAccount()
    for pool in pools {
      let (size, available) = (Int(feedh_dpdk_pool_size(pool)), Int(feedh_dpdk_pool_available(pool)))
      account.buffers += size
      account.available += available
      if size == available { feedh_dpdk_free_pool(pool) }
    }
    pools = []
    return account
  }
}
