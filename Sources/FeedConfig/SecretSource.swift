/// Where a secret is kept, which a configuration names instead of holding it.
enum SecretSource: Equatable {
  /// The first line of a file.
  case file(String)
  /// An environment variable.
  case variable(String)

  /// Nil for anything but "file:PATH" and "env:NAME".
  init?(_ text: String) {
    if text.hasPrefix("file:") {
      let path = String(text.dropFirst(5))
      guard (1...4_095).contains(path.utf8.count), !path.utf8.contains(0) else { return nil }
      self = .file(path)
    } else if text.hasPrefix("env:") {
      let name = String(text.dropFirst(4))
      let isName = name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte)
      }
      guard (1...255).contains(name.utf8.count), isName else { return nil }
      self = .variable(name)
    } else {
      return nil
    }
  }
}
