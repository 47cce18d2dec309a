import Testing

/// A little-endian pcapng taken apart by the draft's tables, for what feedh's reader passes over: options.
struct PcapngBlocks {
  struct Statistics: Equatable {
    var interface: UInt64
    var received: UInt64?
    var droppedBySystem: UInt64?
    var delivered: UInt64?
  }

  var interfaceNames: [String] = []
  var resolutions: [UInt8] = []
  var packetInterfaces: [UInt64] = []
  /// epb_dropcount of each packet, 0 where it has none.
  var dropCounts: [UInt64] = []
  var statistics: [Statistics] = []

  init(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      let length = Int(Self.word(bytes, offset + 4, 4))
      try #require(length >= 12 && length % 4 == 0 && offset + length <= bytes.count)
      try #require(Self.word(bytes, offset + length - 4, 4) == UInt64(length))
      let block = Array(bytes[offset..<offset + length])
      switch Self.word(block, 0, 4) {
      case 1:
        let options = Self.options(block, from: 16)
        interfaceNames.append(options[2].map { String(decoding: $0, as: UTF8.self) } ?? "")
        resolutions.append(options[9]?.first ?? 6)
      case 5:
        let options = Self.options(block, from: 20).mapValues { Self.word($0, 0, $0.count) }
        statistics.append(
          Statistics(
            interface: Self.word(block, 8, 4), received: options[4], droppedBySystem: options[7],
            delivered: options[8]))
      case 6:
        packetInterfaces.append(Self.word(block, 8, 4))
        let captured = Int(Self.word(block, 20, 4))
        let options = Self.options(block, from: 28 + (captured + 3) / 4 * 4)
        dropCounts.append(options[4].map { Self.word($0, 0, 8) } ?? 0)
      default: break
      }
      offset += length
    }
  }

  private static func options(_ block: [UInt8], from start: Int) -> [Int: [UInt8]] {
    var result: [Int: [UInt8]] = [:]
    var offset = start
    while offset + 4 <= block.count - 4 {
      let code = Int(word(block, offset, 2))
      let length = Int(word(block, offset + 2, 2))
      if code == 0 { break }
      result[code] = Array(block[offset + 4..<offset + 4 + length])
      offset += 4 + (length + 3) / 4 * 4
    }
    return result
  }

  private static func word(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> UInt64 {
    (0..<length).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }
}
