/// One line of a venue's feed: where its packets go and what happens to them on the way.
struct SimulatedLine {
  var framer: UDPFramer
  var impairment: LineImpairment

  /// - Parameters:
  ///   - venue: index of the venue, which the group, port and sender derive from.
  ///   - line: 0 = A, 1 = B.
  init(venue: Int, line: Int, options: GeneratorOptions) {
    let (group, port) = Self.address(venue: venue, line: line)
    framer = UDPFramer(
      source: 0x0A00_0000 | UInt32(venue + 1) << 8 | UInt32(line + 1), group: group,
      sourcePort: 51_000 + UInt16(line), port: port)
    impairment = LineImpairment(
      loss: line == 0 ? options.lossA : options.lossB, duplicate: options.duplicate, reorder: options.reorder,
      skewNanoseconds: line == 0 ? 0 : options.skewNanoseconds,
      jitterNanoseconds: line == 0 ? 0 : options.jitterNanoseconds,
      random: DeterministicRandom(seed: options.seed, stream: 1_000 + UInt64(venue * 2 + line)))
  }

  /// 233.54.12.1:26401 for line A of the first venue, 233.54.13.1:26501 for its line B; the last numbers count on.
  static func address(venue: Int, line: Int) -> (group: UInt32, port: UInt16) {
    (0xE936_0C01 + (UInt32(line) << 8) + UInt32(venue), 26_401 + UInt16(line) * 100 + UInt16(venue))
  }

  static func groupText(venue: Int, line: Int) -> String {
    let group = address(venue: venue, line: line).group
    return "\(group >> 24).\(group >> 16 & 0xFF).\(group >> 8 & 0xFF).\(group & 0xFF)"
  }

  static func name(_ line: Int) -> String { line == 0 ? "A" : "B" }
}
