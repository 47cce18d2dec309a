import FeedCore
import Glibc
import Testing

@testable import FeedIO

/// Payloads by kernel sockets over the loopback interface.
struct DatagramSinkTests {
  /// A UDP socket of this test: unicast, or a member of a group at the loopback interface.
  final class Receiver {
    let port: UInt16
    private let descriptor: Int32

    init(group: String? = nil) throws {
      let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      self.descriptor = descriptor
      try #require(descriptor >= 0)
      var size: Int32 = 4 << 20
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
      // Nothing here waits for longer than a broken network would take.
      var patience = timeval(tv_sec: 10, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = inet_addr(group ?? "127.0.0.1")
      let length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      try #require(bound == 0)
      var taken = length
      _ = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &taken) }
      }
      port = UInt16(bigEndian: address.sin_port)
      if let group {
        var request = ip_mreqn()
        request.imr_multiaddr.s_addr = inet_addr(group)
        request.imr_ifindex = Int32(if_nametoindex("lo"))
        let joined = setsockopt(
          descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request, socklen_t(MemoryLayout<ip_mreqn>.size))
        try #require(joined == 0)
      }
    }

    deinit { close(descriptor) }

    /// The next datagram; nil where none comes.
    func receive() -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      return count < 0 ? nil : Array(bytes.prefix(count))
    }

    func isEmpty() -> Bool {
      var byte: UInt8 = 0
      return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0
    }
  }

  private func payloads(_ count: Int) -> [[UInt8]] {
    var random = CaptureRandom(9)
    return (0..<count).map { _ in
      (0..<Int.random(in: 1...1_400, using: &random)).map { _ in .random(in: 0...255, using: &random) }
    }
  }

  /// Sends them all, in order.
  private func send(_ payloads: [[UInt8]], through sink: DatagramSink, to address: String, _ port: UInt16) throws {
    let memory = PacketMemory(payloads.map { TestPacket(0, $0) })
    let destination = try #require(IPAddress(address))
    let frames = memory.views.map {
      OutgoingFrame(bytes: $0.bytes, length: $0.capturedLength, destination: destination, destinationPort: port)
    }
    frames.withUnsafeBufferPointer { all in
      var sent = 0
      while sent < all.count { sent += sink.send(UnsafeBufferPointer(rebasing: all[sent...])) }
    }
  }

  @Test func multicastOverLoopbackArrivesAsItWasSent() throws {
    let receiver = try Receiver(group: "239.255.77.1")
    var options = DatagramSink.Options()
    options.interface = "lo"
    options.ttl = 0
    let sink = try DatagramSink(options)
    defer { sink.close() }
    let payloads = payloads(200)
    try send(payloads, through: sink, to: "239.255.77.1", receiver.port)
    for payload in payloads { #expect(receiver.receive() == payload) }
    #expect(receiver.isEmpty())
    #expect(sink.figures().frames == 200 && sink.figures().refused == 0)
    #expect(sink.figures().bytes == payloads.reduce(0) { $0 + UInt64($1.count) })
  }

  @Test func unicastArrivesAsItWasSent() throws {
    let receiver = try Receiver()
    let sink = try DatagramSink(DatagramSink.Options())
    defer { sink.close() }
    let payloads = payloads(200)
    try send(payloads, through: sink, to: "127.0.0.1", receiver.port)
    for payload in payloads { #expect(receiver.receive() == payload) }
  }

  @Test func whatCanNeverBeSentIsRefusedAndTheRestArrives() throws {
    let receiver = try Receiver()
    let sink = try DatagramSink(DatagramSink.Options())
    defer { sink.close() }
    // UDP over IPv4 holds 65,507 bytes.
    let payloads = [[1], [UInt8](repeating: 2, count: 65_508), [3], [UInt8](repeating: 4, count: 65_507)]
    try send(payloads, through: sink, to: "127.0.0.1", receiver.port)
    #expect([receiver.receive(), receiver.receive(), receiver.receive()] == [payloads[0], payloads[2], payloads[3]])
    #expect(sink.figures().frames == 3 && sink.figures().refused == 1 && sink.failure == nil)
    #expect(sink.figures().firstRefusal == "Message too long")
    // No socket of that family was opened.
    try send([[5]], through: sink, to: "::1", receiver.port)
    #expect(sink.figures().refused == 2)
  }

  @Test func badInterfacesAreNamed() {
    #expect(throws: TransmitError.noInterface("feedh-none")) {
      var options = DatagramSink.Options()
      options.interface = "feedh-none"
      _ = try DatagramSink(options)
    }
    #expect(throws: TransmitError.noInterface("an-interface-name-beyond-the-limit")) {
      var options = DatagramSink.Options()
      options.interface = "an-interface-name-beyond-the-limit"
      _ = try DatagramSink(options)
    }
  }

  @Test func framesNeedAnInterfaceThatIsThere() {
    // Without the right to open packet sockets that is what is said first.
    let allowed: [TransmitError] = [.noInterface("feedh-none"), .noPermission(interface: "feedh-none")]
    do throws(TransmitError) {
      _ = try PacketSocketSink(interface: "feedh-none")
      Issue.record("there is no such interface")
    } catch {
      #expect(allowed.contains(error))
    }
  }

  @Test func multicastIsRecognised() throws {
    for (text, expected) in [
      ("224.0.0.0", true), ("239.255.255.255", true), ("223.255.255.255", false), ("240.0.0.0", false),
      ("ff02::1", true), ("fe80::1", false),
    ] {
      #expect(try #require(IPAddress(text)).isMulticast == expected, "\(text)")
    }
  }
}
