import CSocket
import Foundation
import Glibc
import Testing

/// A network namespace of a test's own, with a loopback interface and a pair of veth interfaces, `left` and `right`:
/// what is sent out of `left` arrives at `right`. Nothing of the machine outside is touched.
///
/// The calling thread is inside until `leave`, which it must call itself: tests that use it do not wait for anything
/// asynchronous meanwhile. Sockets opened and threads made inside stay there. (No function that takes a closure: in
/// closures of several statements Swift 6.3.1 takes a closure behind an `#expect` for one inside of its argument.)
final class TestNetwork {
  private typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
  private static let newNetwork: Int32 = 0x4000_0000
  private let outside: Int32

  /// What the system did not do. (`#require` would make a failure of asking whether it would.)
  struct Refusal: Error {
    let what: String
    let error = String(cString: strerror(errno))
  }

  private static func need(_ isTrue: Bool, _ what: String) throws(Refusal) {
    if !isTrue { throw Refusal(what: what) }
  }

  init() throws {
    // Not declared by the module map of the C library.
    guard let symbol = dlsym(nil, "unshare") else { throw Refusal(what: "unshare") }
    outside = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    try Self.need(outside >= 0, "the namespace outside")
    let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
    guard unshare(Self.newNetwork) == 0 else {
      close(outside)
      throw Refusal(what: "unshare")
    }
    do {
      try furnish()
    } catch {
      leave()
      throw error
    }
  }

  /// Back to where the thread came from.
  func leave() {
    let setNamespace = unsafeBitCast(dlsym(nil, "setns")!, to: SetNamespace.self)
    // A thread that went on inside would fail tests that have nothing to do with this one.
    precondition(setNamespace(outside, Self.newNetwork) == 0, "the thread is back where it came from")
    close(outside)
  }

  private func furnish() throws {
    try Self.set("net/ipv6/conf/default/accept_dad", "0")
    for scope in ["all", "default"] { try Self.set("net/ipv4/conf/\(scope)/rp_filter", "0") }
    for arguments in [
      "link set lo up", "link add left type veth peer name right", "address add 10.9.0.1/24 dev left",
      "address add 10.9.0.2/24 dev right", "address add 2001:db8:9::1/64 dev left nodad", "link set left up",
      "link set right up", "route add 224.0.0.0/4 dev lo", "-6 route add ff00::/8 dev lo table local metric 1",
    ] { try Self.ip(arguments) }
    try Self.waitUntilRunning(["left", "right"])
  }

  /// The kernel finds out some time later that both ends are up, and tells IPv6 then.
  private static func waitUntilRunning(_ interfaces: [String]) throws {
    let netlink = feedh_link_open()
    try need(netlink >= 0, "netlink")
    defer { close(netlink) }
    let end = Date(timeIntervalSinceNow: 30)
    for interface in interfaces {
      var link = feedh_link()
      var state = feedh_link_state()
      try need(feedh_link_find(interface, &link) == 0, interface)
      while feedh_link_read(netlink, link.index, &state) == 0, !state.is_up, Date() < end { sched_yield() }
      try need(state.is_up, interface + " up")
    }
  }

  /// Runs the program ip. Not by Foundation's Process, which watches its child from another thread by means of
  /// sockets: it would do so in the wrong namespace, or without rights.
  static func ip(_ arguments: String) throws {
    guard let path = program("ip") else { throw Refusal(what: "ip") }
    var words = ([path] + arguments.split(separator: " ").map(String.init)).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    try need(posix_spawn(&child, path, nil, nil, &words, environ) == 0, path)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { try need(errno == EINTR, "waitpid") }
    try need(status == 0, "ip " + arguments)
  }

  /// Writes a file below /proc/sys of this thread's namespace.
  static func set(_ path: String, _ value: String) throws {
    let file = open("/proc/sys/" + path, O_WRONLY | O_CLOEXEC)
    try need(file >= 0, path)
    defer { close(file) }
    try need(write(file, value, value.utf8.count) == value.utf8.count, path)
  }

  /// Groups that are joined at an interface, as the kernel lists them: hexadecimal words.
  static func groups() throws -> String {
    try String(contentsOfFile: "/proc/thread-self/net/igmp", encoding: .utf8)
  }

  /// Whether a group is joined no more. A program that another thread starts has this process's sockets until it is
  /// loaded, and the group with them: the limit is for what has failed.
  static func hasLeft(_ group: String) throws -> Bool {
    let end = Date(timeIntervalSinceNow: 30)
    while try groups().contains(group) {
      if Date() >= end { return false }
      sched_yield()
    }
    return true
  }

  /// Lines of the kernel's list of bound sockets of this namespace, "udp" or "packet".
  static func sockets(_ kind: String) throws -> [Substring] {
    try String(contentsOfFile: "/proc/thread-self/net/" + kind, encoding: .utf8).split(separator: "\n")
  }

  private static func program(_ name: String) -> String? {
    ["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
  }

  /// Whether this process may make such a network.
  static let isPossible: Bool = {
    guard geteuid() == 0, program("ip") != nil, let network = try? TestNetwork() else { return false }
    network.leave()
    return true
  }()
  static let reason: Comment = "needs root, network namespaces and the program ip (iproute2)"
}

/// Sends whole frames out of an interface, as they are.
final class FrameSender: @unchecked Sendable {
  private let socket: Int32

  init(_ interface: String) throws {
    var link = feedh_link()
    try #require(feedh_link_find(interface, &link) == 0)
    socket = Glibc.socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
    try #require(socket >= 0)
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_ifindex = Int32(link.index)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_ll>.size))
      }
    }
    try #require(bound == 0)
  }

  deinit { close(socket) }

  /// False where the interface took it not: it is down, or its queue is full.
  @discardableResult
  func send(_ frame: [UInt8]) -> Bool { frame.withUnsafeBytes { send($0) } }

  @discardableResult
  func send(_ frame: UnsafeRawBufferPointer) -> Bool {
    Glibc.send(socket, frame.baseAddress, frame.count, 0) == frame.count
  }
}

/// Sends datagrams through the kernel, by way of an interface, as an ordinary program does.
final class DatagramSender {
  private let socket: Int32
  private let isIPv6: Bool
  /// The port that the kernel chose.
  private(set) var port: UInt16 = 0

  /// On the loopback interface it sends from 127.0.0.1, elsewhere from what the kernel chooses.
  init(_ interface: String, isIPv6: Bool = false) throws {
    self.isIPv6 = isIPv6
    var link = feedh_link()
    try #require(feedh_link_find(interface, &link) == 0)
    socket = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(socket >= 0)
    if isIPv6 {
      var index = Int32(link.index)
      try #require(setsockopt(socket, 41, 17 /* IPV6_MULTICAST_IF */, &index, 4) == 0)
      var address = sockaddr_in6()
      address.sin6_family = UInt16(AF_INET6)
      port = try bindAndAsk(&address)
    } else {
      var request = ip_mreqn()
      request.imr_ifindex = Int32(link.index)
      try #require(
        setsockopt(socket, 0, 32 /* IP_MULTICAST_IF */, &request, socklen_t(MemoryLayout<ip_mreqn>.size)) == 0)
      var address = sockaddr_in()
      address.sin_family = UInt16(AF_INET)
      if link.is_loopback { address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian }
      port = try bindAndAsk(&address)
    }
  }

  deinit { close(socket) }

  private func bindAndAsk<Address>(_ address: inout Address) throws -> UInt16 {
    var length = socklen_t(MemoryLayout<Address>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
      }
    }
    try #require(result == 0)
    // Both families have the port behind the family.
    return withUnsafeBytes(of: address) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
  }

  func send(_ payload: [UInt8], to address: String, _ port: UInt16) throws {
    let sent: Int
    if isIPv6 {
      var to = sockaddr_in6()
      to.sin6_family = UInt16(AF_INET6)
      to.sin6_port = port.bigEndian
      try #require(inet_pton(AF_INET6, address, &to.sin6_addr) == 1)
      sent = sendTo(payload, &to)
    } else {
      var to = sockaddr_in()
      to.sin_family = UInt16(AF_INET)
      to.sin_port = port.bigEndian
      try #require(inet_pton(AF_INET, address, &to.sin_addr) == 1)
      sent = sendTo(payload, &to)
    }
    try #require(sent == payload.count, "\(String(cString: strerror(errno)))")
  }

  private func sendTo<Address>(_ payload: [UInt8], _ to: inout Address) -> Int {
    withUnsafePointer(to: &to) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, payload, payload.count, 0, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }
}
