import CTransmit
import Glibc

/// Sends whole frames through an interface, by an AF_PACKET socket. Needs root or CAP_NET_RAW.
///
/// Frames leave as they are: addresses, VLAN tags and checksums of the capture.
public final class PacketSocketSink: FrameSink {
  public let name: String
  private let descriptor: Int32
  private var sender: SocketSender

  /// - Throws: no such interface, it is down or no Ethernet, no permission.
  public init(interface: String) throws(TransmitError) {
    let result = feedh_open_frames(interface)
    if result < 0 { throw TransmitError(interface: interface, code: -result) }
    name = interface
    descriptor = result
    sender = SocketSender(name: interface)
  }

  deinit { sender.deallocate() }

  public func send(_ burst: UnsafeBufferPointer<OutgoingFrame>) -> Int {
    sender.send(burst) { [descriptor] in feedh_send_frames(descriptor, $0, $1) }
  }

  public var failure: TransmitError? { sender.failure }
  public func figures() -> FrameSinkFigures { sender.figures }
  public func close() { _ = Glibc.close(descriptor) }
}
