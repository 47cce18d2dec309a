import Testing

@testable import FeedCore

/// The sheet's tables, field by field: `name offset size`.
private let requests: [(type: String, length: Int, fields: String)] = [
  (
    "O", 49,
    """
    type 0 1, token 1 14, side 15 1, shares 16 4, stock 20 8, price 28 4, timeInForce 32 4, firm 36 4, display 40 1, \
    capacity 41 1, iso 42 1, minimumQuantity 43 4, crossType 47 1, customerType 48 1
    """
  ),
  (
    "U", 47,
    """
    type 0 1, existingToken 1 14, replacementToken 15 14, shares 29 4, price 33 4, timeInForce 37 4, display 41 1, \
    iso 42 1, minimumQuantity 43 4
    """
  ),
  ("X", 19, "type 0 1, token 1 14, shares 15 4"),
  ("M", 20, "type 0 1, token 1 14, side 15 1, shares 16 4"),
  ("N", 15, "type 0 1, token 1 14"),
]

private let accepted = """
  type 0 1, timestamp 1 8, token 9 14, side 23 1, shares 24 4, stock 28 8, price 36 4, timeInForce 40 4, firm 44 4, \
  display 48 1, orderReference 49 8, capacity 57 1, iso 58 1, minimumQuantity 59 4, crossType 63 1, state 64 1
  """
private let executed =
  "type 0 1, timestamp 1 8, token 9 14, shares 23 4, price 27 4, liquidityFlag 31 1, matchNumber 32 8"
private let canceled = "type 0 1, timestamp 1 8, token 9 14, decrement 23 4, reason 27 1"

private let answers: [(type: String, length: Int, fields: String)] = [
  ("S", 10, "type 0 1, timestamp 1 8, event 9 1"), ("A", 66, accepted + ", bboWeight 65 1"),
  ("U", 80, accepted + ", previousToken 65 14, bboWeight 79 1"), ("C", 28, canceled),
  ("D", 37, canceled + ", quantityPrevented 28 4, executionPrice 32 4, liquidityFlag 36 1"), ("E", 40, executed),
  ("B", 32, "type 0 1, timestamp 1 8, token 9 14, matchNumber 23 8, reason 31 1"),
  ("G", 45, executed + ", referencePrice 40 4, referencePriceType 44 1"), ("F", 41, executed + ", reason 40 1"),
  ("J", 24, "type 0 1, timestamp 1 8, token 9 14, reason 23 1"), ("P", 23, "type 0 1, timestamp 1 8, token 9 14"),
  ("I", 23, "type 0 1, timestamp 1 8, token 9 14"),
  ("T", 36, "type 0 1, timestamp 1 8, token 9 14, price 23 4, display 27 1, orderReference 28 8"),
  ("M", 28, "type 0 1, timestamp 1 8, token 9 14, side 23 1, shares 24 4"),
]

/// OUCH 4.2, "Inbound Messages" and "Outbound Messages".
@Suite struct OUCH42LayoutTests {
  @Test(arguments: [false, true])
  func everyFieldLiesWhereTheDocumentSays(isInbound: Bool) throws {
    let description = isInbound ? OUCH42Layouts.inbound : OUCH42Layouts.outbound
    let expected = isInbound ? requests : answers
    #expect(description.layouts.map(\.typeText) == expected.map(\.type))
    for (layout, message) in zip(description.layouts, expected) {
      #expect(layout.length == message.length && layout.minimumLength == message.length, "\(layout.name)")
      let fields = layout.fields.map { "\($0.name) \($0.offset) \($0.size)" }.joined(separator: ", ")
      #expect(fields == message.fields, "\(layout.name)")
    }
  }

  @Test func eachMessageIsJudgedByItsExactLength() {
    for description in [OUCH42Layouts.inbound, OUCH42Layouts.outbound] {
      for layout in description.layouts {
        var bytes = [UInt8](repeating: 0x20, count: layout.length)
        bytes[0] = layout.type
        #expect(bytes.withUnsafeBytes { description.verdict(of: $0) } == .exact)
        #expect((bytes + [0]).withUnsafeBytes { description.verdict(of: $0) } == .longer)
        #expect(Array(bytes.dropLast()).withUnsafeBytes { description.verdict(of: $0) } == .short)
      }
      #expect([UInt8(ascii: "z")].withUnsafeBytes { description.verdict(of: $0) } == .unknownType)
    }
  }

  /// Written by hand from the sheet.
  @Test func anEnterOrderIsReadAndWritten() throws {
    let bytes = LayoutVector.bytes(
      "4F 546F6B656E313233343536373839 42 000003E8 4D53465420202020 0012D644 0001869F 46495231 59 41 4E 00000064 4E 52")
    #expect(bytes.count == 49)
    let read = try bytes.withUnsafeBytes { message -> [String: FieldValue] in
      let reader = try #require(OUCH42Layouts.inbound.read(message))
      return Dictionary(uniqueKeysWithValues: reader.values().map { ($0.name, $0.value) })
    }
    #expect(read["token"] == .text("Token123456789"))
    #expect(read["shares"] == .unsigned(1000) && read["price"] == .unsigned(1_234_500))
    #expect(read["timeInForce"] == .unsigned(99_999) && read["minimumQuantity"] == .unsigned(100))
    #expect(read["stock"] == .text("MSFT    ") && read["customerType"] == .text("R"))
    #expect(try OUCH42Layouts.inbound.writer(ofType: UInt8(ascii: "O"))?.encode(read) == bytes)
  }
}
