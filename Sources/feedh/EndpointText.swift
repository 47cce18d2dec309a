import FeedCore

/// Reads addresses of the command line: "233.54.12.1:26401", "[ff15::1]:26401", and those without a port where none is
/// needed.
enum EndpointText {
  /// Nil for anything else, port 0 too.
  static func parse(_ text: some StringProtocol) -> (address: IPAddress, port: UInt16?)? {
    if let address = IPAddress(text) { return (address, nil) }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      // An IPv6 address and its port would not be told apart.
      return nil
    }
    let digits = text[text.index(after: colon)...]
    guard let address = IPAddress(host), digits.allSatisfy(\.isNumber), let port = UInt16(digits), port > 0 else {
      return nil
    }
    return (address, port)
  }

  /// With its port; nil where there is none.
  static func parseWithPort(_ text: some StringProtocol) -> (address: IPAddress, port: UInt16)? {
    guard let (address, port) = parse(text), let port else { return nil }
    return (address, port)
  }
}
