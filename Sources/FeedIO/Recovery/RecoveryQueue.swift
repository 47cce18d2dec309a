import FeedCore
import Synchronization

/// The core's side of live recovery: hands out what servers sent, and lets the cold thread have the core's outbox.
///
/// Polled like a live queue, and never exhausted; the packets of a burst keep their bytes as `LiveQueue` promises.
/// Datagrams are whole frames on the flow of their retransmission line; bytes of connections are packets of
/// `LinkType.connection`. Their capture time is 0: they happen when the core takes them, by its clock.
public final class RecoveryQueue: LiveQueue, RecoveryAnswering, @unchecked Sendable {
  /// So few that most slots are free although each burst keeps its own for as long as is promised.
  private static let burstMaximum: UInt64 = 4

  public let name = "recovery"
  let inbox = RecoveryInbox()
  private let shared = Mutex<RecoveryOutbox?>(nil)
  private let counts = SharedCounters(count: 2)
  private var taken: UInt64 = 0
  private var bursts: UInt64 = 0
  /// Where each of the last bursts ended.
  private let ends: UnsafeMutablePointer<UInt64>

  private static var keptBursts: UInt64 { UInt64(LiveSource.retainedBursts) + 1 }

  init() {
    ends = .allocate(capacity: Int(Self.keptBursts))
    ends.initialize(repeating: 0, count: Int(Self.keptBursts))
  }

  deinit {
    inbox.deallocate()
    counts.deallocate()
    ends.deallocate()
  }

  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    let waiting = inbox.observe() &- taken
    if waiting == 0 { return 0 }
    let count = Int(min(waiting, Self.burstMaximum, UInt64(burst.count)))
    var bytes: UInt64 = 0
    for index in 0..<count {
      burst[index] = inbox.packet(taken &+ UInt64(index))
      bytes &+= UInt64(burst[index].wireLength)
    }
    taken &+= UInt64(count)
    // The burst that ended here is one more old than is promised.
    let oldest = Int(bursts % Self.keptBursts)
    inbox.release(before: ends[oldest])
    ends[oldest] = taken
    bursts &+= 1
    counts.add(UInt64(count), to: 0)
    counts.add(bytes, to: 1)
    return count
  }

  /// The core's, before its first packet.
  public func answer(_ outbox: RecoveryOutbox) { shared.withLock { $0 = outbox } }

  /// What the core wants sent; nil until it runs. The cold thread's to read.
  var outbox: RecoveryOutbox? { shared.withLock { $0 } }

  public func figures() -> LiveQueueFigures {
    var figures = LiveQueueFigures()
    figures.packets = counts.glance(0)
    figures.bytes = counts.glance(1)
    return figures
  }

  public var failure: LiveQueueFailure? { nil }
  public func close() {}
}
