import FeedCore

/// One receive queue of a live port: a DPDK queue, a packet ring, a set of multicast sockets. Polled by one core.
///
/// Class-bound: a core holds several, of different kinds, and asks each once per burst.
public protocol LiveQueue: AnyObject {
  /// What reports call it: the port's name and the queue's number, "feed-a:0".
  var name: String { get }

  /// The calling thread is the one that is going to poll: what that takes is done now, not with the first packets.
  /// Call once, before the first `receive`.
  func prepareThread()

  /// Takes what has arrived, in order of arrival, `burst.count` packets at most; 0: nothing now.
  ///
  /// Allocates nothing, never blocks, logs nothing. `captureNanoseconds` is when the packet was received (Unix
  /// nanoseconds; see `LiveQueueFigures.timestamps`), and never goes back from one packet of the queue to the next.
  /// The packets' bytes stay valid during the next `LiveSource.retainedBursts` calls that return packets.
  func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int

  /// What it has counted, driver and kernel asked anew. A cold thread's call, at any time while packets are received.
  func figures() -> LiveQueueFigures

  /// Why it will bring no packet any more; nil while it may. Glanced at by the core between bursts.
  var failure: LiveQueueFailure? { get }

  /// The device under it, asked anew, also after the close; nil: none that counts for itself. Queues of one port tell
  /// the same. A cold thread's call.
  func device() -> LiveDeviceFigures?

  /// Gives everything back: groups are left, memory and descriptors freed. Call once, when no core polls any more.
  func close()
}

extension LiveQueue {
  public func prepareThread() {}
  public func device() -> LiveDeviceFigures? { nil }
}

/// Constants that queues and the cores that poll them agree on.
public enum LiveSource {
  /// For how many further bursts of a queue a packet's bytes stay where they are: more than the batches that may be
  /// under way between an ingest core and its shard cores.
  public static let retainedBursts = 32
}

/// What a queue has counted since it was opened.
public struct LiveQueueFigures: Sendable, Equatable {
  /// Where `Packet.captureNanoseconds` comes from.
  public enum Timestamps: String, Sendable {
    /// The network interface's clock.
    case hardware
    /// The kernel, when the driver handed the packet up.
    case kernel
    /// The time-stamp counter of the core that polled.
    case core
  }
  /// Packets handed to the core.
  public var packets: UInt64 = 0
  /// Their bytes on the wire.
  public var bytes: UInt64 = 0
  /// Packets that the interface, the driver or the kernel dropped before the core saw them: ring or buffer full. Loss
  /// is accounted by sequence gaps; this says where to look.
  public var drops: UInt64 = 0
  /// Of these, as DPDK counts them: a buffer to receive into could not be had.
  public var noBuffers: UInt64 = 0
  /// Packets that arrived damaged, as the interface counts them.
  public var errors: UInt64 = 0
  /// Packets longer than the queue's buffers: their captured length is short of the wire's.
  public var cut: UInt64 = 0
  public var timestamps = Timestamps.core
  /// Whether the link was up when last asked; nil where nobody can tell.
  public var linkIsUp: Bool?

  public init() {}
}

/// What ended a queue: what, where, remedy, in one line.
public struct LiveQueueFailure: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
