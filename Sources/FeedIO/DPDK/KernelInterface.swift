import FeedCore
import Glibc

/// What the kernel says of its interfaces.
enum KernelInterface {
  /// The longest payload of a frame; nil: no such interface. At most 9,216: the loopback's 65,536 is no frame that a
  /// buffer has to hold.
  static func mtu(of interface: String) -> Int? {
    fact("mtu", of: interface).flatMap { Int($0) }.map { min($0, 9_216) }
  }

  /// Whether it has a link; nil: no such interface, or its driver does not tell.
  static func linkIsUp(of interface: String) -> Bool? {
    switch fact("operstate", of: interface) {
    case "up": true
    case "down", "lowerlayerdown", "notpresent", "dormant": false
    default: nil
    }
  }

  /// The interface of this number, nil: there is none.
  static func name(index: UInt32) -> String? {
    var text = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    guard index != 0, if_indextoname(index, &text) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func fact(_ name: String, of interface: String) -> String? {
    guard let file = fopen("/sys/class/net/\(interface)/\(name)", "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 32)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    return String(decoding: text.prefix { $0 > 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

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
