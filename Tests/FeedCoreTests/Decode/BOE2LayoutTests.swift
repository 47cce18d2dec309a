import Testing

@testable import FeedCore

/// Cboe BOE 2, sheet's examples and hand-made bytes.
@Suite struct BOE2LayoutTests {
  private func values(_ bytes: [UInt8]) throws -> [String: FieldValue] {
    try bytes.withUnsafeBytes { message in
      let reader = try #require(BOE2Layouts.description.read(message))
      let values = reader.values().filter { $0.name != "reservedInternal" }
      return Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
    }
  }

  private func addsUp(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { message in
      guard let layout = BOE2Layouts.description.layout(ofType: message[4]) else { return false }
      return PartWalk.addsUp(message, layout, .little)
    }
  }

  private let newOrder = LayoutVector.bytes(
    """
    BABA 4A00 38 00 64000000 4142433132330000000000000000000000000000 31 E8030000 03 04 C1 01 44D6120000000000 \
    4D53465400000000 50 52000000 44454647000000000000000000000000
    """)

  /// The specification's example: sequence 100, ABC123, buy 1,000 MSFT at 123.45, principal, routable, account DEFG.
  @Test func theNewOrderOfTheDocumentIsReadAndWritten() throws {
    #expect(newOrder.count == 76 && addsUp(newOrder))
    let read = try values(newOrder)
    let nul = "\0"
    #expect(read["sequenceNumber"] == .unsigned(100) && read["side"] == .text("1"))
    #expect(read["clOrdID"] == .text("ABC123" + String(repeating: nul, count: 14)))
    #expect(read["orderQty"] == .unsigned(1000) && read["price"] == .signed(1_234_500))
    #expect(read["bitfields"] == .bytes([0x04, 0xC1, 0x01]) && read["numberOfBitfields"] == .unsigned(3))
    #expect(read["symbol"] == .text("MSFT" + String(repeating: nul, count: 4)))
    #expect(read["capacity"] == .text("P") && read["routingInst"] == .text("R\0\0\0"))
    #expect(read["account"] == .text("DEFG" + String(repeating: nul, count: 12)))
    #expect(read.count == 5 + 4 + 6)
    let writer = try #require(BOE2Layouts.description.writer(ofType: 0x38))
    #expect(try writer.encode(read) == newOrder)
    // Lengths and counts follow from the rest.
    let derived = read.filter { !["startOfMessage", "messageLength", "messageType", "numberOfBitfields"].contains($0.key) }
    #expect(try writer.encode(derived) == newOrder)
  }

  @Test func theCancelOrderOfTheDocumentIsReadAndWritten() throws {
    let bytes = LayoutVector.bytes(
      "BABA 2200 39 00 64000000 4142433132330000000000000000000000000000 01 01 54455354")
    #expect(bytes.count == 36 && addsUp(bytes))
    let read = try values(bytes)
    #expect(read["clearingFirm"] == .text("TEST"))
    #expect(try BOE2Layouts.description.writer(ofType: 0x39)?.encode(read) == bytes)
  }

  /// A set bit appends its field: every bit of every bitfield alone, its size as in the sheet's tables.
  @Test func everyBitAppendsAFieldOfTheSheetsSize() {
    func sizes(_ sets: [[FieldLayout?]]) -> [[Int]] { sets.map { $0.map { $0?.size ?? 0 } } }
    #expect(sizes(BOE2Bitfields.newOrder) == [
      [4, 4, 8, 1, 1, 1, 4, 4], [8, 8, 0, 0, 0, 0, 1, 4], [16, 1, 1, 2, 8, 3, 1, 8], [4, 8, 1, 8, 1, 4, 4, 0],
      [1, 1, 0, 1, 0, 0, 0, 0], [4, 8, 6, 3, 1, 64, 8, 4], [0, 2, 0, 0, 0, 0, 0, 0], [0, 0, 16, 4, 6, 1, 4, 1],
      [3, 1, 1, 0, 0, 0, 1, 0], [0, 4, 2, 0, 0, 0, 0, 0],
    ])
    #expect(sizes(BOE2Bitfields.cancelOrder).first == [4, 1, 1, 6, 20, 4, 0, 0])
    #expect(sizes(BOE2Bitfields.modifyOrder) == [[4, 0, 4, 8, 1, 1, 1, 1], [4, 8, 4, 0, 0, 6, 0, 4]])
    #expect(Array(sizes(BOE2Bitfields.returned).prefix(8)) == [
      [1, 8, 8, 1, 1, 1, 4, 1], [8, 8, 0, 0, 0, 0, 1, 4], [16, 4, 4, 1, 4, 2, 4, 3], [4, 8, 1, 1, 0, 4, 0, 0],
      [20, 4, 4, 8, 8, 8, 1, 8], [8, 0, 1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0], [2, 64, 8, 4, 6, 3, 1, 0],
    ])
    #expect(BOE2Bitfields.returned.count == 17 && BOE2Bitfields.newOrder.count == 10)
  }

  @Test func whatDoesNotAddUpIsNotReadBeyondItsFixedPart() throws {
    // One byte more, one less, a reserved bit, a bitfield that no table has, more bitfields than bytes.
    var longer = newOrder + [0]
    longer[2] += 1
    var shorter = Array(newOrder.dropLast())
    shorter[2] -= 1
    var reserved = newOrder
    reserved[37] |= 0x04
    var beyond = newOrder
    beyond[35] = 200
    for bytes in [longer, shorter, reserved, beyond] {
      #expect(!addsUp(bytes))
      let read = try values(bytes)
      #expect(read["orderQty"] == .unsigned(1000) && read["symbol"] == nil && read["price"] == nil)
    }
    #expect(try values(reserved)["bitfields"] == .bytes([0x04, 0xC5, 0x01]))
    #expect(try values(beyond)["bitfields"] == nil)
  }

  /// Written by hand from the sheet: user, two units, two bitfields for Order Acknowledgment.
  @Test func aLoginRequestIsReadAndWritten() throws {
    let bytes = LayoutVector.bytes(
      """
      BABA 3100 37 00 00000000 30303031 54455354 50415353000000000000 02 0F00 80 01 02 01 0A000000 02 0B000000 \
      0700 81 25 02 0541
      """)
    #expect(bytes.count == 0x31 + 2)
    #expect(addsUp(bytes))
    let read = try values(bytes)
    #expect(read["paramGroups"] == .group([
      [
        NamedValue("paramGroupLength", .unsigned(15)), NamedValue("paramGroupType", .unsigned(0x80)),
        NamedValue("noUnspecifiedUnitReplay", .unsigned(1)),
        NamedValue("units", .group([
          [NamedValue("unitNumber", .unsigned(1)), NamedValue("unitSequence", .unsigned(10))],
          [NamedValue("unitNumber", .unsigned(2)), NamedValue("unitSequence", .unsigned(11))],
        ])),
      ],
      [
        NamedValue("paramGroupLength", .unsigned(7)), NamedValue("paramGroupType", .unsigned(0x81)),
        NamedValue("messageType", .unsigned(0x25)), NamedValue("bitfields", .bytes([0x05, 0x41])),
      ],
    ]))
    #expect(try BOE2Layouts.description.writer(ofType: 0x37)?.encode(read) == bytes)
  }

  @Test func aGroupOfAnotherTypeIsSkippedByItsLength() throws {
    let bytes = LayoutVector.bytes("BABA 2000 37 00 00000000 30303031 54455354 50415353000000000000 01 0500 90 ABCD")
    #expect(addsUp(bytes))
    #expect(try values(bytes)["paramGroups"] == .group([[
      NamedValue("paramGroupLength", .unsigned(5)), NamedValue("paramGroupType", .unsigned(0x90)),
      NamedValue("data", .bytes([0xAB, 0xCD])),
    ]]))
    #expect(try BOE2Layouts.description.writer(ofType: 0x37)?.encode(values(bytes)) == bytes)
  }

  /// Every layout at its exact length, one byte short, and beside an unknown type.
  @Test func messagesAreJudgedByTheirFixedPart() {
    for layout in BOE2Layouts.description.layouts {
      let type = BOE2MessageType(rawValue: layout.type)
      let counts = layout.name == "Login Request" || layout.name == "Logout" ? 1 : layout.name == "Login Response" ? 2 : 0
      #expect(type?.lengthMinimum == layout.length + counts, "\(layout.name)")
      var bytes = [0xBA, 0xBA, UInt8(layout.length - 2), 0, layout.type] + [UInt8](repeating: 0, count: layout.length - 5)
      #expect(bytes.withUnsafeBytes { BOE2Layouts.description.verdict(of: $0) } == .exact)
      #expect(Array(bytes.dropLast()).withUnsafeBytes { BOE2Layouts.description.verdict(of: $0) } == .short)
      bytes[4] = 0xEE
      #expect(bytes.withUnsafeBytes { BOE2Layouts.description.verdict(of: $0) } == .unknownType)
    }
  }
}
