/// Where packets leave: a packet socket, a UDP socket, a DPDK queue. Belongs to one thread.
///
/// Class-bound: a transmitter holds one per line and asks each once per burst.
public protocol FrameSink: AnyObject {
  /// What reports call it: "eth1", "udp via eth1".
  var name: String { get }

  /// Takes frames from the front of `burst`, in order, and returns how many; fewer where there is no room now: give it
  /// the rest again. A frame that can never be sent (too long, no route) is taken, and counted as refused.
  ///
  /// Never waits. The bytes need not stay after the call.
  func send(_ burst: UnsafeBufferPointer<OutgoingFrame>) -> Int

  /// Why it takes nothing any more; nil while it does.
  var failure: TransmitError? { get }

  func figures() -> FrameSinkFigures

  /// Gives everything back, once what was taken has left.
  func close()
}

/// What a sink has counted since it was opened.
public struct FrameSinkFigures: Sendable, Equatable {
  /// Frames handed on.
  public var frames: UInt64 = 0
  public var bytes: UInt64 = 0
  /// Frames that can never be sent.
  public var refused: UInt64 = 0
  /// Why the first of them was refused.
  public var firstRefusal: String?
  /// Calls that could not take everything: queue or buffer full.
  public var fullCalls: UInt64 = 0

  public init() {}
}
