import FeedCore
import Glibc

/// Groups joined by the kernel, which then answers queries itself: for ports that kernel and DPDK share.
///
/// Nothing is read from the sockets; their receive buffers are as small as the kernel allows.
public final class KernelMembership {
  public let interface: String
  private var sockets: [Int32] = []

  /// Joins all groups, on as many sockets as the kernel's limit for each (`net.ipv4.igmp_max_memberships`) makes
  /// necessary.
  ///
  /// - Throws: the interface is missing, or the kernel refuses a group; those joined before are left.
  public init(interface: String, groups: [MulticastGroup]) throws(MembershipError) {
    self.interface = interface
    let index = if_nametoindex(interface)
    guard index != 0 else { throw .interfaceMissing(interface: interface) }
    for group in groups { try join(group, index) }
  }

  deinit { close() }

  /// Leaves all groups.
  public func close() {
    for socket in sockets { Glibc.close(socket) }
    sockets = []
  }

  private func join(_ group: MulticastGroup, _ index: UInt32) throws(MembershipError) {
    if group.sources.isEmpty {
      try join(group, index, source: nil)
    } else {
      for source in group.sources { try join(group, index, source: source) }
    }
  }

  private func join(_ group: MulticastGroup, _ index: UInt32, source: IPAddress?) throws(MembershipError) {
    let family = group.address.isIPv4 ? AF_INET : AF_INET6
    for descriptor in sockets.reversed() where Self.family(of: descriptor) == family {
      let error = Self.request(descriptor, group.address, index, source)
      if error == 0 { return }
      // This one is full (igmp_max_memberships, igmp_max_msf): another takes it.
      if error != ENOBUFS { throw refused(group, error) }
    }
    let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw refused(group, errno) }
    sockets.append(descriptor)
    var smallest: Int32 = 0
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &smallest, socklen_t(MemoryLayout<Int32>.size))
    let error = Self.request(descriptor, group.address, index, source)
    if error != 0 { throw refused(group, error) }
  }

  private func refused(_ group: MulticastGroup, _ error: Int32) -> MembershipError {
    close()
    return .refused(group: "\(group)", interface: interface, reason: String(cString: strerror(error)))
  }

  private static func family(of descriptor: Int32) -> Int32 {
    var family: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &length)
    return family
  }

  /// MCAST_JOIN_GROUP, or MCAST_JOIN_SOURCE_GROUP (RFC 3678). Returns 0 or an errno value.
  private static func request(
    _ descriptor: Int32, _ group: IPAddress, _ index: UInt32, _ source: IPAddress?
  ) -> Int32 {
    let level = group.isIPv4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6)
    if let source {
      var request = group_source_req()
      request.gsr_interface = index
      request.gsr_group = storage(group)
      request.gsr_source = storage(source)
      let size = socklen_t(MemoryLayout<group_source_req>.size)
      return setsockopt(descriptor, level, MCAST_JOIN_SOURCE_GROUP, &request, size) == 0 ? 0 : errno
    }
    var request = group_req()
    request.gr_interface = index
    request.gr_group = storage(group)
    return setsockopt(descriptor, level, MCAST_JOIN_GROUP, &request, socklen_t(MemoryLayout<group_req>.size)) == 0
      ? 0 : errno
  }

  private static func storage(_ address: IPAddress) -> sockaddr_storage {
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) { bytes in
      if address.isIPv4 {
        var ipv4 = sockaddr_in()
        ipv4.sin_family = sa_family_t(AF_INET)
        ipv4.sin_addr.s_addr = address.ipv4.bigEndian
        bytes.storeBytes(of: ipv4, as: sockaddr_in.self)
      } else {
        var ipv6 = sockaddr_in6()
        ipv6.sin6_family = sa_family_t(AF_INET6)
        withUnsafeMutableBytes(of: &ipv6.sin6_addr) {
          $0.storeBytes(of: address.high.bigEndian, toByteOffset: 0, as: UInt64.self)
          $0.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        bytes.storeBytes(of: ipv6, as: sockaddr_in6.self)
      }
    }
    return storage
  }
}
