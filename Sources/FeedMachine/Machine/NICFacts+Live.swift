import CMachine
import Glibc

/// The same from the kernel, by ioctl.
extension NICFacts {
  static func live(_ interface: String) -> NICFacts {
    var facts = NICFacts()
    var driver = feedh_nic_driver()
    if feedh_nic_get_driver(interface, &driver) == 0 {
      facts.driver = text(of: driver.driver)
      facts.version = text(of: driver.version)
      facts.firmware = text(of: driver.firmware)
      facts.bus = text(of: driver.bus)
    }
    for setting in NICSetting.allCases {
      var value: UInt32 = 0
      if feedh_nic_get(interface, setting.shimIndex, &value) == 0 { facts.settings[setting] = value }
    }
    for name in featureNames {
      var state: UInt32 = 0
      if feedh_nic_get_feature(interface, name, &state) == 0 {
        facts.features[name] = Feature(isOn: state & 1 != 0, isChangeable: state & 2 != 0)
      }
    }
    facts.addresses = addresses(of: interface)
    return facts
  }

  private static func text<Characters>(of characters: Characters) -> String? {
    let bytes = withUnsafeBytes(of: characters) { $0.prefix { $0 != 0 }.map { $0 } }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.isEmpty || text == "N/A" ? nil : text
  }

  private static func addresses(of interface: String) -> [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    if getifaddrs(&list) != 0 { return [] }
    defer { freeifaddrs(list) }
    var texts: [String] = []
    var entry = list
    while let current = entry?.pointee {
      if String(cString: current.ifa_name) == interface, let address = current.ifa_addr,
        let text = text(of: address, mask: current.ifa_netmask)
      {
        texts.append(text)
      }
      entry = current.ifa_next
    }
    return texts
  }

  private static func text(of address: UnsafeMutablePointer<sockaddr>, mask: UnsafeMutablePointer<sockaddr>?) -> String?
  {
    let (offset, length): (Int, Int)
    switch Int32(address.pointee.sa_family) {
    case AF_INET: (offset, length) = (4, 4)
    case AF_INET6: (offset, length) = (8, 16)
    default: return nil
    }
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let raw = UnsafeRawPointer(address)
    // SAFETY: the family says that the address stands at `offset` of a sockaddr_in or sockaddr_in6.
    guard inet_ntop(Int32(address.pointee.sa_family), raw + offset, &buffer, socklen_t(buffer.count)) != nil else {
      return nil
    }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let mask else { return text }
    // SAFETY: a netmask has the form of its address.
    let bits = UnsafeRawBufferPointer(start: UnsafeRawPointer(mask) + offset, count: length)
    return "\(text)/\(bits.reduce(0) { $0 + $1.nonzeroBitCount })"
  }
}
