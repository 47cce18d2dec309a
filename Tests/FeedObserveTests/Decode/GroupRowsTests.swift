import FeedCore
import Testing

@testable import FeedObserve

/// Rows of messages with groups, nulls, real numbers and bytes, which ITCH and OUCH do not have.
@Suite struct GroupRowsTests {
  private static func row(
    _ format: RowFormat, _ description: ProtocolDescription, _ bytes: [UInt8], header: Bool = false
  ) -> String {
    let formatter: any RowFormatter =
      switch format {
      case .ndjson: NDJSONRows([description])
      case .csv: CSVRows([description], namesFiles: false)
      case .table: TableRows([description], namesFiles: false)
      }
    var buffer = RowBuffer(capacity: 64)
    if header { formatter.appendHeader(to: &buffer) }
    bytes.withUnsafeBytes { message in
      let judgement = description.judge(message)
      #expect(judgement.verdict.isReadable)
      formatter.append(
        DecodedMessage(
          protocolIndex: 0, layoutIndex: judgement.layoutIndex, bytes: message, packetIndex: 3, sequenceNumber: 7),
        to: &buffer)
    }
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue.map { UInt8($0) } }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// CME MDP 3.0, template 46 of version 13: a level without price, one with; no orders.
  private let book = bytes(
    """
    60000B002E0001000D00 0100000000000000 84 0000 2000 02
    FFFFFFFFFFFFFF7F FFFFFF7F 07000000 05000000 03000000 01 02 30 0A000000 00
    0065CD1D00000000 0A000000 07000000 06000000 FFFFFF7F 02 00 31 FFFFFF7F 00
    1800 0000000000 00
    """)

  @Test func ndjsonHasGroupsAsArraysOfObjects() {
    #expect(
      Self.row(.ndjson, CMELayouts.description, book) == """
        {"packet":3,"sequence":7,"protocol":"cme-mdp3","type":"46","fields":{"msgSize":96,"blockLength":11,\
        "templateID":46,"schemaID":1,"version":13,"transactTime":1,"matchEventIndicator":132,"noMDEntries":[\
        {"mdEntryPx":null,"mdEntrySize":null,"securityID":7,"rptSeq":5,"numberOfOrders":3,"mdPriceLevel":1,\
        "mdUpdateAction":2,"mdEntryType":"0","tradeableSize":10},{"mdEntryPx":500000000,"mdEntrySize":10,\
        "securityID":7,"rptSeq":6,"numberOfOrders":null,"mdPriceLevel":2,"mdUpdateAction":0,"mdEntryType":"1",\
        "tradeableSize":null}],"noOrderIDEntries":[]}}

        """)
  }

  @Test func tablesHaveGroupsInBracketsAndPricesWithTheirDecimals() {
    let text = Self.row(.table, CMELayouts.description, book)
    #expect(
      text.hasSuffix(
        """
         transactTime=1 matchEventIndicator=132 noMDEntries=[{mdEntryPx=- mdEntrySize=- securityID=7 rptSeq=5 \
        numberOfOrders=3 mdPriceLevel=1 mdUpdateAction=2 mdEntryType=0 tradeableSize=10} {mdEntryPx=0.500000000 \
        mdEntrySize=10 securityID=7 rptSeq=6 numberOfOrders=- mdPriceLevel=2 mdUpdateAction=0 mdEntryType=1 \
        tradeableSize=-}] noOrderIDEntries=[]

        """), "\(text)")
  }

  @Test func csvHasAGroupInOneColumn() {
    let lines = Self.row(.csv, CMELayouts.description, book, header: true).split(separator: "\n")
    let names = lines[0].split(separator: ",")
    #expect(Set(names).count == names.count)
    #expect(names.contains("noMDEntries") && names.contains("noOrderIDEntries"))
    #expect(lines[1].contains(#","[{""mdEntryPx"":null,""mdEntrySize"":null,"#))
    // Commas outside quotes are as many as in the header.
    var (quoted, commas) = (false, 0)
    for character in lines[1] {
      if character == "\"" { quoted.toggle() }
      if character == ",", !quoted { commas += 1 }
    }
    #expect(commas == names.count - 1)
  }

  /// Deribit, template 1008: real numbers in their shortest form; not a number and infinity have none in JSON.
  @Test(arguments: [
    ("9A9999999999B93F", "0.1"), ("0000000000000000", "0.0"), ("000000000000F87F", "null"),
    ("000000000000F07F", "null"), ("F168E388B5F8E43E", "1e-05"), ("75DA40A70D74DA40", "27088.2133"),
    ("0000000000C06ABF", "-0.0032654"),
  ])
  func realNumbersReadBackToTheSameBits(hex: String, text: String) throws {
    let message = Self.bytes("2000 F003 0100 0200 0000 0000") + Array("btc_usd".utf8)
      + [UInt8](repeating: 0, count: 9) + Self.bytes(hex) + Self.bytes("0100000000000000")
    let row = Self.row(.ndjson, DeribitLayouts.description, message)
    let key = try #require(row.range(of: "\"price\":"))
    let written = row[key.upperBound...].prefix { $0 != "," }
    if text == "null" {
      #expect(written == "null")
    } else {
      let bits = Self.bytes(hex).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      #expect(Double(written)?.bitPattern == bits)
      if !text.hasPrefix("-") && !text.hasPrefix("27") { #expect(written == text) }
    }
    #expect(row.contains("\"indexName\":\"btc_usd\""))
  }

  /// Deribit, template 1000: the name behind the block, in every format.
  @Test func stringsStandBehindTheFields() {
    var message = Self.bytes("8C00 E803 0100 0200 0000 0100") + [UInt8](repeating: 0, count: 140)
    message += [5] + Array("A,\"B\u{7}".utf8)
    let json = Self.row(.ndjson, DeribitLayouts.description, message)
    #expect(json.hasSuffix(#","instrumentName":"A,\"B\u0007"}}"# + "\n"))
    #expect(Self.row(.table, DeribitLayouts.description, message).hasSuffix(#" instrumentName=A,"B\x07"# + "\n"))
    #expect(Self.row(.csv, DeribitLayouts.description, message).contains(#","A,""B\x07","#))
  }

  /// NYSE firm ids are bytes in the venue's text.
  @Test func bytesAreHexadecimal() {
    let add = Self.bytes(
      "2700 6400 01000000 02000000 03000000 0400000000000000 F6FFFFFF 06000000 42 2020202020 00")
    let row = Self.row(.ndjson, NYSEPillarLayouts.description, add)
    #expect(row.hasSuffix(#""price":-10,"volume":6,"side":"B","firmID":"2020202020"}}"# + "\n"))
  }
}
