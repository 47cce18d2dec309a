import Glibc

/// An IPv4 or IPv6 address in binary and in its canonical text.
struct NetworkAddress: Hashable {
  /// 4 or 16 bytes, network order.
  let bytes: [UInt8]
  /// As `inet_ntop` writes it: "ff15::1".
  let text: String

  /// Nil for anything that is not the text of a unicast or multicast address: names, zone indices, prefixes, the
  /// unspecified address and the limited broadcast.
  init?(_ text: String) {
    // A NUL would end the C string early; no address is longer than 45 characters.
    guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
    let family = text.utf8.contains(UInt8(ascii: ":")) ? AF_INET6 : AF_INET
    var bytes = [UInt8](repeating: 0, count: family == AF_INET6 ? 16 : 4)
    guard inet_pton(family, text, &bytes) == 1 else { return nil }
    guard bytes.contains(where: { $0 != 0 }), bytes != [255, 255, 255, 255] else { return nil }
    var canonical = [CChar](repeating: 0, count: 64)
    guard inet_ntop(family, bytes, &canonical, 64) != nil else { return nil }
    self.bytes = bytes
    self.text = String(decoding: canonical.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// 224.0.0.0/4 or ff00::/8.
  var isMulticast: Bool { bytes.count == 4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }
}
