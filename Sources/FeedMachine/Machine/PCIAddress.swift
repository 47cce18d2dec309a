/// The form of a PCI address: domain, bus, device and function, "0000:3b:00.0".
enum PCIAddress {
  static func isValid(_ text: String) -> Bool {
    let shape = text.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(ascii: "x")
      default: byte
      }
    }
    return shape == Array("xxxx:xx:xx.x".utf8)
  }
}
