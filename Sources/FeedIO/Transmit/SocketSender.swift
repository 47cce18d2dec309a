import CTransmit
import FeedCore
import Glibc

/// The part that both socket sinks share: gathers packets for one system call, and judges what it answered.
struct SocketSender {
  private(set) var figures = FrameSinkFigures()
  private(set) var failure: TransmitError?
  private let name: String
  private let outgoing: UnsafeMutablePointer<feedh_outgoing>

  static let burstMaximum = Int(feedh_outgoing_maximum)

  init(name: String) {
    self.name = name
    outgoing = .allocate(capacity: Self.burstMaximum)
  }

  func deallocate() { outgoing.deallocate() }

  /// Takes frames from the front of `burst`, of the same socket, and returns how many were taken.
  ///
  /// - Parameter call: sends so many, and returns how many were sent or an error number negated.
  mutating func send(
    _ burst: UnsafeBufferPointer<OutgoingFrame>, _ call: (UnsafePointer<feedh_outgoing>, UInt32) -> Int32
  ) -> Int {
    var taken = 0
    while taken < burst.count, failure == nil {
      let count = min(burst.count - taken, Self.burstMaximum)
      for index in 0..<count { outgoing[index] = Self.outgoing(burst[taken + index]) }
      let result = call(outgoing, UInt32(count))
      if result > 0 {
        for index in 0..<Int(result) { figures.bytes &+= UInt64(outgoing[index].length) }
        figures.frames &+= UInt64(result)
        taken += Int(result)
        continue
      }
      switch -result {
      case EAGAIN, ENOBUFS, ENOMEM, 0:
        figures.fullCalls &+= 1
        return taken
      case ENODEV, ENXIO, EBADF: failure = .vanished(name: name, reason: String(cString: strerror(-result)))
      default:
        // Too long, no route, the interface down at the moment: this frame is lost as on a wire, others may do.
        figures.refused &+= 1
        if figures.firstRefusal == nil { figures.firstRefusal = String(cString: strerror(-result)) }
        taken += 1
      }
    }
    return taken
  }

  private static func outgoing(_ frame: OutgoingFrame) -> feedh_outgoing {
    var outgoing = feedh_outgoing()
    outgoing.bytes = frame.bytes
    outgoing.length = frame.length
    outgoing.port = frame.destinationPort
    withUnsafeMutableBytes(of: &outgoing.address) { bytes in
      if frame.destination.isIPv4 {
        bytes.storeBytes(of: UInt32(truncatingIfNeeded: frame.destination.low).bigEndian, as: UInt32.self)
      } else {
        bytes.storeBytes(of: frame.destination.high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: frame.destination.low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
    }
    return outgoing
  }
}
