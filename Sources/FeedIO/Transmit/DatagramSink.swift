import CTransmit
import FeedCore
import Glibc

/// Sends payloads as UDP datagrams, each to its own address, by kernel sockets. Needs no privileges.
public final class DatagramSink: FrameSink {
  public struct Options: Sendable, Equatable {
    /// What multicast, and unicast too, leaves through; nil: unicast goes where the routing table says.
    public var interface: String?
    /// Time to live, or hop limit: 0 … 255; nil: the system's, which is 1 for multicast.
    public var ttl: UInt8?
    /// Whether this machine's own sockets get the multicast too.
    public var loops = true
    public init() {}
  }

  public let name: String
  private let ipv4: Int32
  private let ipv6: Int32
  private var sender: SocketSender

  /// - Parameters:
  ///   - ipv4: open a socket for IPv4. Payloads of a family that was not opened are refused.
  ///   - ipv6: open a socket for IPv6.
  /// - Throws: no such interface, or it is down; the system's reason otherwise.
  public init(_ options: Options, ipv4: Bool = true, ipv6: Bool = false) throws(TransmitError) {
    name = options.interface.map { "udp via \($0)" } ?? "udp"
    self.ipv4 = ipv4 ? try Self.open(options, isIPv6: false) : -1
    do throws(TransmitError) {
      self.ipv6 = ipv6 ? try Self.open(options, isIPv6: true) : -1
    } catch {
      if self.ipv4 >= 0 { _ = Glibc.close(self.ipv4) }
      throw error
    }
    sender = SocketSender(name: name)
  }

  deinit { sender.deallocate() }

  private static func open(_ options: Options, isIPv6: Bool) throws(TransmitError) -> Int32 {
    let result = feedh_open_datagrams(isIPv6, options.interface, options.ttl.map(Int32.init) ?? -1, options.loops)
    if result < 0 { throw TransmitError(interface: options.interface ?? "udp", code: -result) }
    return result
  }

  public func send(_ burst: UnsafeBufferPointer<OutgoingFrame>) -> Int {
    var taken = 0
    while taken < burst.count {
      // A system call is for one socket: as many as are of one family.
      let isIPv4 = burst[taken].destination.isIPv4
      var end = taken + 1
      while end < burst.count, burst[end].destination.isIPv4 == isIPv4 { end += 1 }
      let descriptor = isIPv4 ? ipv4 : ipv6
      let count = sender.send(UnsafeBufferPointer(rebasing: burst[taken..<end])) {
        // A socket that was not opened refuses as the kernel would.
        descriptor < 0 ? -EAFNOSUPPORT : feedh_send_datagrams(descriptor, !isIPv4, $0, $1)
      }
      taken += count
      if taken < end { break }
    }
    return taken
  }

  public var failure: TransmitError? { sender.failure }
  public func figures() -> FrameSinkFigures { sender.figures }

  public func close() {
    for descriptor in [ipv4, ipv6] where descriptor >= 0 { _ = Glibc.close(descriptor) }
  }
}
