import Testing

@testable import FeedCore

/// Each message type of each equities feed, from its layout: at the fewest bytes it may have it is read, one byte short
/// it is counted as malformed and read no further. (`DerivativeLengthTests` has the others, from their sheets' tables.)
@Suite struct EveryTypeTests {
  static let feeds: [(FeedProtocol, ProtocolDescription)] = [
    (.itch50, ITCH50Layouts.description), (.tops15, IEXLayouts.tops15), (.tops16, IEXLayouts.tops16),
    (.deep10, IEXLayouts.deep), (.deepPlus, IEXLayouts.deepPlus), (.pitch, CboePITCHLayouts.description),
    (.nyseIntegrated, NYSEPillarLayouts.description), (.memxDepth, MEMXLayouts.description),
    (.miaxPearlDepth, MIAXPearlLayouts.description),
  ]

  /// What became of one message, in memory of exactly its length: read as its type; malformed, unknown, empty; and
  /// whether it said anything.
  private struct Fate: Equatable {
    var read: UInt64
    var refused: [UInt64]
    var isSilent: Bool
  }

  private static func fate(_ feedProtocol: FeedProtocol, _ message: [UInt8], type: UInt8) -> Fate {
    let harness = DecoderHarness(feedProtocol)
    guard feedProtocol == .itch50 else {
      let events = harness.decode(message)
      return Fate(read: harness.messages(type), refused: harness.refused, isSilent: events.isEmpty)
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, message.count), alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: message)
    var packet = DeliveredPacket(
      captureNanoseconds: 0, payload: UnsafeRawPointer(memory.baseAddress!), packetIndex: 0, fileIndex: 0)
    var delivery = Delivery(
      bytes: UnsafeRawPointer(memory.baseAddress!), length: UInt16(message.count), packet: 0, channel: 3,
      kind: .message, endsPacket: true, detail: 0)
    var decoder = ITCH50Decoder(harness.context)
    var event = BookEvent()
    let isEveryday = decoder.decodeRun(&delivery, count: 1, packets: &packet, into: &event) == 1
    _ = decoder.decodeOther(&delivery, packets: &packet, into: &event)
    // A stock that nothing named: no message of this test is one of every day.
    return Fate(
      read: harness.messages(type), refused: harness.refused, isSilent: !isEveryday && event.kind == .none)
  }

  @Test(arguments: feeds) func messagesOneByteShortAreCountedAndNotRead(
    feedProtocol: FeedProtocol, description: ProtocolDescription
  ) throws {
    let codes = Set(description.layouts.map(\.code))
    #expect(codes.count >= 3)
    for code in codes.sorted() {
      let type = try #require(UInt8(exactly: code))
      let layouts = description.layouts.filter { $0.code == code }
      let layout = try #require(layouts.min { $0.minimumLength < $1.minimumLength })
      let whole = try LayoutCatalogueTests.message(layout, of: description, entries: 0)
      let fewest = layout.hasTail ? whole.count : layout.minimumLength
      let exact = Self.fate(feedProtocol, Array(whole.prefix(fewest)), type: type)
      #expect(exact.read == 1 && exact.refused[1...] == [0, 0], "\(layout.name): \(exact)")
      for length in [1, fewest - 1] where length < fewest {
        let short = Self.fate(feedProtocol, Array(whole.prefix(length)), type: type)
        #expect(short == Fate(read: 0, refused: [1, 0, 0], isSilent: true), "\(layout.name), \(length) bytes")
      }
    }
  }
}
