import FeedCore

/// Sends whole frames through a port of DPDK, one queue of it. Belongs to one thread.
public final class DPDKFrameSink: FrameSink {
  /// Turns without a frame taken before the close gives up what still waits.
  private static let closingAttempts = 1_000_000

  public let name: String
  private let port: DPDKPort
  private let queue: DPDKTransmitQueue
  private var refused: UInt64 = 0
  private var firstRefusal: String?
  private var fullCalls: UInt64 = 0

  /// Opens every port, or none; in the order of `interfaces`. DPDK is started for them.
  public static func open(_ interfaces: [DPDKInterface]) throws(DPDKError) -> [DPDKFrameSink] {
    try DPDKPort.open(all: interfaces.map(\.sending)).map { DPDKFrameSink($0) }
  }

  /// - Parameter port: with a queue to send from; the sink closes it.
  public init(_ port: DPDKPort) {
    precondition(!port.transmitQueues.isEmpty, "a port that is sent to has a queue to send from")
    name = port.settings.name
    self.port = port
    queue = port.transmitQueues[0]
  }

  public func send(_ burst: UnsafeBufferPointer<OutgoingFrame>) -> Int {
    var taken = 0
    while taken < burst.count {
      let frame = burst[taken]
      if frame.length == 0 || Int(frame.length) > queue.frameLengthMaximum {
        refuse(frame)
        taken += 1
        continue
      }
      let bytes = UnsafeRawBufferPointer(start: frame.bytes, count: Int(frame.length))
      if queue.append(bytes) {
        taken += 1
      } else if queue.flush() == 0 {
        // The card's ring is full, or holds all buffers.
        fullCalls &+= 1
        return taken
      }
    }
    queue.flush()
    return taken
  }

  @inline(never)
  private func refuse(_ frame: OutgoingFrame) {
    refused &+= 1
    if firstRefusal == nil {
      firstRefusal = "\(frame.length) bytes, of \(queue.frameLengthMaximum) at most"
    }
  }

  public var failure: TransmitError? {
    port.failure.map { .vanished(name: name, reason: $0.description) }
  }

  public func figures() -> FrameSinkFigures {
    let sent = queue.figures()
    var figures = FrameSinkFigures()
    figures.frames = sent.frames
    figures.bytes = sent.bytes
    figures.refused = refused
    figures.firstRefusal = firstRefusal
    figures.fullCalls = fullCalls
    return figures
  }

  public func close() {
    for _ in 0..<Self.closingAttempts where queue.waitingCount > 0 { queue.flush() }
    port.close()
  }
}
