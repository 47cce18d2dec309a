import Testing

@testable import FeedCore

/// What the layout language can say, on messages written byte by byte.
@Suite struct LayoutLanguageTests {
  /// CME MDP 3.0, template 46 in version 9: two entries of 32 bytes behind a 3-byte header, one order behind an 8-byte
  /// header. The first entry has no price and no size.
  private static let book46 = LayoutVector.bytes(
    """
    7800 0B00 2E00 0100 0900
    0100000000000000 84 0000
    2000 02
    FFFFFFFFFFFFFF7F FFFFFF7F 07000000 05000000 03000000 01 02 30 0000000000
    00CA9A3B00000000 0A000000 07000000 06000000 FFFFFF7F 02 00 31 0000000000
    1800 0000000000 01
    6400000000000000 FFFFFFFFFFFFFFFF 05000000 02 00 0000
    """.filter { $0 != "\n" })

  private static let expected: [NamedValue] = [
    NamedValue("transactTime", .unsigned(1)), NamedValue("matchEventIndicator", .unsigned(0x84)),
    NamedValue(
      "noMDEntries",
      .group([
        [
          NamedValue("mdEntryPx", .null), NamedValue("mdEntrySize", .null), NamedValue("securityID", .signed(7)),
          NamedValue("rptSeq", .unsigned(5)), NamedValue("numberOfOrders", .signed(3)),
          NamedValue("mdPriceLevel", .unsigned(1)), NamedValue("mdUpdateAction", .unsigned(2)),
          NamedValue("mdEntryType", .text("0")),
        ],
        [
          NamedValue("mdEntryPx", .signed(1_000_000_000)), NamedValue("mdEntrySize", .signed(10)),
          NamedValue("securityID", .signed(7)), NamedValue("rptSeq", .unsigned(6)), NamedValue("numberOfOrders", .null),
          NamedValue("mdPriceLevel", .unsigned(2)), NamedValue("mdUpdateAction", .unsigned(0)),
          NamedValue("mdEntryType", .text("1")),
        ],
      ])),
    NamedValue(
      "noOrderIDEntries",
      .group([
        [
          NamedValue("orderID", .unsigned(100)), NamedValue("mdOrderPriority", .null),
          NamedValue("mdDisplayQty", .signed(5)), NamedValue("referenceID", .unsigned(2)),
          NamedValue("orderUpdateAction", .unsigned(0)),
        ]
      ])),
  ]

  /// Without the head and padding.
  private static func values(_ bytes: [UInt8], _ description: ProtocolDescription) -> [NamedValue]? {
    bytes.withUnsafeBytes { message in
      guard let reader = description.read(message) else { return nil }
      let kept = Set(reader.layout.fields.filter { $0.role == .value && $0.encoding != .reserved }.map(\.name))
        .union(reader.layout.groups.map(\.name)).union(reader.layout.strings.map(\.name))
      return reader.values().filter { kept.contains($0.name) }.map { NamedValue($0.name, $0.value.withoutPadding) }
    }
  }

  private static func verdict(_ bytes: [UInt8], _ description: ProtocolDescription) -> MessageVerdict {
    bytes.withUnsafeBytes { description.verdict(of: $0) }
  }

  @Test func groupsAreReadBehindHeadersOfTwoKindsAndNullsAreNull() {
    #expect(Self.book46.count == 0x78)
    #expect(Self.verdict(Self.book46, CMELayouts.description) == .exact)
    #expect(Self.values(Self.book46, CMELayouts.description) == Self.expected)
  }

  @Test func groupsAreWrittenByteForByte() throws {
    let writer = try #require(CMELayouts.description.writer(ofCode: 46, version: 9))
    let values = Dictionary(uniqueKeysWithValues: Self.expected.map { ($0.name, $0.value) })
    let bytes = try writer.encode(values)
    #expect(bytes == Self.book46)
  }

  @Test func everyBeginningOfAMessageWithGroupsIsShort() {
    for length in 1..<Self.book46.count {
      #expect(Self.verdict(Array(Self.book46[..<length]), CMELayouts.description) == .short, "cut to \(length)")
    }
  }

  /// A newer block or entry appends: the known head is read, and steps are those of the message.
  @Test func longerBlocksAndEntriesAreSteppedOverByTheirOwnLength() {
    var bytes = Self.book46
    bytes.insert(contentsOf: [1, 2, 3, 4], at: 21)
    bytes[2] = 0x0F
    #expect(Self.verdict(bytes, CMELayouts.description) == .longer)
    #expect(Self.values(bytes, CMELayouts.description) == Self.expected)

    bytes = Self.book46
    for entry in [1, 0] { bytes.insert(contentsOf: [9, 9], at: 24 + 32 * (entry + 1)) }
    bytes[21] = 0x22
    #expect(Self.verdict(bytes, CMELayouts.description) == .longer)
    #expect(Self.values(bytes, CMELayouts.description) == Self.expected)
    // An entry shorter than its template's is none of it.
    bytes = Self.book46
    bytes[21] = 0x1F
    #expect(Self.verdict(bytes, CMELayouts.description) == .short)
  }

  /// In version 10 padding became TradeableSize; versions before 9 do not have the template, later ones only append.
  @Test func layoutsOfOneTypeAreToldApartByVersion() {
    func names(_ version: UInt8) -> [String]? {
      var bytes = Self.book46
      bytes[8] = version
      return bytes.withUnsafeBytes { CMELayouts.description.read($0)?.layout.groups[0].fields.map(\.name) }
    }
    #expect(names(9)?.contains("tradeableSize") == false)
    #expect(names(10)?.contains("tradeableSize") == true)
    #expect(names(13)?.contains("tradeableSize") == true)
    #expect(names(14)?.contains("tradeableSize") == true)
    var bytes = Self.book46
    bytes[8] = 8
    #expect(Self.verdict(bytes, CMELayouts.description) == .unknownVersion)
    bytes[6] = 2
    #expect(Self.verdict(bytes, CMELayouts.description) == .unknownType)
    bytes = Self.book46
    bytes[4] = 99
    #expect(Self.verdict(bytes, CMELayouts.description) == .unknownType)
  }

  /// Deribit, template 1010: binary64 without value, one tick step, the name behind its length.
  @Test func realNumbersAndStringsAreRead() throws {
    var bytes = LayoutVector.bytes("8B00 F203 0100 0300 0100 0100")
    bytes += LayoutVector.bytes("6A360300 01 00 01 00 00 0100")
    for name in ["BTC", "USD", "USD", "BTC", ""] {
      bytes += Array(name.utf8) + [UInt8](repeating: 0, count: 8 - name.utf8.count)
    }
    bytes += LayoutVector.bytes("0100000000000000 0200000000000000")
    bytes += LayoutVector.bytes("FFFFFFFFFFFFFFFF")
    for _ in 0..<8 { bytes += LayoutVector.bytes("000000000000E03F") }
    bytes += LayoutVector.bytes("1000 0100 0000 0000 FCA9F1D24D62503F 2D431CEBE2362A3F")
    bytes += [13] + Array("BTC-PERPETUAL".utf8)
    let values = try #require(Self.values(bytes, DeribitLayouts.description))
    let byName = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
    #expect(byName["instrumentId"] == .unsigned(210_538))
    #expect(byName["strikePrice"] == .null)
    #expect(byName["contractSize"] == .real(0.5))
    #expect(byName["baseCurrency"] == .text("BTC\0\0\0\0\0"))
    #expect(byName["instrumentName"] == .text("BTC-PERPETUAL"))
    let step = [NamedValue("abovePrice", .real(0.001)), NamedValue("tickSize", .real(0.0002))]
    #expect(byName["tickStepsList"] == .group([step]))
    let named = byName.filter { $0.key != "strikePrice" }.merging(["strikePrice": .null]) { $1 }
    let encoded = try #require(DeribitLayouts.description.writer(ofCode: 1010)).encode(named)
    #expect(encoded == bytes)
    for length in 1..<bytes.count {
      #expect(Self.verdict(Array(bytes[..<length]), DeribitLayouts.description) == .short, "cut to \(length)")
    }
  }

  /// Deribit messages say how many groups and strings they have: one group more than known, one fewer.
  @Test func unknownGroupsAreSteppedOverAndMissingOnesAreEmpty() {
    let head = "0400 EA03 0100 0200 0200 0100 05000000"
    let group = "0200 0100 0000 0000 AAAA"
    let trades = "5300 0000 0000 0000"
    let bytes = LayoutVector.bytes("\(head) \(trades) \(group) 03 414243")
    #expect(Self.verdict(bytes, DeribitLayouts.description) == .longer)
    let read = [NamedValue("instrumentId", .unsigned(5)), NamedValue("tradesList", .group([]))]
    #expect(Self.values(bytes, DeribitLayouts.description) == read)
    let without = LayoutVector.bytes("0400 EA03 0100 0200 0000 0000 05000000")
    #expect(Self.verdict(without, DeribitLayouts.description) == .exact)
    #expect(Self.values(without, DeribitLayouts.description) == read)
  }

  /// Eurex EOBI 3.0, template 13400: 20 slots are always sent, the first NoLegs of them are in use.
  @Test func slotsBehindTheLastEntryInUseArePadding() {
    let root = "0002 5834 01000000 0200000000000000 0300000000000000 00000080 01 00 02 00"
    let leg = "07000000 00000000 0800000000000000 01000000 01 000000"
    let slots = String(repeating: leg, count: 20)
    let whole = LayoutVector.bytes(root + slots)
    #expect(Self.verdict(whole, EOBILayouts.release30) == .exact)
    let entry = [
      NamedValue("legSymbol", .signed(7)), NamedValue("legSecurityID", .signed(8)),
      NamedValue("legRatioQty", .signed(1)), NamedValue("legSide", .unsigned(1)),
    ]
    let values = Self.values(whole, EOBILayouts.release30)
    #expect(values?.last == NamedValue("instrmtLegGrp", .group([entry, entry])))
    #expect(values?.contains(NamedValue("securitySubType", .null)) == true)
    // Entries in use alone, and one byte fewer; more in use than there can be.
    #expect(Self.verdict(LayoutVector.bytes(root + leg + leg), EOBILayouts.release30) == .exact)
    #expect(Self.verdict(LayoutVector.bytes(root + leg + leg).dropLast(), EOBILayouts.release30) == .short)
    var many = whole
    many[30] = 21
    #expect(Self.verdict(many, EOBILayouts.release30) == .short)
  }

  /// Coinbase Derivatives pads messages to eight bytes: 52 bytes of head and block in a frame of 56.
  @Test func paddingToTheAlignmentIsNoNewerRevision() throws {
    let bytes = LayoutVector.bytes(
      """
      3800 2A00 1400 B104 0200 03 01 25000000 01000000 7649 0000 0100000000000000 0200000000000000 FFFFFFFFFFFFFFFF \
      06000000 00000000
      """)
    #expect(bytes.count == 56)
    #expect(Self.verdict(bytes, CoinbaseDerivativesLayouts.description) == .exact)
    #expect(Self.verdict(Array(bytes[..<52]), CoinbaseDerivativesLayouts.description) == .exact)
    #expect(Self.verdict(Array(bytes[..<51]), CoinbaseDerivativesLayouts.description) == .short)
    #expect(Self.verdict(bytes + [0, 0, 0, 0, 0, 0, 0, 0], CoinbaseDerivativesLayouts.description) == .longer)
    let values = try #require(Self.values(bytes, CoinbaseDerivativesLayouts.description))
    #expect(values.suffix(2) == [NamedValue("price", .signed(-1)), NamedValue("quantity", .signed(6))])
    let named = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
    let writer = try #require(CoinbaseDerivativesLayouts.description.writer(ofCode: 20, version: 2))
    #expect(try writer.encode(named) == bytes)
  }

  /// IEX-TP "Gap Fill Request": the count of ranges is a field of the fixed part.
  @Test func requestsWithRangesAreWrittenByteForByte() throws {
    let writer = IEXTransportLayouts.gapFillRequest.writer(of: IEXTransportLayouts.gapFillRequest.layouts[0])
    let bytes = try writer.encode([
      "requestType": .unsigned(1), "messageProtocolID": .unsigned(0x8005), "channelID": .unsigned(1),
      "sessionID": .unsigned(0x4152_6374),
      "requestRangeBlocks": .group([
        [NamedValue("first", .signed(5)), NamedValue("last", .signed(9))],
        [NamedValue("first", .signed(20)), NamedValue("last", .signed(20))],
      ]),
    ])
    #expect(
      bytes == LayoutVector.bytes(
        """
        01 01 0580 01000000 74635241 02000000 0500000000000000 0900000000000000 1400000000000000 1400000000000000
        """))
  }

  /// NYSE "Retransmission Request": a text identifier, padded with NULs; the size is filled in.
  @Test func identifiersAreWrittenAsTextAndReadAsBytes() throws {
    let writer = try #require(NYSEPillarLayouts.description.writer(ofCode: 10))
    let bytes = try writer.encode([
      "beginSeqNum": .unsigned(7), "endSeqNum": .unsigned(9), "sourceID": .text("CLIENT"), "productID": .unsigned(158),
      "channelID": .unsigned(3),
    ])
    #expect(bytes == LayoutVector.bytes("1800 0A00 07000000 09000000 434C49454E5400000000 9E 03"))
  }

  /// NYSE Integrated Feed and XDP 2.1 give 103 the same size: only printable conditions tell them apart.
  @Test func executionsWithoutPrintableConditionsAreOfXDP21() {
    let head = "2A00 6700 01000000 02000000 03000000 0400000000000000 05000000 06000000 07000000 01"
    let pillar = Self.values(LayoutVector.bytes(head + "00 40204620"), NYSEPillarLayouts.description)
    #expect(pillar?.contains(NamedValue("tradeCond3", .text("F"))) == true)
    let older = Self.values(LayoutVector.bytes(head + "02 2A000000"), NYSEPillarLayouts.description)
    #expect(older?.suffix(2) == [NamedValue("numParitySplits", .unsigned(2)), NamedValue("dbExecID", .unsigned(42))])
  }

  @Test func olderRevisionsEndEarlier() {
    // Cboe: Order Executed of equities (26 bytes) and of options (27, with a condition); Time of 6 and 10 bytes.
    let executed = "17 01000000 0200000000000000 03000000 0400000000000000"
    func condition(_ bytes: [UInt8]) -> FieldValue?? {
      Self.values(bytes, CboePITCHLayouts.description).map { $0.first { $0.name == "tradeCondition" }?.value }
    }
    #expect(condition(LayoutVector.bytes("1A 23" + executed.dropFirst(2))) == .some(nil))
    #expect(condition(LayoutVector.bytes("1B 23" + executed.dropFirst(2) + "53")) == .text("S"))
    #expect(Self.verdict(LayoutVector.bytes("05 20 000000"), CboePITCHLayouts.description) == .short)
    // NYSE: the short header in packets of a refresh after the first.
    #expect(Self.verdict(LayoutVector.bytes("0800 2300 0200 0300"), NYSEPillarLayouts.description) == .exact)
    #expect(
      Self.values(LayoutVector.bytes("0800 2300 0200 0300"), NYSEPillarLayouts.description)
        == [NamedValue("currentRefreshPkt", .unsigned(2)), NamedValue("totalRefreshPkts", .unsigned(3))])
  }

  /// Deribit, template 1008: names are filled up with NULs, as in its captures.
  @Test func textIsFilledUpAsTheVenueDoes() throws {
    let writer = try #require(DeribitLayouts.description.writer(ofCode: 1008))
    let bytes = try writer.encode(["indexName": .text("btc_usd"), "price": .real(0), "timestampMs": .unsigned(0)])
    #expect(Array(bytes[12..<28]) == Array("btc_usd".utf8) + [UInt8](repeating: 0, count: 9))
  }

  @Test func typesAreNamedEvenWhereTheyAreUnknown() {
    func name(_ hex: String, _ description: ProtocolDescription) -> String? {
      LayoutVector.bytes(hex).withUnsafeBytes { description.typeText(of: $0) }
    }
    #expect(name("41", ITCH50Layouts.description) == "A")
    #expect(name("7A", ITCH50Layouts.description) == "z")
    #expect(name("00", ITCH50Layouts.description) == "0x00")
    #expect(name("0621", CboePITCHLayouts.description) == "0x21")
    #expect(name("06FE", CboePITCHLayouts.description) == "0xFE")
    #expect(name("1000 E803", NYSEPillarLayouts.description) == "1000")
    #expect(name("1000 E8", NYSEPillarLayouts.description) == nil)
  }

  @Test func releasesOfEOBIAreToldByTemplateAndTime() {
    let second: UInt64 = 1_000_000_000
    #expect(EOBILayouts.release(templateID: 13004, transactTime: 1_450_000_000 * second) == .release30)
    #expect(EOBILayouts.release(templateID: 13002, transactTime: 1_512_000_000 * second) == .release60)
    #expect(EOBILayouts.release(templateID: 13002, transactTime: 1_401_700_000 * second) == .before25)
    #expect(EOBILayouts.release(templateID: 13002, transactTime: 1_450_000_000 * second) == nil)
    #expect(EOBILayouts.release(templateID: 13003, transactTime: 1_450_000_000 * second) == nil)
  }

  @Test func valuesThatAGroupDoesNotTakeAreNamed() throws {
    let writer = try #require(CMELayouts.description.writer(ofCode: 37, version: 13))
    var values: [String: FieldValue] = ["transactTime": .unsigned(1), "matchEventIndicator": .unsigned(1)]
    values["noMDEntries"] = .group([[NamedValue("mdEntrySize", .signed(1))]])
    #expect(
      throws: MessageWriterError.missingField(
        message: "MDIncrementalRefreshVolume37", field: "noMDEntries.securityID")) { try writer.encode(values) }
    values["noMDEntries"] = .group([[NamedValue("size", .signed(1))]])
    #expect(throws: MessageWriterError.self) { try writer.encode(values) }
    values["noMDEntries"] = .unsigned(1)
    #expect(throws: MessageWriterError.self) { try writer.encode(values) }
    values["noMDEntries"] = nil
    values["transactTime"] = .null
    #expect(throws: MessageWriterError.self) { try writer.encode(values) }
  }
}

extension FieldValue {
  /// Without the padding inside a group's entries.
  fileprivate var withoutPadding: FieldValue {
    guard case .group(let entries) = self else { return self }
    return .group(entries.map { $0.filter { !$0.name.hasPrefix("pad") } })
  }
}
