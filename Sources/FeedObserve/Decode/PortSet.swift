/// A set of UDP or TCP ports: one bit each.
struct PortSet {
  private var words: [UInt64] = []

  func contains(_ port: UInt16) -> Bool { !words.isEmpty && words[Int(port >> 6)] >> UInt64(port & 63) & 1 == 1 }

  mutating func insert(_ port: UInt16) {
    if words.isEmpty { words = [UInt64](repeating: 0, count: 1024) }
    words[Int(port >> 6)] |= 1 << UInt64(port & 63)
  }
}
