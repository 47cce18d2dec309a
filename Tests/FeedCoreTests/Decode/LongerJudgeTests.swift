import Testing

@testable import FeedCore

/// Decoders find the same messages longer as the layouts' own judgement does, in any bytes.
@Suite struct LongerJudgeTests {
  private static let tabled = [
    CMELayouts.description, CoinbaseDerivativesLayouts.description, DeribitLayouts.description, EOBILayouts.before25,
    EOBILayouts.release30, EOBILayouts.release60,
  ]

  /// A message of some layout with a few bytes changed, most of them in its first ones, where lengths stand; longer or
  /// shorter, too.
  private static func message(
    _ whole: [[UInt8]], _ random: inout BookTestRandom
  ) -> [UInt8] {
    var bytes = random.pick(whole)
    for _ in 0..<random.below(3) {
      let place = random.chance(700) ? random.below(min(24, bytes.count)) : random.below(bytes.count)
      switch random.below(3) {
      case 0: bytes[place] = UInt8(random.below(256))
      case 1: bytes[place] &+= 1
      default: bytes[place] &-= 1
      }
    }
    switch random.below(4) {
    case 0: bytes += (0..<random.below(40)).map { _ in UInt8(random.below(4)) }
    case 1: bytes.removeLast(random.below(bytes.count))
    default: break
    }
    return bytes
  }

  private static func whole(_ description: ProtocolDescription) throws -> [[UInt8]] {
    try description.layouts.flatMap { layout in
      try [0, 1, 2].map { try LayoutCatalogueTests.message(layout, of: description, entries: $0) }
    }
  }

  @Test(arguments: tabled.indices) func tablesJudgeAsLayoutsDo(_ index: Int) throws {
    let description = Self.tabled[index]
    let judge = LongerJudge.make(description)
    let whole = try Self.whole(description)
    var random = BookTestRandom(seed: BookTestRandom.seed())
    var longer = 0
    for _ in 0..<30_000 {
      let bytes = Self.message(whole, &random)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: bytes)
      let message = UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])
      let expected = description.judge(message).verdict == .longer
      longer += expected ? 1 : 0
      let found = judge.isLonger(UnsafeRawPointer(memory.baseAddress!), bytes.count)
      #expect(found == expected, "\(description): \(bytes)")
      if found != expected { return }
    }
    #expect(longer > 1_000, "\(longer) longer ones")
  }

  private static let feeds =
    EveryTypeTests.feeds + [
      (.cmeMDP3, CMELayouts.description), (.coinbaseDerivatives, CoinbaseDerivativesLayouts.description),
    ]

  @Test(arguments: feeds.indices) func decodersCountWhatTheLayoutsJudgeLonger(_ index: Int) throws {
    let (feedProtocol, description) = Self.feeds[index]
    let harness = DecoderHarness(feedProtocol, instruments: 1_024)
    var itch = ITCH50Decoder(harness.context)
    let whole = try Self.whole(description)
    var random = BookTestRandom(seed: BookTestRandom.seed())
    var expected: UInt64 = 0
    for _ in 0..<8_000 {
      let bytes = Self.message(whole, &random)
      if bytes.withUnsafeBytes({ description.judge($0).verdict }) == .longer { expected += 1 }
      if feedProtocol == .itch50 { Self.decode(bytes, &itch) } else { harness.decode(bytes) }
      #expect(harness.counted(.longerMessages) == expected, "\(feedProtocol): \(bytes)")
      if harness.counted(.longerMessages) != expected { return }
    }
    #expect(expected > 500, "\(expected) longer ones")
  }

  private static func decode(_ message: [UInt8], _ decoder: inout ITCH50Decoder) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, message.count), alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: message)
    let bytes = UnsafeRawPointer(memory.baseAddress!)
    var packet = DeliveredPacket(captureNanoseconds: 0, payload: bytes, packetIndex: 0, fileIndex: 0)
    var delivery = Delivery(
      bytes: bytes, length: UInt16(message.count), packet: 0, channel: 3, kind: .message, endsPacket: true, detail: 0)
    var event = BookEvent()
    if decoder.decodeRun(&delivery, count: 1, packets: &packet, into: &event) == 1 { return }
    _ = decoder.decodeOther(&delivery, packets: &packet, into: &event)
  }

  /// 14.1 has no layouts: what is as long as its messages is not longer, what goes on beyond them is.
  @Test func eurexMessagesOf14AreJudgedByTheirOwnLengths() {
    func count(_ template: UInt16, _ length: Int, seconds: UInt64) -> UInt64 {
      let harness = DecoderHarness(.eobi)
      var payload = [UInt8](repeating: 0, count: 32 + length)
      func store(_ value: UInt64, _ size: Int, at offset: Int) {
        for byte in 0..<size { payload[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
      }
      store(32, 2, at: 0)
      store(13_002, 2, at: 2)
      store(0xFFFF_FFFF, 4, at: 4)
      store(seconds * 1_000_000_000, 8, at: 24)
      store(UInt64(length), 2, at: 32)
      store(UInt64(template), 2, at: 34)
      harness.decode(payload, from: 32)
      return harness.counted(.longerMessages)
    }
    // 2017 and 2025.
    let (before, today): (UInt64, UInt64) = (1_500_000_000, 1_750_000_000)
    let lengths: [(UInt16, Int, Int)] = [
      (13_100, 48, 56), (13_101, 72, 88), (13_102, 56, 64), (13_106, 64, 72), (13_202, 64, 104), (13_301, 32, 56),
      (13_504, 40, 64),
    ]
    for (template, older, newer) in lengths {
      #expect(count(template, older, seconds: before) == 0 && count(template, newer, seconds: before) == 1)
      #expect(count(template, older, seconds: today) == 0 && count(template, newer, seconds: today) == 0)
      #expect(count(template, newer + 8, seconds: today) == 1, "\(template)")
    }
    // A report is as long as what it tells; before, it was not.
    for length in [56, 64, 96] {
      #expect(count(13_201, length, seconds: before) == 1 && count(13_201, length, seconds: today) == 0)
    }
    // As long in both.
    for seconds in [before, today] {
      #expect(count(13_104, 56, seconds: seconds) == 0 && count(13_104, 64, seconds: seconds) == 1)
    }
  }
}
