import CDPDK
import CPlatform
import FeedCore
import Glibc
import Synchronization

/// The cold side of an open port, a thread of its own: answers queries of memberships, sees whether the card is still
/// there, follows its clock.
final class DPDKPortService: @unchecked Sendable {
  /// Why a port will bring no packet any more.
  enum Ending: UInt64 {
    case none = 0
    /// Its driver says that the device is gone.
    case removed = 1
    /// The kernel has its interface no more.
    case interfaceGone = 2
  }

  /// How often it looks: far below the shortest time that a query allows for its answer, a tenth of a second.
  private static let periodMicroseconds: UInt32 = 10_000

  private let port: UInt16
  private let interfaceIndex: UInt32
  private let clock: DeviceClock?
  private let inboxes: [FrameInbox]
  private let transmit: DPDKTransmitQueue?
  /// Touched by the service's thread alone, once that runs.
  private var hosts: [MembershipHost]
  private let counts = Mutex(MembershipCounts())
  private let ending = Atomic<UInt64>(0)
  private let stopping = Atomic<Bool>(false)
  private var thread: pthread_t?

  init(
    port: UInt16, interfaceIndex: UInt32, clock: DeviceClock?, hosts: [MembershipHost], inboxes: [FrameInbox],
    transmit: DPDKTransmitQueue?
  ) {
    self.port = port
    self.interfaceIndex = interfaceIndex
    self.clock = clock
    self.hosts = hosts
    self.inboxes = inboxes
    self.transmit = transmit
  }

  /// Anything but `none` is final.
  var end: Ending { Ending(rawValue: ending.load(ordering: .acquiring)) ?? .removed }

  var membershipCounts: MembershipCounts { counts.withLock { $0 } }

  func start() throws(DPDKError) {
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, Self.main, Unmanaged.passRetained(self).toOpaque())
    if result != 0 {
      Unmanaged.passUnretained(self).release()
      throw .thread(reason: String(cString: strerror(result)))
    }
    self.thread = thread
  }

  /// Leaves the groups and ends the thread; takes up to a few times `repeatNanosecondsMaximum`.
  func stop() {
    guard let thread else { return }
    stopping.store(true, ordering: .releasing)
    pthread_join(thread, nil)
    self.thread = nil
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    // SAFETY: `start` retains the service for this thread.
    Unmanaged<DPDKPortService>.fromOpaque(context!).takeRetainedValue().run()
    return nil
  }

  private func run() {
    for index in hosts.indices { hosts[index].join(at: SystemClock.monotonic) }
    var cycle: UInt64 = 0
    while !stopping.load(ordering: .acquiring) {
      serveMembership()
      if cycle % 10 == 0 { look() }
      if cycle % 100 == 99 { clock?.follow() }
      cycle &+= 1
      usleep(Self.periodMicroseconds)
    }
    leave()
  }

  private func serveMembership() {
    if hosts.isEmpty { return }
    let now = SystemClock.monotonic
    for inbox in inboxes {
      while inbox.pop({ hear($0, at: now) }) {}
    }
    for index in hosts.indices {
      for frame in hosts[index].frames(until: now) { frame.withUnsafeBytes { _ = transmit?.send($0) } }
    }
    let counts = hosts.reduce(into: MembershipCounts()) { $0.add($1.counts) }
    self.counts.withLock { $0 = counts }
  }

  /// IGMP is the one family's, MLD the other's.
  private func hear(_ frame: UnsafeRawBufferPointer, at now: UInt64) {
    let isIPv6 = DPDKQueue.isMLD(frame.baseAddress!, UInt32(truncatingIfNeeded: frame.count))
    for index in hosts.indices where hosts[index].isIPv6 == isIPv6 { hosts[index].receive(frame, at: now) }
  }

  /// The repeats of a leave are part of it: a router that missed the first would go on sending for minutes.
  private func leave() {
    if hosts.isEmpty { return }
    for index in hosts.indices { hosts[index].leave(at: SystemClock.monotonic) }
    serveMembership()
    while let due = hosts.compactMap(\.nextDue).min() {
      let now = SystemClock.monotonic
      if due > now { usleep(UInt32(truncatingIfNeeded: min(due - now, 1_000_000_000) / 1_000 + 1)) }
      serveMembership()
    }
  }

  private func look() {
    if end != .none { return }
    if feedh_dpdk_is_removed(port) {
      ending.store(Ending.removed.rawValue, ordering: .releasing)
      return
    }
    if interfaceIndex == 0 { return }
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    if if_indextoname(interfaceIndex, &name) == nil && errno == ENXIO {
      ending.store(Ending.interfaceGone.rawValue, ordering: .releasing)
    }
  }
}
