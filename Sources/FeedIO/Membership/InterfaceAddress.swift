import FeedCore
import Glibc

/// Addresses that the kernel has given to interfaces.
enum InterfaceAddress {
  /// The first IPv4 address of an interface; nil: it has none.
  static func ipv4(of interface: String) -> IPAddress? {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var next = list
    while let entry = next {
      next = entry.pointee.ifa_next
      guard let address = entry.pointee.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET),
        String(cString: entry.pointee.ifa_name) == interface
      else { continue }
      // SAFETY: the kernel's addresses of this family are sockaddr_in.
      let ipv4 = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
      return IPAddress(ipv4: UInt32(bigEndian: ipv4.sin_addr.s_addr))
    }
    return nil
  }
}
