import Synchronization

/// What a queue's core counts and a cold thread reads, and why the queue ended, which either may find out.
///
/// The counts have one writer, the core: stores are plain, and a reader may see them a burst late.
final class LiveQueueState: Sendable {
  private let packets = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let cut = Atomic<UInt64>(0)
  private let errors = Atomic<UInt64>(0)
  private let isStampedInHardware = Atomic<Bool>(false)
  private let hasFailed = Atomic<Bool>(false)
  private let reason = Mutex<LiveQueueFailure?>(nil)

  /// Once per burst; `stampedInHardware` as its last packet was.
  @inline(__always)
  func count(packets more: Int, bytes moreBytes: UInt64, cut moreCut: UInt64, stampedInHardware: Bool) {
    packets.store(packets.load(ordering: .relaxed) &+ UInt64(more), ordering: .relaxed)
    bytes.store(bytes.load(ordering: .relaxed) &+ moreBytes, ordering: .relaxed)
    if moreCut > 0 { cut.store(cut.load(ordering: .relaxed) &+ moreCut, ordering: .relaxed) }
    isStampedInHardware.store(stampedInHardware, ordering: .relaxed)
  }

  /// A receive call that failed, for a reason that may pass.
  func countError() { errors.store(errors.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }

  /// Packets handed out so far, for the core.
  @inline(__always) var packetCount: UInt64 { packets.load(ordering: .relaxed) }

  /// The first reason stays.
  func fail(_ failure: LiveQueueFailure) {
    reason.withLock { if $0 == nil { $0 = failure } }
    hasFailed.store(true, ordering: .releasing)
  }

  var failure: LiveQueueFailure? {
    guard hasFailed.load(ordering: .acquiring) else { return nil }
    return reason.withLock { $0 }
  }

  /// Everything there is to tell of a queue of the kernel's `interface`, which is asked anew: a cold thread's call. An
  /// interface that is gone ends the queue.
  ///
  /// - Parameter drops: what this queue's own buffer had no room for. What the interface missed for want of room, which
  ///   it counts for all queues together, is put on top.
  func figures(drops: UInt64, of interface: LiveInterface) -> LiveQueueFigures {
    var figures = counted
    figures.drops = drops
    guard let link = interface.state() else {
      figures.linkIsUp = false
      fail(interface.vanishedFailure)
      return figures
    }
    figures.linkIsUp = link.isUp
    figures.drops &+= link.missed
    figures.errors &+= link.errors
    return figures
  }

  /// Without what only the kernel knows: drops, the interface's errors, the link.
  private var counted: LiveQueueFigures {
    var figures = LiveQueueFigures()
    figures.packets = packets.load(ordering: .relaxed)
    figures.bytes = bytes.load(ordering: .relaxed)
    figures.cut = cut.load(ordering: .relaxed)
    figures.errors = errors.load(ordering: .relaxed)
    figures.timestamps = isStampedInHardware.load(ordering: .relaxed) ? .hardware : .kernel
    return figures
  }
}
